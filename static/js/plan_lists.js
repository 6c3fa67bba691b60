"use strict";
/* Lists of a plan's rules, facts, steps …: entries are moved by drag, by Alt+↑ and Alt+↓, by button, without the page
   being left: the cursor stays with its entry. Without this file the buttons send their forms. */

(() => {
  const entriesOf = (list) => [...list.querySelectorAll(":scope > [data-entry]")];

  /* Puts the answer's list and bar in the place of those that stand here; anything else is shown as a page. */
  async function order(list, values, then) {
    const part = list.dataset.list;
    const form = list.querySelector("form");
    const body = new URLSearchParams({ ...values, csrfmiddlewaretoken: form.elements.csrfmiddlewaretoken.value });
    let fresh = null;
    try {
      const answer = await fetch(form.action, { method: "POST", body });
      if (answer.ok) fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    } catch { /* said below */ }
    const section = fresh?.getElementById(part);
    if (!section) {
      const said = document.getElementById("messages");
      const note = document.createElement("div");
      note.className = "alert alert-danger";
      note.setAttribute("role", "alert");
      note.textContent = document.body.dataset.failed;
      said.replaceChildren(note);
      said.scrollIntoView({ block: "nearest" });
      return;
    }
    document.getElementById(part).replaceWith(section);
    document.getElementById("editor-bar").replaceWith(fresh.getElementById("editor-bar"));
    document.getElementById("messages").replaceWith(fresh.getElementById("messages"));
    then(section);
  }

  /* The cursor goes on where it was: at the same button of the entry, else at its name. */
  function stand(section, place, button, words, said) {
    const list = section.querySelector("[data-list]");
    const entry = list && (entriesOf(list)[place] ?? entriesOf(list).at(-1));
    (entry?.querySelector(`button[value="${button}"]:not(:disabled)`) ?? entry?.querySelector("a") ?? section.querySelector(".te-add a"))?.focus();
    // Set after the exchange: a live region speaks only of what changes in it.
    setTimeout(() => { section.querySelector("[data-list-said]").textContent = words.replace("[n]", said); }, 50);
  }

  function go(entry, values, to, button = "") {
    const list = entry.closest("[data-list]");
    const from = entriesOf(list).indexOf(entry);
    if (values.do === "to" && (to === from || to < 0 || to >= entriesOf(list).length)) return;
    const words = { delete: "deleted", copy: "copied" }[values.do] ?? "moved";
    const said = list.dataset[words];
    order(list, { index: entry.dataset.entry, ...values }, (section) => stand(section, to, button, said, words === "deleted" ? 0 : to + 1));
  }

  document.addEventListener("submit", (event) => {
    const entry = event.target.closest("[data-list] > [data-entry]");
    if (!entry) return;
    event.preventDefault();
    const button = event.submitter.value;
    const at = entriesOf(entry.parentElement).indexOf(entry);
    if (button === "up" || button === "down") {
      const to = at + (button === "up" ? -1 : 1);
      go(entry, { do: "to", to }, to, button);
    } else go(entry, { do: button }, button === "copy" ? at + 1 : at);
  });

  document.addEventListener("keydown", (event) => {
    if (!event.altKey || event.isComposing || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
    const entry = event.target.closest("[data-list] > [data-entry]");
    if (!entry) return;
    event.preventDefault();
    const to = entriesOf(entry.parentElement).indexOf(entry) + (event.key === "ArrowUp" ? -1 : 1);
    go(entry, { do: "to", to }, to, event.target.value ?? "");
  });

  let dragged = null;
  const unmark = () => document.querySelectorAll(".te-before, .te-behind").forEach((one) => one.classList.remove("te-before", "te-behind"));
  function behind(event, entry) {
    const box = entry.getBoundingClientRect();
    return event.clientY > box.top + box.height / 2;
  }

  document.addEventListener("dragstart", (event) => {
    const handle = event.target.closest?.("[data-entry] > .te-handle");
    if (!handle) return;
    dragged = handle.parentElement;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", handle.textContent.trim());
    dragged.classList.add("te-drag");
  });

  document.addEventListener("dragover", (event) => {
    const entry = event.target.closest?.("[data-entry]");
    if (!dragged || entry?.parentElement !== dragged.parentElement) return;
    event.preventDefault();
    unmark();
    entry.classList.add(behind(event, entry) ? "te-behind" : "te-before");
  });

  document.addEventListener("drop", (event) => {
    const entry = event.target.closest?.("[data-entry]");
    if (!dragged || entry?.parentElement !== dragged.parentElement) return;
    event.preventDefault();
    const entries = entriesOf(dragged.parentElement);
    const from = entries.indexOf(dragged);
    const gap = entries.indexOf(entry) + (behind(event, entry) ? 1 : 0);
    const to = gap > from ? gap - 1 : gap;
    go(dragged, { do: "to", to }, to);
  });

  document.addEventListener("dragend", () => {
    dragged?.classList.remove("te-drag");
    dragged = null;
    unmark();
  });
})();
