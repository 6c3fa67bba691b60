"use strict";
/* The agenda in another order: rows are dragged by their handle, or moved with Alt and the arrow keys. The page is
   loaded anew with the order that was saved, and the row that was moved has the focus again. */

const form = document.querySelector("form[data-agenda]");
const save = form?.querySelector("[data-agenda-save]");
if (save) {
  const MOVED = "kp-agenda-moved";
  const body = form.querySelector("tbody");
  const rows = () => [...body.querySelectorAll("tr[data-talk]")];
  const order = () => rows().map((row) => row.dataset.talk).join(",");

  function send(row) {
    if (form.elements.order.value === order()) return;
    form.elements.order.value = order();
    try { sessionStorage.setItem(MOVED, row.dataset.talk); } catch { /* forbidden */ }
    form.requestSubmit(save);
  }

  body.addEventListener("keydown", (event) => {
    const row = event.target.closest("tr[data-movable]");
    if (!row || !event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
    event.preventDefault();
    const other = event.key === "ArrowUp" ? row.previousElementSibling : row.nextElementSibling;
    if (!other?.hasAttribute("data-movable")) return;
    if (event.key === "ArrowUp") other.before(row);
    else other.after(row);
    send(row);
  });

  body.addEventListener("pointerdown", (event) => {
    const handle = event.target.closest("[data-handle]");
    const row = handle?.closest("tr[data-movable]");
    if (!row) return;
    event.preventDefault();
    row.classList.add("kp-dragged");
    const move = (at) => {
      const over = document.elementFromPoint(at.clientX, at.clientY)?.closest("tr[data-movable]");
      if (!over || over === row || over.parentNode !== body) return;
      const box = over.getBoundingClientRect();
      if (at.clientY < box.top + box.height / 2) over.before(row);
      else over.after(row);
    };
    const drop = () => {
      document.removeEventListener("pointermove", move);
      document.removeEventListener("pointerup", drop);
      document.removeEventListener("pointercancel", drop);
      row.classList.remove("kp-dragged");
      send(row);
    };
    // On the document: a row that is moved in the table takes no captured pointer along.
    document.addEventListener("pointermove", move);
    document.addEventListener("pointerup", drop);
    document.addEventListener("pointercancel", drop);
  });

  try {
    const moved = sessionStorage.getItem(MOVED);
    sessionStorage.removeItem(MOVED);
    if (moved) rows().find((row) => row.dataset.talk === moved)?.focus();
  } catch { /* forbidden */ }
}
