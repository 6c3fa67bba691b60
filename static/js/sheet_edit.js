"use strict";
/* Typing. One field always has the focus and lies over the active cell: it holds the cell's text, chosen
   as a whole, so that typing replaces it, an input method composes in it, copying copies it and a screen
   reader reads it. `mode`: "ready", "typing" (arrows take it over) or "inside" (F2: arrows move in the text). */

window.KaopingSheet = window.KaopingSheet ?? {};

KaopingSheet.Editor = class {
  constructor(selection, store, sheet) {
    Object.assign(this, { selection, store, sheet, mode: "ready", home: 0 });
    const { words } = sheet;
    this.field = document.createElement("input");
    Object.assign(this.field, { type: "text", className: "ss-input", autocomplete: "off", spellcheck: false, inputMode: "decimal", maxLength: 40 });
    this.field.setAttribute("aria-describedby", "sheet-keys-short");
    this.field.setAttribute("enterkeyhint", "next");
    this.words = words;
    selection.layer.append(this.field);
    selection.listen(() => this.rest());
    selection.listen(() => this.say());
    this.field.addEventListener("compositionstart", () => this.begin());
    this.field.addEventListener("input", () => this.begin());
    this.field.addEventListener("keydown", (event) => this.key(event));
    this.field.addEventListener("blur", () => this.commit());
    this.field.addEventListener("focus", () => this.mode === "ready" && this.field.select());
    store.listen((keys) => this.mode === "ready" && keys.includes(this.cell) && this.rest());
    document.addEventListener("visibilitychange", () => document.hidden && this.commit());
    window.addEventListener("pagehide", () => this.commit());
  }

  get cell() {
    return this.selection.key();
  }

  text(key) {
    const shown = this.store.shown(key);
    return shown.na ? this.words("na") : shown.v ?? "";
  }

  /* Takes the active cell's text, and its place. */
  rest() {
    if (this.selection.empty) return;
    if (this.mode !== "ready") this.commit();
    this.mode = "ready";
    const { row, column } = this.selection.at;
    const key = this.cell;
    KaopingSheet.dom.place(this.field, this.selection.frame({ top: row, bottom: row, left: column, right: column }));
    this.field.value = this.text(key);
    this.field.readOnly = Boolean(this.store.locked(key));
    this.field.classList.remove("ss-typing");
    this.field.setAttribute("aria-label", this.label(key));
    if (document.activeElement === this.field) this.field.select();
  }

  label(key) {
    const parts = [this.store.name(key), this.sheet.grid.points(this.store.place(key).column.leaf)];
    if (this.store.isOwn(key)) parts.push(this.words("own"));
    return [...parts, this.sheet.grid.saidOf(key)].filter(Boolean).join(" · ");
  }

  /* For screen readers: the focus stays in one field, so its new place has to be said. */
  say() {
    if (document.activeElement !== this.field || this.selection.empty) return;
    document.getElementById("sheet-live-place").textContent = `${this.label(this.cell)} · ${this.field.value || this.words("empty")}`;
  }

  focus() {
    this.field.focus({ preventScroll: true });
    if (this.mode === "ready") this.field.select();
  }

  begin(mode = "typing") {
    if (this.mode !== "ready" || this.field.readOnly) return;
    this.mode = mode;
    this.editing = this.cell;
    this.before = this.store.seen(this.editing);
    this.field.classList.add("ss-typing");
  }

  commit() {
    if (this.mode === "ready") return;
    this.mode = "ready";
    const text = this.field.value;
    this.field.classList.remove("ss-typing");
    this.enter(this.editing, text, this.before);
  }

  cancel() {
    this.mode = "ready";
    this.rest();
  }

  /* What a text means for a cell; the note stays. "/" and 不适用 say not applicable. */
  meaning(key, text) {
    const clean = KaopingSheet.decimal.clean(text);
    const na = clean !== "" && this.sheet.naWords.has(clean.toLowerCase());
    return { key, value: na ? "" : clean, na, note: clean === "" ? "" : this.store.shown(key).note ?? "" };
  }

  enter(key, text, seen) {
    if (KaopingSheet.decimal.clean(text) === KaopingSheet.decimal.clean(this.text(key))) return this.rest();
    this.store.set([{ ...this.meaning(key, text), seen }]);
    this.rest();
  }

  /* Keys ------------------------------------------------------------------------------------------ */

  key(event) {
    if (event.isComposing || event.keyCode === 229 || ["Shift", "Control", "Alt", "Meta"].includes(event.key)) return;
    const name = `${event.ctrlKey || event.metaKey ? "Ctrl+" : ""}${event.altKey ? "Alt+" : ""}${event.key.length === 1 ? event.key.toLowerCase() : event.key}`;
    const action = this.action(name, event);
    this.leaving = false;
    if (action) {
      event.preventDefault();
      action();
    } else if (this.field.readOnly && event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) {
      this.sheet.announce(this.store.locked(this.cell).trim() || this.words("locked"));
    }
  }

  action(name, event) {
    const always = this.always(event)[name];
    if (always) return always;
    if (this.mode !== "ready") return this.mode === "typing" ? this.arrows(event, false)[name] : null;
    return this.arrows(event, event.shiftKey)[name] ?? this.ready(event)[name];
  }

  /* In every mode: these take over what was typed and go on. */
  always({ shiftKey }) {
    const after = (down, right) => () => this.onward(down, right);
    return {
      Enter: after(shiftKey ? -1 : 1, 0),
      Tab: this.leaves(shiftKey) ? null : after(0, shiftKey ? -1 : 1),
      Escape: () => this.escape(),
      F2: () => (shiftKey ? this.sheet.bar.note() : this.inside()),
      F6: () => this.sheet.problems.next(),
      F7: () => this.sheet.panel.open("said"),
      F8: () => this.sheet.panel.open("history"),
      F9: () => this.sheet.files.open(),
    };
  }

  /* Takes back what was typed; else closes the panel; else the block becomes its one cell, and the next Tab leaves
     the grid. */
  escape() {
    if (this.mode !== "ready") return this.cancel();
    if (this.sheet.panel.isOpen) return this.sheet.panel.close();
    this.selection.go(this.selection.at.row, this.selection.at.column);
    this.leaving = true;
  }

  /* Tab goes on in the page after Esc and at the last cell: nobody is caught in the grid. */
  leaves(back) {
    if (this.leaving) return true;
    const { row, column } = this.selection.at;
    if (this.selection.many || this.mode !== "ready") return false;
    return back ? row === 0 && column === 0 : row === this.sheet.grid.rows.length - 1 && column === this.selection.columns.length - 1;
  }

  /* Enter after several Tabs goes to the column where the row was begun. */
  onward(down, right) {
    this.commit();
    const { row, column } = this.selection.at;
    const last = this.selection.columns.length - 1;
    if (right) {
      if (this.tabbed !== row) [this.tabbed, this.home] = [row, column];
      if (right > 0 && column === last) this.selection.go(row + 1, 0);
      else if (right < 0 && column === 0) this.selection.go(row - 1, last);
      else this.selection.move(0, right);
      if (this.selection.at.row !== row) this.tabbed = null;
    } else {
      this.selection.go(row + down, this.tabbed === row ? this.home : column);
      this.tabbed = null;
    }
    this.focus();
  }

  arrows(event, stretch) {
    const act = (way, ...rest) => () => {
      this.commit();
      this.selection[way](...rest, { stretch });
      this.focus();
    };
    const page = Math.max(1, Math.floor(this.sheet.grid.holder.clientHeight / KaopingSheet.ROW) - 1);
    const { at, to } = this.selection;
    const from = stretch ? to : at;
    const [bottom, right] = [this.sheet.grid.rows.length - 1, this.selection.columns.length - 1];
    return {
      ArrowUp: act("move", -1, 0), ArrowDown: act("move", 1, 0), ArrowLeft: act("move", 0, -1), ArrowRight: act("move", 0, 1),
      "Ctrl+ArrowUp": act("jump", -1, 0), "Ctrl+ArrowDown": act("jump", 1, 0),
      "Ctrl+ArrowLeft": act("jump", 0, -1), "Ctrl+ArrowRight": act("jump", 0, 1),
      PageUp: act("move", -page, 0), PageDown: act("move", page, 0),
      Home: act("go", from.row, 0), End: act("go", from.row, right),
      "Ctrl+Home": act("go", 0, 0), "Ctrl+End": act("go", bottom, right),
    };
  }

  ready({ shiftKey }) {
    const { sheet, selection } = this;
    return {
      Delete: () => sheet.block.clear(),
      Backspace: () => sheet.block.clear(),
      "/": () => sheet.block.notApplicable(),
      "Ctrl+z": () => (shiftKey ? sheet.block.redo() : sheet.block.undo()),
      "Ctrl+y": () => sheet.block.redo(),
      "Ctrl+d": () => sheet.block.down(),
      "Ctrl+a": () => selection.choose({ top: 0, left: 0, bottom: sheet.grid.rows.length - 1, right: selection.columns.length - 1 }),
      "Ctrl+f": () => sheet.filter.search(),
    };
  }

  inside() {
    if (this.field.readOnly) return;
    if (this.mode === "ready") this.begin("inside");
    this.mode = "inside";
    this.field.setSelectionRange(this.field.value.length, this.field.value.length);
  }
};
