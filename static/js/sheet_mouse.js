"use strict";
/* Mouse, pen and finger: choose, drag over a block, drag the handle to fill. A finger scrolls; it chooses by a tap. */

window.KaopingSheet = window.KaopingSheet ?? {};

KaopingSheet.Mouse = class {
  constructor(sheet) {
    Object.assign(this, { sheet, selection: sheet.selection, editor: sheet.editor });
    const { element } = sheet.grid;
    element.addEventListener("pointerdown", (event) => this.down(event));
    element.addEventListener("click", (event) => this.tap(event));
    element.addEventListener("dblclick", (event) => this.selection.under(event) && this.inside());
    this.selection.handle.addEventListener("pointerdown", (event) => this.fill(event));
    // The field lies over the active cell: a second tap or a double click on it goes into its text.
    this.editor.field.addEventListener("dblclick", () => this.inside());
  }

  inside() {
    if (this.editor.mode !== "inside") this.editor.inside();
  }

  down(event) {
    if (event.pointerType === "touch" || event.button !== 0) return;
    const place = this.selection.under(event);
    if (!place) return;
    event.preventDefault(); // the focus stays in the field
    this.editor.commit();
    this.selection.go(place.row, place.column, { stretch: event.shiftKey });
    this.editor.focus();
    this.drag(event, (at) => this.selection.go(at.row, at.column, { stretch: true }));
  }

  tap(event) {
    if (event.pointerType === "mouse") return;
    const place = this.selection.under(event);
    if (!place) return;
    const { at } = this.selection;
    const again = document.activeElement === this.editor.field && at.row === place.row && at.column === place.column;
    this.editor.commit();
    this.selection.go(place.row, place.column, { stretch: event.shiftKey });
    this.editor.focus();
    if (again) this.inside(); // a second tap goes into the text
  }

  drag(event, moved, dropped = () => {}) {
    const { element } = this.sheet.grid;
    const move = (now) => moved(this.selection.near(now));
    const up = (now) => {
      element.removeEventListener("pointermove", move);
      dropped(this.selection.near(now));
    };
    element.setPointerCapture(event.pointerId);
    element.addEventListener("pointermove", move);
    element.addEventListener("pointerup", up, { once: true });
  }

  fill(event) {
    event.preventDefault();
    event.stopPropagation();
    const source = { ...this.selection.box };
    const { fill } = this.selection;
    let target = null;
    const towards = (at) => {
      target = null;
      if (at.row > source.bottom) target = { ...source, top: source.bottom + 1, bottom: at.row };
      if (at.row < source.top) target = { ...source, top: at.row, bottom: source.top - 1 };
      fill.hidden = !target;
      if (target) KaopingSheet.dom.place(fill, this.selection.frame(target));
      this.selection.show(at);
    };
    this.drag(event, towards, () => {
      fill.hidden = true;
      if (!target) return;
      this.sheet.block.fill(source, target);
      this.selection.choose({ ...source, top: Math.min(source.top, target.top), bottom: Math.max(source.bottom, target.bottom) });
      this.editor.focus();
    });
  }
};

/* Category, missing only, search. What the filter shows stays until it is asked again: a row does not
   vanish under the hands of whoever fills it. */
KaopingSheet.Filter = class {
  constructor(sheet) {
    Object.assign(this, { sheet, store: sheet.store });
    this.category = document.getElementById("sheet-category");
    this.missing = document.getElementById("sheet-missing");
    this.field = document.getElementById("sheet-search");
    const categories = new Map();
    for (const { category } of this.store.subjects) if (category) categories.set(category, (categories.get(category) ?? 0) + 1);
    for (const [name, count] of categories) this.category.append(new Option(`${name} (${count})`, name));
    this.category.closest("[data-part]").hidden = categories.size < 2;
    this.category.addEventListener("change", () => this.apply());
    this.missing.addEventListener("change", () => this.apply());
    this.field.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.apply(), 150);
    });
    this.field.addEventListener("keydown", (event) => {
      if (!["Enter", "Escape"].includes(event.key) || event.isComposing) return;
      event.preventDefault();
      if (event.key === "Escape") this.field.value = "";
      this.apply();
      this.sheet.editor.focus();
    });
  }

  search() {
    this.field.focus();
    this.field.select();
  }

  reset() {
    this.category.value = this.field.value = "";
    this.missing.checked = false;
    this.apply();
  }

  wanted(subject) {
    if (this.category.value && subject.category !== this.category.value) return false;
    const words = this.field.value.trim().toLowerCase();
    if (words && !`${subject.code} ${subject.name}`.toLowerCase().includes(words)) return false;
    if (!this.missing.checked) return true;
    return this.store.columns.some((column) => {
      const key = this.store.key(subject.id, column.id);
      return !this.store.locked(key) && !this.store.filled(key);
    });
  }

  apply() {
    clearTimeout(this.timer);
    const key = this.sheet.selection.key();
    const rows = this.store.subjects.filter((subject) => this.wanted(subject));
    this.sheet.grid.filter(rows);
    document.getElementById("sheet-shown").textContent = this.sheet.words("shown", { n: rows.length, all: this.store.subjects.length });
    const place = key ? this.sheet.selection.find(key) : { row: -1, column: 0 };
    this.sheet.selection.go(Math.max(place.row, 0), Math.max(place.column, 0));
  }
};
