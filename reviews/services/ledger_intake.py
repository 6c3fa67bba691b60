"""The rectification ledger: taking problems in, correcting what they say, carrying them on into the next round."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from reviews.findings import Finding, all_findings, open_findings
from reviews.models import OPEN_ITEMS, ItemSource, LedgerCarry, LedgerItem, Round, Subject
from reviews.queries.ledger import not_carried
from units import access, audit
from units.models import Person, Unit, User

from .errors import InvalidInput, NotAllowed
from .ledger import said, swap
from .ledger_notices import tell

LONGEST_PROBLEM = 2000


@dataclass(frozen=True, slots=True)
class ItemData:
    """What the office says about a problem. `responsible` may be somebody who is in no roster."""

    problem: str
    responsible: str = ""
    person: Person | None = None
    unit: Unit | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A finding to be taken in, by its key, as the office words it."""

    key: str
    problem: str
    deadline: datetime.date | None


def add_item(
    *,
    round: Round,  # noqa: A002
    subject: Subject,
    data: ItemData,
    deadline: datetime.date,
    by: User,
    finding: str = "",
) -> LedgerItem:
    """Enter one problem by hand, or (with the key of a `finding`) as it was found. Audited; its accounts are told.

    Raises NotAllowed, InvalidInput ("subject", "problem", "deadline"; or a finding that is taken in already).
    """
    if not access.may_run_ledger(by):
        raise NotAllowed
    with _taking_in(round) as locked:
        origin = None
        if finding:
            origin = _wanted_findings(locked, [finding], by)[finding]
            subject = origin.subject
        if subject.round_id != locked.pk:
            raise InvalidInput(_("This subject is not in the round."), "subject")
        item = _new(locked, subject, data, deadline, origin, by)
        _store(locked, [item], by)
    return item


def take_in(*, round: Round, wanted: Sequence[Wanted], by: User) -> list[LedgerItem]:  # noqa: A002
    """Take several findings in at once; all of them or none. Audited one by one; their accounts are told.

    Raises NotAllowed, InvalidInput (`field` is "KEY.problem" or "KEY.deadline" of the row that is wrong; "" if none was
    chosen or one is taken in already).
    """
    if not access.may_run_ledger(by):
        raise NotAllowed
    if not wanted:
        raise InvalidInput(_("Tick at least one finding."))
    with _taking_in(round) as locked:
        found = _wanted_findings(locked, [each.key for each in wanted], by)
        items = []
        for each in wanted:
            origin = found[each.key]
            try:
                items.append(
                    _new(
                        locked, origin.subject, responsible_for(origin.subject, each.problem), each.deadline, origin, by
                    )
                )
            except InvalidInput as error:
                raise InvalidInput(error.message, f"{each.key}.{error.field}") from None
        _store(locked, items, by)
    return items


@contextmanager
def _taking_in(round_: Round) -> Iterator[Round]:
    """The round, locked so that numbers follow each other; a finding taken in by somebody else meanwhile is refused."""
    try:
        with transaction.atomic():
            yield Round.objects.select_for_update(of=("self",)).select_related("plan", "plan_version").get(pk=round_.pk)
    except IntegrityError as error:
        raise InvalidInput(_("Somebody else took this in a moment ago. Look again.")) from error


def responsible_for(subject: Subject, problem: str) -> ItemData:
    """The subject answers for it itself, where the office names nobody else."""
    if subject.person is not None:
        return ItemData(problem, subject.person.name, subject.person, subject.unit or subject.person.unit)
    return ItemData(problem, "", None, subject.unit)


def _wanted_findings(round_: Round, keys: Sequence[str], by: User) -> Mapping[str, Finding]:
    found = {finding.key: finding for finding in open_findings(round_, by)}
    for key in keys:
        if key in found:
            continue
        if any(finding.key == key for finding in all_findings(round_, by)):
            raise InvalidInput(_("This finding stands in the ledger already."))
        raise InvalidInput(_("This finding is not there any more. Look again."))
    return found


