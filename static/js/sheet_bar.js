"use strict";
/* The line above the grid: which cell it is, who changed it last, its note, its question. */

window.KaopingSheet = window.KaopingSheet ?? {};

KaopingSheet.Bar = class {
  constructor(sheet) {
    Object.assign(this, { sheet, store: sheet.store, selection: sheet.selection, words: sheet.words });
    this.place = document.getElementById("sheet-place");
    this.field = document.getElementById("sheet-note");
    this.question = document.getElementById("sheet-question");
    this.selection.listen(() => this.show());
    this.store.listen((keys) => keys.includes(this.cell) && this.show());
    this.field.addEventListener("keydown", (event) => this.key(event));
    this.field.addEventListener("change", () => this.keep());
  }

  get cell() {
    return this.selection.key();
  }

  show() {
    const key = this.cell;
    if (!key) return;
    if (this.field === document.activeElement && this.shownKey === key) return this.ask(key);
    if (this.field === document.activeElement) this.keep();
    this.shownKey = key;
    const { column } = this.store.place(key);
    const held = this.store.held(key);
    const last = held.by || held.at ? this.words("last", { who: held.by || "—", when: held.at ?? "" }) : "";
    const locked = this.store.locked(key).trim();
    this.place.replaceChildren(KaopingSheet.dom.span(this.store.name(key), "fw-semibold"), ` ${this.sheet.grid.points(column.leaf)} `);
    if (!locked) this.place.append(KaopingSheet.dom.span(this.sheet.grid.until(column.leaf), "kp-muted"), " ");
    if (this.store.isOwn(key)) this.place.append(this.sheet.grid.ownBadge(), " ");
    const said = this.sheet.grid.saidOf(key);
    if (said) this.place.append(KaopingSheet.dom.span(said, "badge kp-info"), " ");
    this.place.append(KaopingSheet.dom.span(locked || last, locked ? "badge kp-na" : "kp-muted"));
    const shown = this.store.shown(key);
    this.field.value = shown.note ?? "";
    this.field.disabled = Boolean(this.store.locked(key)) || !this.store.filled(key);
    this.field.required = Boolean(column.leaf.notes_required);
    const wish = this.store.wishes.get(key);
    this.field.classList.toggle("is-invalid", wish?.field === "note" || wish?.state === "lacking");
    this.ask(key);
  }

  /* A clash or a refusal of this cell, and what can be done about it. */
  ask(key) {
    this.question.replaceChildren();
    const wish = this.store.wishes.get(key);
    if (wish && ["conflict", "refused", "lacking"].includes(wish.state)) this.question.append(...this.sheet.problems.choices(wish));
    this.question.hidden = !this.question.children.length;
  }

  note() {
    if (this.field.disabled) return this.sheet.announce(this.words(this.store.locked(this.cell) ? "locked" : "note_later"));
    this.field.focus();
    this.field.select();
  }

  key(event) {
    if (event.isComposing || !["Enter", "Escape"].includes(event.key)) return;
    event.preventDefault();
    if (event.key === "Escape") this.field.value = this.store.shown(this.shownKey).note ?? "";
    this.keep();
    this.sheet.editor.focus();
  }

  /* The note goes to the cell, or to all filled cells of the chosen block. */
  keep() {
    const key = this.shownKey;
    if (!key || this.field.disabled) return;
    const note = this.field.value.trim();
    if (note === (this.store.shown(key).note ?? "").trim()) return;
    const keys = this.selection.many && key === this.cell ? this.selection.keys().filter((one) => this.store.filled(one)) : [key];
    const changes = keys.map((one) => {
      const shown = this.store.shown(one);
      return { key: one, value: shown.v ?? "", na: Boolean(shown.na), note };
    });
    const count = this.store.set(changes);
    if (count > 1) this.sheet.announce(this.words("noted", { n: count }));
  }
};

