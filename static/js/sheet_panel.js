"use strict";
/* Beside the grid: the history of the chosen cell, or what the subject said of itself there. The panel follows
   the cell; the focus stays in the grid until its key is pressed once more. */

window.KaopingSheet = window.KaopingSheet ?? {};

KaopingSheet.Panel = class {
  constructor(sheet) {
    Object.assign(this, { sheet, store: sheet.store, selection: sheet.selection, words: sheet.words });
    this.box = document.getElementById("sheet-panel");
    this.title = this.box.querySelector("h2");
    this.inside = this.box.querySelector("[data-inside]");
    this.box.querySelector("[data-close]").addEventListener("click", () => this.close());
    this.box.addEventListener("keydown", (event) => event.key === "Escape" && this.close());
    this.selection.listen(() => this.moved());
    // What was just saved is a line of the history.
    this.store.listen((keys, why) => why !== "edit" && this.kind === "history" && keys.includes(this.selection.key()) && this.moved());
  }

  get isOpen() {
    return !this.box.hidden;
  }

  open(kind) {
    if (this.isOpen && this.kind === kind) return this.title.focus();
    Object.assign(this, { kind, shown: "" });
    this.box.hidden = false;
    this.title.textContent = this.words(kind);
    this.box.setAttribute("aria-label", this.words(kind));
    if (!this.selection.empty) this.selection.show(this.selection.at); // the grid has less room now
    return this.load({ aloud: true });
  }

  close() {
    this.box.hidden = true;
    this.request?.abort();
    this.sheet.editor.focus();
  }

  moved() {
    if (!this.isOpen) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.load(), 250);
  }

  async load({ aloud = false } = {}) {
    const key = this.selection.key();
    if (!this.isOpen || !key) return;
    const { subject, column } = this.store.place(key);
    this.request?.abort();
    const request = new AbortController();
    this.request = request;
    this.box.querySelector("[data-of]").textContent = this.store.name(key);
    if (this.shown !== key) this.inside.textContent = this.words("loading");
    this.shown = key;
    const query = new URLSearchParams({ assignment: column.leaf.id, subject: subject.id });
    try {
      const response = await fetch(`${this.sheet.config[this.kind]}?${query}`, { headers: { "HX-Request": "true" }, signal: request.signal });
      if (!response.ok || response.redirected) throw new Error(String(response.status));
      this.inside.innerHTML = await response.text(); // a fragment of this site, as htmx would place it
      if (aloud) this.sheet.announce(this.inside.innerText.slice(0, 600));
    } catch {
      if (!request.signal.aborted) this.inside.textContent = this.words("no_panel");
    }
  }
};

/* The scores that those appraised give themselves, beside the cells: an aid, without which the sheet works on. */
KaopingSheet.Said = class {
  constructor(sheet) {
    this.sheet = sheet;
    this.box = document.getElementById("sheet-said");
    this.box.checked = localStorage.getItem("kp-sheet-said") !== "no";
    this.box.addEventListener("change", () => {
      localStorage.setItem("kp-sheet-said", this.box.checked ? "yes" : "no");
      this.show();
    });
    setInterval(() => !document.hidden && this.load(), 300_000);
    this.load();
  }

  async load() {
    try {
      const response = await fetch(this.sheet.config.said, { headers: { Accept: "application/json" }, redirect: "manual" });
      if (response.ok) this.take((await response.json()).cells);
    } catch { /* the line above the grid says that there is no connection */ }
  }

  take(cells) {
    const { grid, store } = this.sheet;
    const before = store.said;
    store.said = cells;
    const touched = Object.keys({ ...before, ...cells }).filter((key) => before[key] !== cells[key]);
    grid.repaint(touched.flatMap((key) => store.cellsOf(key)));
    this.sheet.root.querySelector("[data-scores]").hidden = !Object.keys(cells).length;
    this.show();
    this.sheet.bar.show();
  }

  show() {
    this.sheet.grid.element.classList.toggle("ss-with-said", this.box.checked);
  }
};
