"""The work of who is appraised: self-summary, targets and figures to report; and the own results."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from indicators.services import engine_plan
from reviews.models import FigureState, Phase, PromiseKind, ReportKind, ReportState, Round, Subject
from reviews.queries.duty_reports import asks_duty_report, duty_rows
from reviews.queries.events import own_subjects
from reviews.queries.figures import lines_of_subject
from reviews.queries.promises import asked_of
from reviews.queries.report_dates import ReportRules, report_rules, window
from reviews.queries.self_reports import OPEN_STATES, report_rows
from reviews.tree import EVENTS
from scoring.queries import own_results, shown_total
from units.models import User

from .base import RESULTS_SHOWN, Card, Task, tree_of
from .ledger import own_ledger_tasks
from .meetings import own_talk_tasks


def own_card(user: User, rounds: Sequence[Round]) -> Card:
    """What is asked of the account's own unit or person; of the first subject, where it stands for several."""
    card = Card(_("My unit and I"), empty=_("Nothing is asked of you now. Self-summary and figures appear here."))
    collecting = {round_.pk: round_ for round_ in rounds if round_.phase == Phase.COLLECTING}
    found = Subject.objects.filter(own_subjects(user), round__in=collecting).order_by("order", "code")
    first: dict[int, Subject] = {}
    for subject in found.select_related("round"):
        first.setdefault(subject.round_id, subject)
    for pk, round_ in collecting.items():
        if pk in first:
            card.tasks += _of_round(round_, first[pk])
    card.tasks += own_talk_tasks(user, rounds)
    card.tasks += own_ledger_tasks(user)
    return card


def _of_round(round_: Round, subject: Subject) -> Iterator[Task]:
    rules = report_rules(round_)
    if asks_duty_report(round_):
        yield _duty_report(round_, rules, subject)
    if rules.asks_self_report:
        yield _self_report(round_, rules, subject)
    yield from _promises(round_, rules, subject)
    yield from _figures(round_, rules, subject)
    if tree_of(round_).of(EVENTS):
        yield Task(
            text=_("Entries about %(name)s") % {"name": subject.name},
            url=reverse("reviews:own_events", args=[round_.pk]),
            words=round_.title,
        )


def _self_report(round_: Round, rules: ReportRules, subject: Subject) -> Task:
    [row] = report_rows(round_, rules, [subject])
    is_open = row.state in {"none", *OPEN_STATES}
    state = row.state_words or _("not begun")
    name = "reviews:self_report_edit" if is_open else "reviews:self_report"
    return Task(
        text=rules.step or _("Self-summary"),
        url=reverse(name, args=[round_.pk, subject.pk]),
        words=f"{state} · {round_.title}",
        deadline=row.window.until if is_open else None,
        urgent=row.overdue or row.state == ReportState.RETURNED,
    )


def _duty_report(round_: Round, rules: ReportRules, subject: Subject) -> Task:
    [row] = duty_rows(round_, rules, [subject])
    state = row.state_words or _("not begun")
    name = "reviews:duty_edit" if row.is_open else "reviews:duty_report"
    return Task(
        text=_("Duty report"),
        url=reverse(name, args=[round_.pk, subject.pk]),
        words=f"{state} · {round_.title}",
        deadline=row.window.until if row.is_open else None,
        urgent=row.overdue or row.state in {ReportState.RETURNED, ReportState.REWRITE},
    )


def _promises(round_: Round, rules: ReportRules, subject: Subject) -> Iterator[Task]:
    """Lists to be filled in, and at the end of the year reports on them."""
    for asked in asked_of(round_, rules, subject):
        kind, found = PromiseKind(asked.kind), asked.progress.list if asked.progress else None
        if asked.is_to_write and (asked.window.is_open or asked.has_rows):
            state = _("not begun") if found is None else str(found.get_state_display())
            yield Task(
                text=_("Fill in: %(list)s") % {"list": kind.label},
                url=reverse("reviews:promise_edit", args=[round_.pk, subject.pk, kind]),
                words=f"{state} · {round_.title}",
                deadline=None if asked.has_rows else asked.window.until,
                urgent=asked.state == ReportState.RETURNED,
            )
        if asked.is_to_report and asked.progress is not None and found is not None:
            said = {"done": asked.progress.reported, "count": asked.progress.rows}
            words = ngettext(
                "%(done)d of %(count)d row filled in", "%(done)d of %(count)d rows filled in", said["count"]
            )
            yield Task(
                text=_("Report on: %(list)s") % {"list": kind.label},
                url=reverse("reviews:promise_report", args=[round_.pk, found.pk]),
                words=f"{words % said} · {round_.title}",
                percent=100 * said["done"] // said["count"],
                deadline=asked.report_window.until,
                urgent=found.report_state == ReportState.RETURNED,
            )


def _figures(round_: Round, rules: ReportRules, subject: Subject) -> Iterator[Task]:
    lines = [line for line in lines_of_subject(tree_of(round_), subject) if not line.not_applicable]
    if not lines:
        return
    done = sum(line.report is not None or line.verified is not None for line in lines)
    back = sum(bool(line.report and line.report.state == FigureState.RETURNED) for line in lines)
    said = ngettext("%(done)d of %(count)d figure reported", "%(done)d of %(count)d figures reported", len(lines))
    words = said % {"done": done, "count": len(lines)}
    if back:
        words += " · " + ngettext("%(count)d sent back", "%(count)d sent back", back) % {"count": back}
    yield Task(
        text=_("Report actual figures"),
        url=reverse("reviews:figures_own", args=[round_.pk, subject.pk]),
        words=f"{words} · {round_.title}",
        percent=100 * done // len(lines),
        deadline=window(round_, rules, ReportKind.FIGURES, subject.pk).until if done < len(lines) or back else None,
        urgent=bool(back),
    )


def results_card(user: User) -> Card:
    card = Card(
        _("My results"),
        empty=_("Nothing has been announced about you yet. When a round is announced, your result appears here."),
        more=(reverse("scoring:my_results"), _("All my results")),
    )
    for row in own_results(user)[:RESULTS_SHOWN]:
        round_ = row.computation.round
        plan = engine_plan(round_.plan_version)
        values = {"total": shown_total(row, plan), "rank": row.rank, "grade": row.grade or _("no grade")}
        card.tasks.append(
            Task(
                text=round_.title,
                url=reverse("scoring:subject_result", args=[round_.pk, row.subject_id]),
                words=_("total %(total)s, rank %(rank)s, %(grade)s") % values,
            )
        )
    return card
