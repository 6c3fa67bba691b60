"use strict";
/* What the score sheet knows: what the server holds (`base`) and what this account wants and has not
   been told "saved" for (`wishes`). A cell shows its wish, else what the server holds. */

window.KaopingSheet = window.KaopingSheet ?? {};

KaopingSheet.Store = class {
  constructor(data, user) {
    this.user = user; // the name under which this account's own changes come back
    this.subjects = data.subjects;
    this.subjectOf = new Map(data.subjects.map((subject) => [String(subject.id), subject]));
    this.columns = data.leaves.flatMap((leaf) => KaopingSheet.columnsOf(leaf));
    this.columnOf = new Map(this.columns.map((column) => [column.id, column]));
    this.base = new Map(Object.entries(data.cells));
    this.wishes = new Map();
    this.said = {}; // "subject:leaf" → what the subject gives itself there
    this.done = [];
    this.undone = [];
    this.listeners = [];
  }

  listen(heard) {
    this.listeners.push(heard);
  }

  /* keys: which cells look different now. why: "edit", "saved", "others", "state". */
  tell(keys, why) {
    if (keys.length) for (const heard of this.listeners) heard(keys, why);
  }

  key(subject, column) {
    return `${subject}:${column}`;
  }

  place(key) {
    const cut = key.indexOf(":");
    return { subject: this.subjectOf.get(key.slice(0, cut)), column: this.columnOf.get(key.slice(cut + 1)) };
  }

  /* "001 Name · K11 Title": a cell in words. */
  name(key) {
    const { subject, column } = this.place(key);
    const part = column.label ? ` · ${column.label}` : "";
    return `${subject.code} ${subject.name} · ${column.leaf.code} ${column.leaf.title}${part}`;
  }

  /* The first cell of a place "subject:leaf", which stands for all its parts; none if it is not on this sheet. */
  cellsOf(place) {
    const [subject, leaf] = place.split(":");
    const column = this.columns.find((one) => String(one.leaf.id) === leaf);
    return column ? [this.key(subject, column.id)] : [];
  }

  /* The place of a leaf's first cell; "" for its other parts. */
  firstOf(key) {
    const { subject, column } = this.place(key);
    return this.columns.find((one) => one.leaf.id === column.leaf.id) === column ? `${subject.id}:${column.leaf.id}` : "";
  }

  /* Whether the assessor marks its own unit here, or a person of it. */
  isOwn(key) {
    const { subject, column } = this.place(key);
    return column.leaf.own.has(subject.id);
  }

  held(key) {
    return this.base.get(key) ?? KaopingSheet.EMPTY;
  }

  /* What the cell shows: {v, na, note}. */
  shown(key) {
    const wish = this.wishes.get(key);
    return wish ? { v: wish.value, na: wish.na, note: wish.note } : this.held(key);
  }

  seen(key) {
    return this.wishes.get(key)?.seen ?? this.held(key).seen ?? "";
  }

  /* Why nothing can be entered here, in words; "" if something can. */
  locked(key) {
    const { subject, column } = this.place(key);
    if (!subject || !column) return " ";
    if (!column.leaf.editable) return column.leaf.reason || " ";
    return this.held(key).locked || "";
  }

  filled(key) {
    const shown = this.shown(key);
    return Boolean(shown.na || (shown.v ?? "") !== "");
  }

  /* Wants cells to be something: changes of {key, value, na, note, seen?}. One step for undo.
     `seen` is the state that stood before the eyes, if that was earlier than now. */
  set(changes, { undoable = true } = {}) {
    const step = [];
    for (const change of changes) {
      const before = this.shown(change.key);
      if (this.locked(change.key) || KaopingSheet.alike(before, { ...change, v: change.value })) continue;
      step.push({ key: change.key, before: plain(before), after: { v: change.value, na: change.na, note: change.note } });
      this.want(change);
    }
    if (!step.length) return 0;
    if (undoable) {
      this.done.push(step);
      this.undone = [];
    }
    this.tell(step.map((one) => one.key), "edit");
    return step.length;
  }

  want({ key, value, na, note, seen }) {
    const old = this.wishes.get(key);
    const held = this.held(key);
    if (old && !old.sending && !old.tried.length && (held.seen ?? "") === old.seen && old.state !== "conflict"
        && KaopingSheet.alike(held, { v: value, na, note })) {
      this.wishes.delete(key); // back to what the server holds
      return;
    }
    const wish = old ?? { key, seen: seen ?? held.seen ?? "", tried: [], sending: null, theirs: null };
    Object.assign(wish, { value, na, note, order: Date.now() });
    // A clash stays a question until it is answered; only what is "mine" follows the typing.
    if (wish.state !== "conflict") Object.assign(wish, { state: this.lacks(key, wish) ? "lacking" : "waiting", message: "", field: "" });
    this.wishes.set(key, wish);
    this.together(key);
  }

  /* The parts of a leaf may only be right together: one that was refused goes again with this one. */
  together(key) {
    return this.siblings(key).filter((wish) => wish.state === "refused").map((wish) => repeated(wish));
  }

  /* Halves whose other half is new, saved from here or by somebody else: what lacked nothing but that goes again. */
  completed(keys) {
    const halves = new Set(keys.flatMap((key) => [this.wishes.get(key), ...this.siblings(key)]).filter((wish) => KaopingSheet.half(wish)));
    this.tell([...halves].map((wish) => repeated(wish)), "edit");
  }

  /* What is wanted for the other parts of this cell's leaf. */
  siblings(key) {
    const { subject, column } = this.place(key);
    if (!column?.part) return [];
    return this.columns
      .filter((one) => one.leaf.id === column.leaf.id && one !== column)
      .map((one) => this.wishes.get(this.key(subject.id, one.id)))
      .filter(Boolean);
  }

  /* A mark without the note that the plan requires stays here until it has one: the server would refuse it. */
  lacks(key, { value, na, note }) {
    const { column } = this.place(key);
    return Boolean(column?.leaf.notes_required && !na && (value ?? "") !== "" && !(note ?? "").trim());
  }

  undo() {
    return this.step(this.done, this.undone, "before", "after");
  }

  redo() {
    return this.step(this.undone, this.done, "after", "before");
  }

  /* {count, left, keys}: cells that went back, and those that somebody else changed since, which stay. */
  step(from, to, wanted, standing) {
    const step = from.pop();
    if (!step) return null;
    const mine = step.filter((one) => KaopingSheet.alike(this.shown(one.key), one[standing]));
    to.push(step);
    const changes = mine.map((one) => ({ key: one.key, value: one[wanted].v, na: one[wanted].na, note: one[wanted].note }));
    this.set(changes, { undoable: false });
    return { count: changes.length, left: step.length - mine.length, keys: mine.map((one) => one.key) };
  }

  /* Answers ---------------------------------------------------------------------------------- */

  answered(key, sent, answer) {
    const wish = this.wishes.get(key);
    if (!wish) return;
    wish.sending = null;
    if (answer.state === "saved") this.saved(wish, sent, answer);
    else if (answer.state === "conflict") this.clashed(wish, answer.theirs);
    else if (this.siblings(key).some((other) => other.state === "waiting" && !other.sending)) wish.tried = []; // goes again, with its other part
    else Object.assign(wish, { state: "refused", message: answer.message ?? "", field: answer.field ?? "", tried: [] });
    this.tell([key], answer.state === "saved" ? "saved" : "state");
    if (answer.state === "saved") this.completed([key]);
  }

  saved(wish, sent, answer) {
    const { v, na, note, seen, by, at } = answer;
    this.base.set(wish.key, { v, na, note, seen, by, at });
    if (KaopingSheet.alike({ v: wish.value, na: wish.na, note: wish.note }, sent)) this.wishes.delete(wish.key);
    else Object.assign(wish, { seen: answer.seen, tried: [] }); // typed on meanwhile: goes next
  }

  clashed(wish, theirs) {
    const ours = theirs.by === this.user && wish.tried.some((one) => KaopingSheet.alike(one, theirs));
    this.base.set(wish.key, theirs);
    // Our own earlier request arrived although its answer did not.
    if (ours) Object.assign(wish, { seen: theirs.seen, tried: [], state: this.lacks(wish.key, wish) ? "lacking" : "waiting" });
    else Object.assign(wish, { state: "conflict", theirs, tried: [] });
  }

  /* No answer came: the server may or may not have it. */
  lost(key, sent) {
    const wish = this.wishes.get(key);
    if (!wish) return;
    wish.sending = null;
    wish.tried.push(sent);
  }

  choose(key, side) {
    const wish = this.wishes.get(key);
    if (wish?.state !== "conflict") return;
    if (side === "theirs") this.wishes.delete(key);
    else Object.assign(wish, { state: this.lacks(key, wish) ? "lacking" : "waiting", seen: this.held(key).seen ?? "", theirs: null });
    const also = side === "theirs" ? [] : this.together(key);
    this.tell([key, ...also], side === "theirs" ? "others" : "edit");
  }

  /* Refused: go back to what the server holds. */
  drop(key) {
    this.wishes.delete(key);
    this.tell([key], "state");
  }

  again(key) {
    const wish = this.wishes.get(key);
    if (wish?.state !== "refused") return;
    this.tell([repeated(wish), ...this.together(key)], "edit");
  }

  /* Cells that somebody changed, as the server holds them now. */
  news(cells, skip) {
    const fresh = [];
    for (const [key, cell] of Object.entries(cells)) {
      if (skip(key) || (this.held(key).seen ?? "") === (cell.seen ?? "")) continue;
      this.base.set(key, cell);
      const wish = this.wishes.get(key);
      if (wish?.state === "conflict") wish.theirs = cell;
      fresh.push(key);
    }
    this.tell(fresh, "others");
    this.completed(fresh);
    return fresh;
  }

  /* Sums ------------------------------------------------------------------------------------- */

  /* The marks of one subject in these columns: {sum, of, missing}, exact. What is not applicable counts nowhere,
     what was refused is still missing. */
  sum(subject, columns) {
    const { add, parse, text, zero } = KaopingSheet.decimal;
    let [sum, of, missing, any] = [zero, zero, 0, false];
    for (const column of columns) {
      const key = this.key(subject, column.id);
      const shown = this.shown(key);
      if (shown.na) continue;
      of = add(of, parse(column.leaf.points) ?? zero);
      const value = this.wishes.get(key)?.state === "refused" ? null : parse(shown.v ?? "");
      if (value) [sum, any] = [add(sum, value), true];
      else missing += 1;
    }
    return { sum: any ? text(sum) : "", of: text(of), missing };
  }
};

