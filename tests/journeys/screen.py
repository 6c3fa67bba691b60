"""A page in Chromium, watched: console, content security policy, width, and English left in Chinese pages."""

from __future__ import annotations

from typing import Any

from .pages import english

SEEN = """() => {
  const said = [document.title, document.body.innerText];
  for (const name of ["placeholder", "title", "aria-label", "alt", "data-confirm", "data-words", "data-failed"]) {
    for (const one of document.querySelectorAll(`[${name}]`)) said.push(one.getAttribute(name));
  }
  return said.join("\\n");
}"""
WATCH = """() => {
  window.violations = [];
  document.addEventListener("securitypolicyviolation", (violation) => {
    window.violations.push(`${violation.violatedDirective} ${violation.blockedURI}`);
  });
}"""


class Screen:
    """One browser window of somebody. `look` checks the page that stands on it."""

    def __init__(self, chromium: Any, address: str, width: int, **options: Any) -> None:
        self.width = width
        self.address = address
        context = chromium.new_context(viewport={"width": width, "height": 900}, locale="en-US", **options)
        context.set_default_timeout(20_000)
        context.add_init_script(f"({WATCH})()")
        self.page = context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"{self.page.url}: {error}"))

    def _console(self, message: Any) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{self.page.url}: {message.text}")

    def go(self, path: str) -> None:
        self.page.goto(self.address + path)
        self.look()

    def press(self, selector: str) -> None:
        """Click something that leads to another page, and look at that."""
        with self.page.expect_navigation():
            self.page.click(selector)
        self.look()

    def look(self, *, chinese: bool = True) -> None:
        self.page.wait_for_load_state("load")
        place = f"{self.page.url.removeprefix(self.address)} at {self.width}"
        width = self.page.evaluate("document.documentElement.scrollWidth")
        if width > self.width:
            self.complaints.append(f"{place}: the page is {width} pixels wide")
        if violations := self.page.evaluate("window.violations"):
            self.complaints.append(f"{place}: content security policy: {violations}")
        if chinese and (words := english(self.page.evaluate(SEEN))):
            self.complaints.append(f"{place}: in English: {words}")
