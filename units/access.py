"""Who may do what. Every page, menu and download asks here, and nothing else decides.

The predicates take an account and plain objects (a round, an assignment, a subject …) and look only at their
fields, so that this module can stand below the apps that own those objects. An auditor reads everything but
ballots and changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

from .models import Role, User

PUBLISHED = frozenset({"announced", "sealed"})


class _Round(Protocol):
    phase: str


class _Assignment(Protocol):
    pk: int
    unit_id: int | None


class _Subject(Protocol):
    unit_id: int | None
    person_id: int | None


class _EventLeaf(Protocol):
    """What a round settles about one indicator's events (`unit_ids`: who may propose)."""

    @property
    def shown(self) -> bool: ...
    @property
    def applications(self) -> bool: ...
    @property
    def unit_ids(self) -> frozenset[int]: ...


class _Event(Protocol):
    status: str
    proposed_as: str
    proposed_for_id: int | None
    subject: Any


def has_role(user: Any, *roles: Role) -> bool:
    return isinstance(user, User) and user.is_active and any(grant.role in roles for grant in user.grants)


def is_admin(user: Any) -> bool:
    return has_role(user, Role.ADMIN)


def is_office(user: Any) -> bool:
    """The appraisal office (考核办): runs rounds. An administrator is not the office by that alone."""
    return has_role(user, Role.OFFICE)


def assessor_units(user: Any) -> frozenset[int]:
    """The units for which this account enters marks."""
    if not isinstance(user, User) or not user.is_active:
        return frozenset()
    return frozenset(g.unit_id for g in user.grants if g.role == Role.ASSESSOR and g.unit_id)


def deputy_sheets(user: Any) -> Mapping[int, int]:
    """The sheets this account enters in a colleague's place for a time (委托): sheet → the colleague's account."""
    return user.deputy_for if isinstance(user, User) and user.is_active else {}


def stands_in_for(user: Any, assignment: _Assignment) -> int | None:
    """The account in whose place this one enters on a sheet; None where it has the right itself."""
    if assignment.unit_id is None or assignment.unit_id in assessor_units(user):
        return None
    return deputy_sheets(user).get(assignment.pk)


# ---------------------------------------------------------------- accounts, units, plans


def may_manage_accounts(user: Any) -> bool:
    return is_admin(user)


def may_see_accounts(user: Any) -> bool:
    return has_role(user, Role.ADMIN, Role.AUDITOR)


def may_see_organisation(user: Any) -> bool:
    return has_role(user, Role.ADMIN, Role.OFFICE, Role.AUDITOR)


def may_manage_organisation(user: Any) -> bool:
    return has_role(user, Role.ADMIN, Role.OFFICE)


def may_see_plans(user: Any) -> bool:
    """A plan is what everyone is measured by: everyone with an account may read it."""
    return isinstance(user, User) and user.is_active


def may_manage_plans(user: Any) -> bool:
    return is_office(user)


def may_see_audit(user: Any) -> bool:
    return has_role(user, Role.ADMIN, Role.OFFICE, Role.AUDITOR)


# ---------------------------------------------------------------- rounds


def may_see_rounds(user: Any) -> bool:
    return isinstance(user, User) and user.is_active and bool(user.grants)


def may_run_rounds(user: Any) -> bool:
    """Open, close, compute, announce, import, export, enter events and facts."""
    return is_office(user)


def may_see_progress(user: Any) -> bool:
    return has_role(user, Role.OFFICE, Role.AUDITOR, Role.ADMIN)


def may_see_some_marks(user: Any) -> bool:
    """Whether there is any sheet of marks this account may open: its own leaves, or all of them."""
    return may_see_all_marks(user) or bool(assessor_units(user)) or bool(deputy_sheets(user))


def may_enter_some_marks(user: Any) -> bool:
    """Whether there can be any leaf on which this account enters."""
    return is_office(user) or bool(assessor_units(user)) or bool(deputy_sheets(user))


def may_see_all_marks(user: Any) -> bool:
    return has_role(user, Role.OFFICE, Role.AUDITOR)


def may_see_marks(user: Any, assignment: _Assignment) -> bool:
    return may_see_all_marks(user) or _assesses(user, assignment)


def may_enter_marks(user: Any, assignment: _Assignment) -> bool:
    """Only the leaf's own assessor and who stands in for it; without a named one and a unit, the office."""
    if assignment.unit_id is None:
        return is_office(user)
    return _assesses(user, assignment)


def _assesses(user: Any, assignment: _Assignment) -> bool:
    return assignment.unit_id in assessor_units(user) or stands_in_for(user, assignment) is not None


