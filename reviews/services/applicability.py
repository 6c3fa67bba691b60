"""不适用 of any node, composites included, set by the office for one subject."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from indicators.services import engine_plan
from reviews.models import NotApplicable, Subject
from reviews.queries.inputs import count_words, inputs_in_branch
from reviews.tree import Tree
from units import access
from units.models import User

from .errors import Conflict, InvalidInput, NotAllowed, Theirs
from .rounds import ensure_collecting, touch_inputs
from .trail import BRANCH, part_entry


def set_not_applicable(*, subject: Subject, indicator: str, by: User, note: str = "") -> NotApplicable:
    """Leave a node with its whole branch out for a subject. Audited; the result becomes stale.

    Refused (InvalidInput) for the root and unknown nodes, and while the branch has inputs: an input
    on a node that is not applicable is an error of the round. Already set: Conflict.
    """
    if not access.may_run_rounds(by):
        raise NotAllowed
    try:
        with transaction.atomic():
            round_ = ensure_collecting(subject.round_id)
            tree = Tree(engine_plan(round_.plan_version))
            node = tree.get(indicator)
            if node is None or tree.parents[indicator] is None:
                raise InvalidInput(_("This indicator cannot be set not applicable."), "indicator")
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
            part_entry(
                by,
                "set not applicable",
                subject,
                target=BRANCH,
                part=indicator,
                label=f"{indicator} {node.title}",
                changes={"not applicable": (None, "yes"), "note": (None, note.strip() or None)},
            ).save()
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
        node = Tree(engine_plan(round_.plan_version)).get(indicator)
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
