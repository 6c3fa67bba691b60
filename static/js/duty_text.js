"use strict";
/* The structure of a report's plain text, as reviews/duty/blocks.py reads it: numbered headings, and what is below them. */

window.KpDutyText = (() => {
  const HAN = "〇零一二三四五六七八九十百";
  const LEVELS = [
    new RegExp(`^(第?[${HAN}]{1,4}[、章]|第[${HAN}]{1,4}[部分]{1,2}[、，：:]?)\\s*`),
    new RegExp(`^[（(][${HAN}]{1,4}[）)]、?\\s*`),
    /^\d{1,2}[.．、](?!\d)\s*/,
    /^[（(]\d{1,2}[）)]\s*/,
  ];
  const ENDS = "。；;！!？?，,：:";
  const LONGEST = 40;

  function numberOf(line) {
    for (const [place, pattern] of LEVELS.entries()) {
      const found = line.match(pattern);
      if (found) return [place + 1, found[0]];
    }
    return [0, ""];
  }

  function normal(title) {
    const line = title.trim();
    const bare = line.slice(numberOf(line)[1].length);
    return [...bare.normalize("NFKC").toLowerCase()].filter((sign) => /[\p{L}\p{N}]/u.test(sign)).join("");
  }

  const isShort = (text) => [...text].length <= LONGEST && !ENDS.includes(text.slice(-1));

  /* [heading in its normal form, whether anything is written below it] of every line that may be one. */
  function headings(text) {
    const found = [];
    for (const raw of text.split("\n")) {
      const line = raw.trim();
      if (!line) continue;
      const [level, number] = numberOf(line);
      const end = line.indexOf("。");
      const lead = level && level <= 2 && end > 0 && end <= LONGEST ? line.slice(0, end + 1) : "";
      const heading = level ? level <= 2 && isShort(line.slice(number.length)) : isShort(line);
      if (heading && !lead) found.push([normal(line), false]);
      else if (lead) found.push([normal(lead), line.length > lead.length]);
      else if (found.length) found.at(-1)[1] = true;
    }
    return found;
  }

  const chinese = (number) => {
    const digits = "〇一二三四五六七八九";
    const [tens, ones] = [Math.floor(number / 10), number % 10];
    return (tens ? (tens === 1 ? "" : digits[tens]) + "十" : "") + (ones || !tens ? digits[ones] : "");
  };

  return { numberOf, normal, headings, isShort, chinese };
})();
