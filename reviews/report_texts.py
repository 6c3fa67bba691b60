"""The approved text of a subject's report, wherever it was written: one place to ask, sources that know.

A source is a function that gives the texts of some subjects of a round. The first source that has one counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from .models import ReportState, Round, SelfReportSubmission

Sections = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class ReportText:
    """`sections`: (heading, text) in their order; `page`: name of the page that shows it to the office."""

    sections: tuple[tuple[str, str], ...]
    page: str


Source = Callable[[Round, Sequence[int]], Mapping[int, ReportText]]


def approved_texts(round_: Round, subjects: Sequence[int]) -> dict[int, ReportText]:
    """Key of a subject → its approved report; who has none is missing. A fixed number of queries."""
    found: dict[int, ReportText] = {}
    for source in SOURCES:
        for pk, text in source(round_, subjects).items():
            found.setdefault(pk, text)
    return found


def _self_summaries(round_: Round, subjects: Sequence[int]) -> dict[int, ReportText]:
    """Self-summaries that the office accepted. One query."""
    rows = SelfReportSubmission.objects.filter(
        report__subject__round=round_, report__subject__in=subjects, is_current=True, state=ReportState.ACCEPTED
    )
    texts = rows.values_list("report__subject_id", "text")
    return {pk: ReportText((("", text),), "reviews:self_report") for pk, text in texts}


SOURCES: list[Source] = [_self_summaries]
