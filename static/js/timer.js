"use strict";
/* The clock of a meeting on the big screen. It measures here and goes on without a connection: what it came to is
   kept in the browser and sent when the server answers again. Pages that are open elsewhere show the same within
   seconds; who presses a key decides, and of two times measured for one talk without a connection the longer stays. */

const POLL = 3000; // milliseconds
const RETRY = 5000;
const SOON = 60 * 1000;

const root = document.querySelector("[data-timer]");
const words = root.dataset;
const may = "may" in words;
const part = (name) => root.querySelector(`[data-${name}]`);
const given = JSON.parse(document.getElementById("timer-state").textContent);

const store = {
  get: () => { try { return JSON.parse(localStorage.getItem(words.key) ?? "{}"); } catch { return {}; } },
  set: (value) => { try { localStorage.setItem(words.key, JSON.stringify(value)); } catch { /* full or forbidden */ } },
};

/* A talk here: what the server said of it, `since` (when `spoken` was right), and whether it waits to be sent. */
const taken = (talk) => ({ ...talk, since: Date.now(), unsent: false });
let running = given.running;
let talks = given.talks.map(taken);
for (const [id, kept] of Object.entries(store.get().unsent ?? {})) {
  const talk = talks.find((one) => String(one.id) === id);
  // Kept over another state than the server has now: somebody went on elsewhere, or the answer got lost.
  if (talk && (kept.version === talk.version || kept.spoken > talk.spoken)) Object.assign(talk, kept, { version: talk.version, unsent: true });
}
let place = Math.max(0, first());
let sending = false;
let online = true;
let refused = "";

function first() {
  const at = talks.findIndex((talk) => talk.state === "running");
  if (at >= 0) return at;
  const paused = talks.findIndex((talk) => talk.state === "paused");
  return paused >= 0 ? paused : talks.findIndex((talk) => talk.state === "waiting");
}

const elapsed = (talk) => talk.spoken + (talk.state === "running" ? Math.max(0, Date.now() - talk.since) : 0);

function set(talk, state, spoken = elapsed(talk)) {
  Object.assign(talk, { state, spoken, since: Date.now(), unsent: true });
  keep();
}

function keep() {
  const unsent = talks.filter((talk) => talk.unsent);
  store.set(unsent.length ? { unsent: Object.fromEntries(unsent.map((talk) => [talk.id, { state: talk.state, spoken: talk.spoken, since: talk.since, version: talk.version }])) } : {});
}

/* What is said to the server ------------------------------------------------------------------- */

async function send() {
  if (sending || !may) return;
  sending = true;
  try {
    // Those that stop go first: only one talk runs at a time.
    for (;;) {
      const talk = talks.filter((one) => one.unsent).sort((a, b) => (a.state === "running") - (b.state === "running"))[0];
      if (!talk) break;
      if (!(await sendOne(talk))) break;
    }
  } finally {
    sending = false;
    keep();
    draw();
  }
}

async function sendOne(talk) {
  const said = { talk: talk.id, state: talk.state, spoken: Math.round(elapsed(talk)), seen: talk.version };
  const before = `${talk.state} ${talk.since}`;
  let response;
  try {
    response = await fetch(words.url, {
      method: "POST", body: new URLSearchParams(said), headers: { "X-CSRFToken": words.token }, redirect: "manual",
    });
    online = true;
  } catch {
    online = false;
    return false;
  }
  // A redirection leads to the log-in page: the session has ended.
  if (response.type === "opaqueredirect" || ![200, 409, 422].includes(response.status)) {
    refused = words.unsaved;
    return false;
  }
  const answer = await response.json();
  if (response.status === 422) {
    refused = answer.error;
    talk.unsent = false; // the server has the last word; the next look at it brings it back
    return true;
  }
  refused = "";
  if (response.ok) {
    talk.version = answer.version;
    if (before === `${talk.state} ${talk.since}`) talk.unsent = false;
    return true;
  }
  return settle(talk, answer);
}

/* Somebody set a clock elsewhere. */
function settle(mine, answer) {
  const theirs = answer.talks.find((one) => one.id === mine.id);
  if (!theirs) { talks = talks.filter((one) => one !== mine); return true; }
  const other = answer.talks.find((one) => one.state === "running" && one.id !== mine.id);
  if (theirs.version !== mine.version) {
    if (theirs.spoken > elapsed(mine)) Object.assign(mine, taken(theirs));
    else mine.version = theirs.version;
  } else if (other && mine.state === "running") {
    const local = talks.find((one) => one.id === other.id);
    if (local) { Object.assign(local, taken(other)); set(local, "paused"); }
  }
  return true;
}

async function look() {
  if (!sending && !document.hidden) {
    try {
      const response = await fetch(words.url, { redirect: "manual", headers: { Accept: "application/json" } });
      online = true;
      if (response.ok) take(await response.json());
    } catch {
      online = false;
    }
  }
  if (talks.some((talk) => talk.unsent)) send();
  window.setTimeout(look, online ? POLL : RETRY);
}

