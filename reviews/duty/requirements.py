"""What a plan demands of a report's text, and by how much and where a text does not meet it.

The same demands are checked while somebody types (static/js/duty_report.js reads `Demand.data`), so that a demand is
data: which texts it counts, and the limit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from reviews.wordcount import word_count

from .blocks import headings, normal
from .layout import Layout, Limits, Role

# A report that does not meet it: is not taken, is taken with a reason, is taken.
MUST, SHOULD, MAY = "must", "should", "may"
LEAST, MOST, LEAST_SHARE, MOST_SHARE = "least", "most", "least_share", "most_share"
WRITTEN, ANSWERED, TOPIC = "written", "answered", "topic"
WHOLE = gettext_lazy("the whole report")

# What is said of a demand that is not met. The page says it with the same words (`words_for_pages`).
_UNMET = {
    LEAST: gettext_noop("%(where)s: %(count)s characters, at least %(limit)s are asked for, %(gap)s are lacking"),
    MOST: gettext_noop("%(where)s: %(count)s characters, at most %(limit)s are allowed, %(gap)s too many"),
    LEAST_SHARE: gettext_noop(
        "%(where)s: %(count)s of the whole, at least %(limit)s are asked for; "
        "%(gap)s characters are lacking at this length"
    ),
    MOST_SHARE: gettext_noop(
        "%(where)s: %(count)s of the whole, at most %(limit)s are allowed; %(gap)s characters too many at this length"
    ),
    WRITTEN: gettext_noop("%(where)s: must be written, nothing stands there yet"),
    ANSWERED: gettext_noop("%(where)s: %(gap)s of %(limit)s problems of last year are not answered"),
    TOPIC: gettext_noop("%(where)s: not spoken of under a heading of its own yet"),
}
_ASKED = {
    LEAST: gettext_noop("%(where)s: at least %(limit)s characters (now %(count)s)"),
    MOST: gettext_noop("%(where)s: at most %(limit)s characters (now %(count)s)"),
    LEAST_SHARE: gettext_noop("%(where)s: at least %(limit)s of the whole (now %(count)s)"),
    MOST_SHARE: gettext_noop("%(where)s: at most %(limit)s of the whole (now %(count)s)"),
    WRITTEN: gettext_noop("%(where)s: written"),
    ANSWERED: gettext_noop("%(where)s: all %(limit)s problems of last year are answered"),
    TOPIC: gettext_noop("%(where)s: spoken of"),
}
_SHARES = frozenset({LEAST_SHARE, MOST_SHARE})


@dataclass(frozen=True, slots=True)
class Demand:
    """`keys`: the texts that count; `where`: what they are called. A topic has its normal form in `topic`."""

    kind: str
    where: str
    keys: tuple[str, ...]
    level: str
    limit: Fraction | int = 0
    topic: str = ""

    @property
    def data(self) -> dict[str, Any]:
        """For the page's script."""
        share = self.kind in _SHARES
        return {
            "kind": self.kind,
            "where": self.where,
            "keys": list(self.keys),
            "level": self.level,
            "limit": float(self.limit) if share else int(self.limit),
            "shown": share_words(self.limit) if share else str(self.limit),
            "topic": self.topic,
        }


@dataclass(frozen=True, slots=True)
class Finding:
    """One demand held against a text. `count`, `limit` and `gap` are in words already."""

    demand: Demand
    met: bool
    count: str
    gap: int = 0

    @property
    def level(self) -> str:
        return self.demand.level

    @property
    def values(self) -> dict[str, str]:
        data = self.demand.data
        return {"where": data["where"], "count": self.count, "limit": data["shown"], "gap": str(self.gap)}

    def __str__(self) -> str:
        return _((_ASKED if self.met else _UNMET)[self.demand.kind]) % self.values

    @property
    def stored(self) -> dict[str, str]:
        """As a hand-in keeps it; `words_of` says it in the reader's language."""
        return {"kind": self.demand.kind, "level": self.level, **self.values}


def words_of(stored: Mapping[str, str]) -> str:
    """A finding that was kept, in words: one that was not met."""
    return _(_UNMET[stored["kind"]]) % stored


def words_for_pages() -> dict[str, dict[str, str]]:
    """The sentences, for the script: kind → {"met", "unmet"} with their placeholders."""
    return {kind: {"met": _(_ASKED[kind]), "unmet": _(_UNMET[kind])} for kind in _UNMET}


def share_words(share: Fraction | float) -> str:
    """Per cent with at most one place, half up: 1/3 → 33.3%."""
    tenths = int(Fraction(share) * 1000 + Fraction(1, 2))
    whole, rest = divmod(tenths, 10)
    return f"{whole}.{rest}%" if rest else f"{whole}%"


# ---------------------------------------------------------------- demands


def demands(layout: Layout, role: Role | None = None) -> list[Demand]:
    """All that is asked for: what must be written first, then lengths, then shares."""
    return [*_written(layout), *_lengths(layout, role), *_shares(layout)]


