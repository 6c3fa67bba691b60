"use strict";
/* Minutes that save themselves, field by field. A text lies in the browser from the keystroke until the server has
   said that it is saved, with the sign of the text it was typed over; what somebody else wrote is never overwritten
   unseen. Without this file the page has its button and works all the same. */

const PAUSE = 1200; // milliseconds after the last key
const RETRY = 8000;

const form = document.querySelector("form[data-minutes][data-save]");
if (form) {
  const words = form.dataset;
  const state = form.querySelector("[data-state]");
  const EMPTY = "e3b0c44298fc1c14"; // the sign of an empty text
  const store = {
    get: () => { try { return JSON.parse(localStorage.getItem(words.key) ?? "{}"); } catch { return {}; } },
    put(change) {
      const all = store.get();
      change(all);
      try {
        if (Object.keys(all).length) localStorage.setItem(words.key, JSON.stringify(all));
        else localStorage.removeItem(words.key);
      } catch { /* full or forbidden */ }
    },
  };
  const tidy = (text) => text.replace(/\r\n?/g, "\n").split("\n").map((line) => line.trimEnd()).join("\n").replace(/^\n+|\n+$/g, "");
  const boxOf = (cell) => form.querySelector(`[data-cell="${CSS.escape(cell)}"]`);
  const fieldOf = (cell) => form.elements.namedItem(cell);
  const seenOf = (cell) => form.elements.namedItem(`seen-${cell}`);
  const stopped = new Set(); // cells about which the person decides
  let timer = 0;
  let busy = false;

  const say = (line, bad) => {
    state.textContent = line;
    state.classList.toggle("text-danger", Boolean(bad));
  };

  function plan(wait) {
    window.clearTimeout(timer);
    timer = window.setTimeout(save, wait);
  }

  function note(cell, text, buttons = []) {
    const box = boxOf(cell);
    if (!box) return;
    box.querySelector(".kp-cell-note")?.remove();
    if (!text) return;
    const line = document.createElement("div");
    line.className = "kp-cell-note";
    line.setAttribute("role", "alert");
    line.append(text);
    for (const [label, act] of buttons) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "btn btn-outline-secondary btn-sm ms-2";
      button.textContent = label;
      button.addEventListener("click", act);
      line.append(button);
    }
    box.append(line);
  }

  form.addEventListener("input", (event) => {
    const cell = event.target.closest("[data-cell]")?.dataset.cell;
    if (!cell || event.target.name !== cell) return;
    boxOf(cell).classList.add("kp-unsaved");
    store.put((all) => { all[cell] = { text: event.target.value, seen: all[cell]?.seen ?? seenOf(cell).value }; });
    used(event.target.closest("[data-blank]"));
    if (!stopped.has(cell)) plan(PAUSE);
  });

  async function save() {
    if (busy) return;
    busy = true;
    let failed = "";
    for (const [cell, kept] of Object.entries(store.get())) {
      if (stopped.has(cell)) continue;
      say(words.saving);
      failed = await saveOne(cell, kept);
      if (failed) break;
    }
    busy = false;
    if (failed) {
      say(`${words.kept} ${failed}`, true);
      plan(RETRY);
    } else if (Object.keys(store.get()).some((cell) => !stopped.has(cell))) plan(PAUSE);
  }

  /* Gives why nothing can be saved now, or nothing. */
  async function saveOne(cell, kept) {
    const body = new FormData();
    body.append("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    for (const [name, value] of Object.entries({ cell, text: kept.text, seen: kept.seen })) body.append(name, value);
    let response;
    try {
      response = await fetch(words.save, { method: "POST", body, headers: { Accept: "application/json" }, redirect: "manual" });
    } catch {
      return words.offline;
    }
    // A redirection leads to the log-in page: the session has ended.
    if (response.type === "opaqueredirect" || response.status === 403) return words.expired;
    if (![200, 409, 422].includes(response.status)) return words.offline;
    const answer = await response.json();
    if (response.status === 409) clash(cell, answer);
    else if (response.status === 422) {
      stopped.add(cell);
      note(cell, answer.error);
      fieldOf(cell)?.addEventListener("input", () => { stopped.delete(cell); note(cell, ""); }, { once: true });
      say(words.kept, true);
    } else saved(cell, kept, answer);
    return "";
  }

  function saved(cell, kept, answer) {
    if (seenOf(cell)) seenOf(cell).value = answer.seen;
    note(cell, "");
    store.put((all) => {
      if (all[cell]?.text === kept.text) delete all[cell];
      else if (all[cell]) all[cell].seen = answer.seen;
    });
    if (!(cell in store.get())) boxOf(cell)?.classList.remove("kp-unsaved");
    say(`${words.saved} ${answer.at}`);
  }

  /* Both texts are shown, and the person decides. */
  function clash(cell, answer) {
    stopped.add(cell);
    const field = fieldOf(cell);
    say(words.kept, true);
    if (!field) return; // on the page of another talk: it is shown there
    const decide = (text) => {
      field.value = text;
      seenOf(cell).value = answer.seen;
      stopped.delete(cell);
      note(cell, "");
      store.put((all) => { all[cell] = { text, seen: answer.seen }; });
      plan(0);
      field.focus();
    };
    const mine = field.value;
    note(cell, `${words.clash} ${answer.theirs || "—"}`, [
      [words.theirs, () => decide(answer.theirs)],
      [words.mine, () => decide(field.value)],
      ...(field.tagName === "TEXTAREA" ? [[words.both, () => decide(`${answer.theirs}\n${mine}`)]] : []),
    ]);
  }

  /* Rows of questions and commentaries: there is always an empty one. */
  function used(row) {
    if (!row) return;
    const next = fresh(row, newKey());
    row.removeAttribute("data-blank");
    row.after(next);
  }

  function newKey() {
    return [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  const keyOf = (row) => row.querySelector("[data-cell]").dataset.cell.split(".")[3];

  function fresh(row, key) {
    const made = row.cloneNode(true);
    const old = keyOf(row);
    for (const element of [made, ...made.querySelectorAll("*")]) {
      for (const name of ["data-cell", "name", "id", "for"]) {
        if (element.hasAttribute(name)) element.setAttribute(name, element.getAttribute(name).replace(`.${old}.`, `.${key}.`));
      }
      element.classList.remove("kp-unsaved");
    }
    for (const extra of made.querySelectorAll(".kp-cell-note")) extra.remove();
    for (const field of made.querySelectorAll("input, textarea")) field.value = field.name.startsWith("seen-") ? EMPTY : "";
    return made;
  }

  for (const button of form.querySelectorAll("[data-add]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const blank = button.closest("[data-rows]").querySelector("[data-blank]");
      blank?.querySelector("input:not([type=hidden]), textarea")?.focus();
    });
  }

  /* What was kept: put in where the server still has what it was typed over, shown beside it where not. */
  function restore() {
    for (const [cell, kept] of Object.entries(store.get())) {
      let field = fieldOf(cell);
      if (!field) {
        const [, talk, kind, key] = cell.split(".");
        const blank = form.querySelector(`[data-rows="${CSS.escape(kind ?? "")}"] [data-blank]`);
        if (!blank || !key || blank.querySelector("[data-cell]").dataset.cell.split(".")[1] !== talk) continue;
        const row = fresh(blank, key);
        row.removeAttribute("data-blank");
        blank.before(row);
        field = fieldOf(cell);
      }
      const here = seenOf(cell);
      if (!field || tidy(field.value) === tidy(kept.text)) {
        if (field) store.put((all) => { delete all[cell]; });
        continue;
      }
      const theirs = field.value;
      field.value = kept.text;
      boxOf(cell).classList.add("kp-unsaved");
      if (here.value !== kept.seen) clash(cell, { theirs, seen: here.value });
    }
    if (Object.keys(store.get()).length) plan(0);
  }

  window.addEventListener("online", () => plan(0));
  restore();
}