function take(answer) {
  if (sending) return;
  const current = talks[place]?.id;
  // What is measured here stays, unless somebody set the clock elsewhere: the way of an answer takes its time too.
  const own = new Map(talks.map((talk) => [talk.id, talk]));
  const known = (talk) => {
    const mine = own.get(talk.id);
    if (!mine || (mine.version !== talk.version && !mine.unsent)) return taken(talk);
    return Object.assign(mine, { name: talk.name, words: talk.words, minutes: talk.minutes });
  };
  running = answer.running;
  const was = talks.find((talk) => talk.state === "running")?.id;
  talks = answer.talks.map(known);
  const now = talks.find((talk) => talk.state === "running");
  // Started elsewhere: show it. Otherwise the page stays where it was put.
  const at = talks.findIndex((talk) => talk.id === (now && now.id !== was ? now.id : current));
  place = at >= 0 ? at : Math.max(0, first());
}

/* Keys and buttons ----------------------------------------------------------------------------- */

const does = {
  toggle() {
    const talk = talks[place];
    if (!talk || !running) return;
    if (talk.state === "running") set(talk, "paused");
    else {
      for (const one of talks) if (one.state === "running") set(one, "paused");
      set(talk, "running");
    }
  },
  next() {
    const talk = talks[place];
    if (talk && running && ["running", "paused"].includes(talk.state)) set(talk, "done");
    const at = talks.findIndex((one, index) => index > place && one.state !== "done");
    if (at >= 0) place = at;
  },
  back() { place = Math.max(0, place - 1); },
  forward() { place = Math.min(talks.length - 1, place + 1); },
  zero() {
    const talk = talks[place];
    if (talk && running && talk.state !== "running" && elapsed(talk) > 0 && window.confirm(`${talk.name}: 0:00?`)) set(talk, "waiting", 0);
  },
  full() {
    if (document.fullscreenElement) document.exitFullscreen();
    else document.documentElement.requestFullscreen?.().catch(() => {});
  },
};
const KEYS = { " ": "toggle", Enter: "next", ArrowLeft: "back", PageUp: "back", ArrowRight: "forward", PageDown: "forward", 0: "zero", f: "full", F: "full" };

function act(name) {
  if (name !== "full" && !may) return;
  does[name]();
  draw();
  send();
}

document.addEventListener("keydown", (event) => {
  const name = KEYS[event.key];
  if (!name || event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
  // A button that has the focus does what it says itself.
  if (event.target.closest("button, a") && ["Enter", " "].includes(event.key)) return;
  event.preventDefault();
  act(name);
});
root.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  if (!button) return;
  act(button.dataset.do);
  button.blur(); // so that the keys mean the clock again
});
window.addEventListener("online", () => send());

/* What is shown -------------------------------------------------------------------------------- */

const clock = (milliseconds) => {
  const seconds = Math.max(0, milliseconds);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
};
const say = (element, text) => { if (element && element.textContent !== text) element.textContent = text; };

function draw() {
  const talk = talks[place];
  const over = talks.length > 0 && talks.every((one) => one.state === "done");
  say(part("progress"), talks.length ? `${talks.filter((one) => one.state === "done").length} / ${talks.length}` : "");
  if (talk) {
    const left = talk.minutes * 60000 - elapsed(talk);
    const live = ["running", "paused"].includes(talk.state);
    root.dataset.level = !live || left > SOON ? "none" : left > 0 ? "soon" : "over";
    say(part("name"), talk.name);
    say(part("words"), talk.words);
    say(part("clock"), talk.state === "done" ? clock(Math.round(elapsed(talk) / 1000))
      : left > 0 ? clock(Math.ceil(left / 1000)) : `+${clock(Math.floor(-left / 1000))}`);
    root.dataset.signs = part("clock").textContent.length;
    say(part("status"), status(talk, left, over));
  }
  const following = talks.find((one, index) => index > place && one.state !== "done");
  say(part("following"), following ? `${words.next} ${following.name}` : talks.length && !over ? words.last : "");
  say(part("toggle-words"), talk?.state === "running" ? words.pause : talk?.state === "waiting" || !talk ? words.start : words.resume);
  for (const button of root.querySelectorAll("[data-do]")) {
    if (["toggle", "zero"].includes(button.dataset.do)) button.disabled = !running || !talk;
  }
  const unsent = talks.some((one) => one.unsent);
  say(part("net"), !online ? words.offline : refused || (unsent && !sending ? words.unsaved : "") || (may && !running ? words.closed : ""));
}

function status(talk, left, over) {
  if (talk.state === "done") return over ? words.all : `${words.done} · ${words.spoke}`;
  if (talk.state === "waiting") return `${words.limit} ${talk.minutes} ${words.minutes}`;
  const level = left <= 0 ? words.over : left <= SOON ? words.soon : words.left;
  return talk.state === "paused" ? `${words.paused} · ${level}` : level;
}

async function stayAwake() {
  try { await navigator.wakeLock?.request("screen"); } catch { /* not offered here */ }
}
document.addEventListener("visibilitychange", () => { if (!document.hidden) stayAwake(); });

draw();
stayAwake();
window.setInterval(draw, 200);
window.setTimeout(look, talks.some((talk) => talk.unsent) ? 0 : POLL);
