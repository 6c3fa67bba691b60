"""Files that prove an input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from ..models import Role
from .ballots import may_run_polls, may_see_polls
from .interviews import may_read_interview, may_record_interview
from .rectification import answers_for_item, may_read_item, may_work_on_item
from .reports import may_report
from .roles import PUBLISHED, Round, assessor_units, has_role, is_office, is_own
from .rounds import may_change_event, may_enter_marks, may_see_event, may_see_marks
from .running import may_run_inspections

PAPER_TALLY = "paper_tally"
INTERVIEW = "interview"
LEDGER = "ledger"


class _Place(Protocol):
    """What a file stands beside (`reviews.queries.evidence.Place`)."""

    @property
    def kind(self) -> str: ...
    @property
    def subject(self) -> Any: ...
    @property
    def assignments(self) -> Sequence[Any]: ...
    @property
    def event(self) -> Any: ...
    @property
    def leaf(self) -> Any: ...
    @property
    def interview(self) -> Any: ...
    @property
    def item(self) -> Any: ...


def may_keep_evidence(user: Any) -> bool:
    """The list of all files of a round, and those that were withdrawn."""
    return has_role(user, Role.OFFICE, Role.AUDITOR)


def may_read_evidence(user: Any, round_: Round, place: _Place) -> bool:
    """Every file of a place: office, auditors, leaders, its assessor; the subject once the result is announced.

    Counting sheets of paper ballots: who sees polls, nobody else. Records of interviews: who may read them.
    Those of a ledger's item: who reads the item.
    """
    if place.kind == PAPER_TALLY:
        return may_see_polls(user)
    if place.kind == INTERVIEW:
        return may_read_interview(user, place.interview)
    if place.kind == LEDGER:
        return may_read_item(user, place.item)
    if has_role(user, Role.OFFICE, Role.AUDITOR, Role.LEADER):
        return True
    if any(may_see_marks(user, sheet) for sheet in place.assignments) or _proposes(user, place):
        return True
    return round_.phase in PUBLISHED and is_own(user, place.subject)


def _proposes(user: Any, place: _Place) -> bool:
    """Whether the account sees an event as an assessor does: its unit may propose there, or proposed it."""
    event = place.event
    if event is None:
        return False
    units = {event.proposed_for_id, *(place.leaf.unit_ids if place.leaf else ())}
    return not assessor_units(user).isdisjoint(units)


def may_open_evidence(user: Any, round_: Round, place: _Place) -> bool:
    """Whether there is anything for this account there: files to read, or a place for its own."""
    if place.kind in {PAPER_TALLY, INTERVIEW, LEDGER} or may_read_evidence(user, round_, place):
        return may_read_evidence(user, round_, place)
    if place.event is not None:
        return place.leaf is not None and may_see_event(user, place.event, place.leaf)
    return place.kind not in {"mark", "inspection"} and is_own(user, place.subject)


def hands_in_as_subject(user: Any, place: _Place) -> bool:
    """Whether a file of this account would be the subject's own."""
    if place.kind == LEDGER:
        return answers_for_item(user, place.item)
    if place.kind in {"mark", "inspection", PAPER_TALLY, INTERVIEW} or not is_own(user, place.subject):
        return False
    if place.event is not None:
        return bool(place.event.proposed_as == "subject") and not is_office(user)
    return place.kind in {"self_report", "promise"} or not _enters_figure(user, place)


def _enters_figure(user: Any, place: _Place) -> bool:
    return is_office(user) or any(may_enter_marks(user, sheet) for sheet in place.assignments)


def may_add_evidence(user: Any, place: _Place) -> bool:
    """Whoever may enter what is to be proved; dates and phases are the service's matter."""
    if place.kind == PAPER_TALLY:
        return may_run_polls(user)
    if place.kind == INTERVIEW:
        return may_record_interview(user, place.interview)
    if place.kind == LEDGER:
        return may_work_on_item(user, place.item)
    if place.event is not None:
        return may_change_event(user, place.event)
    if place.kind == "inspection":
        return may_run_inspections(user)
    if place.kind == "mark":
        return any(may_enter_marks(user, sheet) for sheet in place.assignments)
    if place.kind == "attainment" and _enters_figure(user, place):
        return True
    return may_report(user, place.subject)
