"""Interviews (约谈): arranged for a cause, recorded, confirmed by whom they are about, corrected, called off.

The audit trail says that and when; nothing of what was said, nor why, is in it.
"""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from reviews.models import Evidence, Interview, InterviewSource, InterviewState, InterviewVersion, Round, Subject
from reviews.words import today
from units import access, audit
from units.models import Person, Role, RoleGrant, User
from units.services.notifications import notify

from .errors import Conflict, InvalidInput, NotAllowed, ReviewError, Theirs
from .interview_notices import held_message, holder_messages
from .rounds import ensure_unsealed

USUAL_KIND = "约谈提醒"
LONGEST = 20_000


class AlreadyArranged(ReviewError):
    """This cause has led to an interview already."""

    def __init__(self, subject: Subject) -> None:
        super().__init__(_("%(name)s: an interview is arranged for this already.") % {"name": subject.name})


class NotNow(ReviewError):
    """The interview's state does not allow this."""


@dataclass(frozen=True, slots=True)
class Cause:
    """What leads to an interview. `key` names it within the round ("ledger.12"): one cause, one interview; "" none."""

    source: str = InterviewSource.HAND
    key: str = ""
    grade: str = ""


BY_HAND = Cause()


def of_finding(key: str) -> Cause:
    """The cause that something found elsewhere is, by its key ("ledger.12", "result.7"); "" for none."""
    if not key:
        return BY_HAND
    is_result = key.startswith(f"{InterviewSource.RESULT}.")
    return Cause(InterviewSource.RESULT if is_result else InterviewSource.LEDGER, key[:80])


def of_result(subject: Subject, grade: str) -> Cause:
    """The cause that a subject's result is."""
    return Cause(InterviewSource.RESULT, f"result.{subject.pk}", grade)


@dataclass(frozen=True, slots=True)
class RecordData:
    """The record of an interview."""

    held_on: datetime.date | None = None
    place: str = ""
    interviewers: str = ""
    present: str = ""
    recorder: str = ""
    said: str = ""
    answer: str = ""
    demands: str = ""
    demands_until: datetime.date | None = None
    statement: str = ""


def arrange_interview(
    *,
    round: Round,  # noqa: A002
    subject: Subject,
    reason: str,
    due_on: datetime.date | None,
    by: User,
    source: Cause = BY_HAND,
    kind: str = USUAL_KIND,
    person: Person | None = None,
    accounts: Sequence[User] = (),
) -> Interview:
    """Arrange an interview, in any phase until the round is sealed; those who hold it are told. Audited, but not why.

    `person`: who is interviewed, where it is not the subject as such. Raises NotAllowed, RoundClosed, InvalidInput
    ("kind", "reason", "accounts"), AlreadyArranged if the `source` has one that was not called off.
    Nobody arranges the one about himself.
    """
    if not access.may_arrange_interviews(by):
        raise NotAllowed
    if not kind.strip():
        raise InvalidInput(_("Say what kind of interview it is."), "kind")
    if not reason.strip():
        raise InvalidInput(_("An interview needs a reason."), "reason")
    try:
        with transaction.atomic():
            locked = ensure_unsealed(round)
            made = Interview.objects.create(
                round=locked,
                subject=subject,
                person_id=person.pk if person else subject.person_id,
                kind=kind.strip()[:60],
                source=source.source,
                cause=source.key,
                grade=source.grade,
                reason=reason.strip()[:500],
                due_on=due_on,
                created_by=by,
                updated_by=by,
            )
            if access.is_interviewed(by, made):
                words = _("%(name)s: nobody arranges the interview about himself; somebody else of the office does.")
                raise NotAllowed(words % {"name": made.name})
            _name(made, accounts)
            _record(by, "arrange interview", made, {"deadline": (None, due_on)})
            notify(messages=holder_messages(made, accounts, by), by=by)
    except IntegrityError:
        raise AlreadyArranged(subject) from None
    return made


def change_arrangement(
    *,
    interview: Interview,
    kind: str,
    reason: str,
    due_on: datetime.date | None,
    accounts: Sequence[User],
    seen: int,
    by: User,
) -> Interview:
    """Change until when, why, of what kind and who holds it; new ones are told. Audited without content.

    Raises NotAllowed, RoundClosed, InvalidInput ("kind", "reason", "accounts"), NotNow once it is held, Conflict.
    """
    if not access.may_arrange_interviews(by) or access.is_interviewed(by, interview):
        raise NotAllowed
    if not kind.strip():
        raise InvalidInput(_("Say what kind of interview it is."), "kind")
    if not reason.strip():
        raise InvalidInput(_("An interview needs a reason."), "reason")
    with transaction.atomic():
        ensure_unsealed(interview.round_id)
        if interview.state != InterviewState.DUE:
            raise NotNow(_("This interview was held or called off already."))
        before, named = interview.due_on, interview.account_ids
        _claim(interview, seen, by, kind=kind.strip()[:60], reason=reason.strip()[:500], due_on=due_on)
        _name(interview, accounts)
        _record(by, "change interview", interview, {"deadline": (before, due_on)})
        fresh = [account for account in accounts if account.pk not in named]
        notify(messages=holder_messages(interview, fresh, by), by=by)
    return interview


