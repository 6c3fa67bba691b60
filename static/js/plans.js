"use strict";
/* Plan pages: fold and unfold the whole tree; on paper everything is unfolded. */

const nodes = () => [...document.querySelectorAll("details.plan-node")];

for (const button of document.querySelectorAll("[data-unfold]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const open = button.dataset.unfold === "all";
    nodes().forEach((node, index) => { node.open = open || index === 0; });
  });
}

let before = [];
window.addEventListener("beforeprint", () => {
  before = nodes().map((node) => [node, node.open]);
  for (const [node] of before) node.open = true;
});
window.addEventListener("afterprint", () => {
  for (const [node, open] of before) node.open = open;
});
