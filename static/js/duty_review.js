"use strict";
/* Reviewing a duty report: what is selected in the text becomes the passage of the comment; passages that two texts
   share light up together. Without this file the passage can be copied into its field. */

{
  const body = document.querySelector("[data-duty-body]");
  const form = document.querySelector("#comment-form form");
  if (body && form) {
    const paragraphOf = (node) => (node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement)?.closest("p[data-start]");

    /* Characters in front of a place in its paragraph; the numbers of passages are none of the text. */
    function before(paragraph, node, offset) {
      const range = document.createRange();
      range.setStart(paragraph, 0);
      range.setEnd(node, offset);
      const part = range.cloneContents();
      for (const number of part.querySelectorAll("sup")) number.remove();
      return part.textContent.length;
    }

    document.addEventListener("selectionchange", () => {
      const selection = document.getSelection();
      if (!selection.rangeCount || selection.isCollapsed) return;
      const range = selection.getRangeAt(0);
      const [first, last] = [paragraphOf(range.startContainer), paragraphOf(range.endContainer)];
      const section = first?.closest("[data-duty-section]");
      if (!section || !body.contains(first) || last?.closest("[data-duty-section]") !== section) return;
      const copy = range.cloneContents();
      for (const number of copy.querySelectorAll("sup")) number.remove();
      const text = [...(copy.querySelectorAll("p").length ? copy.querySelectorAll("p") : [copy])].map((one) => one.textContent).join("\n").trim();
      if (!text) return;
      form.elements.section.value = section.dataset.dutySection;
      form.elements.quote.value = text;
      form.elements.near.value = Number(first.dataset.start) + before(first, range.startContainer, range.startOffset);
    });
    // Another section chosen by hand: what was selected is not in it.
    form.elements.section.addEventListener("change", () => { form.elements.near.value = ""; });
  }

  const pair = document.querySelector("[data-duty-pair]");
  if (pair) {
    const of = (number) => pair.querySelectorAll(`mark[data-passage="${number}"]`);
    const light = (number, on) => of(number).forEach((one) => one.classList.toggle("kp-lit", on));
    for (const [name, on] of [["mouseover", true], ["mouseout", false]]) {
      pair.addEventListener(name, (event) => {
        const mark = event.target.closest("mark[data-passage]");
        if (mark) light(mark.dataset.passage, on);
      });
    }
    pair.addEventListener("click", (event) => {
      const mark = event.target.closest("mark[data-passage]");
      const side = mark?.closest("section");
      const other = mark && [...of(mark.dataset.passage)].find((one) => one.closest("section") !== side);
      other?.scrollIntoView({ block: "center", behavior: "smooth" });
    });
  }
}
