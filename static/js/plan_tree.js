"use strict";
/* The tree of a plan draft: every value is stored when it is left, one after the other; rows are added,
   moved and deleted by button, keyboard and drag. What is typed survives every exchange of the table. */

const panel = document.getElementById("panel");
const wide = window.matchMedia("(min-width: 1200px)");
const tree = () => document.getElementById("tree");
const rows = () => [...tree().querySelectorAll("tr[data-code]")];
const rowOf = (code) => rows().find((row) => row.dataset.code === code);
const cell = (row, key) => row?.querySelector(`[data-key="${key}"]`);
const token = () => tree().querySelector("[name=csrfmiddlewaretoken]").value;

/* ---------------------------------------------------------------- the chosen row */

function choose(row) {
  if (!row) return;
  for (const other of rows()) other.classList.toggle("te-on", other === row);
  tree().querySelector("[data-chosen]").value = row.dataset.code;
  const title = cell(row, "title")?.value ?? "";
  tree().querySelector("[data-chosen-name]").textContent = `${row.dataset.code} ${title}`;
  follow(row);
}

/* The panel shows the chosen indicator, unless something in it is not saved yet. */
let following;
function follow(row) {
  const form = document.getElementById("indicator-form");
  if (!wide.matches || !form || form.dataset.code === row.dataset.code || guarded.has(form)) return;
  clearTimeout(following);
  following = setTimeout(() => openPanel(row), 300);
}

function openPanel(row) {
  const url = row.querySelector("[data-more]").href;
  // Not part of the line of requests; asked for by the panel, so that nothing else waits for it.
  waiting.then(() => htmx.ajax("GET", url, { source: panel, target: "#panel", swap: "innerHTML" })).catch(() => {});
}

/* ---------------------------------------------------------------- the server */

class Expired extends Error {}
class Gone extends Error {}

/* One request after the other, in the order in which they were made; one that fails does not hold up the next. */
let waiting = Promise.resolve();
let unsent = 0;
function next(work) {
  waiting = waiting.then(work).catch((error) => trouble(error));
  return waiting;
}

async function ask(url, body) {
  const headers = { "HX-Request": "true", "HX-Current-URL": window.location.href };
  if (body) headers["X-CSRFToken"] = token();
  const answer = await fetch(url, body ? { method: "POST", headers, body: new URLSearchParams(body) } : { headers });
  if (answer.headers.has("HX-Redirect")) throw new Expired();
  if (answer.status === 404) throw new Gone();
  // After a new log-in the page's token is an old one: that is told apart from a right that is gone by trying again.
  if (!answer.ok) throw answer.status === 403 ? new Expired() : new Error(answer.status);
  return answer;
}

/* What could not be stored stays where it was typed; it is sent again by the button, and as soon as anything else goes. */
function trouble(error) {
  const box = document.getElementById("tree-trouble");
  const count = tree().querySelectorAll("[data-unsent]").length;
  box.querySelector("[data-expired]").hidden = !(error instanceof Expired);
  box.querySelector("[data-gone]").hidden = !(error instanceof Gone);
  box.querySelector("[data-lost]").hidden = error instanceof Expired || error instanceof Gone;
  const number = box.querySelector("[data-count]");
  number.textContent = count ? `${number.dataset.words} ${count}` : "";
  box.hidden = false;
}

/* The page's tokens are of the log-in before: a new one comes with the table. */
async function renew() {
  const fresh = parsed(await (await ask(tree().dataset.url)).text());
  const value = fresh.querySelector("[name=csrfmiddlewaretoken]").value;
  document.querySelectorAll("[name=csrfmiddlewaretoken]").forEach((input) => { input.value = value; });
  document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": value }));
}

function sendAgain() {
  next(async () => {
    await renew();
    const left = [...tree().querySelectorAll("[data-unsent]")];
    document.getElementById("tree-trouble").hidden = true;
    left.forEach(send);
    if (!left.length) next(fetchTree);
  });
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-again]")) sendAgain();
});
window.addEventListener("online", () => {
  if (tree().querySelector("[data-unsent]")) sendAgain();
});

