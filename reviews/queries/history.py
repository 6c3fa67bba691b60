"""The audit trail of a round, and of one cell, event or fact in it."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from reviews.models import Assignment, Event, Round, Subject
from reviews.services.trail import BRANCH, CELL, part_id
from reviews.tree import Tree
from units.models import AuditEntry


def trail_of_round(round_: Round, *, words: str = "", action: str = "") -> QuerySet[AuditEntry]:
    found = AuditEntry.objects.filter(round_id=round_.pk).select_related("actor", "on_behalf")
    if action:
        found = found.filter(action=action)
    for word in words.split():
        found = found.filter(
            Q(label__icontains=word)
            | Q(actor__name__icontains=word)
            | Q(actor__username__icontains=word)
            | Q(reason__icontains=word)
        )
    return found.order_by("-at", "-id")


def trail_of_cell(round_: Round, tree: Tree, assignment: Assignment, subject: Subject) -> QuerySet[AuditEntry]:
    """Marks and 不适用 of one cell, with what was set on the nodes above it."""
    cell = Q(target=CELL, target_id=part_id(subject.pk, assignment.pk))
    branch = Q(
        target=BRANCH,
        target_id__in=[part_id(subject.pk, code) for code in tree.path(assignment.indicator)],
    )
    found = AuditEntry.objects.filter(cell | branch, round_id=round_.pk)
    return found.select_related("actor", "on_behalf").order_by("-at", "-id")


def trail_of_event(round_: Round, event: Event) -> QuerySet[AuditEntry]:
    found = AuditEntry.objects.filter(target=Event._meta.label_lower, target_id=str(event.pk), round_id=round_.pk)
    return found.select_related("actor", "on_behalf").order_by("-at", "-id")
