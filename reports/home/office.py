"""The office's work: rounds under way and what waits in each; drafts of plans; jobs that failed."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from indicators.queries import drafts
from reports.models import Job, JobState
from reviews.models import (
    Delegation,
    DutyReport,
    Event,
    EventStatus,
    Phase,
    PlanChange,
    PlanChangeState,
    ReportState,
    Round,
)
from reviews.queries.audience import waiting_comments
from reviews.queries.duty_reports import asks_duty_report
from reviews.queries.events import unanswered_count
from reviews.queries.figures import leaf_figures
from reviews.queries.progress import completeness, leaf_progress
from reviews.queries.promises import counts_of as promise_counts
from reviews.queries.self_reports import state_counts
from scoring.queries import current_computation, is_stale, left_open

from .base import Card, Task, missing_words, tree_of
from .ledger import office_ledger_tasks
from .meetings import meeting_tasks
from .polls import poll_tasks

FAILED_FOR = datetime.timedelta(days=7)  # older failures are history


def office_card(rounds: Sequence[Round]) -> Card:
    card = Card(
        _("Rounds under way"),
        empty=_("No round is open. Choose a plan and open one."),
        more=(reverse("reviews:round_list"), _("All rounds")),
    )
    meetings, votes = meeting_tasks(rounds), poll_tasks(rounds)
    for round_ in rounds:
        card.tasks += _of_round(round_)
        card.tasks += meetings.get(round_.pk, [])
        card.tasks += votes.get(round_.pk, [])
    card.tasks += office_ledger_tasks()
    return card


def _of_round(round_: Round) -> Iterator[Task]:
    leaves = leaf_progress(round_, tree_of(round_))
    done = completeness(leaves)
    yield Task(
        text=round_.title,
        url=reverse("reviews:round_detail", args=[round_.pk]),
        words=str(Phase(round_.phase).label),
        deadline=round_.deadline if round_.phase == Phase.COLLECTING else None,
        urgent=any(leaf.late for leaf in leaves),
    )
    yield Task(
        text=_("Completeness"),
        url=reverse("reviews:chase", args=[round_.pk]),
        words=missing_words(done.missing),
        percent=done.percent,
    )
    yield from _waiting(round_)
    yield from _result(round_)


def _waiting(round_: Round) -> Iterator[Task]:
    """What others have handed to the office: each kind with its number, if there is any."""
    figures = leaf_figures(round_).values()
    promised = promise_counts(round_)
    found = Event.objects.filter(subject__round=round_)
    counts = [
        (found.filter(status=EventStatus.PENDING).count(), "event_list", f"?status={EventStatus.PENDING}", "events"),
        (unanswered_count(found), "event_list", "", "comments"),
        (sum(each.proposed for each in figures), "figures", "", "targets"),
        (sum(each.waiting for each in figures), "figures", "", "figures"),
        (state_counts(round_).get(ReportState.SUBMITTED, 0), "self_report_list", "?state=submitted", "reports"),
        (_duty_reports(round_), "duty_list", "?state=submitted", "duty"),
        (promised.waiting, "promises", "?state=submitted", "promises"),
        (promised.unchecked, "promises", "?state=unchecked", "fulfilment"),
        (
            PlanChange.objects.filter(round=round_, state=PlanChangeState.APPROVED).count(),
            "plan_changes",
            "",
            "changes",
        ),
        (Delegation.objects.filter(round=round_, state="waiting").count(), "delegations", "", "delegations"),
        (waiting_comments(round_), "published", "", "opinions"),
    ]
    for count, name, query, kind in counts:
        if count:
            yield Task(_waiting_words(kind, count), reverse(f"reviews:{name}", args=[round_.pk]) + query)


def _duty_reports(round_: Round) -> int:
    """Those that wait for review, where the plan asks for any."""
    if not asks_duty_report(round_):
        return 0
    return DutyReport.objects.filter(subject__round=round_, state=ReportState.SUBMITTED).count()


def _waiting_words(kind: str, count: int) -> str:
    said = {
        "events": ngettext("%(count)d event waits for approval", "%(count)d events wait for approval", count),
        "comments": ngettext("%(count)d comment without an answer", "%(count)d comments without an answer", count),
        "targets": ngettext("%(count)d target to confirm", "%(count)d targets to confirm", count),
        "figures": ngettext("%(count)d reported figure to verify", "%(count)d reported figures to verify", count),
        "reports": ngettext("%(count)d self-summary to read", "%(count)d self-summaries to read", count),
        "duty": ngettext("%(count)d duty report to review", "%(count)d duty reports to review", count),
        "promises": ngettext(
            "%(count)d list of promises or tasks to approve", "%(count)d lists of promises or tasks to approve", count
        ),
        "fulfilment": ngettext(
            "%(count)d report on promises or tasks to check", "%(count)d reports on promises or tasks to check", count
        ),
        "changes": ngettext("%(count)d plan change to carry out", "%(count)d plan changes to carry out", count),
        "opinions": ngettext(
            "%(count)d comment on a report to look at", "%(count)d comments on reports to look at", count
        ),
        "delegations": ngettext("%(count)d delegation to agree to", "%(count)d delegations to agree to", count),
    }[kind]
    return said % {"count": count}


def _result(round_: Round) -> Iterator[Task]:
    computation = current_computation(round_)
    ranking = reverse("scoring:ranking", args=[round_.pk])
    if computation is None:
        yield Task(_("The result has not been computed yet"), ranking)
        return
    if is_stale(computation, round_):
        yield Task(_("Inputs have changed since the result was computed"), ranking)
        return
    limits = reverse("scoring:limits", args=[round_.pk])
    ties = left_open(computation)["ties"]
    if ties:
        said = ngettext("%(count)d tied subject to decide on", "%(count)d tied subjects to decide on", ties)
        yield Task(said % {"count": ties}, limits)
    elif round_.phase == Phase.REVIEWING and not computation.provisional:
        yield Task(_("The result is complete and can be announced"), limits)


def plans_card() -> Card:
    """Drafts of plans, and jobs that failed lately: nobody else is told of these."""
    card = Card(_("Plans and files"), empty=_("No draft of a plan is under work, and no job failed lately."))
    for draft in drafts():
        card.tasks.append(
            Task(
                text=_("Draft: %(title)s") % {"title": draft},
                url=reverse("indicators:draft_tree", args=[draft.pk]),
                words=_("changed by %(who)s") % {"who": draft.updated_by},
            )
        )
    failed = Job.objects.filter(state=JobState.FAILED, created_at__gte=timezone.now() - FAILED_FOR)
    for job in failed.select_related("round").order_by("-created_at")[:3]:
        card.tasks.append(
            Task(
                text=_("Failed: %(job)s") % {"job": job.get_kind_display()},
                url=reverse("reports:job", args=[job.pk]),
                words=job.round.title if job.round else "",
                urgent=True,
            )
        )
    return card