/* Under the grid: each cell that was refused or clashes, one click or F6 away. */
KaopingSheet.Problems = class {
  constructor(sheet) {
    Object.assign(this, { sheet, store: sheet.store, words: sheet.words });
    this.box = document.getElementById("sheet-problems");
    this.list = this.box.querySelector("ul");
    this.store.listen(() => this.later());
  }

  all() {
    return [...this.store.wishes.values()].filter((wish) => wish.state !== "waiting");
  }

  later() {
    if (this.planned) return;
    this.planned = true;
    requestAnimationFrame(() => this.show());
  }

  show() {
    this.planned = false;
    const all = this.all();
    const { orphans } = this.sheet.queue.kept;
    this.box.hidden = !all.length && !orphans.length;
    this.box.querySelector("[data-count]").textContent = this.words("problems", { n: all.length + orphans.length });
    const most = 50;
    this.list.replaceChildren(...all.slice(0, most).map((wish) => this.line(wish)), ...orphans.map((wish) => this.orphan(wish)));
    if (all.length > most) this.list.append(item(this.words("more", { n: all.length - most })));
    // Between target and actual there is always half a pair: listed, but no alarm.
    const alarming = all.filter((wish) => !KaopingSheet.half(wish)).length;
    if (alarming > (this.known ?? 0)) this.sheet.announce(this.words("problems", { n: all.length }));
    this.known = alarming;
  }

  line(wish) {
    const line = item();
    line.append(KaopingSheet.dom.button(this.store.name(wish.key), () => this.go(wish.key), "btn btn-link btn-sm p-0 text-start align-baseline"), " ", ...this.choices(wish));
    return line;
  }

  /* What is said about a cell, and the buttons. */
  choices(wish) {
    const { button, span } = KaopingSheet.dom;
    const mine = wish.na ? this.words("na") : wish.value || this.words("empty");
    const act = (way, ...rest) => () => {
      this.store[way](wish.key, ...rest);
      this.sheet.editor.focus();
    };
    const box = KaopingSheet.dom.span("", "ss-choices");
    if (wish.state === "lacking") {
      box.append(span(this.words("needs_note"), "kp-row-message"));
      box.append(button(this.words("write_note"), () => {
        this.go(wish.key);
        this.sheet.bar.note();
      }));
      return [box];
    }
    if (wish.state === "refused") {
      box.append(span(this.words("refused_value", { value: mine }), "ss-mine"), span(wish.message, "kp-row-message"));
      box.append(button(this.words("again"), act("again")), button(this.words("take_back"), act("drop"), "btn btn-sm btn-outline-secondary"));
      return [box];
    }
    const { theirs } = wish;
    const other = theirs.na ? this.words("na") : theirs.v || this.words("empty");
    const quoted = (note) => (note ? ` “${note}”` : "");
    box.append(span(this.words("clash", { mine: mine + quoted(wish.note), theirs: other + quoted(theirs.note), who: theirs.by || "—", when: theirs.at ?? "" }), "kp-row-message"));
    box.append(button(this.words("choose_mine", { value: mine }), act("choose", "mine")));
    box.append(button(this.words("choose_theirs", { value: other }), act("choose", "theirs"), "btn btn-sm btn-outline-secondary"));
    return [box];
  }

  /* Typed for a cell that is no longer on this account's sheet. */
  orphan(wish) {
    const line = item(this.words("orphan", { value: wish.na ? this.words("na") : wish.value }));
    line.append(" ", KaopingSheet.dom.button(this.words("discard"), () => {
      const { kept } = this.sheet.queue;
      kept.orphans = kept.orphans.filter((one) => one !== wish);
      kept.write();
      this.show();
    }));
    return line;
  }

  go(key) {
    let place = this.sheet.selection.find(key);
    if (place.row < 0) this.sheet.filter.reset();
    place = this.sheet.selection.find(key);
    this.sheet.selection.go(place.row, place.column);
    this.sheet.editor.focus();
  }

  /* F6: to the next one after the active cell, its first answer in focus. */
  next() {
    const keys = this.all().map((wish) => wish.key);
    if (!keys.length) return this.sheet.announce(this.words("no_problems"));
    this.go(keys[(keys.indexOf(this.sheet.selection.key()) + 1) % keys.length]);
    this.sheet.bar.question.querySelector("button")?.focus();
  }
};

function item(text = "") {
  const line = document.createElement("li");
  line.textContent = text;
  return line;
}
