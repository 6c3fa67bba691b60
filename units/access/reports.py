"""What those appraised write: self-summaries, figures, duty reports; whom reports are published to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from ..models import Role, User
from .roles import Assignment, Subject, has_role, is_office, is_own, own_keys
from .rounds import may_enter_marks, may_see_rounds

# ---------------------------------------------------------------- what those appraised report


def may_see_all_reports(user: Any) -> bool:
    """Self-summaries and reported figures of everybody; a draft is its writer's alone."""
    return has_role(user, Role.OFFICE, Role.AUDITOR, Role.LEADER)


def may_run_reports(user: Any) -> bool:
    """Dates, targets, re-opening; accepting a self-summary and verifying any figure."""
    return is_office(user)


def may_report(user: Any, subject: Subject) -> bool:
    """Write the subject's own self-summary, propose its targets, report its figures."""
    return is_own(user, subject)


def may_verify(user: Any, assignment: Assignment, subject: Subject) -> bool:
    """Verify a reported figure: the leaf's assessor, or the office. Nobody but the office verifies its own unit's."""
    if is_office(user):
        return True
    own = assignment.unit_id is not None and assignment.unit_id == subject.unit_id
    return may_enter_marks(user, assignment) and not own and not is_own(user, subject)


# ---------------------------------------------------------------- duty reports


class _Reviewer(Protocol):
    """Who reviews a round's duty reports besides the office; "": of every category, of every group."""

    account_id: int
    category: str
    group: str


class _DutySubject(Subject, Protocol):
    category: str
    group: str


def may_see_all_duty_reports(user: Any) -> bool:
    """What was handed in, of everybody. A draft is its writer's alone."""
    return has_role(user, Role.OFFICE, Role.AUDITOR, Role.LEADER)


def may_run_duty_reports(user: Any) -> bool:
    """Dates, reviewers, reminders, what reports have in common."""
    return is_office(user)


def may_write_duty_report(user: Any, subject: Subject) -> bool:
    return is_own(user, subject)


def reviews_some_duty_reports(user: Any, reviewers: Sequence[_Reviewer]) -> bool:
    """Whether the account is named as a reviewer of this round at all."""
    return isinstance(user, User) and user.is_active and any(each.account_id == user.pk for each in reviewers)


def reviews_duty_report(user: Any, subject: _DutySubject, reviewers: Sequence[_Reviewer]) -> bool:
    """Whether the account is named for this subject. Nobody reviews what is about the own person or unit."""
    if not isinstance(user, User) or not user.is_active or is_own(user, subject):
        return False
    return any(
        each.account_id == user.pk and each.category in ("", subject.category) and each.group in ("", subject.group)
        for each in reviewers
    )


def may_read_duty_report(user: Any, subject: _DutySubject, reviewers: Sequence[_Reviewer]) -> bool:
    """What was handed in: its writer, who sees all, the reviewer named for it. Other subjects never."""
    if is_own(user, subject) or may_see_all_duty_reports(user):
        return True
    return reviews_duty_report(user, subject, reviewers)


def may_decide_duty_report(user: Any, subject: _DutySubject, reviewers: Sequence[_Reviewer]) -> bool:
    """Approve, send back, order to be written anew, comment: the office or the reviewer named, never the writer."""
    if is_own(user, subject):
        return False
    return is_office(user) or reviews_duty_report(user, subject, reviewers)


# ---------------------------------------------------------------- reports published to an audience


class _Publication(Protocol):
    """Whom reports are shown to, and whether now (`is_open`: within its days, not withdrawn)."""

    everyone: bool
    roles: list[str]

    @property
    def is_open(self) -> bool: ...
    @property
    def unit_ids(self) -> frozenset[int]: ...
    @property
    def account_ids(self) -> frozenset[int]: ...
    @property
    def subject_keys(self) -> tuple[frozenset[int], frozenset[int]]: ...


def may_publish(user: Any) -> bool:
    """Publish reports, withdraw them, look at comments before anybody else does."""
    return is_office(user)


def may_see_publications(user: Any) -> bool:
    """All publications of a round at any time, with their audience and the numbers of readers."""
    return has_role(user, Role.OFFICE, Role.AUDITOR, Role.LEADER)


def may_read_published(user: Any, publication: _Publication, subject: Subject) -> bool:
    """A published report: its audience in its time. Before and after that only those who see every report anyway,
    and the subject, whose text it is."""
    return may_see_publications(user) or is_own(user, subject) or is_audience(user, publication)


def is_audience(user: Any, publication: _Publication) -> bool:
    """Whether reports are shown to this account now: by name, role or unit, or because everybody sees them."""
    if not publication.is_open or not may_see_rounds(user):
        return False
    if publication.everyone or user.pk in publication.account_ids:
        return True
    units = {g.unit_id for g in user.grants} | {g.person.unit_id for g in user.grants if g.person}
    return _has_chosen_role(user, publication) or not publication.unit_ids.isdisjoint(units - {None})


def _has_chosen_role(user: Any, publication: _Publication) -> bool:
    """Of those appraised only the subjects of the round, not all that the organisation has."""
    if any(g.role in publication.roles and g.role != Role.SUBJECT for g in user.grants):
        return True
    if Role.SUBJECT not in publication.roles:
        return False
    return any(not mine.isdisjoint(keys) for mine, keys in zip(own_keys(user), publication.subject_keys, strict=True))


def may_comment_published(user: Any, publication: _Publication, subject: Subject) -> bool:
    """The audience, but not on its own report."""
    return is_audience(user, publication) and not is_own(user, subject)