/* The form beside the tree keeps what was typed as well, instead of making room for the log-in page. */
document.addEventListener("htmx:beforeOnLoad", (event) => {
  const { xhr, target } = event.detail;
  if (target !== panel || !(xhr.getResponseHeader("HX-Redirect") || xhr.status === 403)) return;
  event.preventDefault();
  const form = document.getElementById("indicator-form");
  if (form) guarded.add(form);
  trouble(new Expired());
});

/* ---------------------------------------------------------------- storing a value */

const renamed = new Map(); // codes that were changed on this page: what is still under way is about the new one
function nameNow(code) {
  while (!rowOf(code) && renamed.has(code)) code = renamed.get(code);
  return code;
}

function send(input) {
  next(storing(input));
}

/* What was stored from here while more waits to be sent: "code key" → what stood there before, and now.
   Who typed on meanwhile typed over a value that was under way, and has seen what it became. */
const ours = new Map();
function seenBy(data, seen) {
  const own = ours.get(`${data.code} ${data.key}`);
  return own?.before.has(seen) ? own.now : seen;
}

function stored(data, seen, now) {
  const name = `${data.code} ${data.key}`;
  const before = ours.get(name)?.before ?? new Set();
  ours.set(name, { before: before.add(seen).add(data.seen), now });
}

/* What a value says now, and the work of storing just that. */
function storing(input) {
  const code = input.closest("tr").dataset.code;
  const data = { key: input.dataset.key, value: input.value };
  const seen = input.dataset.seen ?? input.getAttribute("value") ?? "";
  input.dataset.sent = input.value;
  unsent += 1;
  return async () => {
    try {
      data.code = nameNow(code);
      data.position = tree().dataset.position;
      if (input.tagName === "INPUT") data.seen = seenBy(data, seen);
      const answer = await (await ask(tree().dataset.cell, data)).json();
      if (!answer.message) stored(data, seen, answer.value);
      took(cell(rowOf(data.code), data.key) ?? input, data, answer);
    } catch (error) {
      const here = cell(rowOf(data.code), data.key) ?? input;
      failed(here, panel.dataset.unsent);
      here.dataset.unsent = "";
      throw error;
    } finally {
      unsent -= 1;
      if (!unsent) ours.clear();
    }
  };
}

function took(input, data, answer) {
  delete input.dataset.unsent;
  if (!tree().querySelector("[data-unsent]")) document.getElementById("tree-trouble").hidden = true;
  if (data.key === "code" && !answer.message) rename(data.code, answer.value);
  tree().dataset.position = answer.position;
  exchangeBar(answer.bar);
  for (const row of rows()) {
    const state = answer.states[row.dataset.code];
    const typing = row.querySelector(".te-bad");
    if (state !== undefined && (!typing || typing === input)) row.querySelector("[data-state]").innerHTML = state;
  }
  if (answer.message) {
    failed(input, answer.message);
    if (answer.theirs !== null) input.dataset.seen = input.dataset.theirs = answer.theirs;
    return;
  }
  delete input.dataset.theirs;
  input.classList.remove("te-bad");
  input.removeAttribute("aria-invalid");
  input.dataset.seen = answer.value;
  if (input.value === data.value && input.tagName === "INPUT") input.value = answer.value;
  if (answer.anew) next(fetchTree);
  const shown = document.getElementById("indicator-form");
  if (shown && shown.dataset.code === data.code && !guarded.has(shown) && wide.matches) openPanel(input.closest("tr"));
}

/* The line keeps its place under its new code, until the table comes anew. */
function rename(old, code) {
  if (old === code) return;
  renamed.delete(code);
  renamed.set(old, code);
  for (const row of rows()) {
    if (row.dataset.parent === old) row.dataset.parent = code;
    if (row.dataset.code !== old) continue;
    row.dataset.code = code;
    const link = row.querySelector("[data-more]");
    link.href = link.getAttribute("href").replace(/[^/]+\/$/, `${encodeURIComponent(code)}/`);
  }
}

function failed(input, words) {
  input.classList.add("te-bad");
  input.setAttribute("aria-invalid", "true");
  const row = input.closest("tr");
  row?.classList.add("te-wrong");
  const note = document.createElement("span");
  note.className = "te-problem";
  note.setAttribute("role", "alert");
  note.textContent = words;
  row?.querySelector("[data-state]").replaceChildren(note);
}

