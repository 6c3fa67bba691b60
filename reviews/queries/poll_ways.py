"""By which way the voters of a poll can vote: an account, a slip with a code, a link, paper. Not whether they have."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from reviews.models import Entitlement, Participation, Poll
from units.models import Role, RoleGrant, User

NUMBERED, NAMED = "numbered", "named"


def with_account(entitlements: QuerySet[Entitlement]) -> QuerySet[Entitlement]:
    """Adds `can_log_in`: whether some account may cast it (see `units.access.may_cast`)."""
    grants = RoleGrant.objects.filter(user__is_active=True)
    account = User.objects.filter(pk=OuterRef("account"), is_active=True)
    unit = grants.filter(role=Role.SUBJECT, unit=OuterRef("unit"), person=None)
    person = grants.filter(person=OuterRef("person"))
    return entitlements.annotate(can_log_in=Exists(account) | Exists(unit) | Exists(person))


def accounts_of(entitlements: QuerySet[Entitlement]) -> QuerySet[User]:
    """The active accounts that may cast one of these, each once."""
    named = entitlements.filter(on_paper=False, door=None, slip=None).order_by()
    mine = (
        Q(pk__in=named.filter(account__isnull=False).values("account"))
        | Q(
            role_grants__role=Role.SUBJECT,
            role_grants__person=None,
            role_grants__unit__in=named.filter(unit__isnull=False).values("unit"),
        )
        | Q(role_grants__person__in=named.filter(person__isnull=False).values("person"))
    )
    return User.objects.filter(mine, is_active=True).order_by("pk").distinct()


def can_log_in(units: Collection[int], people: Collection[int]) -> tuple[set[int], set[int]]:
    """Of these units and people, those for whom some account may vote. Two queries."""
    grants = RoleGrant.objects.filter(user__is_active=True)
    of_units = grants.filter(role=Role.SUBJECT, person=None, unit__isnull=False).values_list("unit_id", flat=True)
    of_people = grants.filter(person__isnull=False).values_list("person_id", flat=True)
    # All of them are read: there are never more than accounts, and a list of thousands is more than a database takes.
    return set(units).intersection(of_units), set(people).intersection(of_people)


def waiting_slips(poll: Poll, kind: str) -> QuerySet[Entitlement]:
    """The slips of a kind whose code was not made yet, in the order of printing."""
    open_ones = Entitlement.objects.filter(poll=poll, door=None, on_paper=False, code_hash=None)
    if kind == NUMBERED:
        return open_ones.filter(slip__isnull=False).order_by("slip")
    named = with_account(open_ones.filter(slip=None)).filter(Q(can_log_in=False))
    return named.filter(~Exists(Participation.objects.filter(pk=OuterRef("pk")))).order_by("pk")


@dataclass(frozen=True, slots=True)
class Ways:
    """How many voters of a poll come by which way; of the slips, how many are printed."""

    accounts: int = 0
    named: int = 0  # with a name, but no account
    named_printed: int = 0
    named_waiting: int = 0  # neither printed nor voted by an account that is gone since
    numbered: int = 0
    numbered_printed: int = 0
    seats: int = 0
    paper: int = 0

    @property
    def numbered_waiting(self) -> int:
        return self.numbered - self.numbered_printed

    @property
    def unprinted(self) -> int:
        return self.named_waiting + self.numbered_waiting

    @property
    def slips(self) -> int:
        return self.named + self.numbered

    @property
    def printed(self) -> int:
        return self.named_printed + self.numbered_printed


def ways_of(polls: Iterable[Poll]) -> dict[int, Ways]:
    """Poll id → its ways. One query, whatever the number of polls and voters."""
    ids = [poll.pk for poll in polls]
    online = Q(on_paper=False, door=None)
    named = online & Q(slip=None)
    no_account = named & Q(can_log_in=False)
    counted = {
        "accounts": named & Q(can_log_in=True),
        "named": no_account,
        "named_printed": no_account & Q(printed_at__isnull=False),
        "named_waiting": no_account & Q(code_hash=None, used=None),
        "numbered": online & Q(slip__isnull=False),
        "numbered_printed": online & Q(slip__isnull=False, printed_at__isnull=False),
        "seats": Q(door__isnull=False),
        "paper": Q(on_paper=True),
    }
    rows = (
        with_account(Entitlement.objects.filter(poll__in=ids))
        .order_by()
        .values("poll_id")
        .annotate(**{f"n_{name}": Count("pk", filter=condition) for name, condition in counted.items()})
    )
    found = {row["poll_id"]: Ways(**{name: row[f"n_{name}"] for name in counted}) for row in rows}
    return {pk: found.get(pk, Ways()) for pk in ids}
