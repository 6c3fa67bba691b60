"""Open promises and task lists: drafts, handing in, approval, later changes.

A list is approved as a whole. Then its rows are in force (`Promise`); a change is handed in with a reason and replaces
them when it is approved, each hand-in being kept as it was.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.db.models import F, Max
from django.utils import timezone
from django.utils.translation import gettext as _

from reviews.models import Promise, PromiseHandIn, PromiseKind, PromiseList, ReportKind, ReportState, Round, Subject
from reviews.promise_rows import Row, checked, ensure_few, rows_of
from reviews.queries.report_dates import report_rules, window
from units import access, audit
from units.models import User

from .errors import Conflict, InvalidInput, NotAllowed, Theirs
from .promise_notices import tell_of_decision
from .rounds import ensure_collecting
from .self_reports import NotOpen

WRITABLE = frozenset({ReportState.DRAFT, ReportState.RETURNED})
UNCHECKED = {"verdict": "", "verdict_reason": "", "checked_by": None, "checked_at": None}


def save_rows(*, subject: Subject, kind: str, rows: Sequence[Row], why: str, seen: int, by: User) -> PromiseList:
    """Save the draft as typed, right or not. Not audited: nobody but its writers knows it.

    Raises NotAllowed, RoundClosed, NotOpen, InvalidInput ("rows"); Conflict if it is no longer version `seen`
    (0: there was none).
    """
    if not access.may_write_promises(by, subject):
        raise NotAllowed
    try:
        with transaction.atomic():
            return _save(subject, kind, rows, why, seen, by)
    except IntegrityError:
        raise _conflict(PromiseList.objects.select_related("updated_by").get(subject=subject, kind=kind)) from None


def submit_rows(*, subject: Subject, kind: str, rows: Sequence[Row], why: str, seen: int, by: User) -> PromiseHandIn:
    """Save the draft and hand it in: every row must be right; a change of what is in force needs a reason. Audited."""
    if not access.may_write_promises(by, subject):
        raise NotAllowed
    try:
        with transaction.atomic():
            right = checked(rows)
            found = _save(subject, kind, right, why, seen, by)
            changes_some = found.promises.filter(in_force=True).exists()
            if changes_some and not why.strip():
                raise InvalidInput(_("A change of an approved list needs a reason."), "why")
            due = report_rules(subject.round).due[ReportKind.PROMISES]
            late = not changes_some and due is not None and timezone.localdate() > due
            made = _hand_in(found, right, why, by, ReportState.SUBMITTED, late=late)
            PromiseList.objects.filter(pk=found.pk).update(state=ReportState.SUBMITTED, version=F("version") + 1)
            _record(by, "hand in promises", found, made)
            return made
    except IntegrityError:
        raise _conflict(PromiseList.objects.select_related("updated_by").get(subject=subject, kind=kind)) from None


def give_up_change(*, found: PromiseList, seen: int, by: User) -> PromiseList:
    """Throw away the draft of a change: what is in force is the draft again. Raises as `save_rows`."""
    if not access.may_write_promises(by, found.subject):
        raise NotAllowed
    with transaction.atomic():
        ensure_collecting(found.subject.round_id)
        rows = rows_in_force(found)
        if found.state not in WRITABLE or not rows:
            raise NotOpen(_("There is no change here that could be given up."))
        _claim(found, seen, rows=[row.data for row in rows], why="", state=ReportState.ACCEPTED, updated_by=by)
    return found


def decide_rows(*, hand_in: PromiseHandIn, approve: bool, reason: str, by: User) -> PromiseHandIn:
    """Approve a list, which puts its rows in force, or send it back with a reason. Audited; its writers are told.

    Raises NotAllowed, RoundClosed, InvalidInput ("reason"); NotOpen for approving a change of what is reported on;
    Conflict if it is no longer what waits.
    """
    subject = hand_in.list.subject
    if not access.may_decide_promises(by, subject):
        raise NotAllowed
    if not approve and not reason.strip():
        raise InvalidInput(_("Sending back needs a reason."), "reason")
    state = ReportState.ACCEPTED if approve else ReportState.RETURNED
    with transaction.atomic():
        ensure_collecting(subject.round_id)
        waiting = PromiseHandIn.objects.filter(pk=hand_in.pk, is_current=True, state=ReportState.SUBMITTED)
        decided = {"reason": reason.strip()[:500], "decided_by": by, "decided_at": timezone.now()}
        if not waiting.update(state=state, **decided):
            now = hand_in.list.hand_ins.select_related("decided_by").get(is_current=True)
            raise Conflict(Theirs(str(now.get_state_display()), by=now.decided_by, at=now.decided_at))
        PromiseList.objects.filter(pk=hand_in.list_id).update(state=state, version=F("version") + 1)
        if approve:
            hand_in.list.refresh_from_db(fields=["report_state"])  # it can no longer change: the row is ours
            _ensure_not_reported(hand_in.list)
            _put_in_force(hand_in.list, rows_of(hand_in.rows))
        hand_in.refresh_from_db()
        _record(by, "decide promises", hand_in.list, hand_in, reason=reason)
        tell_of_decision(hand_in, by)
    return hand_in


def change_rows(*, found: PromiseList, rows: Sequence[Row], why: str, seen: int, by: User) -> PromiseHandIn:
    """Change what is in force, for the office: at once, with a reason. Audited; its writers are told.

    Raises NotAllowed, RoundClosed, InvalidInput ("why", "rows", a field of a row); NotOpen while a change waits or is
    being written; Conflict if it is no longer version `seen`.
    """
    if not access.may_run_promises(by) or not access.may_decide_promises(by, found.subject):
        raise NotAllowed
    if not why.strip():
        raise InvalidInput(_("A change of an approved list needs a reason."), "why")
    with transaction.atomic():
        ensure_collecting(found.subject.round_id)
        right = checked(rows)
        if found.state != ReportState.ACCEPTED:
            raise NotOpen(_("A change of this list is being written or waits for approval. Decide on it first."))
        _ensure_not_reported(found)
        _claim(found, seen, rows=[row.data for row in right], why="", updated_by=by)
        made = _hand_in(found, right, why, by, ReportState.ACCEPTED)
        _put_in_force(found, right)
        _record(by, "change promises", found, made, reason=why)
        tell_of_decision(made, by)
    return made


def row_of(promise: Promise) -> Row:
    until = promise.until.isoformat() if promise.until else ""
    return Row(promise.key, promise.text, promise.measure, until, promise.who)


def rows_in_force(found: PromiseList) -> list[Row]:
    return [row_of(each) for each in found.promises.filter(in_force=True)]


# ---------------------------------------------------------------- inside


def _save(subject: Subject, kind: str, rows: Sequence[Row], why: str, seen: int, by: User) -> PromiseList:
    round_ = ensure_collecting(subject.round_id)
    if kind not in PromiseKind.values:
        raise InvalidInput(_("There is no such list."))
    ensure_few(rows)
    found = PromiseList.objects.select_related("updated_by").filter(subject=subject, kind=kind).first()
    _ensure_writable(round_, subject, kind, found)
    data = [row.data for row in rows]
    if found is None:
        if seen:
            raise Conflict(Theirs("", seen="0"))
        return PromiseList.objects.create(subject=subject, kind=kind, rows=data, why=why[:500], updated_by=by)
    # Writing on in an approved list begins a change of it.
    state = ReportState.DRAFT if found.state == ReportState.ACCEPTED else found.state
    _claim(found, seen, rows=data, why=why.strip()[:500], state=state, updated_by=by)
    return found


def _ensure_writable(round_: Round, subject: Subject, kind: str, found: PromiseList | None) -> None:
    if found is not None and found.state == ReportState.SUBMITTED:
        raise NotOpen(_("The list is handed in. It can be changed again once it was decided on."))
    if found is not None and found.promises.filter(in_force=True).exists():
        _ensure_not_reported(found)
        return
    rules = report_rules(round_)
    if not rules.asks_promises:
        raise NotOpen(_("No promises or task lists are asked for in this round."))
    if not window(round_, rules, ReportKind.PROMISES, subject.pk).is_open:
        raise NotOpen(_("The date for promises and task lists has passed. Only the appraisal office can re-open it."))


def _ensure_not_reported(found: PromiseList) -> None:
    if found.is_reported:
        raise NotOpen(_("The report on this list is handed in: its rows can no longer be changed."))


def _claim(found: PromiseList, seen: int, **fields: object) -> None:
    """Write over version `seen`, and over no other."""
    now = fields | {"updated_at": timezone.now(), "version": F("version") + 1}
    if not PromiseList.objects.filter(pk=found.pk, version=seen).update(**now):
        raise _conflict(PromiseList.objects.select_related("updated_by").get(pk=found.pk))
    found.refresh_from_db(fields=[*fields, "version", "updated_at"])


def _conflict(found: PromiseList) -> Conflict:
    text = "\n".join(row.text for row in rows_of(found.rows))
    return Conflict(Theirs(text, by=found.updated_by, at=found.updated_at, seen=str(found.version)))


def _hand_in(
    found: PromiseList,
    rows: Sequence[Row],
    why: str,
    by: User,
    state: ReportState,
    *,
    late: bool = False,
) -> PromiseHandIn:
    last = found.hand_ins.aggregate(last=Max("number"))["last"] or 0
    found.hand_ins.filter(is_current=True).update(is_current=False)
    decided = {"decided_by": by, "decided_at": timezone.now()} if state == ReportState.ACCEPTED else {}
    return PromiseHandIn.objects.create(
        list=found,
        number=last + 1,
        rows=[row.data for row in rows],
        why=why.strip()[:500],
        state=state,
        late=late,
        submitted_by=by,
        **decided,
    )


def _put_in_force(found: PromiseList, rows: Sequence[Row]) -> None:
    """These rows and no others; what was said of a row that stays, stays, but a check holds for what it checked."""
    there = {each.key: each for each in found.promises.all()}
    found.promises.exclude(key__in=[row.key for row in rows]).update(in_force=False)
    new = []
    for place, row in enumerate(rows, start=1):
        words = {"order": place, "text": row.text, "measure": row.measure, "until": row.day, "who": row.who}
        promise = there.get(row.key)
        if promise is None:
            new.append(Promise(list=found, key=row.key, **words))
        else:
            same = (promise.text, promise.measure, promise.until) == (row.text, row.measure, row.day)
            Promise.objects.filter(pk=promise.pk).update(in_force=True, **words, **({} if same else UNCHECKED))
    Promise.objects.bulk_create(new)
    # The draft of somebody who writes is his own; otherwise it is what is in force.
    PromiseList.objects.filter(pk=found.pk, state=ReportState.ACCEPTED).update(rows=[row.data for row in rows], why="")


def _record(by: User, action: str, found: PromiseList, made: PromiseHandIn, reason: str = "") -> None:
    audit.record(
        by,
        action,
        found,
        changes={"report": (None, made.number), "rows": (None, len(made.rows)), "state": (None, made.state)},
        round_id=found.subject.round_id,
        reason=reason.strip() or made.why,
    )
