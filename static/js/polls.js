"use strict";
/* Polls: what stands on a page once only is not left by mistake; links are copied; the big screen fills the screen.
   data-once="words"       what is shown only here: asks before the page is left unprinted
   data-copy="id"          on a button: copies that field; data-copied says that it was done
   data-whole-screen       on a button: the whole screen, as the key F does */

const once = document.querySelector("[data-once]");
let printed = false;
window.addEventListener("afterprint", () => { printed = true; });
window.addEventListener("beforeunload", (event) => {
  if (once && !printed) event.preventDefault();
});

function wholeScreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen?.();
}

document.addEventListener("click", async (event) => {
  if (event.target.closest("[data-whole-screen]")) wholeScreen();
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    document.execCommand("copy"); // a page without TLS has no other clipboard
  }
  button.textContent = button.dataset.copied;
});

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select");
  if (event.key.toLowerCase() !== "f" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.querySelector("[data-whole-screen]")) wholeScreen();
});
