"use strict";
/* Pasting from Word or WPS: what comes as HTML becomes plain lines with the numbers that official papers use, so that
   headings, paragraphs and lists stay and looks go. The HTML is parsed in a document of its own, in which no script
   runs and nothing is fetched. Where headings of other sections are among the lines, they can be spread over them. */

{
  const { form, areas, page, fill, measure, touch } = window.kpDuty;
  const BLOCKS = new Set(["P", "DIV", "LI", "TR", "H1", "H2", "H3", "H4", "H5", "H6", "BLOCKQUOTE", "PRE", "SECTION", "ARTICLE", "UL", "OL", "TABLE"]);
  const SKIPPED = new Set(["SCRIPT", "STYLE", "HEAD", "TITLE", "META", "LINK", "TEMPLATE", "NOSCRIPT", "SVG", "IMG", "OBJECT", "IFRAME", "DEL"]);
  const { numberOf, normal, isShort, chinese } = KpDutyText;

  /* The lines of pasted HTML: [text, level of a heading]. */
  function linesOf(html) {
    const source = new DOMParser().parseFromString(html, "text/html");
    const lines = [];
    let text = "";
    let mark = { level: 0, number: "" };
    const end = () => {
      const line = text.replace(/\s+/g, " ").trim();
      if (line) lines.push([mark.number && !numberOf(line)[0] ? mark.number + line : line, mark.level]);
      if (line) mark = { ...mark, number: "" };
      text = "";
    };
    const walk = (node, inside) => {
      for (const child of node.childNodes) {
        if (child.nodeType === Node.TEXT_NODE) text += child.data;
        else if (child.nodeType === Node.ELEMENT_NODE && !SKIPPED.has(child.tagName.toUpperCase())) element(child, inside);
      }
    };
    const element = (child, inside) => {
      const tag = child.tagName.toUpperCase();
      if (/display:\s*none|mso-hide:\s*all/i.test(child.getAttribute("style") ?? "")) return;
      if (tag === "BR") {
        end();
        return;
      }
      if (!BLOCKS.has(tag)) {
        walk(child, inside);
        if (tag === "TD" || tag === "TH") text += " ";
        return;
      }
      end();
      const outer = mark;
      mark = { level: headingLevel(child, tag), number: tag === "LI" ? itemNumber(child) : tag === "P" ? outer.number : "" };
      walk(child, child);
      end();
      mark = { ...outer, number: "" };
    };
    walk(source.body, source.body);
    end();
    return lines;
  }

  function headingLevel(element, tag) {
    if (/^H[1-6]$/.test(tag)) return Number(tag[1]);
    const outline = (element.getAttribute("style") ?? "").match(/mso-outline-level:\s*(\d)/i);
    const style = element.className.match?.(/(?:MsoHeading|Heading|标题)\s*(\d)/i);
    return Number((outline ?? style ?? [0, 0])[1]);
  }

  function itemNumber(item) {
    const list = item.parentElement;
    if (list?.tagName !== "OL") return "· ";
    const place = [...list.children].filter((one) => one.tagName === "LI").indexOf(item) + Number(list.getAttribute("start") ?? 1);
    const type = `${list.getAttribute("type") ?? ""} ${list.getAttribute("style") ?? ""}`;
    return /cjk|chinese|trad|simp|ideograph/i.test(type) ? `（${chinese(place)}）` : `${place}.`;
  }

  /* A heading without a number gets one, so that it stays a heading; those of sections are recognised by their words. */
  function plain(lines) {
    let taken = 0;
    return lines.map(([line, level]) => {
      if (!level || numberOf(line)[0] || sectionsFor(line).length) {
        if (numberOf(line)[0] === 2) taken += 1;
        return line;
      }
      taken += 1;
      return `（${chinese(taken)}）${line}`;
    });
  }

  /* Spreading over sections -------------------------------------------------------------------- */

  const parts = () => [...form.querySelectorAll(".kp-duty-part")].map((part) => ({
    title: normal(part.querySelector("h2")?.firstChild?.data ?? ""),
    texts: [...part.querySelectorAll(".kp-duty-text")].map((box) => ({
      name: box.querySelector("label.fw-semibold")?.textContent.trim() ?? "",
      area: box.querySelector("textarea[data-key]"),
    })).filter((one) => one.area && !one.area.dataset.key.startsWith("?")),
  })).filter((part) => part.title && part.texts.length);

  const meant = (line, title) => {
    const said = normal(line);
    if (!said || !title) return false;
    return said === title || (said.length <= 2 * title.length && said.includes(title)) || (said.length >= 4 && title.includes(said));
  };

  /* Which parts, or texts of parts, a heading names. */
  function sectionsFor(line) {
    if (!isShort(line)) return [];
    const found = [];
    for (const part of parts()) {
      if (meant(line, part.title)) found.push({ part });
      for (const text of part.texts) if (text.name && meant(line, normal(text.name))) found.push({ part, text });
    }
    return found;
  }

  function spread(lines, here) {
    const stretches = [];
    let part = null;
    let target = here;
    for (const line of lines) {
      const found = sectionsFor(line);
      const whole = found.find((one) => !one.text);
      const within = found.find((one) => one.text && one.part.title === part?.title) ?? found.find((one) => one.text);
      if (whole) {
        part = whole.part;
        target = part.texts[0].area;
      } else if (within) {
        part = part ?? within.part;
        target = (part.texts.find((one) => one.name === within.text.name) ?? within.text).area;
      } else {
        if (stretches.at(-1)?.target !== target) stretches.push({ target, lines: [] });
        stretches.at(-1).lines.push(line);
      }
    }
    return stretches;
  }

  function put(target, text) {
    const at = target.value.length;
    target.focus();
    target.setSelectionRange(at, at);
    insert(target, (target.value && !target.value.endsWith("\n") ? "\n" : "") + text);
  }

  function insert(target, text) {
    // As if it were typed: undo takes it away again.
    if (!document.execCommand("insertText", false, text)) {
      target.setRangeText(text, target.selectionStart, target.selectionEnd, "end");
      target.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }

  /* Several lines pasted into a line begin and end at a line end: else a heading would hang on what stood before it. */
  function onLinesOfItsOwn(target, text) {
    const before = target.value.slice(0, target.selectionStart);
    const after = target.value.slice(target.selectionEnd);
    return (before && !before.endsWith("\n") ? "\n" : "") + text + (after && !after.startsWith("\n") ? "\n" : "");
  }

  function offer(target, pasted, lines) {
    const named = [...new Set(lines.flatMap(sectionsFor).map((one) => one.text?.name || one.part.title))];
    const elsewhere = spread(lines, target).some((one) => one.target !== target);
    target.parentElement.querySelector(".kp-duty-paste")?.remove();
    if (!elsewhere) return;
    const bar = document.getElementById("duty-paste").content.cloneNode(true).firstElementChild;
    bar.querySelector("[data-paste-words]").textContent = fill(page.pasted, { sections: named.slice(0, 6).join("、") });
    bar.querySelector("[data-paste-leave]").addEventListener("click", () => bar.remove());
    bar.querySelector("[data-paste-spread]").addEventListener("click", () => {
      const at = target.value.indexOf(pasted);
      if (at >= 0) {
        target.focus();
        target.setSelectionRange(at, at + pasted.length);
        document.execCommand("delete");
      }
      for (const stretch of spread(lines, target)) put(stretch.target, stretch.lines.join("\n"));
      bar.remove();
      measure();
      touch();
    });
    target.after(bar);
  }

  form.addEventListener("paste", (event) => {
    const target = event.target;
    if (!target.matches("textarea[data-key]") || target.readOnly) return;
    const html = event.clipboardData.getData("text/html");
    const lines = html
      ? plain(linesOf(html))
      : event.clipboardData.getData("text/plain").replaceAll("\r\n", "\n").split("\n").map((line) => line.trim()).filter(Boolean);
    if (!lines.length || (!html && lines.length < 2)) return; // a word or two: the browser's own way
    event.preventDefault();
    const text = lines.join("\n");
    insert(target, lines.length > 1 ? onLinesOfItsOwn(target, text) : text);
    if (areas().length > 1) offer(target, text, lines);
  });
}