def may_delegate(user: Any, assignment: _Assignment) -> bool:
    """An assessor passes on its own sheets, never those it holds for somebody else."""
    return assignment.unit_id is not None and assignment.unit_id in assessor_units(user)


def may_see_delegations(user: Any) -> bool:
    return may_see_some_marks(user)


def may_consent_to_delegation(user: Any) -> bool:
    return is_office(user)


def may_see_events(user: Any) -> bool:
    """Every event of a round. Assessors and subjects see those of theirs: `may_see_event`."""
    return has_role(user, Role.OFFICE, Role.AUDITOR)


def may_manage_events(user: Any) -> bool:
    """Decide on events, and change or withdraw those of others."""
    return is_office(user)


def may_propose_events(user: Any, leaf: _EventLeaf) -> bool:
    """Enter events of this indicator on any subject: the office, and the units that the round names for it."""
    return is_office(user) or not assessor_units(user).isdisjoint(leaf.unit_ids)


def may_apply_for_events(user: Any, subject: _Subject, leaf: _EventLeaf) -> bool:
    """Apply for an event on one's own unit or person (申报)."""
    return leaf.applications and is_own(user, subject)


def may_see_event(user: Any, event: _Event, leaf: _EventLeaf) -> bool:
    """Who sees all; who may propose on its indicator; the subject what it applied for, and what is shown to it."""
    units = assessor_units(user)
    if may_see_events(user) or event.proposed_for_id in units or not units.isdisjoint(leaf.unit_ids):
        return True
    return (leaf.shown or event.proposed_as == "subject") and is_own(user, event.subject)


def is_proposer(user: Any, event: _Event) -> bool:
    """Whether this account speaks for who proposed the event: the assessor unit, or the subject itself."""
    if event.proposed_as == "subject":
        return is_own(user, event.subject)
    return event.proposed_as == "assessor" and event.proposed_for_id in assessor_units(user)


def may_change_event(user: Any, event: _Event) -> bool:
    """The office always; who proposed it as long as it is not decided."""
    return is_office(user) or (event.status == "pending" and is_proposer(user, event))


def may_comment_event(user: Any, event: _Event, leaf: _EventLeaf) -> bool:
    """The subject on what it sees, and the office, which answers."""
    return is_office(user) or (may_see_event(user, event, leaf) and is_own(user, event.subject))


def may_see_earlier(user: Any) -> bool:
    """The earlier rounds that a round reads, and the subjects' results in them."""
    return has_role(user, Role.OFFICE, Role.AUDITOR)


# ---------------------------------------------------------------- results


def may_see_ranking(user: Any, round_: _Round) -> bool:
    """The office, auditors and leaders at any time; everybody with a role once it is announced."""
    if has_role(user, Role.OFFICE, Role.AUDITOR, Role.LEADER):
        return True
    return round_.phase in PUBLISHED and may_see_rounds(user)


def may_see_all_results(user: Any) -> bool:
    """Every subject's figures with their sources, and the arithmetic of the limits, at any time."""
    return has_role(user, Role.OFFICE, Role.AUDITOR, Role.LEADER)


def is_own(user: Any, subject: _Subject | None) -> bool:
    """Whether the subject is this account's own unit or person; what has no subject is nobody's own."""
    if not isinstance(user, User) or not user.is_active or subject is None:
        return False
    return any(
        g.role == Role.SUBJECT
        and (
            (g.person_id is not None and g.person_id == subject.person_id)
            or (g.person_id is None and g.unit_id is not None and g.unit_id == subject.unit_id)
        )
        for g in user.grants
    )


def belongs_to(user: Any, subject: _Subject) -> bool:
    """Whether the account, in whatever role, is of the unit that is the subject, or is the person itself."""
    if not isinstance(user, User) or not user.is_active:
        return False
    if subject.person_id is not None:
        return any(g.person_id == subject.person_id for g in user.grants)
    units = {g.unit_id for g in user.grants} | {g.person.unit_id for g in user.grants if g.person}
    return subject.unit_id is not None and subject.unit_id in units


def may_see_result(user: Any, round_: _Round, subject: _Subject) -> bool:
    """Every step from a figure to its source: office, auditors, leaders; the subject once announced."""
    if has_role(user, Role.OFFICE, Role.AUDITOR, Role.LEADER):
        return True
    return round_.phase in PUBLISHED and is_own(user, subject)


def may_download_workbook(user: Any) -> bool:
    return has_role(user, Role.OFFICE, Role.AUDITOR)


def may_upload_workbook(user: Any) -> bool:
    return is_office(user)


# ---------------------------------------------------------------- what those appraised report


def is_subject(user: Any) -> bool:
    """Whether this account stands for a unit or a person that may be appraised."""
    return has_role(user, Role.SUBJECT)


