"""Rounds, their subjects, and who could become one."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Min, Q, QuerySet

from reviews.models import Round, Subject
from units.models import Person, Unit


def rounds_listed() -> QuerySet[Round]:
    """All rounds, newest first, with their number of subjects (`subject_count`)."""
    return (
        Round.objects.select_related("plan", "plan_version")
        .annotate(subject_count=Count("subjects"))
        .order_by("-opened_at", "-id")
    )


def subjects_of(round_: Round, *, category: str = "", group: str = "", words: str = "") -> QuerySet[Subject]:
    """The subjects of a round by order; each of the words must be in code or name."""
    found = Subject.objects.filter(round=round_).order_by("order", "code")
    if category:
        found = found.filter(category=category)
    if group:
        found = found.filter(group=group)
    for word in words.split():
        found = found.filter(Q(code__icontains=word) | Q(name__icontains=word))
    return found


def categories_of(round_: Round) -> list[tuple[str, int]]:
    """(category, number of subjects), by the first subject's place. One query."""
    rows = (
        Subject.objects.filter(round=round_)
        .order_by()
        .values_list("category")
        .annotate(number=Count("pk"), first=Min("order"))
        .order_by("first")
    )
    return [(title, number) for title, number, _first in rows]


def candidates(people: bool, *, category: str = "", words: str = "") -> QuerySet[Any]:
    """Active units (or people) that may become subjects, by code; people by their unit's, then in its order.

    A unit's own `order` says its place among its siblings only, and this list is flat.
    """
    found: QuerySet[Any]
    if people:
        found = Person.objects.filter(is_active=True).select_related("unit")
    else:
        found = Unit.objects.filter(is_active=True)
    if category:
        found = found.filter(category=category)
    for word in words.split():
        match = Q(code__icontains=word) | Q(name__icontains=word)
        found = found.filter(match | Q(unit__name__icontains=word) if people else match)
    return found.order_by("unit__code", "order", "code") if people else found.order_by("code")


def candidate_categories(people: bool) -> list[tuple[str, int]]:
    """(usual category, number of active candidates); "" for those without one. One query."""
    model = Person if people else Unit
    rows = model.objects.filter(is_active=True).order_by().values_list("category").annotate(number=Count("pk"))
    return sorted(rows)
