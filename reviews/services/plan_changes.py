"""Applications for a change of the plan (指标调整申请): asked for, approved by a leader, carried out by the office."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from appraisal_site.lib.fields import canonical
from indicators.services import engine_plan
from reviews.models import (
    OPEN_STATES,
    NotApplicable,
    PlanChange,
    PlanChangeKind,
    PlanChangeSetting,
    PlanChangeState,
    Round,
    Subject,
    Target,
)
from reviews.queries.plan_changes import change_rules
from reviews.tree import ATTAINMENT, Tree
from scoring.engine.types import Node
from units import access, audit
from units.models import Role, User
from units.services.notifications import Message, notify

from .applicability import clear_not_applicable, set_not_applicable
from .errors import Conflict, InvalidInput, NotAllowed, RoundClosed, Theirs
from .rounds import ensure_collecting
from .targets import TargetRow, set_targets, target_token


@dataclass(frozen=True, slots=True)
class ChangeData:
    """What is asked for. `target` for another target only, `wish` for a change of the plan itself."""

    kind: str
    reason: str
    indicator: str = ""
    target: Decimal | None = None
    wish: str = ""
    document: str = ""


def propose_change(*, round: Round, subject: Subject | None, data: ChangeData, by: User) -> PlanChange:  # noqa: A002
    """Ask for a change; it waits for a leader. Audited, the leaders are told.

    Raises NotAllowed, RoundClosed (also past the date), InvalidInput ("subject", "kind", "indicator", "target",
    "wish", "reason").
    """
    if not access.may_ask_for_plan_change(by, subject):
        raise NotAllowed
    try:
        with transaction.atomic():
            locked = ensure_collecting(round)
            _ensure_in_time(locked)
            if subject is not None and subject.round_id != locked.pk:
                raise InvalidInput(_("This subject is not in the round."), "subject")
            _check(locked, subject, data)
            last = PlanChange.objects.filter(round=locked).aggregate(last=Max("number"))["last"] or 0
            change = PlanChange.objects.create(
                round=locked,
                number=last + 1,
                subject=subject,
                kind=data.kind,
                indicator="" if data.kind == PlanChangeKind.TEXT and not data.indicator else data.indicator,
                target=data.target if data.kind == PlanChangeKind.TARGET else None,
                wish=data.wish.strip(),
                reason=data.reason.strip(),
                document=data.document.strip(),
                by_office=subject is None or not access.is_own(by, subject),
                proposed_by=by,
            )
            _log(by, "ask for plan change", change, None, PlanChangeState.PROPOSED, data.reason)
            leaders = User.objects.filter(is_active=True, role_grants__role=Role.LEADER).distinct()
            _tell(leaders, change, _("A change of the plan waits for approval"), by)
    except IntegrityError:
        raise InvalidInput(_("There is an open application for this indicator already."), "indicator") from None
    return change


def decide_change(*, change: PlanChange, approve: bool, reason: str, by: User) -> PlanChange:
    """A leader approves (until the date) or rejects (with a reason). Audited; the applicant and the office are told.

    Raises NotAllowed, RoundClosed, InvalidInput ("reason"), Conflict if it was decided meanwhile.
    """
    if not access.may_approve_plan_change(by, change.subject) or change.proposed_by_id == by.pk:
        raise NotAllowed
    if not approve and not reason.strip():
        raise InvalidInput(_("A rejection needs a reason."), "reason")
    state = PlanChangeState.APPROVED if approve else PlanChangeState.REJECTED
    with transaction.atomic():
        locked = ensure_collecting(change.round_id)
        if approve:
            _ensure_in_time(locked)
        _swap(
            change,
            (PlanChangeState.PROPOSED,),
            state=state,
            decided_by=by,
            decided_at=timezone.now(),
            decision_reason=reason.strip()[:500],
        )
        _log(by, "decide plan change", change, PlanChangeState.PROPOSED, state, reason)
        words = _("The change of the plan was approved") if approve else _("The change of the plan was rejected")
        office = User.objects.filter(is_active=True, role_grants__role=Role.OFFICE)
        _tell([*office, change.proposed_by], change, words, by)
    change.refresh_from_db()
    return change


def withdraw_change(*, change: PlanChange, reason: str, by: User) -> PlanChange:
    """Whoever may ask takes an application back before it is carried out. Audited. Raises like `decide_change`."""
    if not access.may_ask_for_plan_change(by, change.subject):
        raise NotAllowed
    if not reason.strip():
        raise InvalidInput(_("Withdrawing an application needs a reason."), "reason")
    with transaction.atomic():
        ensure_collecting(change.round_id)
        before = change.state
        _swap(change, OPEN_STATES, state=PlanChangeState.WITHDRAWN)
        _log(by, "withdraw plan change", change, before, PlanChangeState.WITHDRAWN, reason)
    change.refresh_from_db()
    return change


def apply_change(*, change: PlanChange, by: User) -> PlanChange:
    """Carry out an approved change of one subject's input: 不适用 or a target. Audited by both names.

    A change of the plan itself is carried out by `plan_versions.change_round_plan`. Raises NotAllowed, RoundClosed,
    Conflict, and InvalidInput with what stands in the way (inputs that are to be removed first).
    """
    if not access.may_run_plan_changes(by):
        raise NotAllowed
    if change.kind == PlanChangeKind.TEXT or change.subject is None:
        raise InvalidInput(_("A change of the plan itself is carried out with another version of the plan."))
    with transaction.atomic():
        ensure_collecting(change.round_id)
        _swap(
            change,
            (PlanChangeState.APPROVED,),
            state=PlanChangeState.APPLIED,
            applied_by=by,
            applied_at=timezone.now(),
        )
        _write(change, change.subject, by)
        _log(by, "carry out plan change", change, PlanChangeState.APPROVED, PlanChangeState.APPLIED, "")
        _tell([change.proposed_by], change, _("The change of the plan was carried out"), by)
    change.refresh_from_db()
    return change


def set_change_date(*, round: Round, due: datetime.date | None, reason: str, by: User) -> PlanChangeSetting:  # noqa: A002
    """The office's date for changes, instead of the plan's (None: the plan's again). Needs a reason; audited."""
    if not access.may_run_plan_changes(by):
        raise NotAllowed
    if not reason.strip():
        raise InvalidInput(_("Another date needs a reason."), "reason")
    with transaction.atomic():
        locked = ensure_collecting(round)
        before = change_rules(locked).due
        setting, _made = PlanChangeSetting.objects.update_or_create(
            round=locked, defaults={"due": due, "updated_by": by}
        )
        audit.record(
            by,
            "set date of plan changes",
            locked,
            changes={"deadline": (before, change_rules(locked).due)},
            round_id=locked.pk,
            reason=reason.strip(),
        )
    return setting


# ---------------------------------------------------------------- checks and steps


def _ensure_in_time(round_: Round) -> None:
    rules = change_rules(round_)
    if not rules.is_open:
        words = _("The date for changes of the plan (%(date)s) has passed. The appraisal office can set another one.")
        raise RoundClosed(words % {"date": rules.due})


def _check(round_: Round, subject: Subject | None, data: ChangeData) -> None:
    if data.kind not in PlanChangeKind.values:
        raise InvalidInput(_("Choose what is asked for."), "kind")
    if not data.reason.strip():
        raise InvalidInput(_("Give the reason."), "reason")
    tree = Tree(engine_plan(round_.plan_version))
    node = tree.get(data.indicator)
    if data.kind == PlanChangeKind.TEXT:
        if not data.wish.strip():
            raise InvalidInput(_("Say what is to be changed in the plan."), "wish")
        if data.indicator and node is None:
            raise InvalidInput(_("Choose an indicator."), "indicator")
        return
    _check_input(subject, tree, node, data)


def _check_input(subject: Subject | None, tree: Tree, node: Node | None, data: ChangeData) -> None:
    """A change of one subject's input."""
    if subject is None:
        raise InvalidInput(_("Choose whom it concerns."), "subject")
    if node is None or tree.parents[node.code] is None:
        raise InvalidInput(_("Choose an indicator."), "indicator")
    stands = NotApplicable.objects.filter(subject=subject, indicator=node.code).exists()
    if data.kind == PlanChangeKind.NOT_APPLICABLE and stands:
        raise InvalidInput(_("This indicator is not applicable already."), "indicator")
    if data.kind == PlanChangeKind.APPLICABLE and not stands:
        raise InvalidInput(_("This indicator is applicable already."), "indicator")
    if data.kind == PlanChangeKind.TARGET:
        if node.method not in ATTAINMENT:
            raise InvalidInput(_("“%(code)s” takes no target.") % {"code": node.code}, "indicator")
        if data.target is None or data.target <= 0:
            raise InvalidInput(_("A target must be greater than 0."), "target")


def _write(change: PlanChange, subject: Subject, by: User) -> None:
    words = _("application no. %(number)d: %(reason)s") % {"number": change.number, "reason": change.reason}
    words = words[:500]
    if change.kind == PlanChangeKind.NOT_APPLICABLE:
        set_not_applicable(subject=subject, indicator=change.indicator, by=by, note=words)
    elif change.kind == PlanChangeKind.APPLICABLE:
        clear_not_applicable(subject=subject, indicator=change.indicator, by=by)
    else:
        old = Target.objects.filter(subject=subject, indicator=change.indicator).first()
        row = TargetRow(subject.pk, change.target, old.note if old else "", target_token(old))
        saved = set_targets(round=change.round, indicator=change.indicator, rows=[row], by=by, reason=words)
        for error in saved.refused.values():
            raise error


def _swap(change: PlanChange, states: Iterable[str], **values: object) -> None:
    if not PlanChange.objects.filter(pk=change.pk, state__in=states).update(**values):
        current = PlanChange.objects.select_related("decided_by").get(pk=change.pk)
        raise Conflict(Theirs(str(current.get_state_display()), by=current.decided_by, at=current.decided_at))


def _log(by: User, action: str, change: PlanChange, before: str | None, after: str, reason: str) -> None:
    parts = [f"{change.number}", change.subject.name if change.subject else "", change.indicator]
    audit.record(
        by,
        action,
        change,
        label=" · ".join(part for part in parts if part),
        changes={
            "state": (before and str(before), str(after)),
            "plan change": (None, change.kind if before is None else None),
            "target": (None, canonical(change.target) if before is None and change.target is not None else None),
        },
        round_id=change.round_id,
        reason=reason.strip(),
    )


def _tell(accounts: Iterable[User], change: PlanChange, title: str, by: User) -> None:
    """Everybody once, and nobody of what they did themselves."""
    address = reverse("reviews:plan_change", args=[change.round_id, change.pk])
    about = [change.subject.name if change.subject else "", change.indicator, change.reason]
    text = " · ".join(part for part in about if part)[:500]
    found = {one.pk: one for one in accounts if one.pk != by.pk and one.is_active}
    notify(messages=[Message(one, title, text, address) for one in found.values()], by=by)
