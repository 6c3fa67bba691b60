"""What a card of the home page is made of."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from indicators.services import engine_plan
from reviews.models import Phase, Round
from reviews.tree import Tree

ROUNDS_SHOWN = 3
RESULTS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Task:
    """One line: what, where, how far (per cent, None: no measure), until when, and what it needs in words.

    `posts`: following it changes something, so that it is no mere link.
    """

    text: str
    url: str
    words: str = ""
    percent: int | None = None
    deadline: datetime.date | None = None
    urgent: bool = False
    posts: bool = False


@dataclass(slots=True)
class Card:
    """What waits of one kind; `empty` says what happens next where nothing does."""

    title: str
    tasks: list[Task] = field(default_factory=list)
    empty: str = ""
    more: tuple[str, str] | None = None  # (address, words)


def open_rounds(of: QuerySet[Any] | None = None) -> list[Round]:
    """The newest few rounds that are not announced yet; `of`: only those of these rows. One query.

    Whoever has something to do in one round of many must find it, so the few are counted among the own ones.
    """
    rounds = Round.objects.filter(phase__in=[Phase.COLLECTING, Phase.REVIEWING])
    if of is not None:
        rounds = rounds.filter(pk__in=of.values("round"))
    return list(rounds.select_related("plan", "plan_version").order_by("-opened_at", "-id")[:ROUNDS_SHOWN])


def tree_of(round_: Round) -> Tree:
    return Tree(engine_plan(round_.plan_version))


def missing_words(missing: int) -> str:
    if not missing:
        return _("all in")
    return ngettext("%(count)d still missing", "%(count)d still missing", missing) % {"count": missing}
