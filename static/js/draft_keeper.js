"use strict";
/* Saves a draft while it is written, and keeps in this browser what the server does not have yet.

   What is typed lies in the browser's storage from the keystroke to the server's answer, one entry for each tab, so that
   neither a crash nor a lost connection nor an ended session costs a word. What an earlier page left there is
   offered, never put in unasked.

   new KpDraftKeeper(form, {
     fields: () => ({name: text}),      what is kept
     body: () => FormData,              what is sent
     put: (fields) => {},               shows what was kept
     saved: (answer) => "" or words     takes the answer; words: why something of it is not saved
   }).
   The form says the words and addresses in data attributes: save, key, user, saving, saved, kept, offline, expired, other,
   restored; it holds [data-state] and [data-restore] with [data-restore-take] and [data-restore-drop]. */

window.KpDraftKeeper = class {
  static PAUSE = 1500; // milliseconds after the last key
  static AGAIN = 10_000; // after a save that had no answer

  constructor(form, { fields, body, put, saved }) {
    Object.assign(this, { form, fields, body, put, saved });
    this.words = form.dataset;
    this.state = form.querySelector("[data-state]");
    this.timer = 0;
    this.busy = false;
    this.stopped = false; // only the person can go on now
    this.renewed = false;
    this.changed = 0; // goes up with every change, so that a save knows whether it is the last word
    this.tab = sessionStorage.getItem("kp-tab") ?? Math.random().toString(36).slice(2);
    try { sessionStorage.setItem("kp-tab", this.tab); } catch { /* forbidden */ }
    this.name = `${this.words.key}:${this.tab}`;
    form.addEventListener("input", () => this.touch());
    form.addEventListener("submit", () => {
      window.clearTimeout(this.timer);
      this.remember(); // until the answer shows that it arrived
    });
    window.addEventListener("online", () => this.wake());
    window.addEventListener("focus", () => this.wake());
    this.offer();
    if (form.hasAttribute("data-dirty")) guarded.add(form);
  }

  say(line, bad) {
    this.state.textContent = line;
    this.state.classList.toggle("text-danger", Boolean(bad));
  }

  /* Something was typed or put in. */
  touch() {
    this.changed += 1;
    guarded.add(this.form);
    this.remember();
    this.plan(KpDraftKeeper.PAUSE);
  }

  plan(wait) {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.save(), wait);
  }

  wake() {
    if (this.waits) this.plan(0);
  }

  keep(reason) {
    this.remember();
    this.waits = true;
    this.say(`${this.words.kept} ${reason}`, true);
  }

  async save() {
    if (this.busy || this.stopped) return;
    this.busy = true;
    const at = this.changed;
    this.say(this.words.saving);
    try {
      const response = await fetch(this.words.save, {
        method: "POST", body: this.body(), headers: { Accept: "application/json" }, redirect: "manual",
      });
      // A redirection leads to the log-in page; another log-in brings another form token.
      if (response.type === "opaqueredirect" || response.status === 403) await this.renew();
      else {
        const answer = await response.json();
        if (response.ok) this.answered(answer, at);
        else {
          this.stopped = response.status === 409;
          this.keep(answer.error);
        }
      }
    } catch {
      this.keep(this.words.offline);
      this.plan(KpDraftKeeper.AGAIN);
    }
    this.busy = false;
    if (this.changed !== at && !this.stopped && !this.waits) this.plan(KpDraftKeeper.PAUSE);
  }

  answered(answer, at) {
    this.waits = false;
    this.renewed = false;
    const problem = this.saved(answer);
    if (problem) {
      this.remember();
      this.say(problem, true);
      return;
    }
    this.say(`${this.words.saved} ${answer.at}`);
    if (this.changed === at) {
      this.forget(this.name);
      guarded.delete(this.form); // app.js: nothing would be lost now
    }
  }

  /* Who is logged in now? The page itself says so, and gives the token that belongs to it. */
  async renew() {
    this.keep(this.words.expired);
    const response = await fetch(location.href, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = page.querySelector(`form[data-save="${CSS.escape(this.words.save)}"]`);
    if (!fresh || this.renewed) {
      // A second refusal is no matter of the token.
      if (response.ok && !page.querySelector("input[type=password]") && !fresh) this.keep(this.words.other);
      this.plan(KpDraftKeeper.AGAIN);
      return;
    }
    if (fresh.dataset.user !== this.words.user) {
      this.keep(this.words.other);
      this.plan(KpDraftKeeper.AGAIN);
      return;
    }
    this.form.elements.csrfmiddlewaretoken.value = fresh.elements.csrfmiddlewaretoken.value;
    document.body.setAttribute("hx-headers", page.body.getAttribute("hx-headers"));
    this.renewed = true;
    this.plan(0);
  }

  /* In this browser ---------------------------------------------------------------------------- */

  remember() {
    try {
      localStorage.setItem(this.name, JSON.stringify({ fields: this.fields(), at: Date.now() }));
    } catch { /* full or forbidden: then only the server has it */ }
  }

  forget(name) {
    try { localStorage.removeItem(name); } catch { /* forbidden */ }
  }

  remembered() {
    const found = [];
    try {
      for (const name of Object.keys(localStorage)) {
        if (name === this.words.key || name.startsWith(`${this.words.key}:`)) found.push({ name, ...JSON.parse(localStorage.getItem(name)) });
      }
    } catch { /* forbidden, or not ours */ }
    return found.filter((one) => one.fields).sort((one, other) => other.at - one.at);
  }

  /* What was kept and is not what the page shows is offered, the newest of it. */
  offer() {
    const offer = this.form.querySelector("[data-restore]");
    const same = (one, other) => (one ?? "").replaceAll("\r\n", "\n").trim() === (other ?? "").replaceAll("\r\n", "\n").trim();
    const shown = this.fields();
    const differing = [];
    for (const kept of this.remembered()) {
      if (Object.entries(kept.fields).some(([name, text]) => !same(text, shown[name]))) differing.push(kept);
      else this.forget(kept.name);
    }
    if (!offer || !differing.length) return;
    offer.hidden = false;
    offer.querySelector("[data-restore-take]").addEventListener("click", () => {
      offer.hidden = true;
      this.forget(differing[0].name);
      this.put(differing[0].fields);
      this.say(this.words.restored, true);
      this.touch();
    });
    offer.querySelector("[data-restore-drop]").addEventListener("click", () => {
      for (const kept of differing) this.forget(kept.name);
      offer.hidden = true;
    });
  }
};
