"""The history of a draft: states that its writer can look at and take back.

Somebody who types is saved every second or two. Such saves are one version as long as they come in quick succession
and only add; before much is taken away a new one begins, so that what was there stays.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping

from django.db.models import Max
from django.utils import timezone

from reviews.models import DutyReport, DutyVersion
from reviews.wordcount import word_count
from units.models import User

TOGETHER = datetime.timedelta(minutes=10)
MUCH = 60  # characters that one text lost
MOST_KEPT = 200  # of the versions saved while writing; the others stay as long as the report
Kind = DutyVersion.Kind


def keep(
    report: DutyReport, texts: Mapping[str, str], by: User | None, kind: str, characters: int | None = None
) -> DutyVersion:
    """Keep these texts as a version; to be called inside the transaction that locks the report."""
    now = timezone.now()
    number = characters if characters is not None else _characters(texts)
    last = report.versions.order_by("-number").first()
    if last is not None and dict(last.texts) == dict(texts) and kind in (Kind.AUTO, Kind.BEFORE):
        return last
    if last is not None and _continues(last, texts, by, kind, now):
        last.texts, last.characters, last.saved_at = dict(texts), number, now
        last.save(update_fields=["texts", "characters", "saved_at"])
        return last
    newest = report.versions.aggregate(last=Max("number"))["last"] or 0
    made = report.versions.create(
        number=newest + 1, kind=kind, texts=dict(texts), characters=number, saved_at=now, saved_by=by
    )
    if kind == Kind.AUTO:
        _thin_out(report)
    return made


def _continues(last: DutyVersion, texts: Mapping[str, str], by: User | None, kind: str, now: datetime.datetime) -> bool:
    """Whether this save belongs to the last version: one person who goes on writing and takes nothing much away."""
    if kind != Kind.AUTO or last.kind != Kind.AUTO or last.saved_by_id != (by and by.pk):
        return False
    if now - last.began_at > TOGETHER:
        return False
    return all(len(texts.get(key, "")) > len(text) - MUCH for key, text in last.texts.items())


def _characters(texts: Mapping[str, str]) -> int:
    return sum(word_count(text) for text in texts.values())


def _thin_out(report: DutyReport) -> None:
    old = report.versions.filter(kind=Kind.AUTO).order_by("-number").values_list("pk", flat=True)[MOST_KEPT:]
    report.versions.filter(pk__in=list(old)).delete()
