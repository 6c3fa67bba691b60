"""The structure of a plain text: headings and items by the numbers that Chinese official papers give them.

GB/T 9704 numbers 一、（一）1.（1）, in this order; the level is the number's kind and nothing else.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

HAN_NUMBER = "〇零一二三四五六七八九十百"
_LEVELS = (
    (1, re.compile(rf"(第?[{HAN_NUMBER}]{{1,4}}[、章]|第[{HAN_NUMBER}]{{1,4}}[部分]{{1,2}}[、，：:]?)\s*")),
    (2, re.compile(rf"[（(][{HAN_NUMBER}]{{1,4}}[）)]、?\s*")),
    (3, re.compile(r"\d{1,2}[.．、](?!\d)\s*")),
    (4, re.compile(r"[（(]\d{1,2}[）)]\s*")),
)
_BULLET = re.compile(r"[•·●○■◆▪\-–—*]\s+|[•●○■◆▪]\s*")
_ENDS = "。；;！!？?，,：:"
LONGEST_HEADING = 40
HEADING, ITEM, PARAGRAPH = "heading", "item", "paragraph"
_KEPT = frozenset("\n\t")
_UNSEEN = frozenset({"Cc", "Cf", "Cs"})


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph. `level` 1 to 4 where it is numbered, 0 elsewhere; `lead`: the part of it set as a heading."""

    kind: str
    text: str
    level: int = 0
    lead: str = ""

    @property
    def rest(self) -> str:
        return self.text[len(self.lead) :]


def clean(text: str) -> str:
    """As it is stored: line ends as one sign, no signs that nobody sees, nothing at the ends of lines.

    Control signs and those that turn the reading direction go; a tab stays, a no-break space becomes a blank. Rare
    characters stay what they are, private and newly encoded ones too: they may be somebody's name.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = text.replace("\u2028", "\n").replace("\u2029", "\n").replace("\u00a0", " ")
    seen = "".join(sign for sign in text if sign in _KEPT or unicodedata.category(sign) not in _UNSEEN)
    return "\n".join(line.rstrip() for line in seen.split("\n")).strip("\n")


def number_of(line: str) -> tuple[int, str]:
    """Level and number in front of a line; (0, "") if it has none."""
    for level, pattern in _LEVELS:
        if found := pattern.match(line):
            return level, found.group()
    return 0, ""


def without_number(line: str) -> str:
    return line[len(number_of(line)[1]) :].strip()


def blocks(text: str) -> Iterator[Block]:
    """The paragraphs of a text: every line that is not empty is one."""
    for raw in text.splitlines():
        line = raw.strip()
        if not line:
            continue
        level, number = number_of(line)
        if level:
            rest = line[len(number) :]
            whole = len(rest) <= LONGEST_HEADING and not rest.endswith(tuple(_ENDS)) and level <= 2
            yield Block(HEADING, line, level, line) if whole else Block(ITEM, line, level, _lead(line, level))
        elif found := _BULLET.match(line):
            yield Block(ITEM, f"· {line[found.end() :]}")
        else:
            yield Block(PARAGRAPH, line)


def _lead(line: str, level: int) -> str:
    """（一）抓好学习。今年以来……: the first sentence is the heading, if it is as short as one."""
    end = line.find("。")
    return line[: end + 1] if level <= 2 and 0 < end <= LONGEST_HEADING else ""


def normal(title: str) -> str:
    """A heading as it is compared: without its number, blanks and punctuation; width and case do not matter."""
    folded = unicodedata.normalize("NFKC", without_number(title.strip())).casefold()
    return "".join(sign for sign in folded if sign.isalnum())


def headings(text: str) -> Iterator[tuple[str, str]]:
    """(heading in its normal form, what is written below it). A line that could be a heading counts as one.

    Whoever writes need not number it: a short line without an end is a heading, too.
    """
    heading, below = "", list[str]()
    for block in blocks(text):
        if block.kind == HEADING or block.lead or _looks_like_one(block):
            if heading:
                yield heading, "\n".join(below)
            heading, below = normal(block.lead or block.text), [block.rest] if block.lead and block.rest else []
        else:
            below.append(block.text)
    if heading:
        yield heading, "\n".join(below)


def _looks_like_one(block: Block) -> bool:
    return block.kind == PARAGRAPH and len(block.text) <= LONGEST_HEADING and not block.text.endswith(tuple(_ENDS))
