"use strict";
/* What is done to many cells at once: copy, cut, paste, fill down, clear, not applicable, undo. */

window.KaopingSheet = window.KaopingSheet ?? {};

/* Tab-separated text as spreadsheets put it on the clipboard; a cell with line breaks stands in quotes. */
KaopingSheet.readTable = (text) => {
  const rows = [];
  let [row, cell, quoted, begun] = [[], "", false, false];
  for (let place = 0; place < text.length; place += 1) {
    const sign = text[place];
    if (quoted) {
      if (sign !== '"') cell += sign;
      else if (text[place + 1] === '"') [cell, place] = [`${cell}"`, place + 1];
      else quoted = false;
    } else if (sign === '"' && !begun) [quoted, begun] = [true, true];
    else if (sign === "\t") [row, cell, begun] = [[...row, cell], "", false];
    else if (sign === "\n") {
      rows.push([...row, cell]);
      [row, cell, begun] = [[], "", false];
    } else if (sign !== "\r") [cell, begun] = [cell + sign, true];
  }
  if (cell !== "" || row.length) rows.push([...row, cell]);
  return rows;
};

KaopingSheet.writeTable = (rows) =>
  rows.map((row) => row.map((cell) => (/[\t\n"]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join("\t")).join("\r\n");

KaopingSheet.Block = class {
  constructor(sheet) {
    Object.assign(this, { sheet, store: sheet.store, selection: sheet.selection, editor: sheet.editor, words: sheet.words });
    const { field } = this.editor;
    field.addEventListener("copy", (event) => this.editor.mode === "ready" && this.copy(event));
    field.addEventListener("cut", (event) => this.editor.mode === "ready" && this.copy(event) && this.clear());
    field.addEventListener("paste", (event) => this.paste(event));
    this.dialog = document.getElementById("sheet-paste");
    this.dialog.addEventListener("close", () => this.decided());
  }

  /* Copying ---------------------------------------------------------------------------------------- */

  table() {
    const { box } = this.selection;
    const rows = [];
    for (let row = box.top; row <= box.bottom; row += 1) {
      rows.push(this.selection.keys({ ...box, top: row, bottom: row }).map((key) => this.editor.text(key)));
    }
    return rows;
  }

  copy(event) {
    event.preventDefault();
    event.clipboardData.setData("text/plain", KaopingSheet.writeTable(this.table()));
    this.sheet.announce(this.words("copied", { n: this.selection.keys().length }));
    return true;
  }

  /* For the button of the toolbar, where no key and so no clipboard event is. */
  async copyByButton() {
    try {
      await navigator.clipboard.writeText(KaopingSheet.writeTable(this.table()));
      this.sheet.announce(this.words("copied", { n: this.selection.keys().length }));
    } catch {
      this.sheet.announce(this.words("no_clipboard"));
    }
    this.editor.focus();
  }

  /* Pasting ---------------------------------------------------------------------------------------- */

  paste(event) {
    if (this.editor.mode !== "ready") return; // into the text of one cell
    event.preventDefault();
    this.offer(KaopingSheet.readTable(event.clipboardData.getData("text/plain")));
  }

  async pasteByButton() {
    try {
      this.offer(KaopingSheet.readTable(await navigator.clipboard.readText()));
    } catch {
      this.sheet.announce(this.words("no_clipboard"));
      this.editor.focus();
    }
  }

  /* One cell goes at once; a block is counted and asked for first. */
  offer(rows) {
    if (!rows.length || this.selection.empty) return;
    this.plan = this.planned(rows);
    if (rows.length === 1 && rows[0].length === 1) return this.take();
    const { plan, dialog } = this;
    for (const name of ["size", "fresh", "changed", "cleared", "same", "locked", "outside"]) {
      const line = dialog.querySelector(`[data-count=${name}]`);
      line.textContent = plan[name];
      line.closest("[data-line]").hidden = !plan[name] || plan[name] === "0";
    }
    dialog.returnValue = "";
    dialog.showModal();
    dialog.querySelector("[value=paste]").focus();
  }

  planned(rows) {
    const { box } = this.selection;
    const wide = Math.max(...rows.map((row) => row.length));
    const single = rows.length === 1 && wide === 1;
    const plan = { changes: [], fresh: 0, changed: 0, cleared: 0, same: 0, locked: 0, outside: 0 };
    // A single value fills the chosen block; a block goes from its upper left corner on.
    const height = single ? box.bottom - box.top + 1 : rows.length;
    const width = single ? box.right - box.left + 1 : wide;
    for (let down = 0; down < height; down += 1) {
      for (let right = 0; right < width; right += 1) {
        const text = single ? rows[0][0] : rows[down][right] ?? "";
        this.count(plan, box.top + down, box.left + right, text);
      }
    }
    plan.size = this.words("paste_size", { rows: height, columns: width, cells: height * width });
    plan.to = { ...box, bottom: box.top + height - 1, right: box.left + width - 1 };
    return plan;
  }

  count(plan, row, column, text) {
    if (row >= this.sheet.grid.rows.length || column >= this.selection.columns.length) return void (plan.outside += 1);
    const key = this.selection.key(row, column);
    const change = this.editor.meaning(key, text);
    const shown = this.store.shown(key);
    if (KaopingSheet.alike(shown, { ...change, v: change.value })) return void (plan.same += 1);
    if (this.store.locked(key)) return void (plan.locked += 1);
    plan.changes.push(change);
    if (!this.store.filled(key)) plan.fresh += 1;
    else if (change.value === "" && !change.na) plan.cleared += 1;
    else plan.changed += 1;
  }

  decided() {
    if (this.dialog.returnValue === "paste") this.take();
    else this.plan = null;
    this.editor.focus();
  }

  take() {
    const { plan } = this;
    this.plan = null;
    const count = this.store.set(plan.changes);
    this.selection.choose(plan.to);
    this.sheet.announce(this.words("pasted", { n: count }));
    if (plan.locked && !count) this.sheet.announce(this.words("locked"));
  }

  /* Filling ---------------------------------------------------------------------------------------- */

  /* Ctrl+D: the top row of the block into the rows below; a single cell takes what stands above it. */
  down() {
    const { box } = this.selection;
    if (box.top === box.bottom && box.top === 0) return;
    const source = box.top === box.bottom ? { ...box, top: box.top - 1, bottom: box.top - 1 } : { ...box, bottom: box.top };
    this.fill(source, { ...box, top: source.bottom + 1 });
  }

  /* Repeats the rows of `source` over `target` (same columns), with their notes where the target has none. */
  fill(source, target) {
    const height = source.bottom - source.top + 1;
    const changes = [];
    for (let row = target.top; row <= target.bottom; row += 1) {
      const distance = row - source.top;
      const from = source.top + (((distance % height) + height) % height);
      for (let column = target.left; column <= target.right; column += 1) {
        const [original, key] = [this.selection.key(from, column), this.selection.key(row, column)];
        const shown = this.store.shown(original);
        changes.push({ key, value: shown.v ?? "", na: Boolean(shown.na), note: this.store.shown(key).note || shown.note || "" });
      }
    }
    this.sheet.announce(this.words("filled", { n: this.store.set(changes) }));
  }

  clear() {
    const changes = this.selection.keys().map((key) => ({ key, value: "", na: false, note: "" }));
    this.sheet.announce(this.words("cleared", { n: this.store.set(changes) }));
  }

  /* All of the block not applicable, or none of it any more. */
  notApplicable() {
    const keys = this.selection.keys().filter((key) => !this.store.locked(key));
    const off = keys.length > 0 && keys.every((key) => this.store.shown(key).na);
    const count = this.store.set(keys.map((key) => ({ key, value: "", na: !off, note: off ? "" : this.store.shown(key).note ?? "" })));
    this.sheet.announce(this.words(off ? "cleared" : "made_na", { n: count }));
  }

  undo() {
    this.said(this.store.undo(), "undone");
  }

  redo() {
    this.said(this.store.redo(), "redone");
  }

  said(step, name) {
    if (!step) return this.sheet.announce(this.words("nothing_left"));
    if (step.keys.length) {
      const place = this.selection.find(step.keys[0]);
      if (place.row >= 0) this.selection.go(place.row, place.column);
    }
    this.sheet.announce(this.words(name, { n: step.count }) + (step.left ? ` ${this.words("left_alone", { n: step.left })}` : ""));
  }
};
