"use strict";
/* Small parts of the score sheet's page. */

window.KaopingSheet = window.KaopingSheet ?? {};

KaopingSheet.dom = {
  box(name) {
    const element = document.createElement("div");
    element.className = name;
    return element;
  },

  span(text, name) {
    const element = document.createElement("span");
    element.textContent = text;
    if (name) element.className = name;
    return element;
  },

  button(text, pressed, name = "btn btn-sm btn-outline-primary") {
    const element = document.createElement("button");
    element.type = "button";
    element.className = name;
    element.textContent = text;
    element.addEventListener("click", pressed);
    return element;
  },

  /* Head of a column: code and title, the full points under them. */
  header(code, title, points, about) {
    const box = KaopingSheet.dom.box("ss-head");
    box.title = about;
    const { span } = KaopingSheet.dom;
    box.append(span(code, "ss-head-code"), span(title, "ss-head-title"), span(points, "ss-head-points"));
    return box;
  },

  flash(element, name) {
    element.classList.remove(name);
    void element.offsetWidth; // starts the animation again
    element.classList.add(name);
  },

  /* CSSOM, which the content security policy allows where a style attribute is forbidden. */
  place(element, frame) {
    for (const [name, value] of Object.entries(frame)) element.style[name] = `${value}px`;
  },

  /* Texts come with the page, in its language: `words("left", {n: 3})`. */
  words(element) {
    const texts = new Map([...element.querySelectorAll("[data-word]")].map((one) => [one.dataset.word, one.textContent]));
    return (name, values = {}) =>
      (texts.get(name) ?? name).replace(/\[(\w+)\]/g, (whole, key) => (key in values ? String(values[key]) : whole));
  },
};
