"use strict";
/* The self-summary: counts characters, saves the draft while it is written, and keeps in the browser what
   could not be saved. Without this file the page has its buttons and works all the same. */

const PAUSE = 1500; // milliseconds after the last key
const SINGLE = "\\u2e80-\\u2fff\\u3001-\\u9fff\\uf900-\\ufaff\\ufe30-\\ufe4f\\uff00-\\uff60\\uffe0-\\uffe6\\u2014\\u2018\\u2019\\u201c\\u201d\\u2026\\u00b7\\u{20000}-\\u{3ffff}";
const COUNTED = new RegExp(`[${SINGLE}]|[^\\s${SINGLE}]+`, "gu");

const form = document.querySelector("form[data-self-report][data-writable]");
if (form) {
  const words = form.dataset;
  const state = form.querySelector("[data-state]");
  const text = form.querySelector("textarea[name=text]");
  const counter = form.querySelector("[data-counts]");
  const store = {
    get: () => { try { return JSON.parse(localStorage.getItem(words.key) ?? "null"); } catch { return null; } },
    set: (value) => { try { localStorage.setItem(words.key, JSON.stringify(value)); } catch { /* full or forbidden */ } },
    drop: () => { try { localStorage.removeItem(words.key); } catch { /* forbidden */ } },
  };
  const fields = () => Object.fromEntries(
    [...new FormData(form)].filter(([name]) => name === "text" || /^(text|score)-/.test(name)),
  );
  let timer = 0;
  let busy = false;
  let stopped = false; // somebody else saved: only the person decides now
  let changed = 0; // goes up with every change, so that a save knows whether it is the last word

  const say = (line, bad) => {
    state.textContent = line;
    state.classList.toggle("text-danger", Boolean(bad));
  };

  const keep = (reason) => {
    store.set({ fields: fields(), at: Date.now() });
    say(`${words.kept} ${reason}`, true);
  };

  async function save() {
    if (busy || stopped) return;
    busy = true;
    const at = changed;
    say(words.saving);
    try {
      const response = await fetch(words.save, {
        method: "POST", body: new FormData(form), headers: { Accept: "application/json" }, redirect: "manual",
      });
      // A redirection leads to the log-in page: the session has ended.
      if (response.type === "opaqueredirect" || response.status === 403) keep(words.expired);
      else {
        const answer = await response.json();
        if (response.ok) saved(answer, at);
        else {
          stopped = response.status === 409;
          keep(answer.error);
        }
      }
    } catch {
      keep(words.offline);
      plan(10000);
    }
    busy = false;
    if (changed !== at && !stopped) plan(PAUSE);
  }

  function saved(answer, at) {
    form.elements.seen.value = answer.seen;
    for (const note of form.querySelectorAll("[data-error]")) {
      const reason = answer.refused[note.dataset.error];
      note.hidden = !reason;
      note.textContent = reason ?? "";
    }
    const refused = Object.values(answer.refused);
    if (refused.length) {
      keep(refused[0]);
      return;
    }
    say(`${words.saved} ${answer.at}`);
    if (changed === at) {
      store.drop();
      guarded.delete(form); // app.js: nothing would be lost now
    }
  }

  function plan(wait) {
    window.clearTimeout(timer);
    timer = window.setTimeout(save, wait);
  }

  const count = () => { counter.textContent = (text.value.match(COUNTED) ?? []).length; };

  form.addEventListener("input", () => {
    changed += 1;
    count();
    plan(PAUSE);
  });

  form.addEventListener("submit", () => {
    window.clearTimeout(timer);
    store.set({ fields: fields(), at: Date.now() }); // until the answer shows that it arrived
  });

  window.addEventListener("online", () => { if (store.get()) plan(0); });

  /* What was kept and is not what the page shows is offered, never put in unasked. */
  const offer = form.querySelector("[data-restore]");
  const kept = store.get();
  const differs = kept && Object.entries(fields()).some(([name, value]) => (kept.fields[name] ?? "").replaceAll("\r\n", "\n") !== value.replaceAll("\r\n", "\n"));
  if (kept && !differs) store.drop();
  if (differs) offer.hidden = false;
  offer.querySelector("[data-restore-take]").addEventListener("click", () => {
    for (const [name, value] of Object.entries(kept.fields)) {
      if (form.elements[name]) form.elements[name].value = value;
      if (value) form.elements[name]?.closest("details")?.setAttribute("open", "");
    }
    offer.hidden = true;
    changed += 1;
    count();
    say(words.restored, true);
    text.focus();
  });
  offer.querySelector("[data-restore-drop]").addEventListener("click", () => {
    store.drop();
    offer.hidden = true;
  });
  if (form.hasAttribute("data-dirty")) guarded.add(form);
}
