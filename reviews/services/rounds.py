"""Rounds: opening one, its phases, its deadline, and what every other input service needs of it."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from indicators.models import PlanVersion
from indicators.services import engine_plan, freeze_version
from reviews.models import Assignment, Phase, Round, Subject
from reviews.queries.keystroke import locked_round
from reviews.queries.polls import obstacle
from reviews.tree import Tree
from scoring.engine.types import Plan
from units import access, audit
from units.models import Person, Unit, User

from .assessors import bind_marked_leaves, match_assessors
from .errors import InvalidInput, NotAllowed, RoundClosed
from .event_leaves import bind_event_leaves
from .set_members import create_members

# The label of a period, by the plan's `period`.
PERIODS: dict[str, tuple[str, Promise | str]] = {
    "year": (r"\d{4}", _("a year, such as 2020")),
    "quarter": (r"\d{4}-Q[1-4]", _("a quarter, such as 2020-Q3")),
    "month": (r"\d{4}-(0[1-9]|1[0-2])", _("a month, such as 2020-11")),
}
# A phase → the phases it may change to. Only the step back needs a reason.
STEPS: dict[str, tuple[str, ...]] = {
    Phase.COLLECTING: (Phase.REVIEWING,),
    Phase.REVIEWING: (Phase.ANNOUNCED, Phase.COLLECTING),
    Phase.ANNOUNCED: (Phase.SEALED,),
    Phase.SEALED: (),
}


@dataclass(frozen=True, slots=True)
class NewSubject:
    """A subject to be: `category` is a title of the plan's categories; unit and person are links only."""

    code: str
    name: str
    category: str
    group: str = ""
    unit: Unit | None = None
    person: Person | None = None


def check_period(periods: str | Sequence[str], name: str) -> None:
    """Refuse a label that is none of the plan's kinds of period (`InvalidInput`, field "name")."""
    kinds = [periods] if isinstance(periods, str) else list(periods)
    known = [PERIODS[kind] for kind in kinds if kind in PERIODS]
    if known and not any(re.fullmatch(pattern, name) for pattern, _words in known):
        expected = " / ".join(str(words) for _pattern, words in known)
        raise InvalidInput(
            _("“%(name)s” is not a period of this plan: expected %(expected)s.") % {"name": name, "expected": expected},
            "name",
        )


def open_round(
    *,
    version: PlanVersion,
    name: str,
    title: str,
    deadline: datetime.date | None,
    subjects: Sequence[NewSubject],
    by: User | None,
    assessor_units: Mapping[str, Unit | None] | None = None,
    earlier: Mapping[str, Sequence[Round]] | None = None,
    freeze_at_deadline: bool = False,
) -> Round:
    """Open a round of a plan for a period and a list of subjects.

    Also freezes the plan version, makes an assignment for each leaf that is entered per subject and
    each of its assessors (the unit found by name or short name, unless `assessor_units` says which),
    puts the `earlier` rounds into their sets, and writes the audit trail. Raises InvalidInput ("name",
    "subjects", "category"; "set", "round" of an earlier one).
    """
    if by is not None and not access.may_run_rounds(by):
        raise NotAllowed
    plan = engine_plan(version)
    if not name.strip():
        raise InvalidInput(_("A round needs a period."), "name")
    _check_subjects(subjects, plan)
    units = match_assessors(plan) | dict(assessor_units or {})
    try:
        with transaction.atomic():
            freeze_version(version)
            round_ = Round.objects.create(
                plan_id=version.plan_id,
                plan_version=version,
                name=name.strip(),
                title=title.strip() or f"{plan.title} {name}",
                deadline=deadline,
                freeze_at_deadline=freeze_at_deadline,
                opened_by=by,
            )
            Subject.objects.bulk_create(_rows(round_, subjects, first=1), batch_size=500)
            Assignment.objects.bulk_create(_assignments(round_, plan, units))
            audit.record(
                by,
                "open round",
                round_,
                changes={
                    "plan": (None, f"{plan.code} v{version.number}"),
                    "period": (None, round_.name),
                    "deadline": (None, deadline),
                    "freeze at the deadline": (None, "yes" if freeze_at_deadline else None),
                    "subjects": (None, len(subjects)),
                },
                round_id=round_.pk,
            )
            for set_name, chosen in (earlier or {}).items():
                create_members(round_, set_name, chosen, by)
            bind_marked_leaves(round_)
            bind_event_leaves(round_, plan, units)
    except IntegrityError:
        # The only constraint that well-formed subjects can meet: one round per plan and period.
        raise InvalidInput(period_taken_words(plan, name), "name") from None
    return round_


