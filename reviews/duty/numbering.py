"""The numbers that Word puts in front of paragraphs itself: they are not in the text, but a reader sees them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_DIGITS = "〇一二三四五六七八九"
_PLACE = re.compile(r"%(\d)")


def chinese(number: int) -> str:
    """1 to 99 as they are counted: 一, 十, 十二, 二十, 九十九; beyond that digit by digit."""
    if number > 99 or number < 1:
        return "".join(_DIGITS[int(digit)] for digit in str(number))
    tens, ones = divmod(number, 10)
    said = ("" if tens == 1 else _DIGITS[tens]) + "十" if tens else ""
    return said + (_DIGITS[ones] if ones else "")


def _circled(number: int) -> str:
    return chr(0x2460 + number - 1) if 1 <= number <= 20 else str(number)


def _letter(number: int) -> str:
    return chr(ord("a") + (number - 1) % 26)


_FORMATS: dict[str, Callable[[int], str]] = {
    "decimal": str,
    "chineseCounting": chinese,
    "chineseCountingThousand": chinese,
    "ideographDigital": chinese,
    "japaneseCounting": chinese,
    "taiwaneseCounting": chinese,
    "decimalEnclosedCircle": _circled,
    "decimalEnclosedCircleChinese": _circled,
    "decimalZero": lambda number: f"{number:02}",
    "lowerLetter": _letter,
    "upperLetter": lambda number: _letter(number).upper(),
}


@dataclass(slots=True)
class _Level:
    format: str
    text: str
    start: int


@dataclass(slots=True)
class Numbering:
    """The lists of one document, and how far each has been counted."""

    lists: dict[str, dict[int, _Level]] = field(default_factory=dict)  # numId → level → how it is written
    of_style: dict[str, tuple[str, int]] = field(default_factory=dict)  # style → its list and level
    counted: dict[str, dict[int, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, document: Any) -> Numbering:
        made = cls()
        try:
            root = document.part.numbering_part.element
        except (KeyError, NotImplementedError, AttributeError):
            return made  # a document without lists has no such part
        abstract = {each.get(f"{W}abstractNumId"): _levels(each) for each in root.findall(f"{W}abstractNum")}
        for each in root.findall(f"{W}num"):
            link = each.find(f"{W}abstractNumId")
            made.lists[each.get(f"{W}numId", "")] = abstract.get(link.get(f"{W}val") if link is not None else None, {})
        for style in document.styles.element.findall(f"{W}style"):
            if found := _list_of(style):
                made.of_style[style.get(f"{W}styleId", "")] = found
        return made

    def number(self, paragraph: Any, style: str) -> str:
        """What stands in front of this paragraph, "" if nothing; counts on."""
        key, level = _list_of(paragraph) or self.of_style.get(style, ("", 0))
        levels = self.lists.get(key, {})
        if level not in levels:
            return ""
        counted = self.counted.setdefault(key, {})
        counted[level] = counted.get(level, levels[level].start - 1) + 1
        for deeper in [each for each in counted if each > level]:
            del counted[deeper]
        own = levels[level]
        if own.format == "bullet":
            return "· "
        if own.format not in _FORMATS:
            return ""

        def said(found: re.Match[str]) -> str:
            at = int(found[1]) - 1
            other = levels.get(at, own)
            return _FORMATS.get(other.format, str)(counted.get(at, other.start))

        return _PLACE.sub(said, own.text)


def _levels(abstract: Any) -> dict[int, _Level]:
    found: dict[int, _Level] = {}
    for level in abstract.findall(f"{W}lvl"):
        values = {name: _value(level, name) for name in ("numFmt", "lvlText", "start")}
        at = level.get(f"{W}ilvl", "")
        if at.isdigit():
            start = int(values["start"]) if values["start"].isdigit() else 1
            found[int(at)] = _Level(values["numFmt"] or "decimal", values["lvlText"], start)
    return found


def _value(element: Any, name: str) -> str:
    found = element.find(f"{W}{name}")
    return str(found.get(f"{W}val", "")) if found is not None else ""


def _list_of(element: Any) -> tuple[str, int] | None:
    found = element.find(f"{W}pPr/{W}numPr")
    if found is None:
        return None
    key, level = _value(found, "numId"), _value(found, "ilvl")
    return (key, int(level) if level.isdigit() else 0) if key else None