/* Whether there is something in it that was neither stored nor sent. */
const isOpen = (input) => Boolean(input?.matches?.("#tree input[data-key]")) && isDirty(input) && input.dataset.sent !== input.value;
const isDirty = (input) => input.matches("input[data-key]") && input.value !== (input.dataset.seen ?? input.getAttribute("value") ?? "");

/* A method is looked for with the arrow keys: each one on the way there would take the settings of the one before. */
const choosing = new Map();
function settle(select) {
  clearTimeout(choosing.get(select));
  if (choosing.delete(select) && select.isConnected) send(select);
}

document.addEventListener("change", (event) => {
  const input = event.target;
  if (!input.matches("#tree [data-key]")) return;
  if (input.tagName !== "SELECT") {
    if (isOpen(input)) send(input);
    return;
  }
  clearTimeout(choosing.get(input));
  choosing.set(input, setTimeout(() => settle(input), 700));
});
/* What the page put into an input for its user makes no change event. */
document.addEventListener("focusout", (event) => {
  if (choosing.has(event.target)) settle(event.target);
  else if (isOpen(event.target) && event.target.isConnected && !exchanging) send(event.target);
});

window.addEventListener("beforeunload", (event) => {
  const typed = document.activeElement?.matches?.("#tree input[data-key]") && isDirty(document.activeElement);
  if (unsent || typed || choosing.size || tree().querySelector("[data-unsent]")) event.preventDefault();
});

/* ---------------------------------------------------------------- exchanging the table */

function parsed(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  return holder.content;
}

async function fetchTree() {
  exchange(await (await ask(tree().dataset.url)).text(), false);
}

/* A command goes after all values; `values`: do, code, parent, before. */
function command(values, url = tree().dataset.url) {
  [...choosing.keys()].forEach(settle);
  if (isOpen(document.activeElement)) send(document.activeElement);
  const adds = ["add", "below"].includes(values.do) && !document.getElementById("tree-ahead") && typeAhead();
  next(async () => {
    try {
      if (isOpen(document.activeElement)) await storing(document.activeElement)();
      const answer = await ask(url, { code: chosen(), ...values });
      await composed();
      exchange(await answer.text(), true);
    } catch (error) {
      if (adds) adds.remove();
      throw error;
    }
  });
}

const chosen = () => tree().querySelector("[data-chosen]").value;

/* A line for what is typed before the answer with the new indicator is there. */
function typeAhead() {
  const row = rowOf(chosen());
  const ahead = parsed('<table><tr id="tree-ahead" class="te-row"><td></td><td></td><td class="te-title"><input class="form-control form-control-sm"></td></tr></table>').querySelector("tr");
  ahead.classList.add(`te-depth-${row.dataset.depth}`);
  ahead.querySelector("input").setAttribute("aria-label", panel.dataset.ahead);
  row.after(ahead);
  ahead.querySelector("input").focus({ preventScroll: true });
  return ahead;
}

let composing = false;
document.addEventListener("compositionstart", () => { composing = true; });
document.addEventListener("compositionend", () => { composing = false; });
function composed() {
  if (!composing) return null;
  return new Promise((resolve) => document.addEventListener("compositionend", () => setTimeout(resolve), { once: true }));
}

/* Where work goes on when the line is gone: the next one of the same parent, else the one before, else the parent. */
function nearest(code, before) {
  const at = before.findIndex((one) => one.code === code);
  if (rowOf(code) || at < 0) return rowOf(code);
  const { parent } = before[at];
  const next = before.slice(at + 1).find((one) => one.parent === parent && rowOf(one.code));
  const last = before.slice(0, at).reverse().find((one) => one.parent === parent && rowOf(one.code));
  return rowOf(next?.code) ?? rowOf(last?.code) ?? nearest(parent, before);
}

let exchanging = false;

