"""What stands in a branch of the tree, and what a subject has: asked before something is taken away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import Any

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from reviews.models import (
    Attainment,
    BallotCount,
    BallotMark,
    DutyReport,
    Event,
    EventStatus,
    FigureReport,
    Interview,
    Mark,
    NotApplicable,
    NumberInput,
    PaperTally,
    PromiseList,
    SelfReport,
    SubjectFact,
    Target,
)


def _sources(with_rest: bool) -> list[tuple[str, QuerySet]]:  # type: ignore[type-arg]
    live = Event.objects.exclude(status=EventStatus.REJECTED)
    sources: list[tuple[str, QuerySet]] = [  # type: ignore[type-arg]
        (_("marks"), Mark.objects.all()),
        (_("events"), Event.objects.all() if with_rest else live),
        (_("attainments"), Attainment.objects.all()),
        (_("numbers"), NumberInput.objects.all()),
        (_("votes"), BallotMark.objects.all()),
        (_("paper tallies"), PaperTally.objects.all()),
        (_("counted ballots"), BallotCount.objects.all()),
    ]
    if with_rest:
        sources += [
            (_("not applicable"), NotApplicable.objects.all()),
            (_("facts"), SubjectFact.objects.all()),
            (_("targets"), Target.objects.all()),
            (_("reported figures"), FigureReport.objects.filter(is_current=True)),
            (_("self-summaries"), SelfReport.objects.all()),
            (_("duty reports"), DutyReport.objects.all()),
            (_("promises and task lists"), PromiseList.objects.all()),
            (_("interviews"), Interview.objects.all()),
        ]
    return sources


def inputs_in_branch(
    subject_ids: Collection[int] | QuerySet[Any, Any], codes: Collection[str]
) -> dict[int, Counter[str]]:
    """Subject id → how many inputs of each kind (in words) it has on these nodes. Seven queries.

    `subject_ids` may be a query of ids: a list of thousands is more than a database takes."""
    found: dict[int, Counter[str]] = {}
    for words, rows in _sources(with_rest=False):
        counted = (
            rows.filter(subject__in=subject_ids, indicator__in=codes)
            .order_by()
            .values_list("subject_id")
            .annotate(number=Count("pk"))
        )
        for subject_id, number in counted:
            found.setdefault(subject_id, Counter())[words] = number
    return found


def inputs_of_subject(subject_id: int) -> dict[str, int]:
    """How many inputs of each kind (in words) a subject has at all; kinds without any left out."""
    counts = {words: rows.filter(subject=subject_id).count() for words, rows in _sources(with_rest=True)}
    return {words: number for words, number in counts.items() if number}


def count_words(counts: dict[str, int] | Counter[str]) -> str:
    """“marks: 3, votes: 12”."""
    said = [_("%(words)s: %(number)d") % {"words": words, "number": number} for words, number in counts.items()]
    return pgettext("list", ", ").join(said)
