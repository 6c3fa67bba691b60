"use strict";
/* Writing a duty report: counts, the plan's requirements held against what is typed, two texts of one section, topics.
   The draft is saved by draft_keeper.js; without these files the page has its buttons and works all the same. */

{
  const form = document.querySelector("form[data-duty]");
  const page = document.querySelector("[data-page-words]")?.dataset;
  const areas = () => [...form.querySelectorAll("textarea[data-key]")];
  const area = (key) => areas().find((one) => one.dataset.key === key);
  const seen = (key) => form.elements[`seen:${key}`];
  const fill = (words, values) => words.replace(/%\((\w+)\)s/g, (_all, name) => values[name] ?? "");

  /* Requirements ------------------------------------------------------------------------------- */

  const demands = JSON.parse(form.dataset.demands);
  const sentences = JSON.parse(form.dataset.words);
  const share = (value) => `${String(Math.floor(value * 1000 + 0.5) / 10)}%`;
  const near = (value) => Math.round(value * 1e9) / 1e9; // shares come as binary fractions

  function judge(demand, counts, total) {
    const count = demand.keys.reduce((sum, key) => sum + (counts[key] ?? 0), 0);
    const lacking = demand.keys.filter((key) => !counts[key]).length;
    const values = { where: demand.where, limit: demand.shown, count: String(count), gap: "0" };
    let gap = 0;
    if (demand.kind === "written") gap = count ? 0 : 1;
    else if (demand.kind === "answered") gap = lacking;
    else if (demand.kind === "topic") {
      gap = demand.keys.some((key) => KpDutyText.headings(area(key)?.value ?? "").some(([name, below]) => below && name === demand.topic)) ? 0 : 1;
    } else if (demand.kind === "least") gap = demand.limit - count;
    else if (demand.kind === "most") gap = count - demand.limit;
    else {
      values.count = total ? share(count / total) : "—";
      const off = near(demand.kind === "least_share" ? demand.limit * total - count : count - demand.limit * total);
      gap = off < 1 ? 0 : Math.ceil(off);
    }
    values.gap = String(Math.max(0, gap));
    return { met: gap <= 0, words: fill(sentences[demand.kind][gap <= 0 ? "met" : "unmet"], values) };
  }

  function measure() {
    const counts = Object.fromEntries(areas().map((one) => [one.dataset.key, kpCount(one.value)]));
    const counted = new Set();
    for (const note of form.querySelectorAll(".kp-duty-part [data-count]")) {
      const keys = note.dataset.count.split("\n").filter(Boolean);
      note.textContent = keys.reduce((sum, key) => sum + (counts[key] ?? 0), 0);
      if (note.closest("h2")) keys.forEach((key) => counted.add(key));
    }
    const total = [...counted].reduce((sum, key) => sum + (counts[key] ?? 0), 0);
    for (const note of form.querySelectorAll("[data-total]")) note.textContent = total;
    for (const note of form.querySelectorAll("[data-minutes]")) note.textContent = Math.ceil(total / 220);
    const list = form.querySelector("[data-demand-list]");
    let open = 0;
    let off = false;
    for (const [place, demand] of demands.entries()) {
      const { met, words } = judge(demand, counts, total);
      const line = list.children[place];
      line.className = met ? "kp-met" : demand.level === "may" ? "kp-may" : "kp-unmet";
      if (line.firstElementChild.textContent !== words) line.firstElementChild.textContent = words;
      if (!met && demand.level !== "may") open += 1;
      if (!met && demand.level === "should") off = true;
      if (demand.kind === "topic") {
        for (const button of form.querySelectorAll("[data-topic]")) {
          if (KpDutyText.normal(button.dataset.topic) === demand.topic) button.classList.toggle("kp-met", met);
        }
      }
    }
    const note = form.querySelector("[data-unmet-count]");
    if (note) note.textContent = open ? page.openSome.replace("%(count)s", open) : page.openNone;
    // Why a limit is not kept is asked for only where everything else is there.
    const why = form.querySelector("[data-why]");
    const nearly = total > 0 && off && !demands.some((demand) => demand.level === "must" && !judge(demand, counts, total).met);
    if (why) why.hidden = !nearly && !why.querySelector("textarea").value;
  }

  /* What is met is out of the way, unless somebody wants to see it. */
  const every = form.querySelector("[data-demands-all]");
  if (every) {
    const list = form.querySelector("[data-demand-list]");
    list.classList.add("kp-only-open");
    every.hidden = false;
    every.addEventListener("click", () => {
      list.classList.remove("kp-only-open");
      every.hidden = true;
    });
  }

  /* A heading of a topic where the cursor was last in its part, else at the end. */
  let last = null;
  form.addEventListener("focusin", (event) => { if (event.target.matches("textarea[data-key]")) last = event.target; });
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-topic]");
    if (!button) return;
    const part = button.closest(".kp-duty-part");
    const target = part.contains(last) ? last : part.querySelector("textarea[data-key]");
    const taken = target.value.split("\n").filter((line) => KpDutyText.numberOf(line.trim())[0] === 2).length;
    const text = target.value;
    const at = target === last ? target.selectionEnd : text.length;
    const before = text.slice(0, at) && !text.slice(0, at).endsWith("\n") ? "\n" : "";
    target.focus();
    target.setSelectionRange(at, at);
    document.execCommand("insertText", false, `${before}（${KpDutyText.chinese(taken + 1)}）${button.dataset.topic}\n`);
  });

  /* Where a comment's passage stands. */
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-show]");
    const target = button && area(button.dataset.in);
    if (!target) return;
    const at = target.value.indexOf(button.dataset.show.replaceAll("\r\n", "\n"));
    target.focus();
    if (at >= 0) target.setSelectionRange(at, at + button.dataset.show.length);
  });

  /* Saving ------------------------------------------------------------------------------------- */

  const conflicts = new Map(); // key → what somebody else saved; not sent until the writer has chosen

  function showConflict(keeper, key, theirs) {
    const box = area(key).closest(".kp-duty-text") ?? area(key).parentElement;
    box.querySelector(".kp-duty-conflict")?.remove();
    const made = document.getElementById("duty-conflict").content.cloneNode(true).firstElementChild;
    made.querySelector("[data-conflict-words]").textContent = fill(page.conflictAt, { who: theirs.by, at: theirs.at });
    made.querySelector("[data-conflict-text]").textContent = theirs.text || page.emptied;
    const settle = (take) => {
      conflicts.delete(key);
      seen(key).value = theirs.seen;
      if (take) area(key).value = theirs.text;
      made.remove();
      measure();
      keeper.touch();
      area(key).focus();
    };
    made.querySelector("[data-conflict-mine]").addEventListener("click", () => settle(false));
    made.querySelector("[data-conflict-theirs]").addEventListener("click", () => settle(true));
    box.append(made);
  }

  const keeper = form.hasAttribute("data-writable") && new KpDraftKeeper(form, {
    fields: () => Object.fromEntries(areas().map((one) => [one.name, one.value])),
    body: () => {
      const body = new FormData(form);
      for (const key of conflicts.keys()) {
        body.delete(`text:${key}`);
        body.delete(`seen:${key}`);
      }
      return body;
    },
    put: (fields) => {
      for (const one of areas()) if (fields[one.name] !== undefined) one.value = fields[one.name];
      measure();
    },
    saved: (answer) => {
      for (const one of areas()) {
        const key = one.dataset.key;
        const refused = answer.refused[key];
        const note = form.querySelector(`[data-error="${CSS.escape(key)}"]`);
        if (note) Object.assign(note, { hidden: !refused, textContent: refused ?? "" });
        if (answer.conflicts[key]) {
          conflicts.set(key, answer.conflicts[key]);
          showConflict(keeper, key, answer.conflicts[key]);
        } else if (!conflicts.has(key) && !refused) seen(key).value = answer.seen[key] ?? "0";
      }
      if (conflicts.size) return keeper.words.conflict;
      const refused = Object.values(answer.refused);
      return refused.length ? `${keeper.words.kept} ${refused[0]}` : "";
    },
  });
  window.kpDuty = { form, areas, area, measure, page, fill, touch: () => keeper && keeper.touch() };
  form.addEventListener("input", measure);
  measure();
}
