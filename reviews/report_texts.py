"""The approved text of a subject's report, wherever it was written: one place to ask, sources that know.

A source is a function that gives the texts of some subjects of a round. The first source that has one counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from .duty.layout import has_duty_report
from .models import ReportState, Round, SelfReportSubmission
from .queries.duty_reports import approved_reports, sections_of

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


def _duty_reports(round_: Round, subjects: Sequence[int]) -> dict[int, ReportText]:
    """Duty reports that were approved, each text under the heading of its part. At most one query."""
    if not has_duty_report(round_.plan_version.document):
        return {}
    found = {pk: row for pk, row in approved_reports(round_).items() if pk in set(subjects)}
    return {pk: ReportText(tuple(sections_of(row)), "reviews:duty_report") for pk, row in found.items()}


SOURCES: list[Source] = [_duty_reports, _self_summaries]
