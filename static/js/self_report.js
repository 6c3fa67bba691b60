"use strict";
/* The self-summary: counts characters, and saves the draft while it is written (draft_keeper.js). Without these
   files the page has its buttons and works all the same. */

{
  const form = document.querySelector("form[data-self-report][data-writable]");
  if (form) {
    const text = form.querySelector("textarea[name=text]");
    const counter = form.querySelector("[data-counts]");
    const count = () => { counter.textContent = kpCount(text.value); };
    const keeper = new KpDraftKeeper(form, {
      fields: () => Object.fromEntries(
        [...new FormData(form)].filter(([name]) => name === "text" || /^(text|score)-/.test(name)),
      ),
      body: () => new FormData(form),
      put: (fields) => {
        for (const [name, value] of Object.entries(fields)) {
          if (form.elements[name]) form.elements[name].value = value;
          if (value) form.elements[name]?.closest("details")?.setAttribute("open", "");
        }
        count();
        text.focus();
      },
      saved: (answer) => {
        form.elements.seen.value = answer.seen;
        for (const note of form.querySelectorAll("[data-error]")) {
          const reason = answer.refused[note.dataset.error];
          note.hidden = !reason;
          note.textContent = reason ?? "";
        }
        const refused = Object.values(answer.refused);
        return refused.length ? `${keeper.words.kept} ${refused[0]}` : "";
      },
    });
    form.addEventListener("input", count);
  }
}
