"""Comparing what two people counted of a poll's paper ballots."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from reviews.ballot_form import Leaf, Terms, read_answer
from reviews.models import PaperCount, PaperDifference, PaperState, Subject
from reviews.numbers import normal
from reviews.paper_figures import BALLOTS, WHOLE, Cell, Frame, problems, read_count
from reviews.queries.ballot_sheets import titled
from reviews.queries.paper import counts_of, differences_of, figures_of, frame_of_poll, may_see_figures
from reviews.services.errors import Conflict, InvalidInput, ReviewError
from reviews.services.polls import comparing
from units.guards import require
from units.views._common import who

from .paper import poll_context, poll_of


@require_http_methods(["GET", "POST"])
def paper_compare(request: HttpRequest, pk: int, poll_pk: int, count_pk: int) -> HttpResponse:
    """Both counts side by side where they differ, and the figures as they stand now. A POST settles a cell."""
    poll = poll_of(request, pk, poll_pk, runs=request.method == "POST")
    count = next((one for one in counts_of(poll) if one.pk == count_pk), None)
    if count is None:
        raise Http404
    count.poll = poll
    figures = figures_of(count)
    require(may_see_figures(request.user, count, figures))
    error = ""
    if request.method == "POST":
        try:
            row = _settle(request, count)
            return redirect(f"{reverse('reviews:paper_compare', args=[pk, poll_pk, count_pk])}#d-{row.pk}")
        except Conflict as conflict:
            error = _("Said meanwhile by %(who)s: %(value)s.") % {
                "who": conflict.theirs.by or "—",
                "value": conflict.theirs.value,
            }
        except ReviewError as refused:
            error = str(refused)
    context = poll_context(request, poll) | _compared(request, count, figures) | {"error": error}
    return render(request, "reviews/paper_compare.html", context, status=422 if error else 200)


def _settle(request: HttpRequest, count: PaperCount) -> PaperDifference:
    """The cell comes as “subject|leaf|answer”, or as “subject|leaf” and an answer that was typed."""
    subject, _bar, rest = request.POST.get("cell", "").partition("|")
    leaf, bar, answer = rest.partition("|")
    asked = Terms.from_json(count.poll.terms).leaf(leaf)
    if not bar:
        typed = normal(request.POST.get("answer", ""))
        answer = (asked and typed and read_answer(asked, typed)) or typed
    value, seen = read_count(request.POST.get("value", "")), request.POST.get("seen", "")
    if not (subject.isascii() and subject.isdigit() and len(subject) < 19 and seen.isascii() and seen.isdigit()):
        raise InvalidInput(_("The request cannot be read."))
    if value is None:
        raise InvalidInput(_("Which figure stands there? A 0 is a figure, too."))
    cell = (int(subject), leaf, answer)
    return comparing.settle(count=count, cell=cell, value=value, seen=int(seen[:9]), by=who(request))


def _compared(request: HttpRequest, count: PaperCount, figures: Mapping[Cell, int]) -> dict[str, Any]:
    frame = frame_of_poll(count.poll)
    terms = titled(count.poll, frame.terms)
    subjects = {subject.pk: subject for subject in count.poll.round.subjects.all()}
    titles = {leaf.code: leaf.title for leaf in terms.leaves}
    side = next((entry.side for entry in count.entries.all() if entry.account_id == request.user.pk), 0)
    rows = differences_of(count)
    wrong = problems(frame, figures) if count.state == PaperState.COMPARING else []
    return {
        "count": count,
        "entries": list(count.entries.all()),
        "side": side,
        "settling": count.state == PaperState.COMPARING and bool(side),
        "rows": [(row, titles.get(row.indicator, ""), _answer_words(row)) for row in rows],
        "open": sum(not row.is_settled for row in rows),
        "wrong": [(problem, subjects.get(problem.place[0]) if problem.place else None) for problem in wrong],
        "again": _cells(frame, subjects, titles),
        "whole": [(label, figures.get((*WHOLE, name), 0)) for name, label in BALLOTS.items()],
        "tables": [_figures(leaf, frame, subjects, figures) for leaf in terms.leaves],
        "handed": frame.handed,
    }


def _cells(frame: Frame, subjects: Mapping[int, Subject], titles: Mapping[str, str]) -> list[tuple[str, str]]:
    """What can be looked at again although both agree: (value of the choice, words)."""
    several = len(frame.terms.leaves) > 1
    whole = [(f"0||{name}", str(label)) for name, label in BALLOTS.items()]
    return whole + [
        (f"{subject}|{leaf}", subjects[subject].name + (f" · {titles[leaf]}" if several else ""))
        for subject, leaf in frame.having()
    ]


def _answer_words(row: PaperDifference) -> str:
    if row.subject_id is None:
        return str(BALLOTS.get(row.answer, row.answer))
    return row.answer or _("Abstain")


def _figures(
    leaf: Leaf, frame: Frame, subjects: Mapping[int, Subject], figures: Mapping[Cell, int]
) -> tuple[Leaf, list[str], list[tuple[Subject, list[int]]]]:
    """A leaf's figures as a table: its answers, and each subject with how often it got them."""
    own = [cell for cell in figures if cell[1] == leaf.code and figures[cell]]
    answers = list(leaf.options) or sorted({cell[2] for cell in own if cell[2]}, key=leaf.worth, reverse=True)
    answers += [""] if frame.terms.abstain else []
    asked = [place for place in frame.having() if place[1] == leaf.code]
    rows = [
        (subjects[subject], [figures.get((subject, leaf.code, answer), 0) for answer in answers])
        for subject in subjects
        if (subject, leaf.code) in asked
    ]
    return leaf, [answer or _("Abstain") for answer in answers], rows
