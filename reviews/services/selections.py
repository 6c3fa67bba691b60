"""What the office settles after the result: the other round and the places of a veto, months present.

None of it is an input of the computation, so it may still be changed once the result is announced; sealing ends it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from indicators.services import engine_plan
from reviews.models import PartialPresence, Phase, Round, SelectionSetting, Subject
from units import access, audit
from units.models import AuditEntry, User

from .errors import Conflict, InvalidInput, NotAllowed, ReviewError, RoundClosed, Theirs
from .rounds import PERIODS
from .trail import part_entry

VETO = "differential_veto"
PRESENCE = "reviews.partialpresence"
MOST_PLACES = 100_000
MONTHS = {"month": 1, "quarter": 3, "year": 12}


def months_of(round_: Round) -> int | None:
    """How many months the round's period has, by its label; None where the label is no period."""
    for period, (pattern, _words) in PERIODS.items():
        if re.fullmatch(pattern, round_.name):
            return MONTHS[period]
    stated = round_.plan_version.document.get("period")
    return MONTHS.get(stated) if isinstance(stated, str) else None


def place_keys(round_: Round) -> list[str]:
    """What `places` has a number for: the round's categories if the plan ranks by them, else "" alone. One query."""
    plan = engine_plan(round_.plan_version)
    if plan.ranking != "category":
        return [""]
    used = set(Subject.objects.filter(round=round_).order_by().values_list("category", flat=True).distinct())
    known = [category for category in plan.categories if category in used]
    return known + sorted(used.difference(known))


# ---------------------------------------------------------------- a differential veto


def save_veto(
    *,
    round: Round,  # noqa: A002
    position: int,
    earlier: Round | None,
    places: Mapping[str, int],
    seen: str,
    by: User,
) -> SelectionSetting | None:
    """Settle with which round and for how many places a differential veto is carried out.

    `earlier` None takes the setting back. `seen`: its `token` as the user saw it. Audited. Raises NotAllowed,
    RoundClosed, InvalidInput ("earlier", "places"), Conflict.
    """
    if not access.may_run_rounds(by):
        raise NotAllowed
    try:
        with transaction.atomic():
            locked = _unsealed(round)
            title = _veto_title(locked, position)
            before = _seen_setting(locked, position, seen)
            if earlier is None:
                _take_back(before, by)
                return None
            kept = _checked(locked, earlier, places)
            values: dict[str, Any] = {"title": title, "earlier": earlier, "places": kept}
            if before is None:
                setting = SelectionSetting.objects.create(
                    round=locked, position=position, created_by=by, updated_by=by, **values
                )
            else:
                setting = _swap(before, by, values)
            _record(by, setting, before, setting)
    except IntegrityError:
        # Somebody else settled it first under our hands.
        raise _conflict(SelectionSetting.objects.get(round=round, position=position)) from None
    return setting


def token(setting: SelectionSetting | None) -> str:
    """Names the state of a setting: one that was taken back and settled anew is another one."""
    return f"{setting.pk}.{setting.version}" if setting else ""


def _unsealed(round_: Round) -> Round:
    """The round, locked, unless it is sealed."""
    locked = Round.objects.select_for_update().get(pk=round_.pk)
    if locked.phase == Phase.SEALED:
        raise RoundClosed(_("The round is sealed; nothing in it can be changed."))
    return locked


def _veto_title(round_: Round, position: int) -> str:
    rows = round_.plan_version.document.get("selections", [])
    if not 0 <= position < len(rows) or rows[position]["kind"] != VETO:
        raise InvalidInput(_("The plan has no such selection."))
    return str(rows[position]["title"])


def _checked(round_: Round, earlier: Round, places: Mapping[str, int]) -> dict[str, int]:
    if earlier.pk == round_.pk:
        raise InvalidInput(_("A round is not compared with itself."), "earlier")
    keys = place_keys(round_)
    if set(places).difference(keys):
        raise InvalidInput(_("Places can only be given for the categories of this round."), "places")
    if any(not 1 <= number <= MOST_PLACES for number in places.values()):
        raise InvalidInput(_("The number of places is a whole number from 1."), "places")
    if not places:
        raise InvalidInput(_("State the number of places."), "places")
    return {key: places[key] for key in keys if key in places}


def _seen_setting(round_: Round, position: int, seen: str) -> SelectionSetting | None:
    current = (
        SelectionSetting.objects.filter(round=round_, position=position).select_related("earlier", "updated_by").first()
    )
    if token(current) != seen:
        raise Conflict(Theirs(_("the setting was taken back"))) if current is None else _conflict(current)
    return current


def _swap(before: SelectionSetting, by: User, values: dict[str, Any]) -> SelectionSetting:
    changed = SelectionSetting.objects.filter(pk=before.pk, version=before.version).update(
        version=F("version") + 1, updated_by=by, updated_at=timezone.now(), **values
    )
    if not changed:
        raise _conflict(before)
    return SelectionSetting.objects.select_related("earlier").get(pk=before.pk)