/* Puts the new table in the place of the old one; what is typed, the cursor and the place on the screen stay. */
function exchange(html, isCommand) {
  const active = document.activeElement;
  const before = rows().map((row) => ({ code: row.dataset.code, parent: row.dataset.parent }));
  const kept = [...tree().querySelectorAll("input[data-key]")].filter(isDirty).map((one) => ({
    code: one.closest("tr").dataset.code, key: one.dataset.key, value: one.value, data: { ...one.dataset },
    wrong: one.classList.contains("te-bad") && one.closest("tr").querySelector("[data-state]").textContent,
  }));
  const ahead = document.querySelector("#tree-ahead input")?.value ?? "";
  const inTree = active?.closest?.("#tree");
  const at = active?.closest?.("tr")?.dataset.code ?? chosen();
  const key = active?.dataset?.key ?? "title";
  const marked = active?.dataset?.key && active.tagName === "INPUT" ? [active.selectionStart, active.selectionEnd] : null;
  const step = active?.closest?.("[data-steps]") ? active.value : "";
  const aside = tree().querySelector(".te-scroll").scrollLeft;
  const content = parsed(html);
  const bar = content.querySelector("#editor-bar");
  exchanging = true;
  tree().replaceWith(content.querySelector("#tree"));
  exchanging = false;
  if (bar) exchangeBar(bar.outerHTML);
  tree().querySelector(".te-scroll").scrollLeft = aside;
  for (const { code, key: name, value, data, wrong } of kept) {
    const input = cell(rowOf(code), name);
    if (!input) continue;
    input.value = value;
    if (wrong) failed(input, wrong);
    for (const each of ["unsent", "sent", "theirs"]) if (each in data) input.dataset[each] = data[each];
  }
  const told = isCommand ? tree().dataset.focus : "";
  const row = rowOf(told) ?? nearest(at, before) ?? rows()[0];
  if (step) (document.querySelector(`[data-steps] [value=${step}]:not(:disabled)`) ?? document.querySelector("[data-steps] button:not(:disabled)"))?.focus();
  else if (isCommand || inTree) stand(row, row.dataset.code === at ? key : "title", row.dataset.code === at ? marked : null, ahead);
  choose(row);
  if (isCommand) row.scrollIntoView({ block: "nearest" });
}

/* Puts the cursor into a line. */
function stand(row, key, marked, ahead) {
  const input = cell(row, key) ?? cell(row, "title");
  input.focus({ preventScroll: true });
  if (ahead && input.dataset.key === "title") {
    input.value = ahead;
    input.setSelectionRange(ahead.length, ahead.length);
    send(input);
  } else if (marked && input.tagName === "INPUT" && input.dataset.key === key) input.setSelectionRange(...marked);
  else input.select?.();
}

function exchangeBar(html) {
  document.getElementById("editor-bar").outerHTML = html;
}

/* The form beside the tree was saved. */
document.addEventListener("tree-changed", () => next(fetchTree));

/* ---------------------------------------------------------------- buttons and keys */

document.addEventListener("submit", (event) => {
  if (event.target.matches("[data-steps]")) {
    event.preventDefault();
    command({ do: event.submitter.value, section: "tree" }, event.target.action);
    return;
  }
  if (event.target.id !== "tree") return;
  event.preventDefault();
  if (event.submitter?.value) command({ do: event.submitter.value });
});

document.addEventListener("focusin", (event) => {
  const row = event.target.closest("#tree tr[data-code]");
  if (row) choose(row);
});

document.addEventListener("click", (event) => {
  const more = event.target.closest("#tree [data-more]");
  if (!more) {
    const row = event.target.closest("#tree tr[data-code]");
    if (row) choose(row);
    return;
  }
  if (!wide.matches) return; // on a phone the form is a page of its own
  event.preventDefault();
  const form = document.getElementById("indicator-form");
  if (form && guarded.has(form) && !window.confirm(panel.dataset.question)) return;
  if (form) guarded.delete(form);
  choose(more.closest("tr"));
  openPanel(more.closest("tr"));
});

const MOVES = { ArrowUp: "up", ArrowDown: "down", ArrowLeft: "out", ArrowRight: "in" };

