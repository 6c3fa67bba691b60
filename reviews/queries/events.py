"""Events of a round: who sees which, what matters there are, what the list and the pages say about them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from reviews import matters
from reviews.models import Event, EventComment, EventStatus, Proposer, Round, Subject
from reviews.services.event_checks import value_of
from reviews.services.event_leaves import LeafSetting
from reviews.tree import COUNTED, Tree
from units import access
from units.models import Role, User

RETURNED, COMMENTED = "returned", "commented"
PEOPLE = ("subject", "created_by", "updated_by", "decided_by", "proposed_for")


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of events is narrowed to; "" is no filter. `words`: each in subject, matter, basis or number.

    `status` is a stored status, "returned", or "commented" (the subject spoke last). `month` is like 2020-03.
    """

    indicator: str = ""
    item: str = ""
    status: str = ""
    month: str = ""
    proposer: str = ""
    subject: str = ""
    words: str = ""


def events_of(round_: Round, filters: Filters | None = None) -> QuerySet[Event]:
    """Events, newest first, with subject and people."""
    found = Event.objects.filter(subject__round=round_).select_related(*PEOPLE)
    if filters is None:
        return found.order_by("-created_at", "-id")
    for name, value in (("indicator", filters.indicator), ("item", filters.item), ("proposed_as", filters.proposer)):
        if value:
            found = found.filter(**{name: value})
    if filters.subject:
        found = found.filter(subject__code=filters.subject)
    found = _in_month(_of_status(found, filters.status), filters.month)
    for word in filters.words.split():
        found = found.filter(
            Q(subject__name__icontains=word)
            | Q(subject__code__icontains=word)
            | Q(matter__icontains=word)
            | Q(basis__icontains=word)
            | Q(document__icontains=word)
        )
    return found.order_by("-created_at", "-id")


def _of_status(found: QuerySet[Event], status: str) -> QuerySet[Event]:
    if status == RETURNED:
        return found.filter(returned=True)
    if status == COMMENTED:
        return found.filter(Exists(EventComment.objects.filter(LAST, event=OuterRef("pk"), from_subject=True)))
    if status == EventStatus.PENDING:
        return found.filter(status=status, returned=False)
    return found.filter(status=status) if status else found


def _in_month(found: QuerySet[Event], month: str) -> QuerySet[Event]:
    """Of that month; of an event that names none, its date's."""
    if not re.fullmatch(r"[1-9]\d{3}-(0[1-9]|1[0-2])", month):
        return found
    year, number = map(int, month.split("-"))
    return found.filter(Q(month=month) | Q(month="", date__year=year, date__month=number))


# The last comment of its event.
LAST = Q(~Exists(EventComment.objects.filter(event=OuterRef("event"), pk__gt=OuterRef("pk"))))


def with_unanswered(found: QuerySet[Event]) -> QuerySet[Event]:
    """`unanswered`: whether the last comment is the subject's."""
    last = EventComment.objects.filter(event=OuterRef("pk")).order_by("-id").values("from_subject")[:1]
    return found.annotate(unanswered=Subquery(last))


def unanswered_count(found: QuerySet[Event]) -> int:
    """How many of these events wait for an answer to the subject's comment. One query."""
    return with_unanswered(found).alias(asked=F("unanswered")).filter(asked=True).count()


def months_of(events: QuerySet[Event]) -> list[str]:
    """The months that these events name, newest first. One query."""
    return list(events.exclude(month="").order_by("-month").values_list("month", flat=True).distinct())


# ---------------------------------------------------------------- who sees which


def own_subjects(user: User) -> Q:
    """The subjects that are this account's own unit or person, as a condition on subjects (`access.is_own`)."""
    mine = Q(pk__in=())
    for grant in user.grants if user.is_active else ():
        if grant.role == Role.SUBJECT and grant.person_id is not None:
            mine |= Q(person_id=grant.person_id)
        elif grant.role == Role.SUBJECT and grant.unit_id is not None:
            mine |= Q(unit_id=grant.unit_id)
    return mine


def own_subjects_of(round_: Round, user: Any) -> list[Subject]:
    if not isinstance(user, User):
        return []
    return list(Subject.objects.filter(own_subjects(user), round=round_).order_by("order", "code"))


