"""What the product tells those who proposed events: approved, not accepted, sent back, or a decision taken back.

Told is whoever speaks for the proposer (`access.is_proposer`): all accounts of the assessor unit, or of the subject.
What the office entered itself has nobody to tell. An account gets one message for all that was decided at once.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from indicators.services import engine_plan
from reviews.models import Event, EventStatus, Proposer, Round
from reviews.queries.accounts import accounts_of, assessors_of
from reviews.tree import Tree
from units.models import User
from units.services.notifications import Message, notify

LISTED = 20  # events named in one message


def tell_proposers(round_: Round, events: Collection[Event], outcome: str, reason: str, by: User) -> None:
    """`outcome`: the new status, or "returned". The number of queries does not grow with the events.

    Who decided is not named: those appraised do not see it on the event either.
    """
    told: dict[User, list[Event]] = {}
    for event, accounts in _speakers(events):
        for account in accounts:
            if account.pk != by.pk:
                told.setdefault(account, []).append(event)
    if not told:
        return
    tree = Tree(engine_plan(round_.plan_version))
    messages = [_message(round_, tree, account, mine, outcome, reason) for account, mine in told.items()]
    notify(messages=messages, by=None, mail=True)


def _speakers(events: Collection[Event]) -> list[tuple[Event, Sequence[User]]]:
    own = [event for event in events if event.proposed_as == Proposer.SUBJECT]
    assessed = [event for event in events if event.proposed_as == Proposer.ASSESSOR]
    subjects = accounts_of(list({event.subject_id: event.subject for event in own}.values())) if own else {}
    units: Mapping[int, list[User]] = {}
    if assessed:
        units = assessors_of({event.proposed_for_id for event in assessed if event.proposed_for_id})
    found: list[tuple[Event, Sequence[User]]] = [(event, subjects[event.subject_id]) for event in own]
    return found + [(event, units.get(event.proposed_for_id or 0, ())) for event in assessed]


def _message(round_: Round, tree: Tree, account: User, events: Sequence[Event], outcome: str, reason: str) -> Message:
    said = [round_.title]
    if reason.strip():
        said.append(_("Reason: %(reason)s") % {"reason": reason.strip()})
    if len(events) == 1:
        title = _title(outcome) % {"event": _words(tree, events[0])}
        place = reverse("reviews:event_detail", args=[round_.pk, events[0].pk])
        return Message(account, title, "\n".join(said), place)
    said += [_words(tree, event) for event in events[:LISTED]]
    if (more := len(events) - LISTED) > 0:
        said.append(ngettext("and %(count)d more", "and %(count)d more", more) % {"count": more})
    own = all(event.proposed_as == Proposer.SUBJECT for event in events)
    place = reverse("reviews:own_events" if own else "reviews:event_list", args=[round_.pk])
    return Message(account, _title_of_many(outcome, len(events)), "\n".join(said), place)


def _title(outcome: str) -> str:
    return {
        EventStatus.APPROVED.value: _("Event approved: %(event)s"),
        EventStatus.REJECTED.value: _("Event not accepted: %(event)s"),
        EventStatus.PENDING.value: _("Decision taken back, the event waits for approval again: %(event)s"),
    }.get(outcome, _("Event sent back for revision: %(event)s"))


def _title_of_many(outcome: str, count: int) -> str:
    words = {
        EventStatus.APPROVED.value: ngettext(
            "%(count)d event you proposed was approved", "%(count)d events you proposed were approved", count
        ),
        EventStatus.REJECTED.value: ngettext(
            "%(count)d event you proposed was not accepted", "%(count)d events you proposed were not accepted", count
        ),
        EventStatus.PENDING.value: ngettext(
            "%(count)d event you proposed waits for approval again",
            "%(count)d events you proposed wait for approval again",
            count,
        ),
    }.get(
        outcome,
        ngettext(
            "%(count)d event you proposed was sent back for revision",
            "%(count)d events you proposed were sent back for revision",
            count,
        ),
    )
    return words % {"count": count}


def _words(tree: Tree, event: Event) -> str:
    node = tree.get(event.indicator)
    leaf = node.title if node is not None else event.indicator
    return " · ".join(part for part in (event.subject.name, leaf, event.matter or event.item) if part)