document.addEventListener("keydown", (event) => {
  const input = event.target;
  if (!input.closest?.("#tree tbody tr") || event.isComposing || event.keyCode === 229) return;
  if (event.altKey && MOVES[event.key]) {
    event.preventDefault();
    command({ do: MOVES[event.key] });
  } else if (event.key === "Enter" && event.ctrlKey) {
    event.preventDefault();
    command({ do: event.shiftKey ? "below" : "add" });
  } else if (event.key === "Delete" && event.ctrlKey) {
    event.preventDefault();
    command({ do: "delete" });
  } else if (event.key === "Escape") {
    takeBack(input);
  } else if (!event.altKey && !event.ctrlKey && input.matches("input[data-key]") && ["Enter", "ArrowUp", "ArrowDown"].includes(event.key)) {
    event.preventDefault();
    if (event.key === "Enter" && "theirs" in input.dataset && isDirty(input)) send(input);
    const all = rows();
    const step = event.key === "ArrowUp" || (event.key === "Enter" && event.shiftKey) ? -1 : 1;
    for (let at = all.indexOf(input.closest("tr")) + step; all[at]; at += step) {
      const next = cell(all[at], input.dataset.key);
      if (!next) continue;
      next.focus();
      next.select?.();
      break;
    }
  }
});

/* Escape: the value as it is stored, without what was said of the one that was typed. */
function takeBack(input) {
  if (!isDirty(input)) return;
  input.value = input.dataset.seen ?? input.getAttribute("value") ?? "";
  if (!input.classList.contains("te-bad")) return;
  input.classList.remove("te-bad");
  input.removeAttribute("aria-invalid");
  delete input.dataset.unsent;
  delete input.dataset.theirs;
  next(fetchTree);
}

/* Undo and redo by key where no input has an undo of its own. */
document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.target.matches("input, textarea, select")) return;
  const name = { z: event.shiftKey ? "redo" : "undo", y: "redo" }[event.key.toLowerCase()];
  const button = name && document.querySelector(`[data-steps] button[value=${name}]:not(:disabled)`);
  if (!button) return;
  event.preventDefault();
  button.click();
});

/* ---------------------------------------------------------------- dragging */

let dragged = null;
const marks = ["te-before", "te-behind", "te-into"];
const unmark = () => rows().forEach((row) => row.classList.remove(...marks));

/* Where a row would go: before or behind another one, or below it (the middle of its line). */
function dropPlace(event, row) {
  const box = row.getBoundingClientRect();
  const part = (event.clientY - box.top) / box.height;
  if (!row.dataset.parent) return "te-into";
  if (part < 0.3) return "te-before";
  return part > 0.7 && !row.classList.contains("te-sum") ? "te-behind" : row.classList.contains("te-sum") ? "te-into" : part > 0.5 ? "te-behind" : "te-before";
}

function isBelow(row, code) {
  for (let at = row; at; at = rowOf(at.dataset.parent)) if (at.dataset.code === code) return true;
  return false;
}

document.addEventListener("dragstart", (event) => {
  const handle = event.target.closest?.("#tree .te-handle");
  if (!handle) return;
  dragged = handle.closest("tr").dataset.code;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged);
  handle.closest("tr").classList.add("te-drag");
});

document.addEventListener("dragover", (event) => {
  const row = event.target.closest?.("#tree tr[data-code]");
  if (!dragged || !row || isBelow(row, dragged)) return;
  event.preventDefault();
  unmark();
  row.classList.add(dropPlace(event, row));
});

document.addEventListener("drop", (event) => {
  const row = event.target.closest?.("#tree tr[data-code]");
  if (!dragged || !row || isBelow(row, dragged)) return;
  event.preventDefault();
  const where = dropPlace(event, row);
  const siblings = rows().filter((one) => one.dataset.parent === row.dataset.parent && one.dataset.code !== dragged);
  const next = siblings[siblings.indexOf(row) + 1]?.dataset.code ?? "";
  const target = { "te-into": [row.dataset.code, ""], "te-before": [row.dataset.parent, row.dataset.code], "te-behind": [row.dataset.parent, next] }[where];
  command({ do: "move", code: dragged, parent: target[0], before: target[1] });
});

document.addEventListener("dragend", () => {
  dragged = null;
  unmark();
  rows().forEach((row) => row.classList.remove("te-drag"));
});

choose(rowOf(tree().dataset.focus) ?? rows()[0]);