def visible_events(
    round_: Round, user: Any, leaves: Mapping[str, LeafSetting], filters: Filters | None = None
) -> QuerySet[Event]:
    """The events that this account may see (`access.may_see_event`, for a whole round)."""
    found = events_of(round_, filters)
    if access.may_see_events(user):
        return found
    if not isinstance(user, User):
        return found.none()
    units = access.assessor_units(user)
    assessed = [code for code, leaf in leaves.items() if not units.isdisjoint(leaf.unit_ids)]
    open_leaves = [code for code, leaf in leaves.items() if leaf.shown]
    own = Subject.objects.filter(own_subjects(user), round=round_).values("pk")
    return found.filter(
        Q(indicator__in=assessed)
        | Q(proposed_for__in=units)
        | (Q(subject__in=own) & (Q(proposed_as="subject") | Q(indicator__in=open_leaves)))
    )


def sees_list(user: Any, leaves: Mapping[str, LeafSetting]) -> bool:
    """Whether the list of events is there for this account: all of them, or those of its indicators."""
    return access.may_see_events(user) or any(access.may_propose_events(user, leaf) for leaf in leaves.values())


# ---------------------------------------------------------------- matters


def known_matters(
    round_: Round, indicator: str, item: str, subject: Subject | None = None, *, applied: bool = False
) -> list[tuple[str, bool]]:
    """(matter, whether this subject has it) as used for this item in the round; the subject's own first. One query.

    `applied`: only what the subject itself applied for, where it may not see the rest.
    """
    found = Event.objects.filter(subject__round=round_, indicator=indicator, item=item).exclude(matter="")
    found = found.exclude(status=EventStatus.REJECTED)
    if applied:
        found = found.filter(subject=subject, proposed_as=Proposer.SUBJECT)
    mine = found.filter(subject=subject, matter=OuterRef("matter"))
    rows = found.values_list("matter").annotate(own=Exists(mine)).order_by("-own", "matter").distinct()
    return list(rows[:MATTERS])


MATTERS = 2000  # names of matters that are looked through for one that is like the typed one


@dataclass(frozen=True, slots=True)
class Double:
    """Another event of the same subject and item that may be the same matter, and why."""

    event: Event
    percent: int
    by_document: bool


def doubles(tree: Tree, events: Iterable[Event]) -> dict[int, list[Double]]:
    """By event id the other events that may mean the same matter: of one subject and item. One query.

    Two bonuses of the same name are one matter by the rules and no doubt; where counts add up (deductions), the same
    name twice is a doubt, too. What is rejected raises none.
    """
    events = list(events)
    found: dict[tuple[int, str, str], list[Event]] = {}
    subjects = {event.subject_id for event in events}
    rows = Event.objects.filter(subject__in=subjects, indicator__in={event.indicator for event in events})
    for row in rows.exclude(status=EventStatus.REJECTED).order_by("id"):
        found.setdefault((row.subject_id, row.indicator, row.item), []).append(row)
    result = {}
    for event in events:
        others = found.get((event.subject_id, event.indicator, event.item), [])
        if event.status == EventStatus.REJECTED or not others:
            continue
        adds_up = tree.nodes[event.indicator].method in COUNTED
        suspects = [d for other in others if other.pk != event.pk and (d := _double(event, other, adds_up))]
        if suspects:
            result[event.pk] = suspects
    return result


def _double(event: Event, other: Event, adds_up: bool) -> Double | None:
    if not adds_up and event.matter and event.matter == other.matter:
        return None
    percent = matters.percent(event.matter, other.matter)
    by_document = matters.same_document(event.document, other.document)
    return Double(other, percent, by_document) if percent >= matters.SAME or by_document else None


# ---------------------------------------------------------------- words and figures


def item_titles(tree: Tree) -> dict[tuple[str, str], str]:
    return {
        (node.code, item.code): f"{item.code} {item.title}" for node in tree.nodes.values() for item in node.catalogue
    }


def worth(tree: Tree, event: Event) -> Decimal | None:
    """Count × value with the method's sign, before any cap; None if the plan's item has no value."""
    node = tree.nodes[event.indicator]
    item = next((item for item in node.catalogue if item.code == event.item), None)
    value = value_of(item, event.value)
    if value is None:
        return None
    total: Decimal = event.count * value
    return total if node.method == "bonus" else -total