def cancel_interview(*, interview: Interview, reason: str, seen: int, by: User) -> Interview:
    """Call off an interview that was not held, with a reason; its cause may lead to another one then. Audited."""
    if not access.may_arrange_interviews(by) or access.is_interviewed(by, interview):
        raise NotAllowed
    if not reason.strip():
        raise InvalidInput(_("Calling off needs a reason."), "reason")
    with transaction.atomic():
        ensure_unsealed(interview.round_id)
        if interview.state != InterviewState.DUE:
            raise NotNow(_("This interview was held or called off already."))
        _claim(interview, seen, by, state=InterviewState.CANCELLED, cancelled_reason=reason.strip()[:500])
        _record(by, "call off interview", interview, {"interview": (InterviewState.DUE.value, interview.state)})
    return interview


# ---------------------------------------------------------------- the record


def save_draft(*, interview: Interview, data: RecordData, seen: int, by: User) -> Interview:
    """Save the record while it is written, before the interview counts as held. Not audited.

    Raises NotAllowed, RoundClosed, NotNow, InvalidInput (a field), Conflict.
    """
    if not access.may_record_interview(by, interview):
        raise NotAllowed
    with transaction.atomic():
        ensure_unsealed(interview.round_id)
        if interview.state != InterviewState.DUE:
            raise NotNow(_("This interview was held or called off already."))
        _claim(interview, seen, by, **_fields(data))
    return interview


def record_interview(*, interview: Interview, data: RecordData, seen: int, by: User) -> Interview:
    """Save the record and hold the interview for held: the interviewed is told, and reads and confirms it. Audited.

    Raises NotAllowed, RoundClosed, NotNow, InvalidInput (a field that lacks or is wrong), Conflict.
    """
    if not access.may_record_interview(by, interview):
        raise NotAllowed
    with transaction.atomic():
        ensure_unsealed(interview.round_id)
        if interview.state != InterviewState.DUE:
            raise NotNow(_("This interview was held or called off already."))
        _ensure_complete(data)
        _claim(interview, seen, by, state=InterviewState.HELD, **_fields(data))
        changes = {"date": (None, data.held_on), "check sum of the record": (None, check_sum(interview))}
        _record(by, "record interview", interview, changes | {"interview": (InterviewState.DUE.value, interview.state)})
        notify(messages=held_message(interview, interviewed_accounts(interview), by), by=by)
    return interview


def correct_record(*, interview: Interview, data: RecordData, reason: str, seen: int, by: User) -> Interview:
    """Correct the record of an interview that was held, with a reason. What it said is kept for those who may read
    it; a confirmation no longer holds, and the interviewed is told. Audited by check sums."""
    if not access.may_record_interview(by, interview):
        raise NotAllowed
    if not reason.strip():
        raise InvalidInput(_("A correction needs a reason."), "reason")
    with transaction.atomic():
        ensure_unsealed(interview.round_id)
        if interview.state not in access.SHOWN_TO_INTERVIEWED:
            raise NotNow(_("This interview was not held yet, or was called off."))
        _ensure_complete(data)
        before, said = check_sum(interview), texts_of(interview)
        if asdict(data_of(interview)) == _fields(data):
            return interview
        number = interview.versions.count() + 1
        InterviewVersion.objects.create(
            interview=interview, number=number, texts=said, reason=reason.strip()[:500], made_by=by
        )
        undone = {"remark": "", "confirmed_at": None, "confirmed_by": None, "on_paper": False}
        _claim(interview, seen, by, state=InterviewState.HELD, **undone, **_fields(data))
        _record(by, "correct interview", interview, {"check sum of the record": (before, check_sum(interview))})
        notify(messages=held_message(interview, interviewed_accounts(interview), by), by=by)
    return interview


def confirm_interview(*, interview: Interview, remark: str, seen: int, by: User) -> Interview:
    """The interviewed has read the record and confirms it, or adds a remark to it. Audited without the remark."""
    if not access.may_confirm_interview(by, interview):
        raise NotAllowed
    return _confirm(interview, seen, by, remark=remark.strip()[:LONGEST])