KaopingSheet.EMPTY = Object.freeze({ v: "", na: false, note: "", seen: "", by: "", at: "" });

/* Refused for nothing but that its other part has still to come. */
KaopingSheet.half = (wish) => wish?.state === "refused" && wish.field === "pair";

/* Sent once more, as it is; gives its key. */
function repeated(wish) {
  Object.assign(wish, { state: "waiting", message: "", field: "" });
  return wish.key;
}

function plain(cell) {
  return { v: cell.v ?? "", na: Boolean(cell.na), note: cell.note ?? "" };
}

KaopingSheet.alike = (one, other) =>
  Boolean(one.na) === Boolean(other.na)
  && (one.note ?? "") === (other.note ?? "")
  && (Boolean(one.na) || KaopingSheet.decimal.same(one.v ?? "", other.v ?? ""));

/* One column for marks and numbers, several for a leaf of several parts (target and actual). */
KaopingSheet.columnsOf = (leaf) => {
  const parts = leaf.parts?.length ? leaf.parts : [{ part: "", label: "" }];
  return parts.map(({ part, label, ...more }) => ({
    id: part ? `${leaf.id}:${part}` : String(leaf.id),
    part,
    label,
    leaf: { ...leaf, ...more, own: new Set(leaf.own), marks: !part && ["marks", "carried"].includes(leaf.method) },
  }));
};
