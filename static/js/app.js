"use strict";
/* What pages need beyond htmx. Everything is said in data attributes:
   data-confirm="question"   on a form or button: asks before it goes
   data-guard                on a form: warns before unsaved input is lost
   data-autosubmit           on a form: goes as soon as a choice changes (typing goes with Enter)
   data-fold="id"            on a button in a tree table: folds the rows below that row
   data-print                on a button: prints the page
   data-refresh-on="name"    on a form: a change of this select presses the form's button [data-refresh]
   data-fill="id"            on a link: writes its data-value into that field instead of going anywhere
   data-pick                 on a result of a search: takes it into the field (data-value, data-label) */

const guarded = new Set();

document.addEventListener("submit", (event) => {
  const question = event.submitter?.dataset.confirm ?? event.target.dataset.confirm;
  if (question && !window.confirm(question)) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  guarded.delete(event.target);
}, true);

document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (form?.hasAttribute("data-guard")) guarded.add(form);
});

window.addEventListener("beforeunload", (event) => {
  if ([...guarded].some((form) => form.isConnected)) event.preventDefault();
});

document.addEventListener("change", (event) => {
  const field = event.target;
  if (field.form?.hasAttribute("data-autosubmit") && field.matches("select, [type=checkbox], [type=radio], [type=date]")) {
    field.form.requestSubmit();
  }
});

document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (form?.dataset.refreshOn !== event.target.name || !event.target.name) return;
  const button = form.querySelector("[data-refresh]");
  if (button) form.requestSubmit(button);
});

/* A row of a tree is hidden while any of the rows above it is folded. */
function showTree(table) {
  const hidden = new Set();
  for (const row of table.querySelectorAll("tr[data-node]")) {
    row.hidden = hidden.has(row.dataset.parent);
    const button = row.querySelector("[data-fold]");
    if (row.hidden || button?.getAttribute("aria-expanded") === "false") hidden.add(row.dataset.node);
  }
}

document.addEventListener("click", (event) => {
  const fold = event.target.closest("[data-fold]");
  if (fold) {
    fold.setAttribute("aria-expanded", String(fold.getAttribute("aria-expanded") === "false"));
    showTree(fold.closest("table"));
    return;
  }
  const fill = event.target.closest("[data-fill]");
  const filled = fill && document.getElementById(fill.dataset.fill);
  if (filled) {
    event.preventDefault();
    filled.value = fill.dataset.value;
    filled.focus();
  }
  if (event.target.closest("[data-print]")) {
    window.print();
    return;
  }
  const picked = event.target.closest("[data-pick]");
  if (picked) {
    const box = picked.closest("[data-picker]");
    const field = box.querySelector("input:not([type=hidden])");
    field.value = picked.dataset.value;
    box.querySelector("[data-results]").replaceChildren();
    field.focus();
    if (field.form?.hasAttribute("data-guard")) guarded.add(field.form);
    if (field.form?.hasAttribute("data-autosubmit")) field.form.requestSubmit();
  }
});

/* A list of matches is open only while its field is in use. */
document.addEventListener("mousedown", (event) => {
  if (event.target.closest("[data-pick]")) event.preventDefault();
});

document.addEventListener("focusout", (event) => {
  const box = event.target.closest?.("[data-picker]");
  if (box && !box.contains(event.relatedTarget)) box.querySelector("[data-results]").replaceChildren();
});

document.addEventListener("htmx:beforeSwap", (event) => {
  const box = event.detail.target.closest?.("[data-picker]");
  if (box && !box.contains(document.activeElement)) event.detail.shouldSwap = false;
});

document.addEventListener("keydown", (event) => {
  const box = event.target.closest?.("[data-picker]");
  if (!box) return;
  const choices = [...box.querySelectorAll("[data-pick]")];
  if (event.key === "Escape") box.querySelector("[data-results]").replaceChildren();
  if (!choices.length || !["ArrowDown", "ArrowUp"].includes(event.key)) return;
  event.preventDefault();
  const next = choices.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
  (choices[next] ?? box.querySelector("input")).focus();
});

/* A tick in the head of a table, or above it in its form, stands for all of its rows. */
document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-check-all]")) return;
  for (const box of (event.target.closest("table") ?? event.target.form).querySelectorAll("tbody input[type=checkbox]")) {
    box.checked = event.target.checked;
  }
});

/* A fragment that could not be loaded must not fail in silence. */
for (const name of ["htmx:responseError", "htmx:sendError"]) {
  document.addEventListener(name, () => {
    const note = document.createElement("div");
    note.className = "alert alert-danger";
    note.setAttribute("role", "alert");
    note.textContent = document.body.dataset.failed;
    document.getElementById("messages")?.replaceChildren(note);
  });
}
