"""Another version of the plan for a running round (指标调整): both versions are kept, and what the change touched.

The office edits the plan in the editor and publishes a version; here the round takes it over. Inputs that no longer
fit are shown beforehand and leave only with the office's consent to exactly that list; each is in the trail.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Max, Model
from django.utils import timezone
from django.utils.translation import gettext as _

from indicators.models import PlanVersion
from indicators.queries import periods_of
from indicators.rendering import joined
from indicators.services import engine_plan, freeze_version
from reviews.models import (
    Assignment,
    BallotCount,
    BallotMark,
    FigureReport,
    FigureState,
    Mark,
    NotApplicable,
    PaperTally,
    PlanChange,
    PlanChangeKind,
    PlanChangeState,
    Round,
    RoundPlanVersion,
)
from reviews.queries.polls import obstacle
from reviews.tree import Tree
from scoring.engine.types import Plan
from units import access, audit
from units.models import AuditEntry, User

from .assessors import bind_marked_leaves, match_assessors
from .errors import InvalidInput, NotAllowed
from .event_leaves import bind_event_leaves
from .plan_fit import Misfit, Touched, fingerprint, lost_ballots, misfits, touched
from .rounds import check_period, ensure_collecting, touch_inputs
from .trail import CELL, part_entry

# What the app that computes says of a round's inputs under the plan that it has now, in words; and what it does
# with results that were computed by another plan.
Judge = Callable[[Round], Sequence[str]]
_judges: list[tuple[Judge, Callable[[Round], None]]] = []
REASONS_SHOWN = 20


def judge_with(judge: Judge, set_aside: Callable[[Round], None]) -> None:
    """Called once when the app that keeps results starts."""
    _judges[:] = [(judge, set_aside)]


@dataclass(frozen=True, slots=True)
class Preview:
    """What taking over a version would mean. With obstacles or refusals it cannot be done.

    `seen` is the token by which the office agrees to the withdrawal of `misfits`.
    """

    obstacles: list[str]
    misfits: list[Misfit]
    seen: str
    touched: Touched
    refusals: list[str]

    @property
    def possible(self) -> bool:
        return not self.obstacles and not self.refusals


def preview_plan(*, round: Round, version: PlanVersion) -> Preview:  # noqa: A002
    """Try the change out and take it back: nothing is kept."""
    new = engine_plan(version)
    obstacles = _obstacles(round, version)
    if obstacles:
        return Preview(obstacles, [], "", Touched({}, everyone=False), [])
    with transaction.atomic():
        locked = ensure_collecting(round)
        old = engine_plan(locked.plan_version)
        rows = misfits(locked, old, new)
        found = touched(old, new)
        _withdraw(locked, rows, "", None)
        _take_over(locked, version, new)
        refusals = _refusals(locked)
        transaction.set_rollback(True)
    return Preview([], rows, fingerprint(rows), found, refusals)


def change_round_plan(
    *,
    round: Round,  # noqa: A002
    version: PlanVersion,
    reason: str,
    by: User,
    document: str = "",
    seen: str = "",
    applications: Sequence[PlanChange] = (),
) -> RoundPlanVersion:
    """Let a collecting round compute with another version of its plan from now on. Audited; the result is set aside.

    `seen`: the token of the list of inputs that leave (`Preview.seen`). `applications`: approved changes of the plan
    itself that this carries out. Raises NotAllowed, RoundClosed, InvalidInput ("reason", "version", "seen").
    """
    if not access.may_run_plan_changes(by):
        raise NotAllowed
    if not reason.strip():
        raise InvalidInput(_("Changing the plan of a round needs a reason."), "reason")
    with transaction.atomic():
        locked = ensure_collecting(round)
        if obstacles := _obstacles(locked, version):
            raise InvalidInput(" ".join(obstacles), "version")
        before = locked.plan_version
        old, new = engine_plan(before), engine_plan(version)
        rows = misfits(locked, old, new)
        if rows and seen != fingerprint(rows):
            raise InvalidInput(
                _("The inputs that no longer fit are other ones now. Read the list again, and agree to it."), "seen"
            )
        spared = _spared(locked, touched(old, new))
        _withdraw(locked, rows, reason, by)
        added, removed = _take_over(locked, version, new)
        if refusals := _refusals(locked):
            raise InvalidInput(" ".join(refusals), "version")
        made = _record(locked, before, version, touched(old, new), spared, rows, reason, document, by)
        _carry_out(locked, made, applications, by)
        audit.record(
            by,
            "change plan of round",
            locked,
            changes={
                "plan": (f"{old.code} v{before.number}", f"{new.code} v{version.number}"),
                "document": (None, document.strip() or None),
                "sheets added": (None, joined(added) or None),
                "sheets removed": (joined(removed) or None, None),
                "inputs withdrawn": (None, len(rows) or None),
            },
            round_id=locked.pk,
            reason=reason.strip(),
        )
        for _judge, set_aside in _judges:
            set_aside(locked)
        touch_inputs(locked.pk)
    return made


def _obstacles(round_: Round, version: PlanVersion) -> list[str]:
    """What no consent can help: another plan, the same version, other periods, other subjects, ballots."""
    if version.plan_id != round_.plan_id:
        return [_("This is a version of another plan.")]
    if version.pk == round_.plan_version_id:
        return [_("The round has this version already.")]
    old, new = engine_plan(round_.plan_version), engine_plan(version)
    found = [words] if (words := obstacle(round_)) else []
    try:
        check_period(periods_of(version.document), round_.name)
    except InvalidInput as error:
        found.append(str(error))
    if version.document.get("subjects") != round_.plan_version.document.get("subjects"):
        found.append(_("The version appraises another kind of subjects."))
    if new.categories:
        used = round_.subjects.order_by().values_list("category", flat=True).distinct()
        if lost := sorted(set(used) - set(new.categories)):
            words = _("The version does not have the categories of some subjects: %(list)s.")
            found.append(words % {"list": joined(lost)})
    if codes := _voted(round_, lost_ballots(old, new)):
        words = _("Votes are in on %(list)s: how it is voted on can no longer be changed.")
        found.append(words % {"list": joined(codes)})
    if new.minimum_votes < old.minimum_votes and BallotCount.objects.filter(subject__round=round_).exists():
        found.append(_("Votes are counted: fewer than were promised to the voters cannot be shown."))
    return found


def _voted(round_: Round, codes: list[str]) -> list[str]:
    if not codes:
        return []
    found: set[str] = set()
    for rows in (BallotMark.objects, PaperTally.objects, BallotCount.objects):
        here = rows.filter(subject__round=round_, indicator__in=codes)
        found.update(here.order_by().values_list("indicator", flat=True).distinct())
    return [code for code in codes if code in found]


def _refusals(round_: Round) -> list[str]:
    return [words for judge, _set_aside in _judges for words in judge(round_)][:REASONS_SHOWN]


# ---------------------------------------------------------------- the steps of a change


def _withdraw(round_: Round, rows: Sequence[Misfit], reason: str, by: User | None) -> None:
    """Take out what no longer fits. A reported figure goes back to who reported it."""
    sheets = {(one.indicator, one.assessor): one.pk for one in round_.assignments.all()}
    entries: list[AuditEntry] = []
    ids: dict[type[Model], list[object]] = {}
    for one in rows:
        ids.setdefault(type(one.row), []).append(one.row.pk)
        if by is not None:
            entries.append(_entry(by, one, sheets, reason))
    for model, pks in ids.items():
        for start in range(0, len(pks), 500):
            found = model._default_manager.filter(pk__in=pks[start : start + 500])
            if model is FigureReport:
                found.update(
                    state=FigureState.RETURNED,
                    reason=_("The plan was changed."),
                    decided_by=by,
                    decided_at=timezone.now(),
                )
            else:
                found.delete()
    AuditEntry.objects.bulk_create(entries, batch_size=500)


def _entry(by: User, one: Misfit, sheets: dict[tuple[str, str], int], reason: str) -> AuditEntry:
    target, part = one.row._meta.label_lower, str(one.row.pk)
    if isinstance(one.row, Mark):
        target, part = CELL, str(sheets.get((one.code, one.row.assessor), one.code))
    elif isinstance(one.row, NotApplicable):
        part = one.code
    value = one.value or "yes"
    return part_entry(
        by,
        "withdraw input",
        one.subject,
        target=target,
        part=part,
        label=f"{one.code} {one.title}".strip(),
        changes={"value" if one.value else "not applicable": (value, None)},
        reason=reason.strip(),
    )


def _take_over(round_: Round, version: PlanVersion, new: Plan) -> tuple[list[str], list[str]]:
    """The round has the version now, and the sheets that it needs; says which came and which went."""
    freeze_version(version)
    round_.plan_version = version
    round_.save(update_fields=["plan_version"])
    before = {(one.indicator, one.assessor): one for one in round_.assignments.all()}
    wanted = [(n.code, name) for n in Tree(new).entered for name in [a.name for a in n.assessors] or [""]]
    # Whoever enters for an assessor in this round does so on its new sheets too.
    units = match_assessors(new) | {one.assessor: one.unit for one in round_.assignments.select_related("unit")}
    Assignment.objects.bulk_create(
        Assignment(round=round_, indicator=code, assessor=name, unit=units.get(name) if name else None)
        for code, name in wanted
        if (code, name) not in before
    )
    gone = [row.pk for key, row in before.items() if key not in set(wanted)]
    Assignment.objects.filter(pk__in=gone).delete()
    bind_marked_leaves(round_)
    bind_event_leaves(round_, new, units)
    after = {(one.indicator, one.assessor) for one in Assignment.objects.filter(round=round_)}
    return (
        [" ".join(key).strip() for key in sorted(after - before.keys())],
        [" ".join(key).strip() for key in sorted(before.keys() - after)],
    )


def _spared(round_: Round, found: Touched) -> dict[str, list[str]]:
    """Indicator → codes of the subjects to whom it is not applicable: the change does not touch them there."""
    tree = Tree(engine_plan(round_.plan_version))
    out: dict[str, set[str]] = {}
    rows = NotApplicable.objects.filter(subject__round=round_).values_list("indicator", "subject__code")
    for code, subject in rows:
        for below in tree.branch(code) if code in tree.nodes else ():
            out.setdefault(below, set()).add(subject)
    return {code: sorted(out[code]) for code in found.codes if code in out}


def _record(
    round_: Round,
    before: PlanVersion,
    after: PlanVersion,
    found: Touched,
    spared: dict[str, list[str]],
    rows: Sequence[Misfit],
    reason: str,
    document: str,
    by: User,
) -> RoundPlanVersion:
    last = RoundPlanVersion.objects.filter(round=round_).aggregate(last=Max("number"))["last"] or 0
    return RoundPlanVersion.objects.create(
        round=round_,
        number=last + 1,
        before=before,
        after=after,
        reason=reason.strip()[:500],
        document=document.strip()[:120],
        codes=found.codes,
        everyone=found.everyone,
        spared=spared,
        withdrawn=[
            [f"{one.subject.code} {one.subject.name}", f"{one.code} {one.title}".strip(), one.kind, one.value]
            for one in rows
        ],
        by=by,
    )


def _carry_out(round_: Round, made: RoundPlanVersion, applications: Sequence[PlanChange], by: User) -> None:
    """The approved applications that this change answers."""
    chosen = PlanChange.objects.filter(
        round=round_,
        pk__in=[one.pk for one in applications],
        kind=PlanChangeKind.TEXT,
        state=PlanChangeState.APPROVED,
    )
    if len(rows := list(chosen)) < len(set(applications)):
        raise InvalidInput(_("Only approved applications for a change of the plan can be carried out here."))
    chosen.update(state=PlanChangeState.APPLIED, applied_at=timezone.now(), applied_by=by, carried_out=made)
    for one in rows:
        audit.record(
            by,
            "carry out plan change",
            one,
            label=f"{one.number}",
            changes={"state": (PlanChangeState.APPROVED.value, PlanChangeState.APPLIED.value)},
            round_id=round_.pk,
        )
