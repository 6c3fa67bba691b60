"""Facts: typed values about subjects that grade rules read."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from appraisal_site.lib.fields import canonical
from indicators.services import engine_plan
from reviews.models import Round, Subject, SubjectFact
from reviews.numbers import read_number
from scoring.engine.types import FactDefinition, FactType
from units import access
from units.models import AuditEntry, User

from .errors import Conflict, InvalidInput, NotAllowed, ReviewError, Theirs
from .rounds import ensure_collecting, touch_inputs
from .trail import FACT, part_entry


@dataclass(frozen=True, slots=True)
class FactRow:
    """What a fact is to be; value "" means not given. `seen` is the value the user saw."""

    subject_id: int
    code: str
    value: str
    seen: str
    basis: str | None = None  # None: leave as it is
    date: datetime.date | None = None


def canonical_fact(definition: FactDefinition, text: str) -> str:
    """The stored form of what was typed: "", "true"/"false", plain digits, or a choice."""
    text = text.strip()
    if not text:
        return ""
    if definition.type is FactType.NUMBER:
        return canonical(read_number(text, definition.code))
    allowed = ("true", "false") if definition.type is FactType.BOOLEAN else definition.choices
    if text not in allowed:
        raise InvalidInput(
            _("“%(value)s” is not a value of “%(fact)s”.") % {"value": text, "fact": definition.title},
            definition.code,
        )
    return text


def save_facts(
    *,
    round: Round,  # noqa: A002
    rows: Sequence[FactRow],
    by: User,
) -> tuple[int, dict[tuple[int, str], ReviewError]]:
    """Save the right facts in one transaction; (how many changed, refused by subject and code).

    A value changed by somebody else meanwhile is a Conflict. Each change is audited.
    """
    if not access.may_run_rounds(by):
        raise NotAllowed
    refused: dict[tuple[int, str], ReviewError] = {}
    entries: list[AuditEntry] = []
    with transaction.atomic():
        round_ = ensure_collecting(round)
        definitions = {fact.code: fact for fact in engine_plan(round_.plan_version).facts}
        ids = {row.subject_id for row in rows}
        subjects = {s.pk: s for s in Subject.objects.filter(round=round_, pk__in=ids)}
        stored = {
            (fact.subject_id, fact.code): fact
            for fact in SubjectFact.objects.filter(subject__in=subjects).select_related("updated_by")
        }
        for row in rows:
            if row.subject_id not in subjects or row.code not in definitions:
                raise InvalidInput(_("This subject or fact is not of this round."))
            old = stored.get((row.subject_id, row.code))
            try:
                entry = _save(subjects[row.subject_id], definitions[row.code], old, row, by)
            except ReviewError as error:
                refused[row.subject_id, row.code] = error
                continue
            if entry is not None:
                entries.append(entry)
        if entries:
            AuditEntry.objects.bulk_create(entries)
            touch_inputs(round_.pk)
    return len(entries), refused


def _save(
    subject: Subject, definition: FactDefinition, old: SubjectFact | None, row: FactRow, by: User
) -> AuditEntry | None:
    value = canonical_fact(definition, row.value)
    current = old.value if old else ""
    basis = (old.basis if old else "") if row.basis is None else row.basis.strip()
    date = (old.date if old else None) if row.basis is None else row.date
    if value == current and (old is None or (basis, date) == (old.basis, old.date)):
        return None
    if current not in {row.seen, value}:
        assert old is not None or current == ""
        raise Conflict(
            Theirs(
                current or _("empty"),
                old.basis if old else "",
                old.updated_by if old else None,
                old.updated_at if old else None,
                current,
            )
        )
    if not value:
        SubjectFact.objects.filter(subject=subject, code=definition.code).delete()
    elif old is None:
        SubjectFact.objects.create(
            subject=subject, code=definition.code, value=value, basis=basis, date=date, updated_by=by
        )
    else:
        SubjectFact.objects.filter(pk=old.pk, value=current).update(
            value=value, basis=basis, date=date, updated_by=by, updated_at=timezone.now()
        )
    return part_entry(
        by,
        "enter fact",
        subject,
        target=FACT,
        part=definition.code,
        label=definition.title,
        changes={
            "value": (current or None, value or None),
            "basis": ((old.basis if old else "") or None, basis or None),
            "date": (old.date if old else None, date),
        },
    )
