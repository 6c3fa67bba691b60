"use strict";
/* The tree of a plan draft: every value is stored when it is left, one after the other; rows are added,
   moved and deleted by button, keyboard and drag. What is typed survives every exchange of the table. */

const panel = document.getElementById("panel");
const wide = window.matchMedia("(min-width: 1200px)");
const tree = () => document.getElementById("tree");
const rows = () => [...tree().querySelectorAll("tr[data-code]")];
const rowOf = (code) => rows().find((row) => row.dataset.code === code);
const cell = (row, key) => row?.querySelector(`[data-key="${key}"]`);
const token = () => tree().querySelector("[name=csrfmiddlewaretoken]").value;

let waiting = Promise.resolve(); // the values are sent in the order in which they were left
let unsent = 0;

/* ---------------------------------------------------------------- the chosen row */

function choose(row) {
  if (!row) return;
  for (const other of rows()) other.classList.toggle("te-on", other === row);
  tree().querySelector("[data-chosen]").value = row.dataset.code;
  const title = cell(row, "title")?.value ?? "";
  tree().querySelector("[data-chosen-name]").textContent = `${row.dataset.code} ${title}`;
  follow(row);
}

/* The panel shows the chosen indicator, unless something in it is not saved yet. */
let following;
function follow(row) {
  const form = document.getElementById("indicator-form");
  if (!wide.matches || !form || form.dataset.code === row.dataset.code || guarded.has(form)) return;
  clearTimeout(following);
  following = setTimeout(() => openPanel(row), 300);
}

function openPanel(row) {
  const url = row.querySelector("[data-more]").href;
  waiting.then(() => htmx.ajax("GET", url, { target: "#panel", swap: "innerHTML" }));
}

/* ---------------------------------------------------------------- storing a value */

function send(input) {
  const row = input.closest("tr");
  const form = tree();
  const data = { code: row.dataset.code, key: input.dataset.key, value: input.value };
  const seen = input.dataset.seen ?? input.getAttribute("value") ?? "";
  unsent += 1;
  waiting = waiting.then(async () => {
    data.position = tree().dataset.position;
    if (input.tagName === "INPUT") data.seen = seen;
    try {
      const answer = await fetch(form.dataset.cell, {
        method: "POST", headers: { "X-CSRFToken": token() }, body: new URLSearchParams(data),
      });
      if (!answer.ok) throw new Error(answer.status);
      took(input, data, await answer.json());
    } catch {
      failed(input, document.body.dataset.failed);
    }
    unsent -= 1;
  });
}

function took(input, data, answer) {
  const form = tree();
  form.dataset.position = answer.position;
  document.getElementById("editor-bar").outerHTML = answer.bar;
  for (const row of rows()) {
    const state = answer.states[row.dataset.code];
    if (state !== undefined) row.querySelector("[data-state]").innerHTML = state;
  }
  if (answer.message) {
    failed(input, answer.message);
    return;
  }
  input.classList.remove("te-bad");
  input.dataset.seen = answer.value;
  if (input.value === data.value && input.tagName === "INPUT") input.value = answer.value;
  if (answer.anew) fetchTree();
  const shown = document.getElementById("indicator-form");
  if (shown && shown.dataset.code === data.code && !guarded.has(shown) && wide.matches) openPanel(input.closest("tr"));
}

function failed(input, words) {
  input.classList.add("te-bad");
  const row = input.closest("tr");
  row?.classList.add("te-wrong");
  const note = document.createElement("span");
  note.className = "te-problem";
  note.setAttribute("role", "alert");
  note.textContent = words;
  row?.querySelector("[data-state]").replaceChildren(note);
}

const isDirty = (input) => input.matches("input[data-key]") && input.value !== (input.dataset.seen ?? input.getAttribute("value") ?? "");

document.addEventListener("change", (event) => {
  if (event.target.matches("#tree [data-key]")) send(event.target);
});

window.addEventListener("beforeunload", (event) => {
  const typed = document.activeElement?.matches?.("#tree input[data-key]") && isDirty(document.activeElement);
  if (unsent || typed) event.preventDefault();
});

/* ---------------------------------------------------------------- exchanging the table */

function fetchTree() {
  return htmx.ajax("GET", tree().dataset.url, { target: "#tree", swap: "outerHTML" });
}

/* A command goes after all values; `values`: do, code, parent, before. */
function command(values) {
  const active = document.activeElement;
  if (active?.matches?.("#tree input[data-key]") && isDirty(active)) send(active);
  waiting = waiting.then(() =>
    htmx.ajax("POST", tree().dataset.url, { target: "#tree", swap: "outerHTML", values: { code: chosen(), ...values } }));
}

const chosen = () => tree().querySelector("[data-chosen]").value;

let kept = [];
let place = null;
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target.id !== "tree") return;
  const active = document.activeElement;
  kept = [...tree().querySelectorAll("input[data-key]")].filter((one) => isDirty(one) && !one.classList.contains("te-bad"))
    .map((one) => [one.closest("tr").dataset.code, one.dataset.key, one.value]);
  place = active?.matches?.("#tree [data-key]") ? [active.closest("tr").dataset.code, active.dataset.key] : null;
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (!document.getElementById("tree") || event.detail.target.id !== "tree") return;
  for (const [code, key, value] of kept) {
    const input = cell(rowOf(code), key);
    if (input) input.value = value;
  }
  const wanted = event.detail.requestConfig.verb === "post" ? tree().dataset.focus : place?.[0];
  const row = rowOf(wanted) ?? rows()[0];
  if (place || event.detail.requestConfig.verb === "post") {
    const input = cell(row, place?.[0] === wanted ? place[1] : "title") ?? cell(row, "title");
    input.focus();
    if (input.select) input.select();
  }
  choose(row);
  if (event.detail.requestConfig.verb === "post") refreshBar();
});

