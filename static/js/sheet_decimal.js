"use strict";
/* Exact decimals for the sub-totals of the score sheet: a whole number and how many of its digits
   stand behind the point. Never a binary float. Also reads what people type: full-width digits, spaces. */

window.KaopingSheet = window.KaopingSheet ?? {};

KaopingSheet.decimal = (() => {
  const FULL_WIDTH = /[\uff01-\uff5e]/g;

  /* "８．５ " → "8.5": what the keyboard of a Chinese input method writes, as plain signs. */
  function clean(text) {
    return String(text ?? "")
      .replace(FULL_WIDTH, (sign) => String.fromCharCode(sign.charCodeAt(0) - 0xfee0))
      .replace(/[\u3000\u00a0\s]+/g, " ")
      .replace(/\u3002/g, ".")
      .replace(/[\u2212\u2013]/g, "-")
      .trim();
  }

  /* {whole, places} or null when it is no number. */
  function parse(text) {
    const match = /^([+-]?)(\d*)(?:\.(\d*))?$/.exec(clean(text));
    if (!match || (!match[2] && !match[3])) return null;
    const behind = match[3] ?? "";
    return { whole: BigInt(`${match[1] === "-" ? "-" : ""}${match[2] || ""}${behind || ""}` || "0"), places: behind.length };
  }

  function scaled(one, places) {
    return one.whole * 10n ** BigInt(places - one.places);
  }

  function add(one, other) {
    const places = Math.max(one.places, other.places);
    return { whole: scaled(one, places) + scaled(other, places), places };
  }

  function compare(one, other) {
    const places = Math.max(one.places, other.places);
    const [a, b] = [scaled(one, places), scaled(other, places)];
    return a < b ? -1 : a > b ? 1 : 0;
  }

  /* Without zeros at the end: 8.50 → "8.5". */
  function text(one) {
    const negative = one.whole < 0n;
    const digits = String(negative ? -one.whole : one.whole).padStart(one.places + 1, "0");
    const cut = digits.length - one.places;
    const behind = digits.slice(cut).replace(/0+$/, "");
    const said = digits.slice(0, cut) + (behind ? `.${behind}` : "");
    return negative && one.whole !== 0n ? `-${said}` : said;
  }

  /* Whether two texts say the same number, or are the same text. */
  function same(one, other) {
    const [a, b] = [parse(one ?? ""), parse(other ?? "")];
    return a && b ? compare(a, b) === 0 : clean(one) === clean(other);
  }

  return { clean, parse, add, compare, text, same, zero: { whole: 0n, places: 0 } };
})();