def own_keys(user: Any) -> tuple[frozenset[int], frozenset[int]]:
    """The units and the people this account stands for: where `is_own` holds, for a query."""
    if not isinstance(user, User) or not user.is_active:
        return frozenset(), frozenset()
    mine = [grant for grant in user.grants if grant.role == Role.SUBJECT]
    people = frozenset(grant.person_id for grant in mine if grant.person_id)
    units = frozenset(grant.unit_id for grant in mine if grant.unit_id and not grant.person_id)
    return units, people


def may_see_all_reports(user: Any) -> bool:
    """Self-summaries and reported figures of everybody; a draft is its writer's alone."""
    return has_role(user, Role.OFFICE, Role.AUDITOR, Role.LEADER)


def may_run_reports(user: Any) -> bool:
    """Dates, targets, re-opening; accepting a self-summary and verifying any figure."""
    return is_office(user)


def may_report(user: Any, subject: _Subject) -> bool:
    """Write the subject's own self-summary, propose its targets, report its figures."""
    return is_own(user, subject)


def may_verify(user: Any, assignment: _Assignment, subject: _Subject) -> bool:
    """Verify a reported figure: the leaf's assessor, or the office. Nobody but the office verifies its own unit's."""
    if is_office(user):
        return True
    own = assignment.unit_id is not None and assignment.unit_id == subject.unit_id
    return may_enter_marks(user, assignment) and not own and not is_own(user, subject)


# ---------------------------------------------------------------- ballots


class _Entitlement(Protocol):
    account_id: int | None
    unit_id: int | None
    person_id: int | None


def may_run_polls(user: Any) -> bool:
    """Say who votes, open and close, hand out slips, count with the keepers, annul."""
    return is_office(user)


def may_see_polls(user: Any) -> bool:
    """Turnout and what the counts found as a whole. No account sees a ballot: there is none to be seen."""
    return has_role(user, Role.OFFICE, Role.AUDITOR)


def may_be_voter(user: Any) -> bool:
    """Whether the account stands for somebody whom plans let vote. Whoever was chosen by name is one besides."""
    return has_role(user, Role.SUBJECT, Role.LEADER)


def may_see_paper_figures(user: Any, *, counters: Collection[int], compared: bool, is_over: bool, few: bool) -> bool:
    """The figures of a count of paper ballots: the two who counted once both are done (`compared`); office and auditors
    when the vote `is_over`, but not those of a `few` ballots, which say how their voters voted."""
    if not may_see_polls(user) or not compared:
        return False
    return user.pk in counters or (is_over and not few)


def may_read_comments(user: Any, round_: _Round | None = None, subject: _Subject | None = None) -> bool:
    """What voters wrote (above the minimum, shuffled): office and leaders; the subject of itself once announced.

    It is part of ballots: an auditor does not read it.
    """
    if has_role(user, Role.OFFICE, Role.LEADER):
        return True
    return round_ is not None and round_.phase in PUBLISHED and subject is not None and is_own(user, subject)


def may_cast(user: Any, entitlement: _Entitlement) -> bool:
    """Vote by account: whoever the entitlement names, or an account that stands for its unit or is its person."""
    if not isinstance(user, User) or not user.is_active:
        return False
    if entitlement.account_id is not None:
        return entitlement.account_id == user.pk
    units, _people = own_keys(user)
    people = {grant.person_id for grant in user.grants if grant.person_id}
    return (entitlement.unit_id in units) or (entitlement.person_id is not None and entitlement.person_id in people)


# ---------------------------------------------------------------- duty reports


class _Reviewer(Protocol):
    """Who reviews a round's duty reports besides the office; "": of every category, of every group."""

    account_id: int
    category: str
    group: str


class _DutySubject(_Subject, Protocol):
    category: str
    group: str


def may_see_all_duty_reports(user: Any) -> bool:
    """What was handed in, of everybody. A draft is its writer's alone."""
    return has_role(user, Role.OFFICE, Role.AUDITOR, Role.LEADER)


def may_run_duty_reports(user: Any) -> bool:
    """Dates, reviewers, reminders, what reports have in common."""
    return is_office(user)


def may_write_duty_report(user: Any, subject: _Subject) -> bool:
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


# ---------------------------------------------------------------- evidence


PAPER_TALLY = "paper_tally"


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


def may_keep_evidence(user: Any) -> bool:
    """The list of all files of a round, and those that were withdrawn."""
    return has_role(user, Role.OFFICE, Role.AUDITOR)


def may_read_evidence(user: Any, round_: _Round, place: _Place) -> bool:
    """Every file of a place: office, auditors, leaders, its assessor; the subject once the result is announced.

    Counting sheets of paper ballots: who sees polls, nobody else.
    """
    if place.kind == PAPER_TALLY:
        return may_see_polls(user)
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


