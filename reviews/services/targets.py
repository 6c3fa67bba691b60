"""Targets of attainment leaves: proposed by the one appraised or set by the office, then frozen.

A confirmed target changes only by the office and with a reason; the figure that was verified against it
follows (its `Attainment` takes the new target), so that the two can never tell different stories.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from appraisal_site.lib.fields import canonical
from indicators.services import engine_plan
from reviews.models import Attainment, ReportKind, Round, Subject, Target, TargetState
from reviews.queries.report_dates import report_rules, window
from reviews.tree import ATTAINMENT, Tree
from scoring.engine.types import Node
from units import access
from units.models import AuditEntry, User

from .errors import Conflict, InvalidInput, NotAllowed, ReviewError, Theirs
from .numbers import excluded_subjects
from .rounds import ensure_collecting, touch_inputs
from .trail import part_entry

TARGET = "reviews.target"


@dataclass(frozen=True, slots=True)
class TargetRow:
    """What a target is to be. `seen`: `target_token` of the row the user saw; `value` None takes it out."""

    subject_id: int
    value: Decimal | None
    note: str = ""
    seen: str = ""


@dataclass(slots=True)
class SavedRows:
    """How many changed, and by key (subject's id or leaf's code) why others did not."""

    changed: int = 0
    refused: dict[int | str, ReviewError] = field(default_factory=dict)


def target_token(row: Target | None) -> str:
    return "" if row is None else f"{row.pk}.{row.version}"


def propose_targets(*, subject: Subject, rows: Mapping[str, TargetRow], by: User) -> SavedRows:
    """The one appraised proposes its targets, by leaf; a confirmed one is refused. Audited.

    Raises NotAllowed, RoundClosed.
    """
    if not access.may_report(by, subject):
        raise NotAllowed
    with transaction.atomic():
        round_ = ensure_collecting(subject.round_id)
        time = window(round_, report_rules(round_), ReportKind.TARGETS, subject.pk)
        writer = _Writer(round_, by)
        stored = {row.indicator: row for row in Target.objects.filter(subject=subject).select_related("updated_by")}
        for code, row in rows.items():
            try:
                node = writer.leaf(code)
                old = stored.get(code)
                if writer.is_same(old, row):
                    continue
                if not time.is_open:
                    raise InvalidInput(_("The date for proposing targets has passed."), "target")
                if old is not None and old.state == TargetState.CONFIRMED:
                    raise InvalidInput(
                        _("This target is confirmed; only the appraisal office can change it."), "target"
                    )
                writer.write(node, subject, old, row, TargetState.PROPOSED, "propose target", "")
            except ReviewError as error:
                writer.saved.refused[code] = error
        return writer.finished()


def set_targets(
    *,
    round: Round,  # noqa: A002
    indicator: str,
    rows: Sequence[TargetRow],
    by: User,
    reason: str = "",
) -> SavedRows:
    """The office sets targets of a leaf, which confirms them. Changing a confirmed one needs a reason. Audited."""
    if not access.may_run_reports(by):
        raise NotAllowed
    with transaction.atomic():
        writer = _Writer(ensure_collecting(round), by)
        node = writer.leaf(indicator)
        subjects, stored = _read(writer.round, indicator, {row.subject_id for row in rows})
        excluded = excluded_subjects(writer.tree, indicator, subjects.keys())
        for row in rows:
            old = stored.get(row.subject_id)
            try:
                if writer.is_same(old, row):
                    continue
                if row.subject_id in excluded:
                    raise InvalidInput(_("This leaf is not applicable to this subject."), "target")
                if old is not None and old.state == TargetState.CONFIRMED and not reason.strip():
                    raise InvalidInput(_("Changing a confirmed target needs a reason."), "reason")
                writer.write(node, subjects[row.subject_id], old, row, TargetState.CONFIRMED, "set target", reason)
            except ReviewError as error:
                writer.saved.refused[row.subject_id] = error
        return writer.finished()


def decide_targets(
    *,
    round: Round,  # noqa: A002
    indicator: str,
    seen: Mapping[int, str],
    state: str,
    by: User,
    reason: str = "",
) -> SavedRows:
    """Confirm proposals or send them back (with a reason), given as subject id → token. Audited."""
    if not access.may_run_reports(by):
        raise NotAllowed
    if state not in {TargetState.CONFIRMED, TargetState.RETURNED}:
        raise InvalidInput(_("This is not a status."), "state")
    if state == TargetState.RETURNED and not reason.strip():
        raise InvalidInput(_("Sending back needs a reason."), "reason")
    with transaction.atomic():
        writer = _Writer(ensure_collecting(round), by)
        node = writer.leaf(indicator)
        subjects, stored = _read(writer.round, indicator, set(seen))
        for subject_id, token in seen.items():
            old = stored.get(subject_id)
            try:
                if old is None or old.state == state:
                    continue
                if old.state == TargetState.CONFIRMED:
                    raise InvalidInput(_("A confirmed target is not sent back; change it with a reason."), "target")
                row = TargetRow(subject_id, old.value, old.note, token)
                writer.write(node, subjects[subject_id], old, row, TargetState(state), "decide target", reason)
            except ReviewError as error:
                writer.saved.refused[subject_id] = error
        return writer.finished()


def _read(round_: Round, indicator: str, ids: set[int]) -> tuple[dict[int, Subject], dict[int, Target]]:
    subjects = {subject.pk: subject for subject in Subject.objects.filter(round=round_, pk__in=ids)}
    if ids - subjects.keys():
        raise InvalidInput(_("A row names a subject that is not in this round."), "subject")
    rows = Target.objects.filter(subject__in=ids, indicator=indicator).select_related("updated_by")
    return subjects, {row.subject_id: row for row in rows}


class _Writer:
    """Writes targets of one round in one transaction, with their trail."""

    def __init__(self, round_: Round, by: User) -> None:
        self.round, self.by = round_, by
        self.tree = Tree(engine_plan(round_.plan_version))
        self.saved = SavedRows()
        self.entries: list[AuditEntry] = []
        self.stale = False

    def leaf(self, code: str) -> Node:
        node = self.tree.get(code)
        if node is None or node.method not in ATTAINMENT:
            raise InvalidInput(_("“%(code)s” takes no target.") % {"code": code}, "indicator")
        return node

    @staticmethod
    def is_same(old: Target | None, row: TargetRow) -> bool:
        if old is None:
            return row.value is None
        return (old.value, old.note) == (row.value, row.note.strip()) and old.state != TargetState.RETURNED

    def write(
        self,
        node: Node,
        subject: Subject,
        old: Target | None,
        row: TargetRow,
        state: TargetState,
        action: str,
        reason: str,
    ) -> None:
        if target_token(old) != row.seen:
            raise Conflict(
                Theirs(
                    canonical(old.value) if old else _("empty"),
                    note=old.note if old else "",
                    by=old.updated_by if old else None,
                    at=old.updated_at if old else None,
                    seen=target_token(old),
                )
            )
        if row.value is not None and row.value <= 0:
            raise InvalidInput(_("A target must be greater than 0."), "target")
        before = {"target": old and old.value, "state": old and old.state}
        self._store(node, subject, old, row, state, reason)
        after = {"target": row.value, "state": None if row.value is None else state.value}
        self.saved.changed += 1
        self.entries.append(
            part_entry(
                self.by,
                action,
                subject,
                target=TARGET,
                part=node.code,
                label=f"{node.code} {node.title}",
                changes={name: (before[name], after[name]) for name in before},
                reason=reason.strip(),
            )
        )

    def _store(
        self, node: Node, subject: Subject, old: Target | None, row: TargetRow, state: TargetState, reason: str
    ) -> None:
        if row.value is None:
            assert old is not None
            if Attainment.objects.filter(subject=subject, indicator=node.code).exists():
                raise InvalidInput(_("A figure is verified against this target; change it instead."), "target")
            old.delete()
            return
        decided = state != TargetState.PROPOSED
        fields = {
            "value": row.value,
            "note": row.note.strip()[:500],
            "state": state,
            "reason": reason.strip()[:500],
            "updated_by": self.by,
            "decided_by": self.by if decided else None,
            "decided_at": timezone.now() if decided else None,
        }
        if old is None:
            try:
                with transaction.atomic():
                    Target.objects.create(subject=subject, indicator=node.code, created_by=self.by, **fields)
            except IntegrityError:
                raise Conflict(Theirs(_("empty"))) from None
        else:
            same = Target.objects.filter(pk=old.pk, version=old.version)
            same.update(version=F("version") + 1, updated_at=timezone.now(), **fields)
        if state == TargetState.CONFIRMED:
            verified = Attainment.objects.filter(subject=subject, indicator=node.code)
            changed = verified.exclude(target=row.value).update(
                target=row.value, version=F("version") + 1, updated_by=self.by, updated_at=timezone.now()
            )
            # A new target counts at once where a figure stands against it, verified or provisionally.
            self.stale = self.stale or bool(changed) or report_rules(self.round).provisional

    def finished(self) -> SavedRows:
        AuditEntry.objects.bulk_create(self.entries)
        if self.stale:
            touch_inputs(self.round.pk)
        return self.saved
