"""The order by strokes of the surname (姓氏笔画), as lists of names on paper have it.

The rule, as it is usual: of two surnames the one with fewer strokes comes first; of equally many, the one whose
first stroke comes first in 横竖撇点折, then the second stroke, and so on. Within a surname a name of one character
(单名) comes before one of two (双名), and then the characters decide in the same way. A surname of two characters
(复姓) is compared by its first, then by its second.

Exact or not at all: what a character is made of is looked up, never guessed. `missing` says which characters have to
be known to bring names into order; those that decide nothing are not asked for. Different characters that are written
with the same strokes (余 and 佘) are a tie, which people decide: `ordered` names them. What is no Chinese character
comes after all that are, by its code. (A browser's own “stroke” order is of no use: it counts the traditional forms,
阝 as three strokes and 艹 as four, and sorts by radicals where the numbers are equal.)
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .stroke_table import STROKES

Table = Mapping[str, str]
MOST_STROKES = 64
_STROKES = re.compile(rf"[1-5]{{1,{MOST_STROKES}}}")
_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
NAMES_OF_STROKES = dict(zip("12345", "横竖撇点折", strict=True))

DOUBLE_SURNAMES = frozenset(
    [
        "欧阳",
        "司马",
        "上官",
        "诸葛",
        "东方",
        "皇甫",
        "尉迟",
        "公孙",
        "慕容",
        "令狐",
        "司徒",
        "夏侯",
        "宇文",
        "长孙",
        "端木",
        "司空",
        "南宫",
        "东郭",
        "百里",
        "呼延",
        "西门",
        "申屠",
        "太史",
        "淳于",
        "单于",
        "闻人",
        "澹台",
        "公冶",
        "宗政",
        "濮阳",
        "赫连",
        "钟离",
        "鲜于",
        "闾丘",
        "亓官",
        "司寇",
        "轩辕",
        "独孤",
        "拓跋",
        "第五",
        "公西",
        "漆雕",
        "乐正",
        "壤驷",
        "夹谷",
        "宰父",
        "谷梁",
        "段干",
        "东门",
        "南门",
        "仲孙",
        "叔孙",
        "左丘",
        "太叔",
        "颛孙",
        "巫马",
        "公羊",
        "公良",
        "微生",
        "梁丘",
    ]
)


@dataclass(frozen=True, slots=True)
class Ordered:
    """Names in order, as places in the list that was given; `ties`: groups of names that nothing sets apart."""

    places: tuple[int, ...]
    ties: tuple[tuple[str, ...], ...] = ()


def is_strokes(text: str) -> bool:
    """Whether this can be the strokes of a character: digits 1 to 5."""
    return bool(_STROKES.fullmatch(text))


def is_han(character: str) -> bool:
    return bool(_HAN.fullmatch(character))


def surname_of(name: str) -> str:
    """The surname of a name as it is written: two characters where they are a known double surname."""
    text = tidy(name)
    return text[:2] if len(text) > 2 and text[:2] in DOUBLE_SURNAMES else text[:1]


def tidy(name: str) -> str:
    """A name without blanks and without what stands behind it in brackets (张三（正职）)."""
    text = unicodedata.normalize("NFKC", name)
    return re.sub(r"\s|\([^()]*\)|\([^()]*$", "", text)


def missing(names: Iterable[str], known: Table) -> list[str]:
    """The characters that must be known to order these names, and are in neither table."""
    table = _both(known)
    found: dict[str, None] = {}
    _search([_parts(name) for name in dict.fromkeys(map(tidy, names))], 0, table, found)
    return list(found)


def ordered(names: Sequence[str], known: Table) -> Ordered:
    """The order of these names. Raises LookupError (with the characters) while some that decide are unknown."""
    if lacking := missing(names, known):
        raise LookupError(*lacking)
    table = _both(known)
    keys = [_key(name, table) for name in names]
    places = sorted(range(len(names)), key=lambda place: keys[place])
    groups: dict[object, list[str]] = {}
    for place in places:
        groups.setdefault(keys[place], []).append(tidy(names[place]))
    ties = tuple(tuple(same) for same in groups.values() if len(same) > 1)
    return Ordered(tuple(places), ties)


def _both(known: Table) -> Table:
    """What the office entered corrects the table too."""
    return {**STROKES, **known}


Part = str | int
_END = -1  # sorts a surname before a longer one that begins with it


def _parts(name: str) -> list[Part]:
    """What is compared, one after the other: the surname, its end, how long the rest is, the rest."""
    text = tidy(name)
    surname = surname_of(text)
    given = text[len(surname) :]
    return [*surname, _END, len(given), *given]


def _search(group: list[list[Part]], place: int, table: Table, found: dict[str, None]) -> None:
    """Where names of a group first differ, their characters must be known; then each part of it further on."""
    if len(group) < 2:
        return
    branches: dict[Part | None, list[list[Part]]] = {}
    for parts in group:
        branches.setdefault(parts[place] if place < len(parts) else None, []).append(parts)
    if len(branches) > 1:
        unknown = (part for part in branches if isinstance(part, str) and is_han(part) and part not in table)
        found.update(dict.fromkeys(unknown))
    for part, rest in branches.items():
        if part is not None:
            _search(rest, place + 1, table, found)


def _key(name: str, table: Table) -> tuple[tuple[int, int, str], ...]:
    """Each part as (kind, number, strokes): kinds do not meet but for characters, of which others come last."""
    found = []
    for part in _parts(name):
        if isinstance(part, int):
            found.append((0, part, ""))
        elif is_han(part):
            # One that was not needed to decide stands as itself; nothing depends on its place.
            strokes = table.get(part, part)
            found.append((1, len(strokes), strokes))
        else:
            found.append((2, ord(part), ""))
    return tuple(found)


def in_words(strokes: str) -> str:
    """“横竖横” for 121: how strokes are read back to who typed them."""
    return "".join(NAMES_OF_STROKES[digit] for digit in strokes)
