"use strict";
/* Any form with data-draft saves itself while it is written (draft_keeper.js): all its fields, as they are named.
   Where it holds [data-rows] with a <template data-row>, rows can be added; __KEY__ in the template becomes the row's key.
   Without this file the page has its buttons and works all the same. */

for (const form of document.querySelectorAll("form[data-draft]")) {
  const rows = form.querySelector("[data-rows]");
  const blank = form.querySelector("template[data-row]");
  const LEFT_OUT = new Set(["csrfmiddlewaretoken", "seen", "do", "row"]);
  const newKey = () => [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const add = (key) => {
    const holder = document.createElement("template");
    holder.innerHTML = blank.innerHTML.replaceAll("__KEY__", key);
    const row = holder.content.firstElementChild;
    rows.append(row);
    return row;
  };
  const button = form.querySelector("[data-add-row]");
  if (button && blank) {
    button.hidden = false;
    button.addEventListener("click", () => add(newKey()).querySelector("textarea")?.focus());
  }
  if (form.dataset.save) {
    new KpDraftKeeper(form, {
      fields: () => Object.fromEntries([...new FormData(form)].filter(([name, value]) => !LEFT_OUT.has(name) && typeof value === "string")),
      body: () => new FormData(form),
      put: (fields) => {
        for (const [name, value] of Object.entries(fields)) {
          const key = /^text-(\w+)$/.exec(name)?.[1];
          if (key && value && blank && !form.elements[name]) add(key);
        }
        for (const [name, value] of Object.entries(fields)) {
          const field = form.elements[name];
          if (field?.type === "checkbox") field.checked = true;
          else if (field) field.value = value;
        }
      },
      saved: (answer) => {
        form.elements.seen.value = answer.seen;
        return "";
      },
    });
  }
}
