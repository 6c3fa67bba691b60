"use strict";
/* Sheets: Enter goes to the same field of the next row, changed rows are counted, "check all".
   Everything works without this file; it only saves keystrokes. */

for (const sheet of document.querySelectorAll("form[data-sheet]")) {
  const fields = (name) => [...sheet.querySelectorAll(`input[name^="${name}-"]:not([type=hidden])`)];
  const note = sheet.querySelector("[data-changed]");
  const changed = new Set();

  sheet.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.ctrlKey || event.isComposing) return;
    const field = event.target;
    if (!field.matches("input[type=text], input:not([type])")) return;
    event.preventDefault();
    // Where a row has several values, a column is what its fields say.
    const column = field.dataset.column
      ? [...sheet.querySelectorAll("input[data-column]")].filter((one) => one.dataset.column === field.dataset.column)
      : fields(field.name.split("-", 1)[0]);
    const next = column[column.indexOf(field) + (event.shiftKey ? -1 : 1)];
    if (next) {
      next.closest("details")?.setAttribute("open", "");
      next.focus();
      next.select();
    } else {
      sheet.querySelector("button:not([name])")?.focus();
    }
  });

  sheet.addEventListener("input", (event) => {
    const row = event.target.closest("tr");
    if (!row) return;
    row.classList.add("kp-row-changed");
    changed.add(row);
    if (note) note.textContent = `${note.dataset.words} ${changed.size}`;
    // Ticking 不适用 empties the mark, typing a mark takes the tick away.
    const value = row.querySelector('input[name^="value-"]');
    const tick = row.querySelector('input[name^="na-"]');
    if (event.target === tick && tick.checked) value.value = "";
    if (event.target === value && value.value && tick) tick.checked = false;
  });
}

/* A page that comes back with mistakes still holds what was not saved. */
for (const form of document.querySelectorAll("form[data-dirty]")) {
  guarded.add(form); // app.js: asks before the page is left
  form.querySelector(".kp-row-error input:not([type=hidden])")?.focus();
}