def period_taken_words(plan: Plan, name: str) -> str:
    """With the way out for those who nest: a township's own round beside that of the county."""
    words = _(
        "The plan “%(plan)s” already has a round for %(period)s. Another level that appraises by the same plan in the "
        "same period opens its round from a copy of the plan."
    )
    return str(words % {"plan": plan.title, "period": name})


def _check_subjects(subjects: Sequence[NewSubject], plan: Plan) -> None:
    if not subjects:
        raise InvalidInput(_("A round needs at least one subject."), "subjects")
    seen: set[str] = set()
    for subject in subjects:
        if subject.code in seen:
            raise InvalidInput(_("The code %(code)s is there twice.") % {"code": subject.code}, "subjects")
        seen.add(subject.code)
        check_category(subject.name, subject.category, plan)


def check_category(name: str, category: str, plan: Plan) -> None:
    if plan.categories and category not in plan.categories:
        raise InvalidInput(
            _("%(name)s: “%(category)s” is not a category of this plan: expected %(expected)s.")
            % {"name": name, "category": category, "expected": ", ".join(plan.categories)},
            "category",
        )


def _rows(round_: Round, subjects: Iterable[NewSubject], *, first: int) -> list[Subject]:
    return [
        Subject(
            round=round_,
            code=subject.code,
            name=subject.name,
            category=subject.category,
            group=subject.group,
            unit=subject.unit,
            person=subject.person,
            order=order,
        )
        for order, subject in enumerate(subjects, start=first)
    ]


def _assignments(round_: Round, plan: Plan, units: Mapping[str, Unit | None]) -> list[Assignment]:
    return [
        Assignment(round=round_, indicator=node.code, assessor=name, unit=units.get(name))
        for node in Tree(plan).entered
        for name in [a.name for a in node.assessors] or [""]
    ]


# At every keystroke: the ORM takes longer to say these than the database to do them.
COUNT = "UPDATE reviews_round SET input_version = input_version + 1 WHERE id = %s"
CLAIM = COUNT + " AND phase = %s AND plan_version_id = %s AND freeze_at_deadline = %s"


