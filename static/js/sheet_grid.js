"use strict";
/* The grid on the screen: Tabulator draws the rows in view, the frozen columns and the headers; what a
   cell looks like follows from the store. Choosing and typing are in sheet_select.js and sheet_edit.js. */

window.KaopingSheet = window.KaopingSheet ?? {};

KaopingSheet.ROW = 32; // pixels; every row is as high, so that a place follows from its number

KaopingSheet.Grid = class {
  constructor(element, store, words) {
    Object.assign(this, { element, store, words });
    this.drawn = new Map(); // cell key → its element, once it was in view
    this.sums = new Map(); // "subject:group" → element
    this.rows = store.subjects;
    this.groups = this.summed();
    this.table = new Tabulator(element, {
      data: store.subjects.map((subject) => ({ id: subject.id, subject })),
      index: "id",
      height: "100%",
      rowHeight: KaopingSheet.ROW,
      columns: this.definitions(),
      nestedFieldSeparator: false, // codes may have a point in them
      columnDefaults: { headerSort: false, resizable: "header", minWidth: 60 },
      layout: "fitData",
      selectableRows: false,
      placeholder: words("nobody"),
      rowFormatter: (row) => row.getElement().setAttribute("aria-rowindex", String(row.getPosition() + 1)),
    });
    this.ready = new Promise((resolve) => this.table.on("tableBuilt", resolve));
    this.table.on("columnResized", (column) => this.keepWidth(column));
    // Else a row that scrolls back into view would flash again.
    element.addEventListener("animationend", (event) => event.target.classList.remove("ss-saved", "ss-other"));
    store.listen((keys, why) => this.changed(keys, why));
  }

  get holder() {
    return this.element.querySelector(".tabulator-tableholder");
  }

  /* Composites with at least two columns of marks here. A weight other than the points makes a plain sum mean
     something else, so such a node, and any above it, has none. */
  summed() {
    const marks = this.store.columns.filter((column) => column.leaf.marks);
    const weighted = KaopingSheet.groups.filter((group) => group.children.some((child) => !KaopingSheet.decimal.same(child.weight, child.points)));
    const bent = (group) => weighted.some((one) => one === group || one.leaves.every((code) => group.leaves.includes(code)));
    return KaopingSheet.groups
      .map((group) => ({ ...group, columns: marks.filter((column) => group.leaves.includes(column.leaf.code)) }))
      .filter((group) => group.columns.length > 1 && !bent(group));
  }

  definitions() {
    const definitions = [
      this.fixed("code", this.words("code"), this.room("code", 9, 64, 130), true),
      this.fixed("name", this.words("name"), this.room("name", 14, 150, 220), true),
    ];
    if (this.store.subjects.some((subject) => subject.category)) definitions.push(this.fixed("category", this.words("category"), this.room("category", 14, 80, 150), false));
    for (const column of this.store.columns) {
      definitions.push(this.column(column));
      const ends = this.groups.filter((group) => group.columns.at(-1) === column);
      // The inner sum stands first: it has fewer columns.
      for (const group of ends.sort((one, other) => one.columns.length - other.columns.length)) definitions.push(this.total(group));
    }
    return definitions;
  }

  /* A width for the longest text, within limits. */
  room(field, sign, least, most) {
    const longest = Math.max(...this.store.subjects.map((subject) => String(subject[field]).length));
    return Math.min(most, Math.max(least, longest * sign + 20));
  }

  fixed(field, title, width, frozen) {
    return {
      field, title, width, frozen, cssClass: `ss-${field}`,
      formatter: (cell) => {
        const { subject } = cell.getData();
        const said = KaopingSheet.dom.span(subject[field] ?? "");
        said.title = subject[field] ?? "";
        if (field !== "name" || !subject.own) return said;
        const both = document.createElement("span");
        both.append(said, " ", this.ownBadge());
        return both;
      },
    };
  }

  ownBadge() {
    const badge = KaopingSheet.dom.span(this.words("own"), "badge kp-missing");
    badge.title = this.words("own_words");
    return badge;
  }

  column(column) {
    const { leaf } = column;
    return {
      field: column.id,
      title: `${leaf.code} ${leaf.title}`,
      width: this.width(column.id) ?? 92,
      cssClass: leaf.editable ? "ss-cell" : "ss-cell ss-read",
      titleFormatter: () => KaopingSheet.dom.header(leaf.code, leaf.title, this.foot(column), this.about(leaf)),
      formatter: (cell) => {
        const key = this.store.key(cell.getData().id, column.id);
        this.drawn.set(key, cell.getElement());
        return this.paint(key);
      },
    };
  }

  total(group) {
    const field = `sum-${group.code}`;
    return {
      field,
      title: group.code,
      width: this.width(field) ?? 84,
      cssClass: "ss-total",
      titleFormatter: () => KaopingSheet.dom.header(group.code, this.words("subtotal"), group.whole ? this.words("of", { n: group.points }) : this.words("own_part"), `${group.code} ${group.title} · ${this.words("own_part_words")}`),
      formatter: (cell) => {
        const subject = cell.getData().id;
        this.sums.set(`${subject}:${group.code}`, cell.getElement());
        return this.total_of(subject, group);
      },
    };
  }

  points(leaf) {
    return leaf.marks ? `0–${leaf.points}` : this.words("number");
  }

  /* Under the title of a column: which part of the leaf it is, or its points. */
  foot({ label, leaf }) {
    const said = label || this.points(leaf);
    return leaf.editable ? said : `${said} · ${this.words("read_only")}`;
  }

  /* The heads again, after a column was closed or opened. */
  heads() {
    for (const column of this.store.columns) {
      const head = this.table.getColumn(column.id).getElement().querySelector(".ss-head");
      head.title = this.about(column.leaf);
      head.querySelector(".ss-head-points").textContent = this.foot(column);
    }
  }

  /* Until when it is open: a sentence of the server, or the date. */
  until(leaf) {
    return leaf.until || (leaf.deadline ? this.words("until", { date: leaf.deadline }) : "");
  }

  about(leaf) {
    const said = [`${leaf.code} ${leaf.title}`, leaf.crumbs, leaf.assessor, this.until(leaf)];
    if (!leaf.editable) said.push(leaf.reason);
    return said.filter(Boolean).join("\n");
  }

  /* Looks --------------------------------------------------------------------------------------- */

  /* The inside of a cell; its classes are set on the element around it. */
  paint(key) {
    const element = this.drawn.get(key);
    const shown = this.store.shown(key);
    const wish = this.store.wishes.get(key);
    const half = KaopingSheet.half(wish);
    const lacking = half || wish?.state === "lacking" || this.store.lacks(key, { value: shown.v, na: shown.na, note: shown.note });
    const looks = {
      "ss-na": shown.na,
      "ss-waiting": wish?.state === "waiting" && !this.offline,
      "ss-offline": wish?.state === "waiting" && this.offline,
      "ss-refused": wish?.state === "refused" && !half,
      "ss-conflict": wish?.state === "conflict",
      "ss-lacking": lacking,
      "ss-noted": Boolean(shown.note),
      "ss-own": this.store.isOwn(key),
      "ss-read": Boolean(this.store.locked(key)),
    };
    for (const [name, on] of Object.entries(looks)) element.classList.toggle(name, Boolean(on));
    if (wish) element.classList.remove("ss-saved");
    element.title = this.title(key, shown, wish, lacking);
    element.dataset.key = key;
    const files = this.filesOf(key);
    element.setAttribute("aria-readonly", String(looks["ss-read"]));
    element.setAttribute("aria-invalid", String(looks["ss-refused"] || looks["ss-conflict"] || lacking));
    const value = KaopingSheet.dom.span(shown.na ? this.words("na") : shown.v ?? "", "ss-value");
    if (files) value.dataset.files = String(files);
    const said = this.store.said[this.store.firstOf(key)];
    if (said !== undefined) value.dataset.said = said || "…";
    return value;
  }

  filesOf(key) {
    return this.files?.[this.store.firstOf(key)] ?? 0;
  }

  /* What the subject says of itself here, in short; "" if it says nothing. */
  saidOf(key) {
    const { subject, column } = this.store.place(key);
    const said = this.store.said[`${subject.id}:${column.leaf.id}`];
    if (said === undefined) return "";
    return said ? this.words("said_score", { n: said }) : this.words("said_text");
  }

  title(key, shown, wish, lacking) {
    const said = [];
    if (this.store.isOwn(key)) said.push(this.words("own"));
    if (this.saidOf(key)) said.push(this.saidOf(key));
    if (this.filesOf(key)) said.push(this.words("files", { n: this.filesOf(key) }));
    if (wish?.state === "refused") said.push(wish.message);
    if (wish?.state === "conflict") said.push(this.words("conflict"));
    if (wish?.state === "waiting" && this.offline) said.push(this.words("kept"));
    if (lacking && !KaopingSheet.half(wish)) said.push(this.words("needs_note"));
    if (shown.note) said.push(`${this.words("note")} ${shown.note}`);
    const locked = this.store.locked(key);
    if (locked.trim()) said.push(locked);
    return said.join("\n");
  }

  total_of(subject, group) {
    const { sum, of, missing } = this.store.sum(subject, group.columns);
    const said = KaopingSheet.dom.span(sum, missing ? "ss-open" : "");
    said.title = this.words("sum_of", { sum: sum || "—", of, missing });
    return said;
  }

  changed(keys, why) {
    const subjects = new Set();
    for (const key of keys) {
      subjects.add(key.slice(0, key.indexOf(":")));
      const element = this.drawn.get(key);
      if (!element) continue;
      element.replaceChildren(this.paint(key));
      if (why === "saved" && !this.store.wishes.has(key)) KaopingSheet.dom.flash(element, "ss-saved");
      if (why === "others") KaopingSheet.dom.flash(element, "ss-other");
    }
    for (const subject of subjects) {
      for (const group of this.groups) {
        this.sums.get(`${subject}:${group.code}`)?.replaceChildren(this.total_of(subject, group));
      }
    }
  }

  repaint(keys) {
    for (const key of keys) if (this.drawn.has(key)) this.drawn.get(key).replaceChildren(this.paint(key));
  }

  /* Rows and columns ----------------------------------------------------------------------------- */

  filter(subjects) {
    this.rows = subjects;
    const shown = new Set(subjects.map((subject) => subject.id));
    this.table.setFilter((row) => shown.has(row.id));
  }

  width(field) {
    return this.widths()[field];
  }

  widths() {
    try {
      return JSON.parse(localStorage.getItem("kp-sheet-widths")) ?? {};
    } catch {
      return {};
    }
  }

  keepWidth(column) {
    const definition = this.store.columnOf.get(column.getField());
    const name = definition ? definition.id : column.getField();
    try {
      localStorage.setItem("kp-sheet-widths", JSON.stringify({ ...this.widths(), [name]: column.getWidth() }));
    } catch { /* the width is not worth a message */ }
  }
};
