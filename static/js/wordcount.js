"use strict";
/* 字数 as reviews/wordcount.py counts it: each Han character and full-width sign is one, each Western word one. */

window.kpCount = (() => {
  const SINGLE = "\\u2e80-\\u2fff\\u3001-\\u9fff\\uf900-\\ufaff\\ufe30-\\ufe4f\\uff00-\\uff60\\uffe0-\\uffe6\\u2014\\u2018\\u2019\\u201c\\u201d\\u2026\\u00b7\\u{20000}-\\u{3ffff}";
  const COUNTED = new RegExp(`[${SINGLE}]|[^\\s${SINGLE}]+`, "gu");
  return (text) => (text.match(COUNTED) ?? []).length;
})();
