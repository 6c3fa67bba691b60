"""Reading pages as a browser does: forms with the values they hold, links, and the text people see."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from django.test import Client
from django.urls import reverse

import indicators

PRESETS = Path(indicators.__file__).parent / "presets"
# What may stand in Latin letters on a Chinese page. Everything else is an untranslated word.
CODES = re.compile(
    r"[A-Z]{1,3}[0-9]*"  # indicators K21, people P001, the mean V, XX区
    r"|[A-Z]-[0-9]+"  # catalogue items
    r"|v[0-9]+|20[0-9]{2}-Q[1-4]"  # versions of a plan, quarters
    r"|[0-9a-f]{8,64}|[0-9a-f]{4,12}(-[0-9a-f]{4,12})+"  # digests, numbers of jobs
    r"|[a-hj-km-np-z2-9]{4}(-[a-hj-km-np-z2-9]{4}){3}"  # initial passwords
    r"|[0-9A-HJKMNP-TV-Z]{4,5}(-[0-9A-HJKMNP-TV-Z]{4,5})+"  # codes of ballots, receipts
    r"|Excel|Word|WPS|LibreOffice|xlsx|docx|toml|TOML|English|IP|JavaScript|SHA-256"
    r"|Ctrl|Alt|Shift|Delete|F"  # keys
    r"|testserver|localhost|vote"  # the address at which people vote
    r"|[a-z]+-20[0-9]{2}|quarters|leave_days"  # examples of codes
    r"|admin|office|leader|auditor|unit|assessor(-[a-z0-9]+)?"  # user names, codes of voter classes
    rf"|({'|'.join(file.stem for file in PRESETS.glob('*.toml'))})(-[a-z0-9-]+)?"  # plans, files named after them
)
VOID = {"br", "hr", "img", "input", "link", "meta", "col", "wbr"}
UNSEEN = {"script", "style", "template", "title", "noscript"}


def english(text: str) -> list[str]:
    """The words in Latin letters that are no code, each once."""
    words = re.findall(r"[A-Za-z0-9][A-Za-z0-9_'-]*[A-Za-z0-9]|[A-Za-z]", text)
    return sorted({word for word in words if re.search("[A-Za-z]", word) and not CODES.fullmatch(word)})


@dataclass
class Form:
    """A form as the page holds it: `fields` is what sending it unchanged would post, without buttons."""

    action: str
    method: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)  # (name, value) of each submit button

    def data(self, **changes: Any) -> dict[str, Any]:
        """The fields, changed. None takes a field out (a tick removed)."""
        return {name: value for name, value in (self.fields | changes).items() if value is not None}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[tuple[str, str]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.form: Form | None = None
        self.select: tuple[str, bool] | None = None
        self.option: tuple[str | None, bool] | None = None
        self.option_text = ""
        self.link: tuple[str, int] | None = None
        self.textarea: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag not in VOID:
            self.open.append(tag)
        if tag == "form":
            self.form = Form(given.get("action", ""), given.get("method", "get").lower())
            self.forms.append(self.form)
        elif tag == "a" and "href" in given:
            self.link = (given["href"], len(self.words))
        elif self.form is not None:
            self._control(tag, given)

    def _control(self, tag: str, given: dict[str, str]) -> None:
        assert self.form is not None
        name = given.get("name", "")
        if tag == "input" and name and "disabled" not in given:
            kind = given.get("type", "text")
            if kind in {"checkbox", "radio"}:
                if "checked" in given:
                    self._put(name, given.get("value", "on"))
            elif kind not in {"submit", "button", "file"}:
                self._put(name, given.get("value", ""))
        elif tag == "select":
            self.select = (name, False)
        elif tag == "option" and self.select:
            self._end_option()
            self.option, self.option_text = (given.get("value"), "selected" in given), ""
        elif tag == "textarea":
            self.textarea = name
            self._put(name, "")
        elif tag == "button" and given.get("type", "submit") == "submit":
            self.form.buttons.append((name, given.get("value", "")))

    def _put(self, name: str, value: str) -> None:
        assert self.form is not None
        self.form.fields.setdefault(name, []).append(value)

    def _end_option(self) -> None:
        if self.option is None or self.select is None or self.form is None:
            return
        value, selected = self.option
        text = self.option_text.strip() if value is None else value
        name, any_before = self.select
        if selected or name not in self.form.fields:
            if selected and not any_before:
                self.form.fields[name] = []
            self._put(name, text)
            self.select = (name, any_before or selected)
        self.option = None

    def handle_endtag(self, tag: str) -> None:
        if tag in self.open:
            while self.open.pop() != tag:
                pass
        if tag == "form":
            self.form = None
        elif tag == "option":
            self._end_option()
        elif tag == "select":
            self._end_option()
            self.select = None
        elif tag == "textarea":
            self.textarea = None
        elif tag == "a" and self.link:
            href, start = self.link
            self.links.append((href, " ".join(self.words[start:])))
            self.link = None

    def handle_data(self, data: str) -> None:
        if self.option is not None:
            self.option_text += data
        if self.textarea is not None and self.form is not None:
            self.form.fields[self.textarea][-1] += data.removeprefix("\n")
        if data.strip() and not UNSEEN & set(self.open):
            self.words.append(" ".join(data.split()))


@dataclass
class Page:
    status: int
    address: str
    html: str
    forms: list[Form]
    links: list[tuple[str, str]]
    text: str

    def form(self, action: str = "", having: str = "") -> Form:
        """The one form that posts to `action` (or holds the field `having`); neither: to the page itself."""
        found = [
            form
            for form in self.forms
            if form.action == action or (having and not action)
            if not having or having in form.fields
            if having or form.method == "post"
        ]
        assert len(found) == 1, f"{len(found)} forms {action} {having} at {self.address}: {self.text[:2000]}"
        return found[0]

    def link(self, start: str) -> str:
        """The one address beginning with `start` that the page links to."""
        found = {href for href, _words in self.links if href.startswith(start)}
        assert len(found) == 1, f"links to {start} at {self.address}: {found}\n{self.text[:2000]}"
        return found.pop()


class Visitor:
    """Somebody at a browser: opens pages, sends the forms that they hold, follows redirects."""

    def __init__(self) -> None:
        self.client = Client(enforce_csrf_checks=True)

    def get(self, address: str, *, expect: int = 200, **headers: str) -> Page:
        return self._page(self.client.get(address, follow=True, headers=headers or None), address, expect)

    def send(self, page: Page, form: Form, *, expect: int = 200, **changes: Any) -> Page:
        """Post a form of a page with some fields changed; gives the page it leads to."""
        assert form.method == "post"
        address = form.action or page.address
        return self._page(self.client.post(address, form.data(**changes), follow=True), address, expect)

    def _page(self, response: Any, address: str, expect: int) -> Page:
        if response.redirect_chain:
            address = response.redirect_chain[-1][0]
        html = response.content.decode() if not response.streaming else ""
        reader = _Reader()
        reader.feed(html)
        page = Page(response.status_code, address, html, reader.forms, reader.links, " ".join(reader.words))
        assert page.status == expect, f"{page.status} instead of {expect} at {address}: {page.text[:2000]}"
        assert not (words := english(page.text)), f"in English at {address}: {words}"
        return page

    def log_in(self, username: str, password: str) -> Page:
        page = self.get(reverse("units:login"))
        form = page.form(having="password")
        return self.send(page, form, username=username, password=password)
