"""What every page about a round shows on top: the round, its plan, the tabs this account may use."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from indicators.services import engine_plan
from indicators.sets import readers
from scoring.engine.types import Plan
from units import access
from units.models import Role

from .models import DutyReviewer, EventLeaf, Round
from .queries.audience import has_publications
from .queries.interviews import concerned_in
from .queries.meetings import records_in
from .queries.promises import is_published, reads_all
from .tree import ATTAINMENT, BALLOTS, EVENTS, NUMBERS, Tree


def round_context(request: HttpRequest, round_: Round, active: str) -> dict[str, Any]:
    """`round`, `plan` (engine plan), `tabs` (key, label, url, active).

    A page passes it to its template, which starts with `reviews/_round_header.html`. Load the
    round with `Round.objects.select_related("plan", "plan_version")`: then this costs no query
    but the one for the account's roles, and one for an assessor's.
    """
    plan = engine_plan(round_.plan_version)
    return {
        "round": round_,
        "plan": plan,
        "tabs": [
            {"key": key, "label": label, "url": _address(name, round_), "active": key == active}
            for key, label, name, allowed in _tabs(request.user, round_, plan)
            if allowed
        ],
    }


def _address(name: str, round_: Round) -> str:
    # The place where people vote is the same for all rounds.
    return reverse(name) if name == "reviews:booth" else reverse(name, args=[round_.pk])


def _tabs(user: Any, round_: Round, plan: Plan) -> list[tuple[str, Any, str, bool]]:
    marks = access.may_see_some_marks(user)
    events = access.may_see_events(user)
    tree = Tree(plan)
    takes_events = bool(tree.of(EVENTS))
    return [
        ("overview", _("Overview"), "reviews:round_detail", access.may_see_rounds(user)),
        ("progress", _("Progress"), "reviews:progress", access.may_see_progress(user)),
        ("marks", _("Mark sheets") if access.may_see_all_marks(user) else _("My marks"), "reviews:my_marks", marks),
        ("own", _("My reports"), "reviews:own_reports", access.is_subject(user)),
        ("self_reports", _("Self-summaries"), "reviews:self_report_list", access.may_see_all_reports(user)),
        ("duty", _("Duty reports"), "reviews:duty_list", _sees_duty_reports(user, round_)),
        ("promises", _("Promises and tasks"), "reviews:promises", _sees_promises(user, round_)),
        ("figures", _("Targets and figures"), "reviews:figures", _sees_figures(user, plan)),
        ("meetings", _("Review meeting"), "reviews:meetings", meets(round_) and _sees_meetings(user, round_)),
        ("published", _("Published reports"), "reviews:published", meets(round_) and _sees_published(user, round_)),
        ("own_meeting", _("My talk"), "reviews:own_meeting", meets(round_) and access.is_subject(user)),
        ("events", _("Bonus and penalty"), "reviews:event_list", takes_events and _sees_events(user, round_)),
        ("booth", _("My ballots"), "reviews:booth", bool(tree.of(BALLOTS)) and access.may_be_voter(user)),
        ("own_events", _("Daily record"), "reviews:own_events", takes_events and access.has_role(user, Role.SUBJECT)),
        ("inspections", _("On-site visits"), "reviews:inspections", access.may_see_inspections(user)),
        ("own_inspections", _("Verification of us"), "reviews:own_inspections", access.is_subject(user)),
        ("ledger", _("Rectification"), "reviews:ledger", access.may_see_some_items(user)),
        ("polls", _("Polls"), "reviews:polls", access.may_see_polls(user) and bool(tree.of(BALLOTS))),
        ("plan_changes", _("Plan changes"), "reviews:plan_changes", access.may_see_rounds(user)),
        ("facts", _("Facts"), "reviews:fact_table", events and bool(plan.facts)),
        ("earlier", _("Earlier rounds"), "scoring:earlier", access.may_see_earlier(user) and bool(readers(plan))),
        ("workbook", _("Workbook"), "reports:workbook", access.may_download_workbook(user)),
        ("ranking", _("Ranking"), "scoring:ranking", access.may_see_ranking(user, round_)),
        ("selections", _("Use of the results"), _use_of(round_), _may_use(user, round_)),
        ("interviews", _("Interviews"), "reviews:interviews", _sees_interviews(user, round_)),
        ("files", _("Files"), "reviews:evidence_list", access.may_keep_evidence(user)),
        ("history", _("Log"), "reviews:history", access.may_see_audit(user)),
    ]


def _sees_events(user: Any, round_: Round) -> bool:
    """All of them, or those of the indicators on which the account's unit may propose."""
    if access.may_see_events(user):
        return True
    units = access.assessor_units(user)
    return bool(units) and EventLeaf.objects.filter(round=round_, units__in=units).exists()


def meets(round_: Round) -> bool:
    """Whether the plan speaks of a meeting, or of duty reports that are given at one."""
    document = round_.plan_version.document
    return bool(document.get("meeting") or document.get("duty_report"))


def _sees_meetings(user: Any, round_: Round) -> bool:
    return access.may_see_meetings(user) or records_in(user, round_)


def _sees_published(user: Any, round_: Round) -> bool:
    return access.may_see_publications(user) or has_publications(round_)


def _sees_duty_reports(user: Any, round_: Round) -> bool:
    """Where the plan asks for them: whoever sees all, and who is named to review."""
    if not round_.plan_version.document.get("duty_report"):
        return False
    if access.may_see_all_duty_reports(user):
        return True
    return access.reviews_some_duty_reports(user, list(DutyReviewer.objects.filter(round=round_)))


def _sees_promises(user: Any, round_: Round) -> bool:
    """Whoever sees all or assesses; the others where lists are published to them. Own ones stand among the reports."""
    if access.may_see_all_promises(user) or access.may_see_some_marks(user):
        return reads_all(user, round_)
    return access.may_see_rounds(user) and is_published(user, round_)


def _sees_interviews(user: Any, round_: Round) -> bool:
    if access.may_see_interview_register(user):
        return True
    return access.may_see_rounds(user) and concerned_in(user, round_)


def _sees_figures(user: Any, plan: Plan) -> bool:
    sees = access.may_see_some_marks(user) or access.may_see_all_reports(user)
    return sees and bool(Tree(plan).of(ATTAINMENT | NUMBERS))


def _may_use(user: Any, round_: Round) -> bool:
    """Selections and payout: only where the plan has any, for those who see every result."""
    document = round_.plan_version.document
    return access.may_see_all_results(user) and bool(document.get("selections") or document.get("payout"))


def _use_of(round_: Round) -> str:
    return "scoring:selections" if round_.plan_version.document.get("selections") else "scoring:payout"
