"use strict";
/* Filling in the ballot: figures by buttons, limits, progress, the draft that this device alone keeps.
   A draft lies under a name that says nothing of who votes, and goes when the ballot is in. */

Booth.form = (() => {
  const form = document.getElementById("ballot");
  if (!form) return null;
  const words = form.dataset;
  const terms = JSON.parse(words.ballot);
  const ABSTAIN = "-";
  const draftName = `kp-draft-${words.key}`;
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_all, name) => values[name]);
  const make = (tag, text, attributes = {}) => {
    const element = document.createElement(tag);
    element.textContent = text;
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  };

  const places = [...form.querySelectorAll(".kb-q")].map((box, index) => {
    const inputs = [...box.querySelectorAll("input")];
    const [, , code] = inputs[0].name.split(".");
    const radios = inputs[0].type === "radio" ? inputs : null;
    return { index, box, code, leaf: terms.leaves[code], name: inputs[0].name, field: inputs[0], radios, who: box.closest(".kb-who"), abstained: false, last: "" };
  });
  const byName = new Map(places.map((place) => [place.name, place]));
  const subjects = [...new Set(places.map((place) => place.who))];
  const comments = [...form.querySelectorAll("textarea")];
  let here = -1; // the place that was touched last

  /* ---------- values ---------- */
  const plain = (text) => text.normalize("NFKC").replace("。", ".").trim();
  function valueOf(place) {
    if (place.radios) return place.radios.find((radio) => radio.checked)?.value ?? "";
    return place.abstained ? ABSTAIN : plain(place.field.value);
  }
  function put(place, value) {
    if (place.radios) for (const radio of place.radios) radio.checked = radio.value === value;
    else {
      place.abstained = value === ABSTAIN;
      place.field.value = place.abstained ? "" : value;
      showFigure(place);
    }
    place.last = valueOf(place);
  }
  const decimals = (text) => (text.split(".")[1] ?? "").length;
  /* Whether a figure fits the scale and its steps, in whole numbers: 0.1 has no binary form. */
  function fits(place, value) {
    if (place.radios || value === ABSTAIN || value === "") return true;
    if (!/^(\d+(\.\d*)?|\.\d+)$/.test(value)) return false;
    const factor = 10 ** Math.max(decimals(value), decimals(place.leaf.step));
    const whole = (text) => Math.round(Number(text) * factor);
    return whole(value) <= whole(place.leaf.scale) && whole(value) % whole(place.leaf.step) === 0;
  }

  /* ---------- figures ---------- */
  function figureTools(place) {
    const box = place.box.querySelector(".kb-figure");
    const step = (sign, label) => make("button", sign, { type: "button", class: "kb-step", "data-step": sign === "−" ? -1 : 1, "aria-label": label });
    place.field.before(step("−", words.less));
    place.field.after(step("+", words.more));
    const columns = Math.ceil((place.leaf.quick.length + terms.abstain) / 2);
    const quick = make("div", "", { class: `kb-choices kb-quick kb-of-${columns}` });
    for (const value of place.leaf.quick) quick.append(make("button", value, { type: "button", "data-value": value }));
    if (terms.abstain) quick.append(make("button", words.abstain, { type: "button", "data-value": ABSTAIN }));
    box.after(quick);
    showFigure(place);
  }
  function showFigure(place) {
    const value = valueOf(place);
    for (const button of place.box.querySelectorAll("[data-value]")) button.setAttribute("aria-pressed", String(button.dataset.value === value));
  }
  function moved(place, steps) {
    const { scale, step } = place.leaf;
    const factor = 10 ** Math.max(decimals(step), decimals(scale));
    const from = fits(place, valueOf(place)) && Number(valueOf(place)) >= 0 && valueOf(place) !== "" ? Number(valueOf(place)) : Number(scale) + (steps < 0 ? Number(step) : 0);
    const to = Math.min(Number(scale), Math.max(0, from + steps * Number(step)));
    return String(Math.round(to * factor) / factor);
  }

  /* ---------- what is said at a place ---------- */
  function explain(place, text) {
    place.box.querySelector(".kb-error")?.remove();
    place.box.classList.toggle("kb-bad", Boolean(text));
    if (!place.radios) place.field.toggleAttribute("aria-invalid", Boolean(text));
    if (text) place.box.append(make("p", text, { class: "kb-error", role: "alert" }));
  }

  /* ---------- limits ---------- */
  const given = (code, option) => places.filter((place) => place.code === code && valueOf(place) === option).length;
  function overLimit(place) {
    const option = valueOf(place);
    const most = place.leaf.limits[option];
    return most !== undefined && given(place.code, option) > most ? { option, most } : null;
  }
  const limits = form.querySelector("[data-limits]");
  function showLimits() {
    const limited = places.filter((place) => Object.keys(place.leaf.limits).length);
    const place = limited.find((each) => each.index === here) ?? limited[0];
    limits.hidden = !place;
    if (!place) return;
    const said = Object.entries(place.leaf.limits).map(([option, most]) => fill(words.left, { option, most, left: Math.max(0, most - given(place.code, option)) }));
    const several = new Set(limited.map((each) => each.code)).size > 1;
    limits.textContent = (several ? `${place.leaf.title} ` : "") + said.join(" · ");
  }

  /* ---------- progress ---------- */
  const progress = form.querySelector("[data-progress]");
  const meter = form.querySelector("[data-meter]");
  const nextButtons = document.querySelectorAll("[data-next]");
  // A figure that the leaf does not take is no rating: it gets no tick, and "next" leads back to it.
  const unrated = () => places.filter((place) => valueOf(place) === "" || !fits(place, valueOf(place)));
  function showProgress() {
    const open = new Set(unrated().map((place) => place.who));
    for (const who of subjects) who.classList.toggle("kb-rated", !open.has(who));
    const said = fill(words.rated, { done: subjects.length - open.size, all: subjects.length });
    if (progress.textContent !== said) progress.textContent = said;
    meter.value = subjects.length - open.size;
    for (const button of nextButtons) button.hidden = !open.size;
    showLimits();
  }
  function go(place) {
    place.who.scrollIntoView({ block: "start" });
    const target = place.radios ? place.field : place.box.querySelector("[data-value]") ?? place.field; // no keyboard slides up
    target.focus({ preventScroll: true });
    here = place.index;
  }
  function goNext() {
    const open = unrated();
    if (open.length) go(open.find((place) => place.index > here) ?? open[0]);
  }
  for (const button of nextButtons) {
    button.addEventListener("click", (event) => {
      event.preventDefault();
      goNext();
    });
  }

  /* ---------- the draft ---------- */
  let unsure = false; // something was sent and no answer came
  function values() {
    const found = {};
    for (const place of places) if (valueOf(place)) found[place.name] = valueOf(place);
    for (const comment of comments) if (comment.value.trim()) found[comment.name] = comment.value;
    return found;
  }
  let timer = 0;
  function keep() {
    window.clearTimeout(timer);
    timer = 0;
    if (form.isConnected) Booth.local.set(draftName, JSON.stringify({ at: Date.now(), unsure, values: values() }));
  }
  const keepSoon = () => { timer ||= window.setTimeout(keep, 300); };
  window.addEventListener("pagehide", () => { if (timer) keep(); });
  function dropDraft() {
    window.clearTimeout(timer);
    timer = 0;
    Booth.local.drop(draftName);
  }
  function restore() {
    let draft = null;
    try { draft = JSON.parse(Booth.local.get(draftName)); } catch { /* damaged */ }
    if (!draft || Object.keys(values()).length) return;
    for (const [name, value] of Object.entries(draft.values)) {
      const place = byName.get(name);
      const comment = comments.find((each) => each.name === name);
      if (place) put(place, value);
      else if (comment) {
        comment.value = value;
        comment.closest("details").open = true;
      }
    }
    if (!Object.keys(draft.values).length) return;
    unsure = draft.unsure;
    const note = form.querySelector("[data-restored]");
    note.textContent = unsure ? words.unsure : words.restored;
    note.hidden = false;
  }

  /* ---------- hands ---------- */
  function changed(place) {
    here = place.index;
    const over = overLimit(place);
    if (over) {
      put(place, place.last);
      explain(place, fill(words.limit, over));
      return;
    }
    place.last = valueOf(place);
    explain(place, "");
    showProgress();
    keepSoon();
  }
  form.addEventListener("change", (event) => {
    const place = byName.get(event.target.name);
    if (place?.radios) changed(place);
    else if (place) explain(place, fits(place, valueOf(place)) ? "" : place.leaf.expected);
  });
  form.addEventListener("input", (event) => {
    const place = byName.get(event.target.name);
    if (place && !place.radios) {
      place.abstained = false;
      showFigure(place);
      changed(place);
    } else if (event.target.matches("textarea")) {
      showLength(event.target);
      keepSoon();
    }
  });
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-value], [data-step]");
    if (!button) return;
    const place = places.find((each) => each.box.contains(button));
    const value = button.dataset.value ?? moved(place, Number(button.dataset.step));
    place.abstained = value === ABSTAIN;
    place.field.value = place.abstained ? "" : value;
    showFigure(place);
    changed(place);
  });
  form.addEventListener("keydown", (event) => {
    const place = byName.get(event.target.name);
    if (!place) return;
    if (event.key === "Enter") {
      event.preventDefault(); // never sends; goes on to the next figure
      const next = places.slice(place.index + 1).find((each) => !each.radios);
      if (!place.radios) (next?.field ?? form.querySelector("#send")).focus();
    } else if (!place.radios && ["ArrowUp", "ArrowDown"].includes(event.key)) {
      event.preventDefault();
      put(place, moved(place, event.key === "ArrowUp" ? 1 : -1));
      changed(place);
    }
  });
  form.addEventListener("focusin", (event) => {
    const place = places.find((each) => each.box.contains(event.target));
    if (place && place.index !== here) {
      here = place.index;
      showLimits();
    }
  });
  function showLength(comment) {
    let count = comment.nextElementSibling;
    if (!count?.matches(".kb-hint")) {
      count = make("p", "", { class: "kb-hint" });
      comment.after(count);
    }
    count.textContent = `${comment.value.length} / ${comment.maxLength}`;
  }
  form.querySelector("[data-clear]").addEventListener("click", () => {
    if (!window.confirm(words.forget)) return;
    dropDraft();
    Booth.forget();
    location.replace(words.entry);
  });

  /* ---------- begin ---------- */
  for (const place of places) if (!place.radios) figureTools(place);
  for (const hidden of form.querySelectorAll("[data-scripted]")) hidden.hidden = false;
  restore();
  for (const place of places) place.last = valueOf(place);
  showProgress();
  return {
    form, words, terms, places, byName, subjects, comments, ABSTAIN, draftName, fill, make,
    valueOf, fits, explain, unrated, go, keep, dropDraft, values,
    set unsure(value) { unsure = value; },
  };
})();
