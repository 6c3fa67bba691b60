"""The rectification ledger of a round: its items, who may see which, how many wait, who worked on one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from appraisal_site.lib.numbers import as_id
from reviews.models import (
    OPEN_ITEMS,
    TO_DO,
    Evidence,
    ItemSource,
    ItemState,
    LedgerCarry,
    LedgerItem,
    LedgerNote,
    Round,
    Subject,
)
from units import access
from units.models import AuditEntry, RoleGrant, User
from units.models import Role as AccountRole

OVERDUE, UNDER_WAY, TO_VERIFY = "overdue", "open", ItemState.REPORTED.value
PARTS = ("round", "subject", "person", "unit")


@dataclass(frozen=True, slots=True)
class LedgerFilters:
    """What a ledger is narrowed to; "" is no filter. `state`: a stored one, "open" for all that are not settled, or
    "overdue". `words`: each in number, subject, problem or responsible person."""

    state: str = ""
    source: str = ""
    subject: str = ""
    words: str = ""


def ledger_of(round_: Round) -> QuerySet[LedgerItem]:
    """What was found in the round, and what it carries on from earlier ones (first)."""
    carried = LedgerCarry.objects.filter(item=OuterRef("pk"), round=round_)
    found = LedgerItem.objects.filter(Q(round=round_) | Exists(carried))
    return found.select_related(*PARTS).order_by("round_id", "number")


def ledger_seen_by(user: Any, round_: Round) -> QuerySet[LedgerItem]:
    """As far as the account may read it."""
    found = ledger_of(round_)
    return found.filter(not_quoting(user) if access.may_see_ledger(user) else own_items(user))


def not_quoting(user: Any) -> Q:
    """Without what comments of voters led to, where the account may not read those and does not answer for it."""
    if access.may_see_items_from_comments(user):
        return Q()
    return ~Q(source=ItemSource.COMMENT) | own_items(user)


def own_items(user: Any) -> Q:
    """Where `access.answers_for_item` holds."""
    units, people = access.own_keys(user)
    return (
        Q(subject__person__in=people) | Q(subject__unit__in=units) | Q(person__in=people) | Q(unit__in=units)
        if units or people
        else Q(pk__in=())
    )


def overdue_items() -> Q:
    return Q(state__in=TO_DO, deadline__lt=timezone.localdate())


def narrowed(items: QuerySet[LedgerItem], filters: LedgerFilters) -> QuerySet[LedgerItem]:
    if filters.state == OVERDUE:
        items = items.filter(overdue_items())
    elif filters.state == UNDER_WAY:
        items = items.filter(state__in=OPEN_ITEMS)
    elif filters.state in ItemState.values:
        items = items.filter(state=filters.state)
    if filters.source in ItemSource.values:
        items = items.filter(source=filters.source)
    if filters.subject:
        items = items.filter(subject__code=filters.subject)
    for word in filters.words.split():
        number = as_id(word.rpartition("-")[2])
        match = Q(subject__name__icontains=word) | Q(problem__icontains=word) | Q(responsible__icontains=word)
        items = items.filter(match | Q(number=number) if number is not None else match)
    return items


def state_counts(items: QuerySet[LedgerItem]) -> dict[str, int]:
    """`all` (without those taken out), `open`, `overdue`, `reported`, `struck_off`. One query."""
    return items.order_by().aggregate(
        all=Count("pk", filter=~Q(state=ItemState.WITHDRAWN)),
        open=Count("pk", filter=Q(state__in=OPEN_ITEMS)),
        overdue=Count("pk", filter=overdue_items()),
        reported=Count("pk", filter=Q(state=ItemState.REPORTED)),
        struck_off=Count("pk", filter=Q(state=ItemState.STRUCK_OFF)),
    )


def workers_of(items: Collection[LedgerItem]) -> dict[int, set[int]]:
    """Item → the accounts that worked on it: set its measures, reported, wrote progress, added files. Two queries."""
    found = {item.pk: {pk for pk in (item.measures_by_id, item.reported_by_id) if pk} for item in items}
    for item, by in LedgerNote.objects.filter(item__in=found).values_list("item_id", "by_id"):
        found[item].add(by)
    for item, by in Evidence.objects.filter(item__in=found).values_list("item_id", "uploaded_by_id"):
        if item is not None:
            found[item].add(by)
    return found


def trail_of_item(item: LedgerItem) -> QuerySet[AuditEntry]:
    found = AuditEntry.objects.filter(target=LedgerItem._meta.label_lower, target_id=str(item.pk))
    return found.select_related("actor", "on_behalf").order_by("-at", "-id")


def accounts_for(items: Collection[LedgerItem]) -> dict[int, list[User]]:
    """Item → the active accounts that answer for it. One query; load the items with their subjects."""
    people = {pk for item in items for pk in (item.subject.person_id, item.person_id) if pk}
    units = {pk for item in items for pk in (item.subject.unit_id, item.unit_id) if pk}
    grants = RoleGrant.objects.filter(role=AccountRole.SUBJECT, user__is_active=True)
    by_person: dict[int, list[User]] = {}
    by_unit: dict[int, list[User]] = {}
    rows = grants.filter(Q(person__in=people) | Q(unit__in=units, person=None)).select_related("user")
    for grant in rows.order_by("user__name", "user_id"):
        where, key = (by_person, grant.person_id) if grant.person_id else (by_unit, grant.unit_id)
        where.setdefault(key or 0, []).append(grant.user)
    found = {}
    for item in items:
        held = [
            *by_person.get(item.subject.person_id or 0, ()),
            *by_person.get(item.person_id or 0, ()),
            *by_unit.get(item.subject.unit_id or 0, ()),
            *by_unit.get(item.unit_id or 0, ()),
        ]
        found[item.pk] = list({user.pk: user for user in held}.values())
    return found


# ---------------------------------------------------------------- from round to round


def earlier_ledgers(round_: Round) -> list[Round]:
    """Rounds opened before this one with items that are open and not carried here; those of its own plan first.

    `waiting`: how many. One query.
    """
    carried = LedgerCarry.objects.filter(item=OuterRef("ledger_items"), round=round_)
    waiting = Count("ledger_items", filter=Q(ledger_items__state__in=OPEN_ITEMS) & ~Exists(carried))
    found = Round.objects.filter(pk__lt=round_.pk).annotate(waiting=waiting).filter(waiting__gt=0)
    return sorted(found, key=lambda one: (one.plan_id != round_.plan_id, -one.pk))


def not_carried(round_: Round, earlier: Collection[Round] | QuerySet[Round]) -> QuerySet[LedgerItem]:
    """The open items of these rounds that this one does not carry on yet."""
    carried = LedgerCarry.objects.filter(item=OuterRef("pk"), round=round_)
    found = LedgerItem.objects.filter(~Exists(carried), round__in=earlier, state__in=OPEN_ITEMS)
    return found.select_related(*PARTS).order_by("round_id", "number")


def carried_into(items: Sequence[LedgerItem]) -> dict[int, str]:
    """Item → the name of the last round that carries it on. One query."""
    rows = LedgerCarry.objects.filter(item__in=[item.pk for item in items]).order_by("pk")
    return dict(rows.values_list("item_id", "round__name"))


def asked_of(subject: Subject) -> list[LedgerItem]:
    """What the subject has to answer for in its next report: what earlier rounds of the plan found and is still open,
    what this round carries on, and what was struck off since in the ledger of the round before. Two queries."""
    before = list(
        Round.objects.filter(plan=subject.round.plan_id, pk__lt=subject.round_id)
        .order_by("-pk")
        .values_list("pk", flat=True)
    )
    carried = LedgerCarry.objects.filter(item=OuterRef("pk"))
    here = Exists(carried.filter(round=subject.round_id))
    last = Q(round__in=before[:1]) | Exists(carried.filter(round__in=before[:1]))
    found = LedgerItem.objects.filter(_same(subject)).filter(
        Q(round__in=before, state__in=OPEN_ITEMS)
        | (here & ~Q(state=ItemState.WITHDRAWN))
        | (last & Q(state=ItemState.STRUCK_OFF))
    )
    return list(found.exclude(round=subject.round_id).select_related("round").order_by("round_id", "number"))


def _same(subject: Subject) -> Q:
    """Items about the same person, or else the same unit."""
    if subject.person_id is not None:
        return Q(subject__person=subject.person_id)
    if subject.unit_id is not None:
        return Q(subject__unit=subject.unit_id, subject__person=None)
    return Q(pk__in=())


# ---------------------------------------------------------------- on the home page


def waiting_of(user: Any) -> list[tuple[Round, int, Any]]:
    """Of the account's own items that it has to work on: (round, number, the first deadline). One query."""
    rows = (
        LedgerItem.objects.filter(own_items(user), state__in=TO_DO)
        .order_by("deadline")
        .values_list("round_id", "deadline")
    )
    first: dict[int, tuple[int, Any]] = {}
    for round_id, deadline in rows:
        number, day = first.get(round_id, (0, deadline))
        first[round_id] = (number + 1, day)
    rounds = Round.objects.in_bulk(first)
    return [(rounds[pk], number, day) for pk, (number, day) in first.items()]


def waiting_for_office() -> list[dict[str, Any]]:
    """Round → `reported` (to be verified) and `overdue`, where there is any. One query."""
    numbers = {
        "reported": Count("pk", filter=Q(state=ItemState.REPORTED)),
        "overdue": Count("pk", filter=overdue_items()),
    }
    rows = LedgerItem.objects.filter(state__in=OPEN_ITEMS).order_by().values("round_id", title=F("round__title"))
    return [row for row in rows.annotate(**numbers).order_by("-round_id") if row["reported"] or row["overdue"]]
