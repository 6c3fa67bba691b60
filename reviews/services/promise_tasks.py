"""Task lists that the office gives to many at once: as many statements for thousands as for ten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from reviews.models import Promise, PromiseHandIn, PromiseKind, PromiseList, ReportState, Round, Subject
from reviews.promise_rows import Row, checked, ensure_few, new_key
from units import access, audit
from units.models import AuditEntry, User

from .errors import InvalidInput, NotAllowed
from .promise_notices import tell_of_tasks
from .promises import row_of
from .rounds import ensure_collecting

BATCH = 500


def give_tasks(*, round: Round, subjects: Sequence[Subject], rows: Sequence[Row], by: User) -> int:  # noqa: A002
    """Give these tasks to subjects, in force at once, after those that they have. Audited; each is told.

    What somebody is writing stays his draft, with the new rows below it. Nobody gets any unless all can. Says how many
    got them. Raises NotAllowed, RoundClosed, InvalidInput ("subjects": nobody was ticked, or somebody's own list waits
    for approval; "rows", a field of a row).
    """
    if not access.may_run_promises(by):
        raise NotAllowed
    new = [replace(row, key=new_key()) for row in checked(rows)]
    if not subjects:
        raise InvalidInput(_("Tick at least one subject."), "subjects")
    with transaction.atomic():
        locked = ensure_collecting(round)
        lists = _lists_of([each for each in subjects if each.round_id == locked.pk], by)
        before = _in_force(lists)
        for each in lists:
            ensure_few([*before[each.pk], *new])
            each.rows = [*each.rows, *(row.data for row in new)]
            each.version += 1
            each.updated_by, each.updated_at = by, timezone.now()
        PromiseList.objects.bulk_update(lists, ["rows", "version", "updated_by", "updated_at"], batch_size=BATCH)
        made = _hand_ins(lists, before, new, by)
        Promise.objects.bulk_create(
            [
                Promise(
                    list=each,
                    key=row.key,
                    order=len(before[each.pk]) + place,
                    text=row.text,
                    measure=row.measure,
                    until=row.day,
                    who=row.who,
                )
                for each in lists
                for place, row in enumerate(new, start=1)
            ],
            batch_size=BATCH,
        )
        AuditEntry.objects.bulk_create(
            [
                audit.entry(
                    by,
                    "give tasks",
                    each.list,
                    changes={"report": (None, each.number), "rows": (None, len(new))},
                    round_id=locked.pk,
                )
                for each in made
            ],
            batch_size=BATCH,
        )
        tell_of_tasks(lists, by)
    return len(lists)


def _lists_of(subjects: Sequence[Subject], by: User) -> list[PromiseList]:
    """The task lists of these subjects; new ones for those who have none."""
    wanted = {subject.pk: subject for subject in subjects}
    lists = list(PromiseList.objects.filter(subject__in=wanted, kind=PromiseKind.TASK).select_related("subject__round"))
    busy = [each.subject.name for each in lists if each.state == ReportState.SUBMITTED or each.is_reported]
    if busy:
        words = _("%(names)s: the task list waits for approval or is reported on already; decide on it first.")
        raise InvalidInput(words % {"names": pgettext("list", ", ").join(busy)}, "subjects")
    there = {each.subject_id for each in lists}
    fresh = [
        PromiseList(subject=subject, kind=PromiseKind.TASK, state=ReportState.ACCEPTED, version=0, updated_by=by)
        for pk, subject in wanted.items()
        if pk not in there
    ]
    return [*lists, *PromiseList.objects.bulk_create(fresh, batch_size=BATCH)]


def _in_force(lists: Sequence[PromiseList]) -> dict[int, list[Row]]:
    """List → its rows in force, in their order. One query."""
    found: dict[int, list[Row]] = {each.pk: [] for each in lists}
    for promise in Promise.objects.filter(list__in=found, in_force=True).order_by("order", "pk"):
        found[promise.list_id].append(row_of(promise))
    return found


def _hand_ins(
    lists: Sequence[PromiseList], before: dict[int, list[Row]], new: Sequence[Row], by: User
) -> list[PromiseHandIn]:
    """What is in force now, as it would have been handed in. What was sent back is still to be answered."""
    current = PromiseHandIn.objects.filter(list__in=[each.pk for each in lists])
    last = dict(current.order_by().values_list("list_id").annotate(last=Max("number")))
    answered = [each.pk for each in lists if each.state != ReportState.RETURNED]
    current.filter(list__in=answered, is_current=True).update(is_current=False)
    return PromiseHandIn.objects.bulk_create(
        [
            PromiseHandIn(
                list=each,
                number=last.get(each.pk, 0) + 1,
                rows=[row.data for row in (*before[each.pk], *new)],
                state=ReportState.ACCEPTED,
                is_current=each.state != ReportState.RETURNED,
                submitted_by=by,
                decided_by=by,
                decided_at=timezone.now(),
            )
            for each in lists
        ],
        batch_size=BATCH,
    )
