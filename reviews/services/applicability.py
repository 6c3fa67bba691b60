"""不适用 of any node, composites included, set by the office for one subject or for all of a round."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from indicators.services import engine_plan
from reviews.models import NotApplicable, Round, Subject
from reviews.queries.inputs import count_words, inputs_in_branch
from reviews.queries.polls import obstacle
from reviews.tree import Tree
from scoring.engine.types import Node
from units import access
from units.models import AuditEntry, User

from .errors import Conflict, InvalidInput, NotAllowed, Theirs
from .rounds import ensure_collecting, touch_inputs
from .trail import BRANCH, part_entry


def set_not_applicable(*, subject: Subject, indicator: str, by: User, note: str = "") -> NotApplicable:
    """Leave a node with its whole branch out for a subject. Audited; the result becomes stale.

    Refused (InvalidInput) for the root and unknown nodes, and while the branch has inputs or people vote on it: an
    input on a node that is not applicable is an error of the round. Already set: Conflict.
    """
    if not access.may_run_rounds(by):
        raise NotAllowed
    try:
        with transaction.atomic():
            round_ = ensure_collecting(subject.round_id)
            tree = Tree(engine_plan(round_.plan_version))
            node = _node(tree, indicator)
            _refuse_under_poll(round_, tree, indicator)
            counts = inputs_in_branch([subject.pk], tree.branch(indicator)).get(subject.pk)
            if counts:
                raise InvalidInput(
                    _("%(name)s has inputs on “%(node)s” (%(counts)s); remove them first.")
                    % {"name": subject.name, "node": node.title, "counts": count_words(counts)},
                    "indicator",
                )
            row = NotApplicable.objects.create(
                subject=subject, indicator=indicator, note=note.strip(), created_by=by, updated_by=by
            )
            _entry(by, subject, node, note.strip()).save()
            touch_inputs(round_.pk)
    except IntegrityError:
        other = NotApplicable.objects.select_related("updated_by").get(subject=subject, indicator=indicator)
        raise Conflict(Theirs(_("not applicable"), other.note, other.updated_by, other.updated_at)) from None
    return row


def clear_not_applicable(*, subject: Subject, indicator: str, by: User) -> bool:
    """Make a node applicable again; False if it already was. Audited; the result becomes stale."""
    if not access.may_run_rounds(by):
        raise NotAllowed
    with transaction.atomic():
        round_ = ensure_collecting(subject.round_id)
        tree = Tree(engine_plan(round_.plan_version))
        node = tree.get(indicator)
        _refuse_under_poll(round_, tree, indicator)
        removed, _rows = NotApplicable.objects.filter(subject=subject, indicator=indicator).delete()
        if removed:
            part_entry(
                by,
                "set applicable",
                subject,
                target=BRANCH,
                part=indicator,
                label=f"{indicator} {node.title if node else ''}",
                changes={"not applicable": ("yes", None)},
            ).save()
            touch_inputs(round_.pk)
    return bool(removed)


# ---------------------------------------------------------------- all subjects of a round


@dataclass(slots=True)
class SetForAll:
    """What became of it: subjects to whom the node is not applicable now, who had it so already (by themselves or by a
    node above), and who kept it because they have inputs there, with the counts in words."""

    done: int = 0
    already: int = 0
    refused: list[tuple[Subject, str]] = field(default_factory=list)


def set_not_applicable_to_all(*, round: Round, indicator: str, by: User, note: str = "") -> SetForAll:  # noqa: A002
    """Leave a node with its whole branch out for every subject, but for those that have inputs there.

    Audited subject by subject; the result becomes stale. Raises NotAllowed, RoundClosed, InvalidInput for the root and
    unknown nodes. A fixed number of queries, but for the batches of rows written.
    """
    if not access.may_run_rounds(by):
        raise NotAllowed
    with transaction.atomic():
        round_ = ensure_collecting(round)
        tree = Tree(engine_plan(round_.plan_version))
        node = _node(tree, indicator)
        _refuse_under_poll(round_, tree, indicator)
        out = set(
            NotApplicable.objects.filter(subject__round=round_, indicator__in=tree.path(indicator)).values_list(
                "subject_id", flat=True
            )
        )
        subjects = Subject.objects.filter(round=round_).order_by("order", "code")
        entered = inputs_in_branch(subjects.order_by().values("pk"), tree.branch(indicator))
        found, rows, entries = SetForAll(), [], []
        for subject in subjects:
            if subject.pk in out:
                found.already += 1
            elif subject.pk in entered:
                found.refused.append((subject, count_words(entered[subject.pk])))
            else:
                rows.append(
                    NotApplicable(subject=subject, indicator=indicator, note=note.strip(), created_by=by, updated_by=by)
                )
                entries.append(_entry(by, subject, node, note.strip()))
        NotApplicable.objects.bulk_create(rows, batch_size=500)
        AuditEntry.objects.bulk_create(entries, batch_size=500)
        found.done = len(rows)
        if rows:
            touch_inputs(round_.pk)
    return found


def clear_not_applicable_of_all(*, round: Round, indicator: str, by: User) -> int:  # noqa: A002
    """Make a node applicable again to every subject for whom it was set itself; how many they were. Audited."""
    if not access.may_run_rounds(by):
        raise NotAllowed
    with transaction.atomic():
        round_ = ensure_collecting(round)
        tree = Tree(engine_plan(round_.plan_version))
        node = _node(tree, indicator)
        _refuse_under_poll(round_, tree, indicator)
        rows = list(NotApplicable.objects.filter(subject__round=round_, indicator=indicator).select_related("subject"))
        AuditEntry.objects.bulk_create(
            [_entry(by, row.subject, node, row.note, cleared=True) for row in rows], batch_size=500
        )
        NotApplicable.objects.filter(subject__round=round_, indicator=indicator).delete()
        if rows:
            touch_inputs(round_.pk)
    return len(rows)


def _refuse_under_poll(round_: Round, tree: Tree, indicator: str) -> None:
    """What voters are asked to rate does not change while they vote, nor before they are counted."""
    if indicator in tree.nodes and (words := obstacle(round_, tree.branch(indicator))):
        raise InvalidInput(words, "indicator")


def _node(tree: Tree, indicator: str) -> Node:
    node = tree.get(indicator)
    if node is None or tree.parents[indicator] is None:
        raise InvalidInput(_("This indicator cannot be set not applicable."), "indicator")
    return node


def _entry(by: User, subject: Subject, node: Node, note: str, *, cleared: bool = False) -> AuditEntry:
    changes: dict[str, tuple[str | None, str | None]] = {"not applicable": (None, "yes"), "note": (None, note or None)}
    if cleared:
        changes = {name: (after, before) for name, (before, after) in changes.items()}
    return part_entry(
        by,
        "set applicable" if cleared else "set not applicable",
        subject,
        target=BRANCH,
        part=node.code,
        label=f"{node.code} {node.title}",
        changes=changes,
    )