def _new(
    round_: Round,
    subject: Subject,
    data: ItemData,
    deadline: datetime.date | None,
    origin: Finding | None,
    by: User,
) -> LedgerItem:
    data = _clean(data)
    if deadline is None:
        raise InvalidInput(_("Set a deadline."), "deadline")
    if deadline < timezone.localdate():
        raise InvalidInput(_("The deadline lies in the past."), "deadline")
    return LedgerItem(
        round=round_,
        subject=subject,
        source=origin.source if origin else ItemSource.HAND,
        source_id=origin.source_id if origin else "",
        source_words=origin.words[:240] if origin else "",
        source_url=origin.url if origin else "",
        deadline=deadline,
        first_deadline=deadline,
        created_by=by,
        **_fields(data),
    )


def _fields(data: ItemData) -> dict[str, Any]:
    return {"problem": data.problem, "responsible": data.responsible, "person": data.person, "unit": data.unit}


def _clean(data: ItemData) -> ItemData:
    problem = data.problem.replace("\r\n", "\n").strip()
    if not problem:
        raise InvalidInput(_("Say what the problem is."), "problem")
    if len(problem) > LONGEST_PROBLEM:
        words = _("The problem has %(count)d characters; at most %(most)d can be kept.")
        raise InvalidInput(words % {"count": len(problem), "most": LONGEST_PROBLEM}, "problem")
    responsible = data.responsible.strip() or (data.person.name if data.person else "")
    return ItemData(problem, responsible[:60], data.person, data.unit)


def _store(round_: Round, items: Sequence[LedgerItem], by: User) -> None:
    last = LedgerItem.objects.filter(round=round_).aggregate(last=Max("number"))["last"] or 0
    for number, item in enumerate(items, start=last + 1):
        item.number = number
        item.save(force_insert=True)
        audit.record(
            by,
            "add ledger item",
            item,
            label=said(item),
            changes={
                "problem": (None, None if item.source == ItemSource.COMMENT else item.problem),
                "source": (None, item.source),
                "responsible": (None, _who(item) or None),
                "deadline": (None, item.deadline),
            },
            round_id=round_.pk,
        )
    tell(items, _("A problem to be put right was entered"), by)


def _who(item: LedgerItem) -> str:
    return " ".join(filter(None, (item.unit.name if item.unit else "", item.responsible)))


# ---------------------------------------------------------------- correcting, carrying on


def change_item(*, item: LedgerItem, data: ItemData, seen: int, by: User) -> LedgerItem:
    """Correct what an open item says and who is responsible, if it is still the one `seen`. Audited with from and to.

    Raises NotAllowed, Conflict, InvalidInput ("problem"; or it is settled).
    """
    if not access.may_change_item(by, item):
        raise NotAllowed
    data = _clean(data)
    with transaction.atomic():
        before = {"responsible": _who(item), "problem": item.problem}
        swap(item, seen, OPEN_ITEMS, **_fields(data))
        item.refresh_from_db()
        after = {"responsible": _who(item), "problem": item.problem}
        if item.source == ItemSource.COMMENT:
            before["problem"] = after["problem"] = ""
        audit.record(
            by,
            "change ledger item",
            item,
            label=said(item),
            changes={name: (before[name] or None, after[name] or None) for name in before},
            round_id=item.round_id,
        )
    return item


def carry_on(*, round: Round, items: Collection[int], by: User) -> int:  # noqa: A002
    """Let open items of earlier rounds stand in this round's ledger too; they keep their numbers. Audited one by one.

    Those that are settled or carried meanwhile are left out; says how many there were. Raises NotAllowed, InvalidInput.
    """
    if not access.may_run_ledger(by):
        raise NotAllowed
    with transaction.atomic():
        locked = Round.objects.select_for_update(of=("self",)).get(pk=round.pk)
        found = list(not_carried(locked, Round.objects.filter(pk__lt=locked.pk)).filter(pk__in=items))
        if not found:
            raise InvalidInput(_("Tick at least one open item that does not stand here yet."))
        LedgerCarry.objects.bulk_create(LedgerCarry(item=item, round=locked, by=by) for item in found)
        for item in found:
            audit.record(
                by,
                "carry ledger item",
                item,
                label=said(item),
                changes={"into the ledger of": (None, locked.title)},
                round_id=locked.pk,
            )
    return len(found)