def may_open_evidence(user: Any, round_: _Round, place: _Place) -> bool:
    """Whether there is anything for this account there: files to read, or a place for its own."""
    if place.kind == PAPER_TALLY or may_read_evidence(user, round_, place):
        return may_read_evidence(user, round_, place)
    if place.event is not None:
        return place.leaf is not None and may_see_event(user, place.event, place.leaf)
    return place.kind not in {"mark", "inspection"} and is_own(user, place.subject)


def hands_in_as_subject(user: Any, place: _Place) -> bool:
    """Whether a file of this account would be the subject's own."""
    if place.kind in {"mark", "inspection", PAPER_TALLY} or not is_own(user, place.subject):
        return False
    if place.event is not None:
        return bool(place.event.proposed_as == "subject") and not is_office(user)
    return place.kind == "self_report" or not _enters_figure(user, place)


def _enters_figure(user: Any, place: _Place) -> bool:
    return is_office(user) or any(may_enter_marks(user, sheet) for sheet in place.assignments)


def may_add_evidence(user: Any, place: _Place) -> bool:
    """Whoever may enter what is to be proved; dates and phases are the service's matter."""
    if place.kind == PAPER_TALLY:
        return may_run_polls(user)
    if place.event is not None:
        return may_change_event(user, place.event)
    if place.kind == "inspection":
        return may_run_inspections(user)
    if place.kind == "mark":
        return any(may_enter_marks(user, sheet) for sheet in place.assignments)
    if place.kind == "attainment" and _enters_figure(user, place):
        return True
    return may_report(user, place.subject)


# ---------------------------------------------------------------- changes of a running plan, on-site verification


def may_see_all_plan_changes(user: Any) -> bool:
    """Every application for a change. The versions of a round's plan are for everybody, as plans are."""
    return has_role(user, Role.OFFICE, Role.AUDITOR, Role.LEADER)


def may_see_plan_change(user: Any, subject: _Subject | None) -> bool:
    return may_see_all_plan_changes(user) or (subject is not None and is_own(user, subject))


def may_ask_for_plan_change(user: Any, subject: _Subject | None) -> bool:
    """The one appraised for itself; the office on anybody's behalf, and for the plan as a whole."""
    return is_office(user) or (subject is not None and is_own(user, subject))


def may_approve_plan_change(user: Any, subject: _Subject | None) -> bool:
    """A supervising leader, but not on what concerns his own unit or himself."""
    return has_role(user, Role.LEADER) and (subject is None or not is_own(user, subject))


def may_run_plan_changes(user: Any) -> bool:
    """Carry out what was approved, change the plan of a round, set the date."""
    return is_office(user)


def may_see_inspections(user: Any) -> bool:
    return has_role(user, Role.OFFICE, Role.AUDITOR, Role.LEADER)


def may_run_inspections(user: Any) -> bool:
    """Draw samples, enter what was found, propose deductions."""
    return is_office(user)


# ---------------------------------------------------------------- review meetings


class _Meeting(Protocol):
    recorder_account_id: int | None


def may_see_meetings(user: Any) -> bool:
    """Every meeting with its agenda, attendance and minutes. The subjects see when and after whom they speak."""
    return has_role(user, Role.OFFICE, Role.AUDITOR, Role.LEADER)


def may_run_meetings(user: Any) -> bool:
    """Plan meetings, put the agenda in order, call off."""
    return is_office(user)


def may_record_meeting(user: Any, meeting: _Meeting) -> bool:
    """Check in, run the clock, write the minutes, open and close: the office, and the account it names."""
    if is_office(user):
        return True
    return isinstance(user, User) and user.is_active and meeting.recorder_account_id == user.pk


def may_see_meeting(user: Any, meeting: _Meeting) -> bool:
    return may_see_meetings(user) or may_record_meeting(user, meeting)


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


def may_publish(user: Any) -> bool:
    """Publish reports, withdraw them, look at comments before anybody else does."""
    return is_office(user)


def may_see_publications(user: Any) -> bool:
    """All publications of a round at any time, with their audience and the numbers of readers."""
    return has_role(user, Role.OFFICE, Role.AUDITOR, Role.LEADER)


def may_read_published(user: Any, publication: _Publication, subject: _Subject) -> bool:
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
    return any(g.role in publication.roles for g in user.grants) or not publication.unit_ids.isdisjoint(units - {None})


def may_comment_published(user: Any, publication: _Publication, subject: _Subject) -> bool:
    """The audience, but not on its own report."""
    return is_audience(user, publication) and not is_own(user, subject)