function refreshBar() {
  return htmx.ajax("GET", tree().dataset.bar, { target: "#editor-bar", swap: "outerHTML" });
}

document.addEventListener("tree-changed", () => {
  waiting = waiting.then(fetchTree).then(refreshBar);
});

/* ---------------------------------------------------------------- buttons and keys */

document.addEventListener("submit", (event) => {
  if (event.target.matches("[data-steps]")) {
    event.preventDefault();
    const values = { do: event.submitter.value, section: "tree" };
    waiting = waiting.then(() => htmx.ajax("POST", event.target.action, { target: "#tree", swap: "outerHTML", values }));
    return;
  }
  if (event.target.id !== "tree") return;
  event.preventDefault();
  if (event.submitter?.value) command({ do: event.submitter.value });
});

document.addEventListener("focusin", (event) => {
  if (event.target.matches("#tree [data-key]")) choose(event.target.closest("tr"));
});

document.addEventListener("click", (event) => {
  const more = event.target.closest("#tree [data-more]");
  if (!more) {
    const row = event.target.closest("#tree tr[data-code]");
    if (row) choose(row);
    return;
  }
  if (!wide.matches) return; // on a phone the form is a page of its own
  event.preventDefault();
  const form = document.getElementById("indicator-form");
  if (form && guarded.has(form) && !window.confirm(panel.dataset.question)) return;
  if (form) guarded.delete(form);
  choose(more.closest("tr"));
  openPanel(more.closest("tr"));
});

const MOVES = { ArrowUp: "up", ArrowDown: "down", ArrowLeft: "out", ArrowRight: "in" };

document.addEventListener("keydown", (event) => {
  const input = event.target;
  if (!input.matches?.("#tree [data-key]")) return;
  if (event.isComposing) return;
  if (event.altKey && MOVES[event.key]) {
    event.preventDefault();
    command({ do: MOVES[event.key] });
  } else if (event.key === "Enter" && event.ctrlKey) {
    event.preventDefault();
    command({ do: event.shiftKey ? "below" : "add" });
  } else if (event.key === "Delete" && event.ctrlKey) {
    event.preventDefault();
    command({ do: "delete" });
  } else if (event.key === "Escape") {
    if (input.tagName === "INPUT") input.value = input.dataset.seen ?? input.getAttribute("value");
  } else if (!event.altKey && !event.ctrlKey && input.tagName === "INPUT" && ["Enter", "ArrowUp", "ArrowDown"].includes(event.key)) {
    event.preventDefault();
    const all = rows();
    const step = event.key === "ArrowUp" || (event.key === "Enter" && event.shiftKey) ? -1 : 1;
    for (let at = all.indexOf(input.closest("tr")) + step; all[at]; at += step) {
      const next = cell(all[at], input.dataset.key);
      if (!next) continue;
      next.focus();
      next.select?.();
      break;
    }
  }
});

/* Undo and redo by key where no input has an undo of its own. */
document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.target.matches("input, textarea, select")) return;
  const name = { z: event.shiftKey ? "redo" : "undo", y: "redo" }[event.key.toLowerCase()];
  const button = name && document.querySelector(`[data-steps] button[value=${name}]:not(:disabled)`);
  if (!button) return;
  event.preventDefault();
  button.click();
});

/* ---------------------------------------------------------------- dragging */

let dragged = null;
const marks = ["te-before", "te-behind", "te-into"];
const unmark = () => rows().forEach((row) => row.classList.remove(...marks));

/* Where a row would go: before or behind another one, or below it (the middle of its line). */
function dropPlace(event, row) {
  const box = row.getBoundingClientRect();
  const part = (event.clientY - box.top) / box.height;
  if (!row.dataset.parent) return "te-into";
  if (part < 0.3) return "te-before";
  return part > 0.7 && !row.classList.contains("te-sum") ? "te-behind" : row.classList.contains("te-sum") ? "te-into" : part > 0.5 ? "te-behind" : "te-before";
}

function isBelow(row, code) {
  for (let at = row; at; at = rowOf(at.dataset.parent)) if (at.dataset.code === code) return true;
  return false;
}

document.addEventListener("dragstart", (event) => {
  const handle = event.target.closest?.("#tree .te-handle");
  if (!handle) return;
  dragged = handle.closest("tr").dataset.code;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged);
  handle.closest("tr").classList.add("te-drag");
});

document.addEventListener("dragover", (event) => {
  const row = event.target.closest?.("#tree tr[data-code]");
  if (!dragged || !row || isBelow(row, dragged)) return;
  event.preventDefault();
  unmark();
  row.classList.add(dropPlace(event, row));
});

document.addEventListener("drop", (event) => {
  const row = event.target.closest?.("#tree tr[data-code]");
  if (!dragged || !row || isBelow(row, dragged)) return;
  event.preventDefault();
  const where = dropPlace(event, row);
  const siblings = rows().filter((one) => one.dataset.parent === row.dataset.parent && one.dataset.code !== dragged);
  const next = siblings[siblings.indexOf(row) + 1]?.dataset.code ?? "";
  const target = { "te-into": [row.dataset.code, ""], "te-before": [row.dataset.parent, row.dataset.code], "te-behind": [row.dataset.parent, next] }[where];
  command({ do: "move", code: dragged, parent: target[0], before: target[1] });
});

document.addEventListener("dragend", () => {
  dragged = null;
  unmark();
  rows().forEach((row) => row.classList.remove("te-drag"));
});

choose(rowOf(tree().dataset.focus) ?? rows()[0]);
