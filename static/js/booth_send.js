"use strict";
/* The last look, and sending: once, however often it is tried. What was sent stays locked until an answer comes; without
   one it goes again by itself, and the server answers a ballot that it has already with the same receipt. */

(() => {
  const ballot = Booth.form;
  if (!ballot) return;
  const { form, words, terms, places, make, fill, ABSTAIN } = ballot;
  const edit = document.getElementById("edit");
  const review = document.getElementById("review");
  const skips = document.querySelector("[data-skips]");
  const done = document.getElementById("done");
  const note = review.querySelector("[data-sending]");
  const sendButton = review.querySelector("[data-send]");
  const MOST_COMMENTS = 2000;
  let state = "edit"; // review, sending, waiting, in
  let timer = 0;
  let tries = 0;

  /* ---------- the ticket of this page ---------- */
  const ticket = Object.fromEntries([...form.querySelectorAll("[data-ticket]")].map((field) => [field.name, field.value]));
  if (ticket.door) {
    // The device's secret lies in two places; whichever survived says who this device is.
    const name = `kp-device-${ticket.door}`;
    const kept = Booth.local.get(name);
    if (kept && kept !== ticket.device && !Booth.tab.get(name)) {
      Booth.tab.set(name, "asked");
      Booth.post(Booth.resumeAt, { ...ticket, device: kept }, Booth.tokenOf(form));
      return;
    }
    Booth.local.set(name, ticket.device);
  }
  Booth.keepTicket(ticket);

  /* ---------- the last look ---------- */
  function lookable() {
    let first = null;
    for (const place of places) {
      if (ballot.fits(place, ballot.valueOf(place))) continue;
      ballot.explain(place, place.leaf.expected);
      first ??= place;
    }
    if (first) return { place: first, text: words.wrong };
    const open = ballot.unrated();
    if (!terms.abstain && open.length) return { place: open[0], text: fill(words.must, { count: new Set(open.map((place) => place.who)).size }) };
    const length = ballot.comments.reduce((sum, comment) => sum + comment.value.trim().replace(/\s+/g, " ").length, 0);
    if (length > MOST_COMMENTS) return { text: fill(words.long, { most: MOST_COMMENTS, length }) };
    return null;
  }

  function tally(code) {
    const leaf = terms.leaves[code];
    const asked = places.filter((place) => place.code === code);
    const values = asked.map(ballot.valueOf);
    const count = (value) => values.filter((each) => each === value).length;
    const figures = values.filter((value) => value && value !== ABSTAIN).map(Number);
    const rows = leaf.quick.length
      ? [[words.number, figures.length], ...(figures.length ? [[words.highest, Math.max(...figures)], [words.lowest, Math.min(...figures)]] : [])]
      : leaf.choices.map((choice) => [choice, count(choice)]);
    if (count(ABSTAIN)) rows.push([words.abstained, count(ABSTAIN)]);
    const card = make("section", "", { class: "kb-card" });
    card.append(make("h2", leaf.title));
    const list = make("dl", "", { class: "kb-tally" });
    for (const [answer, number] of rows) list.append(make("dt", answer), make("dd", number));
    card.append(list);
    return card;
  }

  function unratedCard() {
    const open = new Map(ballot.unrated().reverse().map((place) => [place.who, place]));
    if (!open.size) return [];
    const card = make("section", "", { class: "kb-card" });
    const title = make("h2", `${words.unrated} `);
    title.append(make("small", open.size));
    const names = make("p", "", { class: "kb-names" });
    for (const [who, place] of [...open].reverse()) {
      const button = make("button", who.querySelector("legend").firstChild.textContent.trim(), { type: "button", class: "kb-link" });
      button.addEventListener("click", () => leave(() => ballot.go(place)));
      names.append(button);
    }
    card.append(title, names, make("p", words.abstains, { class: "kb-hint" }));
    return [card];
  }

  /* The first rule by which the ballot would not count; the server judges by the same ones. */
  function warning() {
    const rated = places.filter((place) => ![ABSTAIN, ""].includes(ballot.valueOf(place)));
    const several = new Set(rated.map((place) => place.who)).size > 1;
    const same = (place) => (place.leaf.quick.length ? String(Number(ballot.valueOf(place))) : ballot.valueOf(place));
    const answers = new Map();
    for (const place of rated) answers.set(place.code, (answers.get(place.code) ?? new Set()).add(same(place)));
    const broken = {
      all_same: () => several && [...answers.values()].every((given) => given.size === 1),
      all_best: () => several && rated.every((place) => place.leaf.best.includes(same(place))),
      incomplete: () => rated.length > 0 && rated.length < places.length,
    };
    return Object.keys(terms.invalid).find((rule) => broken[rule]());
  }

  function look(again = false) {
    const problem = lookable();
    tell(problem?.text);
    if (problem) {
      if (problem.place) ballot.go(problem.place);
      return;
    }
    const rule = warning();
    const shown = rule ? [make("p", terms.invalid[rule], { class: "kb-alert", role: "alert" })] : [];
    shown.push(...Object.keys(terms.leaves).map(tally), ...unratedCard());
    const comments = ballot.comments.filter((comment) => comment.value.trim()).length;
    if (comments) shown.push(make("p", `${words.comments} ${comments}`));
    review.querySelector("[data-review]").replaceChildren(...shown);
    if (!again) history.pushState({ kb: "review" }, "");
    show("review");
  }

  /* A problem with the ballot as a whole, where people look: above the button they pressed. */
  function tell(text) {
    edit.querySelector("[data-told]")?.remove();
    if (text) form.querySelector(".kb-bar-in").prepend(make("p", text, { class: "kb-error", role: "alert", "data-told": "" }));
  }

  let scrolled = 0;
  function show(next) {
    if (state === "edit" && next !== "edit") scrolled = window.scrollY;
    state = next;
    edit.hidden = next !== "edit";
    skips.hidden = next !== "edit";
    review.hidden = next === "edit";
    if (next === "edit") window.scrollTo(0, scrolled);
    else {
      window.scrollTo(0, 0);
      document.getElementById("review-title").focus();
    }
  }

  let after = null;
  function leave(then) {
    after = then ?? null;
    history.back();
  }
  window.addEventListener("popstate", (event) => {
    if (state === "in") return;
    if (event.state?.kb === "review" && state === "edit") look(true);
    else if (state === "sending" || (state === "waiting" && !window.confirm(words.perhaps))) history.pushState({ kb: "review" }, "");
    else if (state !== "edit") {
      window.clearTimeout(timer);
      say("");
      show("edit");
      after?.();
      after = null;
    }
  });

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    look();
  });
  review.querySelector("[data-back]").addEventListener("click", () => leave());
  sendButton.addEventListener("click", () => {
    if (state !== "review" && state !== "waiting") return;
    tries = 0;
    attempt();
  });

  /* ---------- sending ---------- */
  function say(text) {
    note.hidden = !text;
    note.textContent = text;
    sendButton.disabled = state === "sending";
  }

  function body() {
    const fields = { ...ticket, ...ballot.values(), do: "cast", csrfmiddlewaretoken: Booth.tokenOf(form) };
    return new URLSearchParams(fields);
  }

  async function ask(address, options) {
    const stop = new AbortController();
    const limit = window.setTimeout(() => stop.abort(), 30_000);
    try {
      return await fetch(address, { redirect: "manual", cache: "no-store", signal: stop.signal, ...options });
    } finally {
      window.clearTimeout(limit);
    }
  }

  /* A form that stood open for long, or a log-in in another tab: the page's token is not valid any more. */
  async function renewToken() {
    const page = new DOMParser().parseFromString(await (await ask(words.entry)).text(), "text/html");
    form.querySelector("[name=csrfmiddlewaretoken]").value = Booth.tokenOf(page);
  }

  async function attempt(renewed = false) {
    window.clearTimeout(timer);
    state = "sending";
    say(words.sending);
    ballot.unsure = true;
    ballot.keep();
    let answer = null;
    try {
      const response = await ask(form.getAttribute("action"), { method: "POST", body: body(), headers: { Accept: "application/json" } });
      if (response.status === 403 && !renewed) {
        await renewToken();
        attempt(true);
        return;
      }
      if (response.type === "opaqueredirect" || response.status >= 500) throw new Error(String(response.status));
      answer = await response.json();
    } catch {
      wait();
      return;
    }
    settle(answer);
  }

  function wait() {
    state = "waiting";
    tries += 1;
    const seconds = Math.min(60, 2 ** tries);
    say(fill(words.offline, { seconds }));
    sendButton.textContent = words.try;
    timer = window.setTimeout(attempt, seconds * 1000);
  }
  window.addEventListener("online", () => { if (state === "waiting") attempt(); });

  function settle(answer) {
    if (answer.state === "in") {
      arrive(answer);
      return;
    }
    ballot.unsure = false;
    ballot.keep();
    state = "review";
    say(answer.text ?? "");
    if (answer.state === "login") {
      note.append(" ", make("a", words.login, { href: words.loginAt, target: "_blank" }));
    } else if (answer.state === "problems") {
      leave(() => {
        const whole = [];
        let first = null;
        for (const [name, text] of answer.problems) {
          const place = ballot.byName.get(name);
          if (place) ballot.explain(place, text);
          else whole.push(text);
          first ??= place;
        }
        tell(whole.join(" ") || answer.text);
        if (first) ballot.go(first);
      });
    }
  }

  /* The ballot is in: nothing of it stays on this page or on this device. */
  function arrive(answer) {
    state = "in";
    ballot.dropDraft();
    done.querySelector("[data-receipt]").textContent = answer.receipt;
    done.querySelector("[data-again]").hidden = !answer.again;
    done.hidden = false;
    form.replaceWith(done);
    skips.remove();
    history.replaceState({ kb: "in" }, "");
    Booth.receiptTools(done);
    const title = document.getElementById("done-title");
    document.title = title.textContent;
    window.scrollTo(0, 0);
    title.focus();
  }

  /* Sent, or cleared, in another tab: look again what the server says. */
  window.addEventListener("storage", (event) => {
    if (event.key === ballot.draftName && event.newValue === null && state !== "in") location.reload();
  });
})();
