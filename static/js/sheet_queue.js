"use strict";
/* Sends what is wanted, in the order it was typed, one request at a time: a cell alone, or many at once.
   Whatever has no answer yet also lies in this browser's storage, under account and round, so that it
   survives a reload; another tab's remains are taken over once that tab is gone. */

window.KaopingSheet = window.KaopingSheet ?? {};

KaopingSheet.Queue = class {
  constructor(store, config) {
    Object.assign(this, { store, config });
    this.line = "online"; // "offline": no answer; "login": the session is over; "other": somebody else logged in
    this.busy = false;
    this.fails = 0;
    this.renewed = false;
    this.changedAt = new Map(); // key → when its save was answered
    this.heard = [];
    this.token = config.token;
    this.kept = new KaopingSheet.Keep(`kp-sheet:${config.user}:${config.round}`, store);
    store.listen(() => this.kept.later());
    store.listen((_keys, why) => why === "edit" && this.pump());
    window.addEventListener("online", () => this.retry());
    document.addEventListener("visibilitychange", () => !document.hidden && this.line !== "online" && this.retry());
  }

  listen(heard) {
    this.heard.push(heard);
  }

  set(line) {
    if (this.line === line) return;
    this.line = line;
    for (const heard of this.heard) heard(line);
  }

  waiting() {
    return [...this.store.wishes.values()].filter((wish) => wish.state === "waiting");
  }

  /* What would be lost to the server if this page were closed now. */
  open() {
    return [...this.store.wishes.values()];
  }

  retry() {
    clearTimeout(this.timer);
    if (this.line === "offline") this.set("online");
    if (this.line === "online") this.pump();
    else this.renew();
  }

  async pump() {
    if (this.busy || this.line !== "online") return;
    const batch = this.waiting().sort((one, other) => one.order - other.order).slice(0, this.config.batch);
    if (!batch.length) return;
    this.busy = true;
    const sent = batch.map((wish) => ({ v: wish.value, na: wish.na, note: wish.note }));
    batch.forEach((wish, place) => (wish.sending = sent[place]));
    this.store.tell(batch.map((wish) => wish.key), "state");
    try {
      await this.send(batch, sent);
    } finally {
      this.busy = false;
    }
    this.pump();
  }

  async send(batch, sent) {
    const bodies = batch.map((wish, place) => this.body(wish, sent[place]));
    const single = bodies.length === 1;
    let response, answer;
    try {
      response = await this.post(single ? this.config.cell : this.config.cells, single ? bodies[0] : { cells: bodies });
      answer = await response.json().catch(() => null);
    } catch {
      response = null;
    }
    const answers = single ? ["saved", "conflict", "refused"].includes(answer?.state) && [answer] : answer?.cells;
    if (response && Array.isArray(answers) && answers.length === batch.length) return this.take(batch, sent, answers);
    for (const [place, wish] of batch.entries()) this.store.lost(wish.key, sent[place]);
    if (response?.status === 401 || response?.type === "opaqueredirect" || (response?.status === 403 && !this.renewed)) await this.renew();
    else if (response && response.status >= 400 && response.status < 500 && ![408, 429].includes(response.status)) {
      this.turnedAway(batch, answer);
    } else this.wait();
    this.store.tell(batch.map((wish) => wish.key), "state");
  }

  body(wish, sent) {
    const { subject, column } = this.store.place(wish.key);
    const cell = { assignment: column.leaf.id, subject: subject.id, value: sent.v ?? "", na: sent.na, note: sent.note, seen: wish.seen };
    return column.part ? { ...cell, part: column.part } : cell;
  }

  post(url, body) {
    return fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": this.token },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(this.config.patience),
      redirect: "manual", // to the log-in page: that is no answer
    });
  }

  take(batch, sent, answers) {
    this.fails = 0;
    this.renewed = false;
    for (const [place, wish] of batch.entries()) {
      this.changedAt.set(wish.key, performance.now());
      this.store.answered(wish.key, sent[place], answers[place]);
    }
  }

  /* The server understood and will not have it: asking again would not help. */
  turnedAway(batch, answer) {
    const message = answer?.message ?? this.config.words("turned_away");
    for (const wish of batch) Object.assign(wish, { state: "refused", message, sending: null, tried: [] });
  }

  wait() {
    this.set("offline");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.retry(), Math.min(30_000, 1000 * 2 ** this.fails++));
  }

  /* The session may be over, or the account logged in again elsewhere: then the form token is another one.
     The page itself says who is logged in now, and its token. */
  async renew() {
    clearTimeout(this.timer);
    try {
      const response = await fetch(this.config.page, { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(this.config.patience) });
      if (!response.ok && response.status >= 500) return this.wait();
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const sheet = page.getElementById("sheet");
      const token = JSON.parse(page.body.getAttribute("hx-headers") ?? "{}")["X-CSRFToken"];
      if (!sheet || !token) this.set("login");
      else if (sheet.dataset.user !== String(this.config.user)) this.set("other");
      else {
        this.token = token;
        this.renewed = true; // a second 403 is no matter of the token
        this.set("online");
        setTimeout(() => this.pump());
        return;
      }
    } catch {
      return this.wait();
    }
    this.timer = setTimeout(() => this.renew(), 5000);
  }
};

