"use strict";
/* Which cells are chosen: the active one, and the block between it and where the choice was stretched to.
   Drawn as three boxes over the grid, so that it costs the same with five cells and with fifty thousand. */

window.KaopingSheet = window.KaopingSheet ?? {};

KaopingSheet.Selection = class {
  constructor(grid, store) {
    Object.assign(this, { grid, store });
    this.at = { row: 0, column: 0 }; // the active cell
    this.to = { row: 0, column: 0 }; // the opposite corner
    this.heard = [];
    this.layer = KaopingSheet.dom.box("ss-layer");
    this.block = this.layer.appendChild(KaopingSheet.dom.box("ss-block"));
    this.fill = this.layer.appendChild(KaopingSheet.dom.box("ss-fill"));
    this.handle = this.layer.appendChild(KaopingSheet.dom.box("ss-handle"));
    this.fill.hidden = true;
    grid.holder.append(this.layer);
    grid.table.on("columnResized", () => this.widths());
  }

  listen(heard) {
    this.heard.push(heard);
  }

  get columns() {
    return this.store.columns;
  }

  get empty() {
    return !this.grid.rows.length || !this.columns.length;
  }

  key(row = this.at.row, column = this.at.column) {
    return this.empty ? "" : this.store.key(this.grid.rows[row].id, this.columns[column].id);
  }

  /* {top, bottom, left, right}, all inclusive. */
  get box() {
    const { at, to } = this;
    return {
      top: Math.min(at.row, to.row), bottom: Math.max(at.row, to.row),
      left: Math.min(at.column, to.column), right: Math.max(at.column, to.column),
    };
  }

  get many() {
    return this.at.row !== this.to.row || this.at.column !== this.to.column;
  }

  keys(box = this.box) {
    const keys = [];
    for (let row = box.top; row <= box.bottom; row += 1) {
      for (let column = box.left; column <= box.right; column += 1) keys.push(this.key(row, column));
    }
    return keys;
  }

  inside(row, column) {
    return {
      row: Math.max(0, Math.min(this.grid.rows.length - 1, row)),
      column: Math.max(0, Math.min(this.columns.length - 1, column)),
    };
  }

  go(row, column, { stretch = false } = {}) {
    if (this.empty) return this.draw();
    const place = this.inside(row, column);
    if (stretch) this.to = place;
    else this.at = this.to = place;
    this.show(place);
    this.draw();
    for (const heard of this.heard) heard();
  }

  choose(box) {
    this.at = this.inside(box.top, box.left);
    this.to = this.inside(box.bottom, box.right);
    this.draw();
    for (const heard of this.heard) heard();
  }

  move(down, right, options) {
    const from = options?.stretch ? this.to : this.at;
    this.go(from.row + down, from.column + right, options);
  }

  /* To the next edge between filled and empty cells, as a spreadsheet does it. */
  jump(down, right, options) {
    const from = options?.stretch ? this.to : this.at;
    const has = (row, column) => this.store.filled(this.key(row, column));
    let { row, column } = from;
    const within = (r, c) => r >= 0 && r < this.grid.rows.length && c >= 0 && c < this.columns.length;
    if (!within(row + down, column + right)) return;
    const filled = has(row, column) && has(row + down, column + right);
    do [row, column] = [row + down, column + right];
    while (within(row + down, column + right) && (filled ? has(row + down, column + right) : !has(row, column)));
    this.go(row, column, options);
  }

  find(key) {
    const { subject, column } = this.store.place(key);
    return { row: this.grid.rows.indexOf(subject), column: this.columns.indexOf(column) };
  }

  /* Geometry: places inside the scrolled content, from the widths alone: the header follows a scroll only later. */
  edges(column) {
    if (!this.lefts) {
      this.lefts = new Map();
      let left = 0;
      for (const one of this.grid.table.getColumns()) {
        this.lefts.set(one.getField(), { left, right: left + one.getWidth() });
        left += one.getWidth();
      }
    }
    return this.lefts.get(this.columns[column].id);
  }

  widths() {
    this.lefts = null;
    this.draw();
    for (const heard of this.heard) heard();
  }

  frame({ top, bottom, left, right }) {
    const from = this.edges(left);
    const to = this.edges(right);
    return { top: top * KaopingSheet.ROW, height: (bottom - top + 1) * KaopingSheet.ROW, left: from.left, width: to.right - from.left };
  }

  frozen() {
    return this.grid.table.getColumns().filter((column) => column.getDefinition().frozen).reduce((sum, column) => sum + column.getWidth(), 0);
  }

  show({ row, column }) {
    const holder = this.grid.holder;
    const { left, right } = this.edges(column);
    const top = row * KaopingSheet.ROW;
    if (top < holder.scrollTop) holder.scrollTop = top;
    else if (top + KaopingSheet.ROW > holder.scrollTop + holder.clientHeight) holder.scrollTop = top + KaopingSheet.ROW - holder.clientHeight;
    if (left < holder.scrollLeft + this.frozen()) holder.scrollLeft = left - this.frozen();
    else if (right > holder.scrollLeft + holder.clientWidth) holder.scrollLeft = right - holder.clientWidth;
  }

  draw() {
    this.layer.hidden = this.empty;
    if (this.empty) return;
    KaopingSheet.dom.place(this.block, this.frame(this.box));
    this.block.classList.toggle("ss-many", this.many);
    const { bottom, right } = this.box;
    const corner = this.frame({ top: bottom, bottom, left: right, right });
    this.handle.style.top = `${corner.top + corner.height - 5}px`;
    this.handle.style.left = `${corner.left + corner.width - 6}px`;
  }

  /* Where a pointer is, as a cell; null over headers and names. */
  under(event) {
    const key = event.target.closest?.("[data-key]")?.dataset.key;
    if (key) return this.find(key);
    return null;
  }

  /* Also beyond the edge, for dragging: the cell whose band the pointer is in. */
  near(event) {
    const rect = this.grid.holder.getBoundingClientRect();
    const row = Math.floor((event.clientY - rect.top + this.grid.holder.scrollTop) / KaopingSheet.ROW);
    const x = event.clientX - rect.left + this.grid.holder.scrollLeft;
    let column = this.columns.findIndex((_one, place) => x < this.edges(place).right);
    if (column < 0) column = this.columns.length - 1;
    return this.inside(row, column);
  }
};
