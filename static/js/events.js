"use strict";
/* The form of an event: searching the catalogue, what the chosen item is worth, count × value.
   Everything works without this file; it only saves keystrokes. */

const catalogue = document.getElementById("catalogue");
const search = document.querySelector("[data-catalogue-search]");
const valueField = document.getElementById("id_value");
const countField = document.getElementById("id_count");
const sum = document.querySelector("[data-event-sum]");
const plain = (text) => text.normalize("NFKC").toLowerCase();

function items() {
  return [...catalogue.querySelectorAll("[data-catalogue-item]")];
}

/* Every word that is typed must be there, in any order; the heading of the indicator counts, too. */
function narrow() {
  const words = plain(search.value).split(/\s+/).filter(Boolean);
  for (const group of catalogue.querySelectorAll("[data-catalogue-group]")) {
    const head = plain(group.querySelector(".kp-catalogue-head").textContent);
    let left = 0;
    for (const item of group.querySelectorAll("[data-catalogue-item]")) {
      const text = head + plain(item.textContent);
      item.hidden = !words.every((word) => text.includes(word));
      if (!item.hidden) left += 1;
    }
    group.hidden = !left;
  }
  const none = catalogue.querySelector("[data-catalogue-none]");
  if (none) none.hidden = items().some((item) => !item.hidden);
}

/* Exact: digits and a number of decimals, never a binary fraction. */
function exact(text) {
  const found = /^(\d{1,15})(?:\.(\d*))?$/.exec(text.normalize("NFKC").trim());
  if (!found) return null;
  const decimals = found[2] ?? "";
  return { digits: BigInt(found[1] + decimals), places: decimals.length };
}

function product(one, other) {
  const places = one.places + other.places;
  const digits = (one.digits * other.digits).toString().padStart(places + 1, "0");
  const whole = digits.slice(0, digits.length - places);
  const rest = places ? digits.slice(-places).replace(/0+$/, "") : "";
  return rest ? `${whole}.${rest}` : whole;
}

function chosen() {
  return catalogue.querySelector("input[name=entry]:checked");
}

function showSum() {
  const entry = chosen();
  const value = exact(valueField.value || valueField.placeholder || "");
  const count = exact(countField && entry?.dataset.counted ? countField.value || "1" : "1");
  sum.hidden = !(entry && value && count);
  if (!sum.hidden) sum.textContent = `${sum.dataset.words} ${product(count, value)}`;
}

function follow() {
  const entry = chosen();
  if (!entry) return;
  const values = entry.dataset.values ? entry.dataset.values.split(" ") : [];
  document.getElementById("values").replaceChildren(...values.map((value) => new Option(value, value)));
  const fixed = values.length === 1;
  if (fixed || (values.length && !values.includes(valueField.value))) valueField.value = "";
  valueField.readOnly = fixed;
  valueField.placeholder = fixed ? values[0] : "";
  if (countField) {
    countField.readOnly = !entry.dataset.counted;
    if (!entry.dataset.counted) countField.value = "1";
  }
  showSum();
}

if (catalogue && search && valueField) {
  search.hidden = false;
  search.addEventListener("input", narrow);
  search.addEventListener("keydown", (event) => {
    if (event.isComposing || !["ArrowDown", "Enter"].includes(event.key)) return;
    event.preventDefault();
    const first = items().find((item) => !item.hidden)?.querySelector("input");
    if (!first) return;
    first.focus();
    if (!first.checked) first.click();
    if (event.key === "Enter") (countField && first.dataset.counted ? countField : valueField).focus();
  });
  catalogue.addEventListener("change", follow);
  catalogue.addEventListener("htmx:afterSwap", () => { narrow(); follow(); });
  for (const field of [valueField, countField]) field?.addEventListener("input", showSum);
  follow();
  chosen()?.scrollIntoView({ block: "nearest" });
}
