"use strict";
/* Inputs of a plan's parts: rows of lists, boxes and comparisons of conditions. Without this file there are empty
   rows to fill in, and every button below stays hidden. Everything is found by data attributes, so that parts
   that htmx brings in work as well. Alt+↑ and Alt+↓ move the row that the cursor stands in. */

(() => {
  const NEW = "new";
  let count = 0;
  const fresh = () => `${NEW}${(count += 1)}`;
  const own = (box, selector, within) => [...box.querySelectorAll(selector)].filter((each) => each.closest(within) === box);
  const changed = (field) => field.dispatchEvent(new Event("input", { bubbles: true }));

  /* A copy of a template, its place holders replaced in all names and ids, in templates within it too. */
  function copyOf(template, ...holders) {
    const copy = document.createElement("template");
    copy.innerHTML = holders.reduce((html, [holder, id]) => html.replaceAll(holder, id), template.innerHTML);
    return copy.content.firstElementChild;
  }

  function enhance(root) {
    root.querySelectorAll("[data-spare]").forEach((spare) => spare.remove());
    root.querySelectorAll("[data-row-tools], [data-row-add], [data-box-add], [data-box-tools], [data-comparison-remove], [data-fact-add], [data-paste-help]")
      .forEach((each) => { each.hidden = false; });
    root.querySelectorAll("[data-scope]").forEach(showScope);
    root.querySelectorAll("[data-comparison]").forEach(showAdding);
    const boxes = root.matches?.("[data-condition]") ? [root] : [];
    [...boxes, ...root.querySelectorAll("[data-condition]")].forEach(showBoxes);
  }

  /* Lists of rows */

  const rowsOf = (list) => own(list, "[data-row]", "[data-rows]");

  function firstField(row) {
    return row.querySelector("input:not([type=hidden]), select, textarea, summary");
  }

  function newRow(list) {
    const template = own(list, "[data-row-blank]", "[data-rows]")[0];
    const row = copyOf(template, [list.dataset.rows, fresh()]);
    own(list, "[data-row-list]", "[data-rows]")[0].append(row);
    enhance(row);
    return row;
  }

  function addRow(list) {
    const row = newRow(list);
    firstField(row)?.focus();
    changed(row);
  }

  function say(list, words, number) {
    const said = own(list, "[data-row-said]", "[data-rows]")[0];
    if (said) said.textContent = number ? `${said.dataset[words]} ${number}` : said.dataset[words];
  }

  function removeRow(row) {
    const list = row.closest("[data-rows]");
    const rows = rowsOf(list);
    const next = rows[rows.indexOf(row) + 1] ?? rows[rows.indexOf(row) - 1];
    row.remove();
    say(list, "removed");
    ((next && firstField(next)) ?? own(list, "[data-row-add]", "[data-rows]")[0]).focus();
    changed(list);
  }

  function moveRow(row, down, focus) {
    const list = row.closest("[data-rows]");
    const rows = rowsOf(list);
    const other = rows[rows.indexOf(row) + (down ? 1 : -1)];
    if (!other) return;
    if (down) other.after(row);
    else other.before(row);
    focus?.focus();
    say(list, "moved", rowsOf(list).indexOf(row) + 1);
    changed(row);
  }

  /* A block out of a spreadsheet fills this row and the ones below it, from the pasted cell on. */

  const NEVER = "[type=hidden], [type=checkbox], [data-more-fold] *";
  const cellsOf = (row) => [...row.querySelectorAll("input, select, textarea")].filter((field) => !field.matches(NEVER));

  /* Lines and cells of a copied block: cells with line breaks in them stand in quotation marks. */
  function block(text) {
    const lines = [[""]];
    let quoted = false;
    const source = text.replace(/\r\n?/g, "\n").replace(/\n$/, "");
    for (let at = 0; at < source.length; at += 1) {
      const sign = source[at];
      const line = lines.at(-1);
      if (quoted && sign === '"' && source[at + 1] === '"') {
        line[line.length - 1] += sign;
        at += 1;
      } else if (sign === '"' && (quoted || line.at(-1) === "")) quoted = !quoted;
      else if (!quoted && sign === "\t") line.push("");
      else if (!quoted && sign === "\n") lines.push([""]);
      else line[line.length - 1] += sign === "\n" ? " " : sign;
    }
    return lines;
  }

  function fill(field, text) {
    const value = text.trim();
    if (field.tagName !== "SELECT") {
      field.value = value;
      return;
    }
    const found = [...field.options].find((option) => option.value === value || option.text.trim() === value);
    if (found) field.value = found.value;
  }

  function pasteRows(event) {
    const field = event.target;
    const row = field.closest("[data-row]");
    const list = row?.closest("[data-rows]");
    const text = event.clipboardData.getData("text/plain");
    if (!list || field.matches(NEVER) || field.tagName === "TEXTAREA" || !/[\t\n]/.test(text.replace(/\s+$/, ""))) return;
    event.preventDefault();
    const column = cellsOf(row).indexOf(field);
    const lines = block(text).filter((cells) => cells.some((cell) => cell.trim()));
    let at = rowsOf(list).indexOf(row);
    for (const cells of lines) {
      const here = rowsOf(list)[at] ?? newRow(list);
      cells.slice(0, cellsOf(here).length - column).forEach((cell, place) => fill(cellsOf(here)[column + place], cell));
      at += 1;
    }
    field.focus();
    say(list, "pasted", lines.length);
    changed(field);
  }

  document.addEventListener("paste", (event) => {
    if (event.target.matches?.("[data-row] input, [data-row] select")) pasteRows(event);
  });

  /* A fold shows whether something is in it. */
  document.addEventListener("input", (event) => {
    const fold = event.target.closest?.("[data-more-fold]");
    if (!fold) return;
    const filled = [...fold.querySelectorAll("textarea, input")].some((field) => (field.type === "checkbox" ? field.checked : field.type !== "hidden" && field.value.trim()));
    fold.querySelector("[data-more-mark]").hidden = !filled;
  });

  /* Scopes: the categories are only asked for where some are to be chosen. */

  function showScope(scope) {
    const mode = scope.querySelector("select");
    scope.querySelector("[data-scope-chosen]").hidden = mode.value !== "chosen";
  }

  /* Conditions */

  function showBoxes(condition) {
    const boxes = [...condition.querySelectorAll("[data-box]")];
    boxes.forEach((box) => {
      const comparisons = box.querySelectorAll("[data-comparison]");
      box.querySelectorAll("[data-comparison-remove]").forEach((each) => { each.hidden = comparisons.length < 2; });
      box.querySelector("[data-box-remove]").hidden = boxes.length < 2;
    });
  }

  /* Only numbers can be added to each other. */
  function showAdding(comparison) {
    const option = comparison.querySelector("[data-fact] select").selectedOptions[0];
    const button = comparison.querySelector("[data-fact-add]");
    if (button) button.hidden = !["number", "share"].includes(option?.dataset.type);
  }

  function showExtra(fact) {
    const kind = fact.querySelector("select").selectedOptions[0]?.dataset.extra ?? "";
    const extra = fact.querySelector(".pe-extra");
    extra.hidden = !kind;
    if (!kind) {
      extra.value = "";
      return;
    }
    extra.placeholder = extra.dataset[kind];
    extra.setAttribute("aria-label", extra.dataset[kind]);
    extra.setAttribute("list", `${fact.closest("[data-comparison]").querySelector("[data-value]").dataset.grades.replace(/-grades$/, "")}-${kind}s`);
  }

  function fitOperators(comparison, type) {
    const operators = JSON.parse(comparison.closest("[data-condition]").dataset.operators);
    const select = comparison.querySelector("[data-operator]");
    const before = select.value;
    select.replaceChildren(...operators[type].map(([value, words]) => new Option(words, value)));
    if (operators[type].some(([value]) => value === before)) select.value = before;
  }

  function textInput(place, name, value) {
    const input = document.createElement("input");
    input.type = "text";
    input.className = "form-control";
    input.name = name;
    input.value = value;
    input.autocomplete = "off";
    input.setAttribute("aria-label", place.dataset.label);
    return input;
  }

  function fitValue(comparison, type, choices) {
    const place = comparison.querySelector("[data-value]");
    const before = place.querySelector("input, select")?.value ?? "";
    const name = place.dataset.name;
    if (type === "boolean") {
      place.replaceChildren();
    } else if (choices.length) {
      const select = document.createElement("select");
      select.className = "form-select";
      select.name = `${name}.choice`;
      select.setAttribute("aria-label", place.dataset.label);
      select.append(new Option(place.dataset.choose, ""), ...choices.map((choice) => new Option(choice, choice)));
      if (choices.includes(before)) select.value = before;
      place.replaceChildren(select);
    } else if (type === "choice") {
      const input = textInput(place, `${name}.choice`, before);
      input.setAttribute("list", place.dataset.grades);
      place.replaceChildren(input);
    } else {
      const input = textInput(place, `${name}.value`, before);
      input.classList.add("pe-figure");
      if (type) input.inputMode = "decimal";
      if (type !== "share") {
        place.replaceChildren(input);
        return;
      }
      const group = document.createElement("span");
      group.className = "input-group pe-share";
      const sign = document.createElement("span");
      sign.className = "input-group-text";
      sign.textContent = "%";
      group.append(input, sign);
      place.replaceChildren(group);
    }
  }

  function chooseFact(fact) {
    showExtra(fact);
    const comparison = fact.closest("[data-comparison]");
    comparison.querySelector(":scope > .pe-error")?.remove();
    if (fact !== comparison.querySelector("[data-fact]")) {
      if (!fact.querySelector("select").value) fact.remove();
      return;
    }
    const option = fact.querySelector("select").selectedOptions[0];
    const type = option?.dataset.type ?? "";
    fitOperators(comparison, type);
    fitValue(comparison, type, JSON.parse(option?.dataset.choices ?? "[]"));
    showAdding(comparison);
  }

  function addFact(button) {
    const comparison = button.closest("[data-comparison]");
    const last = [...comparison.querySelectorAll("[data-fact]")].at(-1);
    const copy = last.cloneNode(true);
    const select = copy.querySelector("select");
    const number = /^(number|share)$/;
    select.querySelectorAll("option").forEach((option) => {
      option.selected = false;
      option.removeAttribute("selected");
      if (option.value && !number.test(option.dataset.type ?? "")) option.remove();
    });
    select.value = "";
    select.setAttribute("aria-label", button.dataset.label);
    select.options[0].textContent = button.dataset.words;
    if (!copy.querySelector(".pe-plus")) {
      const plus = document.createElement("span");
      plus.className = "pe-plus";
      plus.setAttribute("aria-hidden", "true");
      plus.textContent = "+";
      copy.prepend(plus);
    }
    last.after(copy);
    showExtra(copy);
    select.focus();
  }

  function addComparison(box) {
    const blank = box.closest("[data-condition]").querySelector("[data-box-blank]").content.querySelector("[data-comparison-blank]");
    const comparison = copyOf(blank, ["__box__", box.dataset.box], ["__comparison__", fresh()]);
    box.querySelector("[data-comparisons]").append(comparison);
    return comparison;
  }

  function addBox(condition) {
    const box = copyOf(condition.querySelector("[data-box-blank]"), ["__box__", fresh()]);
    condition.querySelector("[data-boxes]").append(box);
    return box;
  }

  function grown(part, condition) {
    enhance(part);
    showBoxes(condition);
    part.querySelector("select").focus();
    tell(condition);
  }

  /* The sentence below is asked for again, and the page knows that something is not saved. */
  function tell(condition) {
    condition.dispatchEvent(new CustomEvent("kp:changed"));
    changed(condition);
  }

  function removePart(part, condition) {
    const all = [...condition.querySelectorAll(part.matches("[data-box]") ? "[data-box]" : "[data-comparison]")];
    const near = all[all.indexOf(part) - 1] ?? all[all.indexOf(part) + 1];
    part.remove();
    showBoxes(condition);
    near?.querySelector("select").focus();
    tell(condition);
  }

  const ACTIONS = {
    rowAdd: (button) => addRow(button.closest("[data-rows]")),
    rowRemove: (button) => removeRow(button.closest("[data-row]")),
    rowUp: (button) => moveRow(button.closest("[data-row]"), false, button),
    rowDown: (button) => moveRow(button.closest("[data-row]"), true, button),
    factAdd: addFact,
    comparisonAdd: (button) => grown(addComparison(button.closest("[data-box]")), button.closest("[data-condition]")),
    comparisonRemove: (button) => removePart(button.closest("[data-comparison]"), button.closest("[data-condition]")),
    boxAdd: (button) => grown(addBox(button.closest("[data-condition]")), button.closest("[data-condition]")),
    boxRemove: (button) => removePart(button.closest("[data-box]"), button.closest("[data-condition]")),
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    const action = button && Object.keys(ACTIONS).find((name) => name in button.dataset);
    if (action) ACTIONS[action](button);
  });

  document.addEventListener("change", (event) => {
    const field = event.target;
    const fact = field.matches("[data-fact] select") && field.closest("[data-fact]");
    if (fact) chooseFact(fact);
    const scope = field.matches("[data-scope] > select") && field.closest("[data-scope]");
    if (scope) showScope(scope);
  });

  document.addEventListener("keydown", (event) => {
    if (!event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
    const row = event.target.closest("[data-row]");
    if (!row) return;
    event.preventDefault();
    moveRow(row, event.key === "ArrowDown", event.target);
  });

  enhance(document);
  document.addEventListener("htmx:load", (event) => enhance(event.target));
})();
