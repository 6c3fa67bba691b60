"""The assessor's work: sheets with marks to enter, figures to verify; a colleague's sheets held for a time."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reviews.models import Assignment, Phase, Round
from reviews.queries.progress import LeafProgress, completeness, leaf_progress
from units import access
from units.models import User

from .base import Card, Task, missing_words, tree_of


def marks_card(user: User, rounds: Sequence[Round]) -> Card:
    card = Card(_("My marks"), empty=_("No round waits for your marks. When the office opens one, it appears here."))
    collecting = [round_ for round_ in rounds if round_.phase == Phase.COLLECTING]
    own: dict[int, list[Assignment]] = {}
    for assignment in Assignment.objects.filter(round__in=collecting).select_related("unit"):
        if assignment.unit_id is not None and access.may_enter_marks(user, assignment):
            own.setdefault(assignment.round_id, []).append(assignment)
    for round_ in collecting:
        if round_.pk in own:
            card.tasks += _of_round(user, round_, own[round_.pk])
    return card


def _of_round(user: User, round_: Round, assignments: list[Assignment]) -> Iterator[Task]:
    leaves = leaf_progress(round_, tree_of(round_), assignments)
    done = completeness(leaves)
    words = [missing_words(done.missing)]
    held = sum(access.stands_in_for(user, each) is not None for each in assignments)
    if held:
        said = ngettext("%(count)d sheet for a colleague", "%(count)d sheets for a colleague", held)
        words.append(said % {"count": held})
    yield Task(
        text=round_.title,
        url=reverse("reviews:score_sheet", args=[round_.pk]),
        words=" · ".join(words),
        percent=done.percent,
        deadline=_next_deadline(leaves),
        urgent=any(leaf.late for leaf in leaves),
    )
    if done.waiting:
        said = ngettext("%(count)d reported figure to verify", "%(count)d reported figures to verify", done.waiting)
        url = reverse("reviews:figures", args=[round_.pk])
        yield Task(text=said % {"count": done.waiting}, url=url, words=round_.title)


def _next_deadline(leaves: Sequence[LeafProgress]) -> datetime.date | None:
    """The first date by which something that is missing is due; once all is in, the last one."""
    open_dates = [leaf.deadline for leaf in leaves if leaf.missing and leaf.deadline]
    dates = [leaf.deadline for leaf in leaves if leaf.deadline]
    return min(open_dates) if open_dates else max(dates, default=None)
