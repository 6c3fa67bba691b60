"""My work: what waits for an account, until when, how much of it is done. One module per kind of work.

A provider gives the tasks of one concern in the newest few open rounds that concern the account, so that the page
costs the same number of queries in the twentieth year; the other rounds are a link away.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Q

from reviews.models import Assignment, DutyReviewer, Meeting, Subject
from reviews.queries.events import own_subjects
from units import access
from units.models import Role, User

from .admin import admin_card
from .assessor import marks_card
from .base import Card, Task, open_rounds
from .duty import review_card
from .interviews import interviews_card
from .meetings import reading_card, recorder_card
from .news import news_card
from .office import office_card, plans_card
from .own import own_card, results_card
from .readers import leader_card, readers_card
from .votes import votes_card

__all__ = ["Card", "Task", "cards_for"]


def cards_for(user: User) -> list[Card]:
    """The cards of this account, most pressing first. A fixed number of queries per role."""
    return list(_cards(user))


def _cards(user: User) -> Iterator[Card]:
    if votes := votes_card(user):
        yield votes
    if (news := news_card(user)).tasks:
        yield news
    yield from _work(user)


def _by_name(user: User) -> Iterator[Card]:
    """What waits for those who are named for it, in whatever role; nothing for the others."""
    recorded = Meeting.objects.filter(recorder_account=user)
    if not access.is_office(user) and (recording := recorder_card(user, open_rounds(recorded))).tasks:
        yield recording
    if (interviews := interviews_card(user)).tasks:
        yield interviews
    if (reading := reading_card(user)).tasks:
        yield reading
    if (review := review_card(user, open_rounds(DutyReviewer.objects.filter(account=user)))) is not None:
        yield review


def _work(user: User) -> Iterator[Card]:
    """What is asked of each of the account's roles."""
    if access.has_role(user, Role.SUBJECT):
        yield own_card(user, open_rounds(Subject.objects.filter(own_subjects(user))))
    if access.assessor_units(user) or access.deputy_sheets(user):
        sheets = Q(unit__in=access.assessor_units(user)) | Q(pk__in=access.deputy_sheets(user))
        yield marks_card(user, open_rounds(Assignment.objects.filter(sheets)))
    yield from _by_name(user)
    if access.has_role(user, Role.LEADER):
        yield leader_card(open_rounds())
    if access.may_run_rounds(user):
        yield office_card(open_rounds())
        yield plans_card()
    elif access.has_role(user, Role.LEADER, Role.AUDITOR):
        yield readers_card()
    if access.has_role(user, Role.SUBJECT):
        yield results_card(user)
    if access.is_admin(user):
        yield admin_card()
