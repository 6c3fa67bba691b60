"""The subjects of a round while it collects: adding, withdrawing, another category."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from indicators.services import engine_plan
from reviews.models import LedgerItem, Round, Subject
from reviews.queries.inputs import count_words, inputs_of_subject
from reviews.queries.polls import obstacle
from units import access, audit
from units.models import User

from .errors import InvalidInput, NotAllowed
from .polls.setup import take_off_papers
from .rounds import NewSubject, check_category, ensure_collecting, touch_inputs


def add_subjects(
    *,
    round: Round,  # noqa: A002
    subjects: Sequence[NewSubject],
    by: User,
    despite_polls: bool = False,
) -> list[Subject]:
    """Add subjects at the end of the list. Audited; the computed result becomes stale.

    Nobody rates them in polls whose voters are fixed: with such polls only `despite_polls` (InvalidInput names them).
    Raises InvalidInput ("subjects") for a code that is there already.
    """
    if not access.may_run_rounds(by):
        raise NotAllowed
    try:
        with transaction.atomic():
            locked = ensure_collecting(round)
            plan = engine_plan(locked.plan_version)
            if not despite_polls and (words := obstacle(locked)):
                raise InvalidInput(_("Nobody would rate a new subject there. %(polls)s") % {"polls": words})
            last = locked.subjects.aggregate(last=Max("order"))["last"] or 0
            made = []
            for order, new in enumerate(subjects, start=last + 1):
                check_category(new.name, new.category, plan)
                made.append(
                    Subject(
                        round=locked,
                        code=new.code,
                        name=new.name,
                        category=new.category,
                        group=new.group,
                        unit=new.unit,
                        person=new.person,
                        order=order,
                    )
                )
            Subject.objects.bulk_create(made, batch_size=500)
            for subject in made:
                audit.record(
                    by,
                    "add subject",
                    subject,
                    changes={"category": (None, subject.category)},
                    round_id=locked.pk,
                )
            touch_inputs(locked.pk)
    except IntegrityError:
        raise InvalidInput(_("A subject of this code is in the round already."), "subjects") from None
    return made


def withdraw_subject(*, subject: Subject, by: User, reason: str, confirmed: bool) -> None:
    """Take a subject out of the round, with everything entered for it.

    A subject that has inputs, or on which people vote, goes only if `confirmed` (InvalidInput names what would be
    lost); a reason is always needed. What ballots say of it is left out at the count. The audit trail keeps the
    counts; the result becomes stale.
    """
    if not access.may_run_rounds(by):
        raise NotAllowed
    if not reason.strip():
        raise InvalidInput(_("Withdrawing a subject needs a reason."), "reason")
    with transaction.atomic():
        locked = ensure_collecting(subject.round_id)
        counts = inputs_of_subject(subject.pk)
        if counts and not confirmed:
            raise InvalidInput(
                _("%(name)s already has inputs (%(counts)s); confirm that they are to be removed.")
                % {"name": subject.name, "counts": count_words(counts)},
                "confirmed",
            )
        if not confirmed and (words := obstacle(locked)):
            raise InvalidInput(
                _("What voters say of %(name)s would not count. %(polls)s") % {"name": subject.name, "polls": words},
                "confirmed",
            )
        if LedgerItem.objects.filter(subject=subject).exists():
            raise InvalidInput(
                _("%(name)s stands in the rectification ledger and stays in the round.") % {"name": subject.name}
            )
        if locked.subjects.count() == 1:
            raise InvalidInput(_("A round needs at least one subject."))
        audit.record(
            by,
            "withdraw subject",
            subject,
            changes={
                "code": (subject.code, None),
                "category": (subject.category, None),
                "inputs": (count_words(counts) or None, None),
            },
            round_id=locked.pk,
            reason=reason.strip(),
        )
        take_off_papers(round_id=locked.pk, subject=subject.pk)
        subject.delete()
        touch_inputs(locked.pk)


def change_category(*, subject: Subject, category: str, seen: str, by: User) -> Subject:
    """Move a subject to another category of the plan, if it is still in the one that was `seen`."""
    if not access.may_run_rounds(by):
        raise NotAllowed
    with transaction.atomic():
        locked = ensure_collecting(subject.round_id)
        check_category(subject.name, category, engine_plan(locked.plan_version))
        moved = Subject.objects.filter(pk=subject.pk, category=seen).update(category=category)
        if not moved:
            raise InvalidInput(_("The category was changed meanwhile; look again."), "category")
        audit.record(
            by,
            "change category",
            subject,
            changes={"category": (seen, category)},
            round_id=locked.pk,
        )
        touch_inputs(locked.pk)
    subject.category = category
    return subject