def touch_inputs(round_id: int) -> None:
    """Every write of an input ends with this: a result computed before is stale from now on."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [round_id])


def claim_inputs(known: Round) -> bool:
    """Lock a round that was read a moment ago and count a change of its inputs, in one statement.

    False, and nothing is locked or counted, if it takes no input or is not as `known` any more in what saving asks
    of it. Who then writes nothing takes the count back with the transaction.
    """
    same: list[Any] = [known.pk, Phase.COLLECTING.value, known.plan_version_id, known.freeze_at_deadline]
    with connection.cursor() as cursor:
        if known.deadline is None:
            cursor.execute(CLAIM + " AND deadline IS NULL", same)
        else:
            cursor.execute(CLAIM + " AND deadline = %s", [*same, known.deadline])
        return bool(cursor.rowcount)


def ensure_collecting(round_: Round | int) -> Round:
    """The round, locked until the end of the transaction, if it takes input; else `RoundClosed`.

    The lock makes the writers of one round take turns: the phase cannot change under a write, and
    a mark and a 不适用 of the same cell, which no constraint can join, meet in some order.
    Call it first inside `transaction.atomic()`.
    """
    locked = locked_round(round_.pk, round_) if isinstance(round_, Round) else locked_round(round_)
    if locked.phase != Phase.COLLECTING:
        raise RoundClosed
    return locked


def ensure_unsealed(round_: Round | int) -> Round:
    """As `ensure_collecting`, for what still goes on after the result: the round must only not be sealed."""
    locked = locked_round(round_.pk, round_) if isinstance(round_, Round) else locked_round(round_)
    if locked.phase == Phase.SEALED:
        raise RoundClosed(_("The round is sealed: nothing in it can be changed any more."))
    return locked


def change_phase(
    *,
    round: Round,  # noqa: A002
    to: str,
    by: User | None,
    reason: str = "",
    ready: Callable[[Round], Sequence[str | Promise]] | None = None,
) -> Round:
    """Move a round to its next phase, or back from reviewing to collecting with a reason.

    `ready` is asked, with the round locked, what stands in the way (announcing needs a complete,
    current computation, which only the apps above know). Raises RoundClosed for a step that does
    not exist, InvalidInput with the obstacles, InvalidInput "reason". Writes the audit trail.
    """
    if by is not None and not access.may_run_rounds(by):
        raise NotAllowed
    with transaction.atomic():
        locked = Round.objects.select_for_update(of=("self",)).select_related("plan_version").get(pk=round.pk)
        if to not in STEPS[locked.phase]:
            raise RoundClosed(
                _("The round is in the phase “%(phase)s”; this step is not open from there.")
                % {"phase": locked.get_phase_display()}
            )
        if to == Phase.COLLECTING and not reason.strip():
            raise InvalidInput(_("Going back needs a reason."), "reason")
        if to == Phase.REVIEWING and (words := obstacle(locked)):
            raise InvalidInput(words)
        if obstacles := list(ready(locked)) if ready else []:
            raise InvalidInput(" ".join(str(obstacle) for obstacle in obstacles))
        before, locked.phase = locked.phase, to
        locked.phase_changed_at = timezone.now()
        locked.save(update_fields=["phase", "phase_changed_at"])
        audit.record(
            by,
            "change phase",
            locked,
            changes={"phase": (before, to)},
            round_id=locked.pk,
            reason=reason.strip(),
        )
    return locked


def change_deadline(
    *,
    round: Round,  # noqa: A002
    deadline: datetime.date | None,
    reason: str,
    by: User,
) -> Round:
    """Set another deadline while the round is collecting. Needs a reason; audited."""
    if not access.may_run_rounds(by):
        raise NotAllowed
    if not reason.strip():
        raise InvalidInput(_("Changing the deadline needs a reason."), "reason")
    with transaction.atomic():
        locked = ensure_collecting(round)
        before, locked.deadline = locked.deadline, deadline
        locked.save(update_fields=["deadline"])
        audit.record(
            by,
            "change deadline",
            locked,
            changes={"deadline": (before, deadline)},
            round_id=locked.pk,
            reason=reason.strip(),
        )
    return locked


def same_assessor(assignment: Assignment) -> QuerySet[Assignment]:
    """All leaves of this assessor in the round."""
    return Assignment.objects.filter(round_id=assignment.round_id, assessor=assignment.assessor).select_related("unit")


def assign_assessor(*, assignment: Assignment, unit: Unit | None, by: User) -> Assignment:
    """Bind all leaves of this assessor in the round to another unit's accounts. Audited."""
    if not access.may_run_rounds(by):
        raise NotAllowed
    with transaction.atomic():
        ensure_collecting(assignment.round_id)
        same = same_assessor(assignment)
        for row in same:
            audit.record(
                by,
                "assign assessor",
                row,
                changes={"unit": (row.unit, unit)},
                round_id=assignment.round_id,
            )
        same.update(unit=unit)
        # Where marks for the own unit are forbidden, the result depends on which unit that is.
        touch_inputs(assignment.round_id)
    assignment.unit = unit
    return assignment
