"use strict";
/* The table in which somebody types what he counted. Every line is saved by itself once the cursor leaves it, sums are added
   up while typing, Enter and the arrows walk the table. Everything works without this file, with the buttons. */

for (const form of document.querySelectorAll("form[data-count]:not([data-finished='1'])")) {
  const lines = [...form.querySelectorAll("[data-line]")];
  const status = form.querySelector("[data-status]");
  const words = form.dataset;
  const inputs = (line) => [...line.querySelectorAll("input:not([type=hidden])")];
  const typed = (line) => inputs(line).map((input) => input.value).join("\n");
  const kept = new Map(lines.map((line) => [line, typed(line)]));
  const note = (line, text) => { line.querySelector("[data-note]").textContent = text; };
  let busy = false;
  let retry = 0;

  /* Full-width digits are digits. Gives null for what is no number of ballots. */
  const number = (text) => {
    const plain = text.normalize("NFKC").trim();
    if (!plain) return 0;
    return /^\d{1,6}$/.test(plain) ? Number(plain) : null;
  };

  /* “90×3 85 85” are five votes. */
  const votes = (text) => {
    const parts = text.normalize("NFKC").replace(/\s*[x×✕*]\s*/gi, "×").split(/[\s,;，；、]+/).filter(Boolean);
    let sum = 0;
    for (const part of parts) {
      const [figure, times] = part.split("×");
      const count = times === undefined ? 1 : number(times);
      if (!/^[\d.]+$/.test(figure) || !count && count !== 0 || times === "") return null;
      sum += count;
    }
    return sum;
  };

  const filled = (template, values) => template.replace(/%\((\w+)\)s/g, (_all, name) => values[name]);

  function total(line) {
    let sum = 0;
    for (const input of inputs(line)) {
      const count = input.hasAttribute("data-tally") ? votes(input.value) : number(input.value);
      input.classList.toggle("is-invalid", count === null);
      if (count === null) return null;
      sum += count;
    }
    return sum;
  }

  function addUp(line) {
    if (line.dataset.line === "0") {
      const [received, ...parts] = inputs(line).map((input) => (input.value.trim() ? number(input.value) : null));
      const complete = received !== null && parts.every((part) => part !== null);
      const sum = parts.reduce((one, other) => one + other, 0);
      if (complete && sum !== received) note(line, filled(words.wholeWords, { sum, received }));
      else if (complete && received > Number(words.handed)) note(line, filled(words.handedWords, words));
      else note(line, "");
      return;
    }
    const sum = total(line);
    const empty = inputs(line).every((input) => !input.value.trim());
    const valid = number(form.querySelector("[data-valid]").value);
    const known = form.querySelector("[data-valid]").value.trim() !== "" && valid !== null;
    const least = Math.max(0, valid - Number(line.dataset.lacking));
    const fits = known && sum !== null && sum >= least && sum <= valid;
    line.querySelector("[data-total]").textContent = empty || sum === null ? "" : sum;
    line.classList.toggle("pc-off", known && !empty && !fits);
    line.classList.toggle("pc-fits", known && !empty && fits);
    const wanted = least === valid ? valid : `${least}–${valid}`;
    note(line, known && !empty && sum !== null && !fits ? filled(words.sumWords, { total: sum, wanted }) : "");
  }

  /* One request at a time, with all lines that were left since the last one. */
  async function save() {
    const changed = lines.filter((line) => kept.get(line) !== typed(line) && !line.contains(document.activeElement));
    if (busy || !changed.length) return;
    busy = true;
    status.textContent = words.savingWords;
    const sent = new Map(changed.map((line) => [line, typed(line)]));
    const body = new FormData();
    for (const name of ["csrfmiddlewaretoken", "leaf"]) body.set(name, form.elements[name].value);
    for (const line of changed) for (const input of line.querySelectorAll("input")) body.set(input.name, input.value);
    try {
      const answer = await fetch(words.save, { method: "POST", body, headers: { Accept: "application/json" } });
      const said = await answer.json();
      if (said.closed) {
        status.textContent = said.closed;
        return;
      }
      for (const line of changed) heard(line, sent.get(line), said.rows[line.dataset.line]);
      retry = 0;
      // “Saved” is said of the whole table: not while a line that was left meanwhile still waits.
      // A refused line waits for its writer, and says so itself.
      const left = lines.filter((line) => !line.contains(document.activeElement) && !line.classList.contains("kp-row-error"));
      const waits = left.some((line) => kept.get(line) !== typed(line));
      status.textContent = waits ? words.savingWords : words.savedWords;
      if (lines.every((line) => kept.get(line) === typed(line))) guarded.delete(form);
    } catch {
      status.textContent = words.failedWords;
      retry += 1;
    } finally {
      busy = false;
    }
    if (retry) setTimeout(save, Math.min(30, 2 ** retry) * 1000);
    else if (lines.some((line) => kept.get(line) !== typed(line) && !line.classList.contains("kp-row-error"))) setTimeout(save, 300);
  }

  function heard(line, sent, said) {
    line.classList.toggle("kp-row-error", Boolean(said?.error));
    if (said?.seen !== undefined) line.querySelector("input[type=hidden]").value = said.seen;
    if (said?.error) {
      note(line, said.error);
      return;
    }
    kept.set(line, sent);
    if (said?.problem) note(line, said.problem);
  }

  form.addEventListener("input", (event) => {
    const line = event.target.closest("[data-line]");
    if (!line) return;
    line.classList.remove("kp-row-error");
    if (line.dataset.line === "0") lines.forEach(addUp);
    else addUp(line);
  });

  form.addEventListener("focusout", (event) => {
    const line = event.target.closest("[data-line]");
    if (!line || line.contains(event.relatedTarget)) return;
    if (kept.get(line) !== typed(line)) status.textContent = words.savingWords;
    setTimeout(save, 0);
  });

  form.addEventListener("keydown", (event) => {
    const field = event.target;
    if (!field.matches("[data-line] input") || event.isComposing || event.ctrlKey || event.altKey) return;
    const all = [...form.querySelectorAll("[data-line] input:not([type=hidden])")];
    let next = null;
    if (event.key === "Enter") {
      next = all[all.indexOf(field) + (event.shiftKey ? -1 : 1)] ?? form.querySelector("button[value=finish]");
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const column = all.filter((one) => one.dataset.column === field.dataset.column && one.closest("tbody") === field.closest("tbody"));
      next = column[column.indexOf(field) + (event.key === "ArrowUp" ? -1 : 1)];
    } else {
      return;
    }
    event.preventDefault();
    next?.focus();
    next?.select?.();
  });

  lines.forEach(addUp);
}