def _take_back(before: SelectionSetting | None, by: User) -> None:
    if before is None:
        return
    if not SelectionSetting.objects.filter(pk=before.pk, version=before.version).delete()[0]:
        raise _conflict(before)
    _record(by, before, before, None)


def _conflict(setting: SelectionSetting) -> Conflict:
    words = f"{setting.earlier.title}, {places_in_words(setting.places)}"
    return Conflict(Theirs(words, "", setting.updated_by, setting.updated_at, token(setting)))


def places_in_words(places: Mapping[str, int]) -> str:
    return "、".join(f"{category} {number}".strip() for category, number in places.items())


def _record(
    by: User, target: SelectionSetting, before: SelectionSetting | None, after: SelectionSetting | None
) -> None:
    audit.record(
        by,
        "settle selection",
        target,
        changes={
            "other round": (before and before.earlier.title, after and after.earlier.title),
            "places": (before and places_in_words(before.places), after and places_in_words(after.places)),
        },
        round_id=target.round_id,
    )


# ---------------------------------------------------------------- months present


@dataclass(frozen=True, slots=True)
class PresenceRow:
    """What a subject's months present are to be: None for the whole period. `seen`: the `presence_token` shown."""

    subject_id: int
    months: int | None
    reason: str
    seen: str


def presence_token(presence: PartialPresence | None) -> str:
    """Months and reason as they stand, to tell whether somebody changed them."""
    return f"{presence.months}|{presence.reason}" if presence else "|"


def save_presence(
    *,
    round: Round,  # noqa: A002
    rows: Sequence[PresenceRow],
    by: User,
) -> tuple[int, dict[int, ReviewError]]:
    """Save the right rows in one transaction; (how many changed, refused by subject). Each change is audited.

    All months of the period are the whole period: nothing is kept for them. Raises NotAllowed, RoundClosed, and
    InvalidInput where the plan pays nobody by months.
    """
    if not access.may_run_rounds(by):
        raise NotAllowed
    refused: dict[int, ReviewError] = {}
    entries: list[AuditEntry] = []
    with transaction.atomic():
        locked = _unsealed(round)
        whole = months_of(locked)
        if whole is None or "partial_at" not in locked.plan_version.document.get("payout", {}):
            raise InvalidInput(_("This plan pays nobody by months present."))
        subjects = Subject.objects.filter(round=locked).in_bulk([row.subject_id for row in rows])
        stored = {
            row.subject_id: row
            for row in PartialPresence.objects.filter(subject__in=subjects).select_related("updated_by")
        }
        for row in rows:
            if row.subject_id not in subjects:
                raise InvalidInput(_("This subject is not of this round."))
            try:
                entry = _save_presence(subjects[row.subject_id], stored.get(row.subject_id), row, whole, by)
            except ReviewError as error:
                refused[row.subject_id] = error
                continue
            if entry is not None:
                entries.append(entry)
        AuditEntry.objects.bulk_create(entries)
    return len(entries), refused


def _save_presence(
    subject: Subject, old: PartialPresence | None, row: PresenceRow, whole: int, by: User
) -> AuditEntry | None:
    months, reason = row.months, row.reason.strip()
    if months is not None and not 0 <= months <= whole:
        raise InvalidInput(_("The months present are a whole number from 0 to %(whole)d.") % {"whole": whole}, "months")
    if months is None and reason and old is None:
        raise InvalidInput(_("State the months present, too."), "months")
    if months == whole:
        months = None
    if presence_token(old) != row.seen:
        raise _presence_conflict(old)
    if months is not None and not reason:
        raise InvalidInput(_("State why the person was there only part of the period."), "reason")
    if months is None:
        reason = ""
    if (old.months if old else None, old.reason if old else "") == (months, reason):
        return None
    if months is None:
        PartialPresence.objects.filter(subject=subject).delete()
    elif old is None:
        PartialPresence.objects.create(subject=subject, months=months, reason=reason, created_by=by, updated_by=by)
    else:
        PartialPresence.objects.filter(pk=old.pk).update(
            months=months, reason=reason, version=F("version") + 1, updated_by=by, updated_at=timezone.now()
        )
    return part_entry(
        by,
        "enter presence",
        subject,
        target=PRESENCE,
        part="months",
        label=_("months present"),
        changes={
            "months": (old.months if old else None, months),
            "reason": ((old.reason if old else "") or None, reason or None),
        },
    )


def _presence_conflict(old: PartialPresence | None) -> Conflict:
    if old is None:
        return Conflict(Theirs(_("the whole period")))
    return Conflict(Theirs(str(old.months), old.reason, old.updated_by, old.updated_at, presence_token(old)))
