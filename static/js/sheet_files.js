"use strict";
/* Files beside the cells: how many each has, and the dialog of one cell (evidence.js). */

window.KaopingSheet = window.KaopingSheet ?? {};

KaopingSheet.Files = class {
  constructor(sheet) {
    Object.assign(this, { sheet, counts: {}, urls: {} });
    document.addEventListener("kp:files", () => this.load());
    setInterval(() => !document.hidden && this.load(), 60_000);
    this.load();
  }

  /* Numbers beside the cells are an aid: without them the sheet works on, and they are asked for again. */
  async load() {
    try {
      const response = await fetch(this.sheet.config.files, { headers: { Accept: "application/json" }, redirect: "manual" });
      if (response.ok) this.take(await response.json());
    } catch { /* the line above the grid says that there is no connection */ }
  }

  take({ cells, urls }) {
    const touched = Object.keys({ ...this.counts, ...cells }).filter((key) => this.counts[key] !== cells[key]);
    Object.assign(this, { counts: cells, urls });
    this.sheet.grid.files = cells;
    this.sheet.grid.repaint(touched.flatMap((key) => this.sheet.store.cellsOf(key)));
  }

  open() {
    const { subject, column } = this.sheet.store.place(this.sheet.selection.key());
    const url = this.urls[column.leaf.id];
    if (!url || this.sheet.queue.line !== "online") return this.sheet.announce(this.sheet.words("no_files"));
    window.openFiles(url.replace(".0.", `.${subject.id}.`)); // 0 stands for the subject
  }
};