/* The wishes in localStorage: one item per tab, so that two tabs do not overwrite each other. */
KaopingSheet.Keep = class {
  constructor(prefix, store) {
    Object.assign(this, { prefix, store, full: false, orphans: [] });
    this.tab = sessionStorage.getItem("kp-tab");
    // A duplicated tab inherits the name of one that still lives.
    if (!this.tab || this.alive(this.tab, 5000)) {
      this.tab = Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, "0")).join("");
      sessionStorage.setItem("kp-tab", this.tab);
    }
    this.beat();
    setInterval(() => this.beat(), 2000);
    window.addEventListener("pagehide", () => {
      this.write();
      localStorage.removeItem(`${prefix}:${this.tab}:beat`);
    });
    window.addEventListener("pageshow", () => this.beat());
  }

  beat() {
    try {
      localStorage.setItem(`${this.prefix}:${this.tab}:beat`, String(Date.now()));
    } catch { /* full: said by write */ }
  }

  alive(tab, patience) {
    return Date.now() - Number(localStorage.getItem(`${this.prefix}:${tab}:beat`) ?? 0) < patience;
  }

  later() {
    if (this.planned) return;
    this.planned = true;
    queueMicrotask(() => this.write());
  }

  write() {
    this.planned = false;
    const wishes = [...this.store.wishes.values(), ...this.orphans];
    const name = `${this.prefix}:${this.tab}`;
    try {
      if (wishes.length) localStorage.setItem(name, JSON.stringify(wishes));
      else localStorage.removeItem(name);
      this.full = false;
    } catch {
      this.full = true;
    }
  }

  /* What an earlier page of this account left behind. A background tab may sleep a minute between beats. */
  restore({ own = true } = {}) {
    const keys = [];
    const items = Object.keys(localStorage).filter((name) => name.startsWith(`${this.prefix}:`) && !name.endsWith(":beat"));
    for (const name of items) {
      const tab = name.slice(this.prefix.length + 1);
      if (tab === this.tab ? !own : this.alive(tab, 150_000)) continue;
      for (const wish of this.read(name)) if (this.adopt(wish)) keys.push(wish.key);
      if (tab !== this.tab) localStorage.removeItem(name);
    }
    this.write();
    this.store.tell(keys, "edit");
    return keys.length + this.orphans.length;
  }

  read(name) {
    try {
      return JSON.parse(localStorage.getItem(name)) ?? [];
    } catch {
      return [];
    }
  }

  adopt(wish) {
    const { subject, column } = this.store.place(wish.key);
    if (!subject || !column) {
      this.orphans.push(wish);
      return false;
    }
    const other = this.store.wishes.get(wish.key);
    if (other && other.order >= wish.order) return false;
    if (wish.sending) wish.tried.push(wish.sending);
    wish.sending = null;
    if (wish.state === "conflict" && wish.theirs) wish.theirs = this.store.held(wish.key);
    if (KaopingSheet.half(wish)) wish.state = "waiting"; // its other part may have come meanwhile
    this.store.wishes.set(wish.key, wish);
    return true;
  }
};