def confirm_on_paper(*, interview: Interview, seen: int, by: User) -> Interview:
    """The signed sheet stands for the confirmation, where the interviewed has no account: it must be attached. Audited.

    Raises InvalidInput ("files") without a sheet.
    """
    if not access.may_record_interview(by, interview):
        raise NotAllowed
    if not Evidence.objects.filter(interview=interview, withdrawn_at=None).exists():
        raise InvalidInput(_("Attach the scanned sheet with the signatures first."), "files")
    return _confirm(interview, seen, by, on_paper=True)


def _confirm(interview: Interview, seen: int, by: User, **fields: object) -> Interview:
    with transaction.atomic():
        ensure_unsealed(interview.round_id)
        if interview.state != InterviewState.HELD:
            raise NotNow(_("There is nothing to confirm here now."))
        _claim(
            interview, seen, by, state=InterviewState.CONFIRMED, confirmed_at=timezone.now(), confirmed_by=by, **fields
        )
        changes = {"interview": (InterviewState.HELD.value, interview.state)}
        _record(by, "confirm interview", interview, changes | {"check sum of the record": (None, check_sum(interview))})
    return interview


def interviewed_accounts(interview: Interview) -> list[User]:
    """The active accounts whom the interview is about (`access.is_interviewed`). One query."""
    grants = RoleGrant.objects.filter(role=Role.SUBJECT, user__is_active=True)
    if interview.person_id is not None:
        grants = grants.filter(person=interview.person_id)
    elif interview.unit_id is not None:
        grants = grants.filter(unit=interview.unit_id, person=None)
    else:
        return []
    return list({grant.user_id: grant.user for grant in grants.select_related("user")}.values())


# ---------------------------------------------------------------- inside


def data_of(interview: Interview) -> RecordData:
    return RecordData(**{name: getattr(interview, name) for name in RecordData.__slots__})


def texts_of(interview: Interview) -> dict[str, str]:
    """The record as plain text, with what the interviewed said to it."""
    kept = {name: str(value or "") for name, value in asdict(data_of(interview)).items()}
    return kept | {"remark": interview.remark}


def check_sum(interview: Interview) -> str:
    """Of the record: so that the log can tell whether it is still what it was, and says nothing of it."""
    said = [str(interview.pk), json.dumps(texts_of(interview), ensure_ascii=False, sort_keys=True)]
    return hashlib.sha256("\n".join(said).encode()).hexdigest()[:16]


def _fields(data: RecordData) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in asdict(data).items():
        if not isinstance(value, str):
            found[name] = value
            continue
        text = value.replace("\r\n", "\n").strip()
        most = getattr(Interview._meta.get_field(name), "max_length", None) or LONGEST
        if len(text) > most:
            raise InvalidInput(_("This text is longer than %(most)d characters.") % {"most": most}, name)
        found[name] = text
    return found


def _ensure_complete(data: RecordData) -> None:
    if data.held_on is None:
        raise InvalidInput(_("Say on which day it was held."), "held_on")
    if data.held_on > today():
        raise InvalidInput(_("This day is still to come: an interview is recorded after it was held."), "held_on")
    if not data.interviewers.strip():
        raise InvalidInput(_("Say who held it."), "interviewers")
    if not data.said.strip():
        raise InvalidInput(_("Write down what was said."), "said")


def _name(interview: Interview, accounts: Sequence[User]) -> None:
    if any(access.is_interviewed(account, interview) for account in accounts):
        raise InvalidInput(_("Nobody holds the interview about himself."), "accounts")
    interview.accounts.set(accounts)


def _claim(interview: Interview, seen: int, by: User, **fields: object) -> None:
    """Write over version `seen`, and over no other."""
    now = fields | {"updated_by": by, "updated_at": timezone.now(), "version": F("version") + 1}
    same = Interview.objects.filter(pk=interview.pk, version=seen, state=interview.state)
    if not same.update(**now):
        theirs = Interview.objects.select_related("updated_by").get(pk=interview.pk)
        words = str(theirs.get_state_display())
        raise Conflict(Theirs(words, by=theirs.updated_by, at=theirs.updated_at, seen=str(theirs.version)))
    interview.refresh_from_db(fields=[*fields, "updated_by", "updated_at", "version"])


def _record(by: User, action: str, interview: Interview, changes: dict[str, tuple[object, object]]) -> None:
    audit.record(by, action, interview, label=interview.name, changes=changes, round_id=interview.round_id)
