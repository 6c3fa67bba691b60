"""Interviews on the home page: to be read and confirmed, to be held, and for the office how many are open."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reviews.queries.interviews import open_numbers, to_confirm, to_hold
from units import access
from units.models import User
from units.templatetags.kaoping import is_overdue

from .base import Card, Task


def interviews_card(user: User) -> Card:
    """Two queries, for the office three. Without tasks for whom no interview concerns."""
    card = Card(_("Interviews"))
    for each in to_confirm(user):
        url = reverse("reviews:interview", args=[each.round_id, each.pk])
        card.tasks.append(Task(_("Read and confirm the record of your interview"), url, each.round.title, urgent=True))
    for each in to_hold(user):
        url = reverse("reviews:interview", args=[each.round_id, each.pk])
        text = _("Hold an interview with %(name)s") % {"name": each.name}
        card.tasks.append(Task(text, url, each.round.title, deadline=each.due_on, urgent=is_overdue(each.due_on)))
    if access.may_arrange_interviews(user):
        card.tasks += _of_office()
    return card


def _of_office() -> list[Task]:
    found = []
    for row in open_numbers():
        due = ngettext("%(count)d interview to be held", "%(count)d interviews to be held", row["due"])
        held = ngettext("%(count)d to be confirmed", "%(count)d to be confirmed", row["held"])
        said = [words % {"count": number} for words, number in ((due, row["due"]), (held, row["held"])) if number]
        url = reverse("reviews:interviews", args=[row["round"]])
        words = " · ".join([*said[1:], row["round__title"]])
        found.append(Task(said[0], url, words, deadline=row["first"], urgent=is_overdue(row["first"])))
    return found
