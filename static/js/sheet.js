"use strict";
/* The score sheet: reads its data, puts the parts together, says how saving stands, hears what others do. */

window.KaopingSheet = window.KaopingSheet ?? {};

KaopingSheet.Sheet = class {
  constructor(root) {
    this.root = root;
    this.words = KaopingSheet.dom.words(document.getElementById("sheet-words"));
    this.config = {
      ...root.dataset, // user, name, round, page, history, files
      words: this.words,
      ...Object.fromEntries(["data", "cell", "cells", "changes", "said"].map((name) => [name, `${root.dataset.page}${name}/`])),
      token: JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"],
      batch: 500,
      patience: 20_000,
    };
    this.naWords = new Set(["/", "、", "n/a", "na", "不适用", this.words("na").toLowerCase()]);
    this.live = document.getElementById("sheet-live");
  }

  async start() {
    const response = await fetch(this.config.data, { headers: { Accept: "application/json" } });
    if (!response.ok) throw new Error(String(response.status));
    const data = await response.json();
    Object.assign(this, { cursor: data.cursor, shape: data.shape });
    KaopingSheet.groups = data.groups;
    this.store = new KaopingSheet.Store(data, this.config.name);
    if (!this.store.columns.length || !this.store.subjects.length) return this.nothing();
    this.queue = new KaopingSheet.Queue(this.store, this.config);
    this.grid = new KaopingSheet.Grid(document.getElementById("sheet-grid"), this.store, this.words);
    await this.grid.ready;
    this.grid.element.setAttribute("aria-rowcount", String(this.store.subjects.length + 1));
    this.selection = new KaopingSheet.Selection(this.grid, this.store);
    this.editor = new KaopingSheet.Editor(this.selection, this.store, this);
    this.block = new KaopingSheet.Block(this);
    this.problems = new KaopingSheet.Problems(this);
    this.bar = new KaopingSheet.Bar(this);
    this.filter = new KaopingSheet.Filter(this);
    this.mouse = new KaopingSheet.Mouse(this);
    this.panel = new KaopingSheet.Panel(this);
    this.files = new KaopingSheet.Files(this);
    this.said = new KaopingSheet.Said(this);
    this.toolbar();
    this.states();
    this.first();
    this.follow();
  }

  nothing() {
    document.getElementById("sheet-nothing").hidden = false;
    this.root.querySelector("[data-work]").hidden = true;
  }

  /* The first cell that waits for a value; what an earlier page could not send comes back first. */
  first() {
    const restored = this.queue.kept.restore();
    if (restored) this.announce(this.words("restored", { n: restored }));
    setInterval(() => this.queue.kept.restore({ own: false }), 15_000); // of tabs that were closed meanwhile
    this.filter.apply();
    const rows = this.store.subjects.length;
    for (let row = 0; row < Math.min(rows, 200); row += 1) {
      const column = this.store.columns.findIndex((one) => {
        const key = this.store.key(this.store.subjects[row].id, one.id);
        return !this.store.locked(key) && !this.store.filled(key);
      });
      if (column >= 0) {
        this.selection.go(row, column);
        break;
      }
    }
    this.problems.show();
    this.show();
    this.root.dataset.ready = "yes";
    if (!window.matchMedia("(pointer: coarse)").matches) this.editor.focus();
  }

  toolbar() {
    const acts = {
      na: () => this.block.notApplicable(),
      note: () => this.bar.note(),
      down: () => this.block.down(),
      clear: () => this.block.clear(),
      undo: () => this.block.undo(),
      redo: () => this.block.redo(),
      copy: () => this.block.copyByButton(),
      paste: () => this.block.pasteByButton(),
      history: () => this.panel.open("history"),
      said: () => this.panel.open("said"),
      files: () => this.files.open(),
    };
    for (const button of this.root.querySelectorAll("[data-act]")) {
      button.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
      button.addEventListener("click", () => {
        this.editor.commit();
        acts[button.dataset.act]();
        if (!["note", "paste", "files"].includes(button.dataset.act)) this.editor.focus();
      });
    }
    document.getElementById("sheet-retry").addEventListener("click", () => this.queue.retry());
    document.getElementById("sheet-state").addEventListener("click", () => this.problems.next());
  }

  announce(text) {
    this.live.textContent = "";
    setTimeout(() => (this.live.textContent = text), 30); // said again even if it is the same
  }

  /* How saving stands --------------------------------------------------------------------------- */

  states() {
    this.store.listen(() => this.later());
    this.queue.listen((line) => {
      this.grid.offline = line !== "online";
      this.grid.repaint(this.queue.waiting().map((wish) => wish.key));
      this.show();
      this.announce(this.words(`line_${line}`, { n: this.queue.waiting().length }));
    });
    window.addEventListener("beforeunload", (event) => {
      this.editor.commit();
      if (this.queue.open().length) event.preventDefault();
    });
  }

  later() {
    if (this.planned) return;
    this.planned = true;
    requestAnimationFrame(() => this.show());
  }

  show() {
    this.planned = false;
    const { line, kept } = this.queue;
    const waiting = this.queue.waiting().length;
    const stuck = this.queue.open().length - waiting + kept.orphans.length;
    const state = document.getElementById("sheet-state");
    state.className = `ss-state ss-state-${line !== "online" || (stuck && !waiting) ? "off" : waiting ? "busy" : "calm"}`;
    state.textContent = waiting ? this.words(line === "online" ? "saving" : "unsent", { n: waiting }) : stuck ? this.words("problems", { n: stuck }) : this.words("all_saved");
    state.disabled = !stuck;
    const banner = document.getElementById("sheet-banner");
    banner.hidden = line === "online" && !kept.full && !this.stale;
    const said = kept.full && waiting ? "full" : line === "online" && this.stale ? "anew" : `line_${line}`;
    banner.querySelector("[data-said]").textContent = this.words(said, { n: waiting });
    banner.querySelector("a").hidden = line !== "login" && line !== "other";
    document.getElementById("sheet-anew").hidden = said !== "anew";
    document.getElementById("sheet-retry").hidden = line !== "offline";
  }

  /* What others do -------------------------------------------------------------------------------- */

  follow() {
    const next = () => {
      const seconds = document.hidden ? 30 : this.queue.line === "online" ? 3 : 5;
      this.timer = setTimeout(() => this.poll().finally(next), seconds * 1000);
    };
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) return;
      clearTimeout(this.timer);
      this.poll().finally(next);
    });
    next();
  }

  async poll() {
    if (this.polling || this.queue.line === "login" || this.queue.line === "other") return; // the queue asks
    this.polling = true;
    const asked = performance.now();
    const news = await this.ask();
    this.polling = false;
    if (!news) return;
    if (this.queue.line === "offline") this.queue.retry();
    this.hear(news, asked);
  }

  /* What changed since last time; null, and the queue told, if there is no answer. */
  async ask() {
    try {
      const response = await fetch(`${this.config.changes}?since=${encodeURIComponent(this.cursor)}`, {
        headers: { Accept: "application/json" }, signal: AbortSignal.timeout(this.config.patience), redirect: "manual",
      });
      if (response.ok) return await response.json();
      if (response.status === 401 || response.type === "opaqueredirect") await this.queue.renew();
      else this.queue.wait();
    } catch {
      this.queue.wait();
    }
    return null;
  }

  hear(news, asked) {
    // A save that was answered after this question was asked is newer than the answer to it.
    let skipped = false;
    const newer = (key) => {
      const ours = (this.queue.changedAt.get(key) ?? -1) >= asked || Boolean(this.store.wishes.get(key)?.sending);
      skipped ||= ours;
      return ours;
    };
    const fresh = this.store.news(news.cells, newer).filter((key) => this.store.held(key).by !== this.config.name);
    // What was passed over is asked for again: somebody else's later change may be in it.
    if (!skipped) this.cursor = news.cursor;
    if (fresh.length) this.announce(this.words("others", { n: fresh.length }));
    if (news.leaves) this.closedOrOpened(news.leaves);
    if (news.shape !== undefined && news.shape !== this.shape) this.anew();
  }

  /* Subjects or leaves came or went: the page is read again, at once if nobody is in the middle of something. */
  anew() {
    if (!this.stale) this.announce(this.words("anew"));
    this.stale = true;
    if (!this.queue.open().length && this.editor.mode === "ready") window.location.reload();
    else this.show();
  }

  /* A deadline passed, a phase ended, or a sheet was opened again while it was on the screen. */
  closedOrOpened(leaves) {
    const now = new Map(leaves.map((leaf) => [leaf.id, leaf]));
    const touched = [];
    for (const column of this.store.columns) {
      const leaf = now.get(column.leaf.id);
      if (!leaf || (leaf.editable === column.leaf.editable && leaf.reason === column.leaf.reason)) continue;
      Object.assign(column.leaf, leaf);
      for (const subject of this.store.subjects) touched.push(this.store.key(subject.id, column.id));
    }
    if (!touched.length) return;
    this.grid.repaint(touched);
    this.grid.heads();
    if (this.editor.mode === "ready") this.editor.rest();
    this.bar.show();
    this.announce(this.words("closed_now"));
  }
};

document.addEventListener("DOMContentLoaded", () => {
  const root = document.getElementById("sheet");
  // On a phone the page shows the links to the plain sheets instead.
  if (!root || window.matchMedia("(max-width: 767.98px)").matches) return;
  const sheet = new KaopingSheet.Sheet(root);
  KaopingSheet.sheet = sheet;
  sheet.start().catch((error) => {
    root.querySelector("[data-failed]").hidden = false;
    console.info(error);
  });
});
