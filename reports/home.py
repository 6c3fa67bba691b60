"""What waits for an account: the cards of the home page.

Figures are shown for the newest few open rounds only, so that the page costs the same number of queries in the
twentieth year; the other rounds are a link away.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from indicators.services import engine_plan
from reviews.models import Assignment, Event, EventStatus, Phase, Round
from reviews.queries.progress import completeness, leaf_progress
from reviews.tree import Tree
from scoring.queries import current_computation, is_stale, own_results, shown_total
from units import access
from units.models import Role, User

ROUNDS_SHOWN = 3
RESULTS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Task:
    """One line: what, where, how far (per cent, None: no measure), until when, and what it needs in words."""

    text: str
    url: str
    words: str = ""
    percent: int | None = None
    deadline: datetime.date | None = None
    urgent: bool = False


@dataclass(slots=True)
class Card:
    title: str
    tasks: list[Task] = field(default_factory=list)
    empty: str = ""
    more: tuple[str, str] | None = None  # (address, words)


def cards_for(user: User) -> list[Card]:
    """The cards of this account, most pressing first. A fixed number of queries per role."""
    return list(_cards(user))


def _cards(user: User) -> Iterator[Card]:
    if access.assessor_units(user):
        yield _marks_card(user)
    if access.may_run_rounds(user):
        yield _office_card()
    elif access.has_role(user, Role.LEADER, Role.AUDITOR):
        yield _results_card(user)
    if access.has_role(user, Role.SUBJECT):
        yield _own_card(user)
    if access.is_admin(user):
        yield _admin_card()


def _open_rounds() -> list[Round]:
    rounds = Round.objects.filter(phase__in=[Phase.COLLECTING, Phase.REVIEWING])
    return list(rounds.select_related("plan", "plan_version").order_by("-opened_at", "-id")[:ROUNDS_SHOWN])


def _missing_words(missing: int) -> str:
    if not missing:
        return _("all in")
    return ngettext("%(count)d still missing", "%(count)d still missing", missing) % {"count": missing}


def _marks_card(user: User) -> Card:
    card = Card(_("My marks"), empty=_("No round waits for your marks. When the office opens one, it appears here."))
    for round_ in _open_rounds():
        if round_.phase != Phase.COLLECTING:
            continue
        own = Assignment.objects.filter(round=round_, unit__in=access.assessor_units(user)).select_related("unit")
        leaves = leaf_progress(round_, Tree(engine_plan(round_.plan_version)), list(own))
        if not leaves:
            continue
        done = completeness(leaves)
        card.tasks.append(
            Task(
                text=round_.title,
                url=reverse("reviews:my_marks", args=[round_.pk]),
                words=_missing_words(done.missing),
                percent=done.percent,
                deadline=round_.deadline,
                urgent=any(leaf.late for leaf in leaves),
            )
        )
    return card


def _office_card() -> Card:
    card = Card(
        _("Rounds under way"),
        empty=_("No round is open. Choose a plan and open one."),
        more=(reverse("reviews:round_list"), _("All rounds")),
    )
    for round_ in _open_rounds():
        card.tasks += _office_tasks(round_)
    return card


def _office_tasks(round_: Round) -> Iterator[Task]:
    leaves = leaf_progress(round_, Tree(engine_plan(round_.plan_version)))
    done = completeness(leaves)
    yield Task(
        text=round_.title,
        url=reverse("reviews:progress", args=[round_.pk]),
        words=_missing_words(done.missing),
        percent=done.percent,
        deadline=round_.deadline if round_.phase == Phase.COLLECTING else None,
        urgent=any(leaf.late for leaf in leaves),
    )
    pending = Event.objects.filter(subject__round=round_, status=EventStatus.PENDING).count()
    if pending:
        words = ngettext("%(count)d event waits for approval", "%(count)d events wait for approval", pending)
        url = reverse("reviews:event_list", args=[round_.pk]) + f"?status={EventStatus.PENDING}"
        yield Task(text=words % {"count": pending}, url=url, words=round_.title)
    computation = current_computation(round_)
    if computation is None:
        yield Task(
            text=_("The result has not been computed yet"),
            url=reverse("scoring:ranking", args=[round_.pk]),
            words=round_.title,
        )
    elif is_stale(computation, round_):
        yield Task(
            text=_("Inputs have changed since the result was computed"),
            url=reverse("scoring:ranking", args=[round_.pk]),
            words=round_.title,
        )


def _results_card(user: User) -> Card:
    card = Card(
        _("Results"),
        empty=_("There is no round yet."),
        more=(reverse("reviews:round_list"), _("All rounds")),
    )
    for round_ in Round.objects.order_by("-opened_at", "-id")[:RESULTS_SHOWN]:
        card.tasks.append(
            Task(
                text=round_.title,
                url=reverse("scoring:ranking", args=[round_.pk]),
                words=str(Phase(round_.phase).label),
            )
        )
    return card


def _own_card(user: User) -> Card:
    card = Card(
        _("My results"),
        empty=_("Nothing has been announced about you yet. When a round is announced, your result appears here."),
        more=(reverse("scoring:my_results"), _("All my results")),
    )
    for row in own_results(user)[:RESULTS_SHOWN]:
        round_ = row.computation.round
        plan = engine_plan(round_.plan_version)
        values = {
            "total": shown_total(row, plan),
            "rank": row.rank,
            "grade": row.grade or _("no grade"),
        }
        card.tasks.append(
            Task(
                text=round_.title,
                url=reverse("scoring:subject_result", args=[round_.pk, row.subject_id]),
                words=_("total %(total)s, rank %(rank)s, %(grade)s") % values,
            )
        )
    return card


def _admin_card() -> Card:
    return Card(
        _("Administration"),
        tasks=[
            Task(_("Accounts and roles"), reverse("units:account_list")),
            Task(_("Units and people"), reverse("units:unit_list")),
            Task(_("Import a roster"), reverse("units:roster")),
            Task(_("Log"), reverse("units:audit_list")),
        ],
    )
