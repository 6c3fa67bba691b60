"""The POST that a browser without scripts would send of a form: the fields of its HTML, in their order."""

from __future__ import annotations

from html.parser import HTMLParser

from django.http import QueryDict


class _Fields(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.post = QueryDict(mutable=True)
        self.templates = 0
        self.select: tuple[str, list[str], list[str]] | None = None  # name, all values, selected values
        self.area: tuple[str, list[str]] | None = None
        self.ids: list[str] = []
        self.labelled: set[str] = set()
        self.controls: list[tuple[str, str]] = []  # name and id of those that nothing labels by itself
        self.in_label = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "template":
            self.templates += 1
        if self.templates:
            return
        given = {name: value or "" for name, value in attrs}
        self.ids += [given["id"]] if "id" in given else []
        self.labelled |= {given["for"]} if "for" in given else set()
        self.in_label += tag == "label"
        control = tag in ("select", "textarea", "input") and given.get("type") != "hidden"
        if control and "aria-label" not in given and not self.in_label:
            self.controls.append((given["name"], given.get("id", "")))
        if tag == "select":
            self.select = (given["name"], [], [])
        elif tag == "option" and self.select:
            self.select[1].append(given["value"])
            self.select[2].extend([given["value"]] if "selected" in given else [])
        elif tag == "textarea":
            self.area = (given["name"], [])
        elif tag == "input":
            self._input(given)

    def _input(self, given: dict[str, str]) -> None:
        ticked = given["type"] not in ("checkbox", "radio") or "checked" in given
        if ticked and "disabled" not in given and "form" not in given:
            self.post.appendlist(given["name"], given.get("value", "on"))

    def handle_data(self, data: str) -> None:
        if self.area and not self.templates:
            self.area[1].append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "template":
            self.templates -= 1
        elif self.templates:
            return
        elif tag == "label":
            self.in_label -= 1
        elif tag == "select" and self.select:
            name, every, selected = self.select
            self.post.appendlist(name, selected[-1] if selected else every[0])
            self.select = None
        elif tag == "textarea" and self.area:
            name, texts = self.area
            # A browser leaves out the line break right after the tag, and sends line breaks as CR LF.
            self.post.appendlist(name, "".join(texts).removeprefix("\n").replace("\n", "\r\n"))
            self.area = None


def fields_of(html: str) -> _Fields:
    parser = _Fields()
    parser.feed(html)
    parser.close()
    assert parser.templates == 0
    return parser


def post_of(html: str) -> QueryDict:
    return fields_of(html).post