def _written(layout: Layout) -> Iterator[Demand]:
    for part in layout.parts:
        if part.required:
            answers = tuple(question.name for question in layout.questions) if part.answers else ()
            for section in part.sections:
                yield Demand(WRITTEN, section.title, (section.key, *answers), MUST)
    for topic in layout.topics:
        place = next((part for part in layout.parts if part.title == topic.part), None)
        keys = tuple(section.key for section in (place.sections if place else layout.sections))
        yield Demand(TOPIC, topic.title, keys, MUST if topic.required else MAY, topic=normal(topic.title))
    for part in layout.parts:
        if part.answers and layout.questions:
            keys = tuple(question.name for question in layout.questions)
            yield Demand(ANSWERED, part.title, keys, MUST if part.required else SHOULD, len(keys))


def _lengths(layout: Layout, role: Role | None) -> Iterator[Demand]:
    own = role.limits if role else Limits()
    whole = Limits(own.least or layout.limits.least, own.most or layout.limits.most)
    where = str(WHOLE)
    if role and role.limits != Limits():
        where = _("%(name)s (%(values)s)") % {"name": where, "values": role.title}
    rows = [(where, layout.counted, whole)]
    rows += [(part.title, layout.keys_of_part(part), part.limits) for part in layout.parts]
    for title, keys, limits in rows:
        if limits.least:
            yield Demand(LEAST, title, tuple(keys), SHOULD, limits.least)
        if limits.most is not None:
            yield Demand(MOST, title, tuple(keys), SHOULD, limits.most)


def _shares(layout: Layout) -> Iterator[Demand]:
    rows = [(each.title, layout.keys_of_aspect(each.title), each.limits) for each in layout.aspects]
    rows += [(part.title, layout.keys_of_part(part), part.limits) for part in layout.parts]
    for title, keys, limits in rows:
        if limits.least_share is not None:
            yield Demand(LEAST_SHARE, title, tuple(keys), SHOULD, limits.least_share)
        if limits.most_share is not None:
            yield Demand(MOST_SHARE, title, tuple(keys), SHOULD, limits.most_share)


# ---------------------------------------------------------------- findings


def counts_of(layout: Layout, texts: Mapping[str, str]) -> dict[str, int]:
    """Key → characters, of all that counts for the whole."""
    return {key: word_count(texts.get(key, "")) for key in layout.counted}


def total_of(layout: Layout, texts: Mapping[str, str]) -> int:
    return sum(counts_of(layout, texts).values())


def check(layout: Layout, texts: Mapping[str, str], role: Role | None = None) -> list[Finding]:
    """Every demand, held against the texts."""
    counts = counts_of(layout, texts)
    total = sum(counts.values())
    spoken = {key: set(_spoken(texts.get(key, ""))) for key in counts}
    return [_finding(demand, counts, total, spoken) for demand in demands(layout, role)]


def _spoken(text: str) -> Iterator[str]:
    return (heading for heading, below in headings(text) if below.strip())


def _finding(demand: Demand, counts: Mapping[str, int], total: int, spoken: Mapping[str, set[str]]) -> Finding:
    if demand.kind == TOPIC:
        return Finding(demand, any(demand.topic in spoken.get(key, ()) for key in demand.keys), "")
    if demand.kind == WRITTEN:
        return Finding(demand, any(counts.get(key, 0) for key in demand.keys), "")
    if demand.kind == ANSWERED:
        lacking = sum(not counts.get(key, 0) for key in demand.keys)
        return Finding(demand, not lacking, "", lacking)
    count = sum(counts.get(key, 0) for key in demand.keys)
    if demand.kind in _SHARES:
        return _share_finding(demand, count, total)
    limit = int(demand.limit)
    gap = limit - count if demand.kind == LEAST else count - limit
    return Finding(demand, gap <= 0, str(count), max(0, gap))


def _share_finding(demand: Demand, count: int, total: int) -> Finding:
    """Less than one character off is not off: a third of 1000 is no whole number. Nothing written has no shares."""
    off = demand.limit * total - count if demand.kind == LEAST_SHARE else count - demand.limit * total
    share = share_words(Fraction(count, total)) if total else "—"
    return Finding(demand, off < 1, share, 0 if off < 1 else ceil(off))


def unmet(findings: Iterable[Finding], *levels: str) -> list[Finding]:
    return [finding for finding in findings if not finding.met and finding.level in (levels or (MUST, SHOULD))]


Words = str | Promise
COUNTING: Words = gettext_lazy(
    "Characters are counted as by Chinese word processors (字数): each Chinese character and each full-width "
    "punctuation mark is one; a run of Latin letters or digits, such as “GDP” or “5.2%”, is one; blanks and line "
    "ends are none. Titles of the parts and last year's problems themselves do not count."
)
