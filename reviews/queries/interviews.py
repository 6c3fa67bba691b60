"""Interviews: the register, and those that concern an account."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Count, Min, Q, QuerySet

from reviews.models import Evidence, Interview, InterviewState, Phase, Round
from units import access
from units.models import Role, User


def about(user: User) -> Q:
    """The interviews about this account (`access.is_interviewed`), as a condition."""
    mine = [grant for grant in user.grants if grant.role == Role.SUBJECT] if user.is_active else []
    people = [grant.person_id for grant in mine if grant.person_id]
    units = [grant.unit_id for grant in mine if grant.unit_id and not grant.person_id]
    return Q(person__in=people) | Q(person=None, subject__unit__in=units)


def _about(user: User) -> Q:
    """Those of them that it sees."""
    return about(user) & Q(state__in=access.SHOWN_TO_INTERVIEWED)


def interviews_of(round_: Round) -> QuerySet[Interview]:
    found = Interview.objects.filter(round=round_).select_related("subject", "person", "updated_by")
    return found.prefetch_related("accounts").order_by("due_on", "subject__order", "pk")


def interviews_for(user: Any, round_: Round) -> QuerySet[Interview]:
    """What the account finds in the register: everything, or what it holds and what is about it."""
    found = interviews_of(round_)
    if access.may_see_interview_register(user):
        return found
    if not isinstance(user, User):
        return found.none()
    held = Interview.objects.filter(accounts=user).values("pk") if user.is_active else ()
    return found.filter(Q(pk__in=held) | _about(user))


def concerned_in(user: Any, round_: Round) -> bool:
    """Whether an account that does not see the register finds anything in it. One query."""
    return interviews_for(user, round_).order_by().exists()


def state_counts(round_: Round) -> dict[str, int]:
    """One query."""
    rows = Interview.objects.filter(round=round_).order_by().values_list("state").annotate(number=Count("pk"))
    return dict(rows)


def causes_met(round_: Round, keys: Iterable[str]) -> dict[str, Interview]:
    """Cause → the interview that it led to, unless that was called off. One query."""
    found = Interview.objects.filter(round=round_, cause__in=list(keys)).exclude(state=InterviewState.CANCELLED)
    return {each.cause: each for each in found.select_related("subject", "person")}


def to_confirm(user: User) -> list[Interview]:
    """Records about this account that it has not confirmed. One query."""
    found = Interview.objects.filter(_about(user), state=InterviewState.HELD).exclude(round__phase=Phase.SEALED)
    return list(found.select_related("round", "subject", "person"))


def to_hold(user: User) -> list[Interview]:
    """Interviews that this account is to hold. One query."""
    found = Interview.objects.filter(accounts=user, state=InterviewState.DUE).exclude(round__phase=Phase.SEALED)
    return list(found.select_related("round", "subject", "person").order_by("due_on", "pk"))


def open_numbers() -> list[dict[str, Any]]:
    """By round that is not sealed: how many interviews are to be held (`due`, the first by `first`) and to be confirmed
    (`held`). One query."""
    still = [InterviewState.DUE, InterviewState.HELD]
    found = Interview.objects.filter(state__in=still).exclude(round__phase=Phase.SEALED).order_by("-round")
    return list(
        found.values("round", "round__title").annotate(
            due=Count("pk", filter=Q(state=InterviewState.DUE)),
            held=Count("pk", filter=Q(state=InterviewState.HELD)),
            first=Min("due_on", filter=Q(state=InterviewState.DUE)),
        )
    )


def sheet_count(interview: Interview) -> int:
    """How many scanned sheets are attached."""
    return Evidence.objects.filter(interview=interview, withdrawn_at=None).count()
