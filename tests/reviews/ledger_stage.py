"""A small stage for the rectification ledger: people with duty reports, a meeting's commentary, what is done."""

from __future__ import annotations

import datetime
from typing import Any

from reviews.models import LedgerItem, Meeting, Remark, Round, Subject
from reviews.services import ledger, ledger_intake
from reviews.services.ledger_intake import ItemData
from reviews.words import today
from units.models import User

DAY = datetime.timedelta(days=1)
LATER = 30 * DAY


def commentary(round_: Round, subject: Subject, text: str = "联系群众不够", key: str = "a") -> Remark:
    """What the chair said about somebody at the round's meeting."""
    meeting, _made = Meeting.objects.get_or_create(round=round_, number=1, title="述职评议会", date=today())
    talk, _made = meeting.talks.get_or_create(subject=subject)
    return talk.remarks.create(kind="commentary", key=key, who="王书记", text=text)


def add(subject: Subject, by: User, problem: str = "制度不落实", **values: Any) -> LedgerItem:
    data = ledger_intake.responsible_for(subject, problem)
    values = {"deadline": today() + LATER, "data": data} | values
    return ledger_intake.add_item(round=subject.round, subject=subject, by=by, **values)


def now(item: LedgerItem) -> LedgerItem:
    return LedgerItem.objects.select_related("round", "subject", "person", "unit").get(pk=item.pk)


def plan(item: LedgerItem, by: User, measures: str = "每月走访一次") -> LedgerItem:
    item = now(item)
    return ledger.set_measures(item=item, measures=measures, seen=item.version, by=by)


def report(item: LedgerItem, by: User, text: str = "已走访12户") -> LedgerItem:
    item = now(item)
    return ledger.report_done(item=item, text=text, seen=item.version, by=by)


def reported(subject: Subject, writer: User, office: User, problem: str = "制度不落实") -> LedgerItem:
    """An item that waits to be verified."""
    item = add(subject, office, problem)
    plan(item, writer)
    return report(item, writer)


def strike(item: LedgerItem, by: User, note: str = "") -> LedgerItem:
    [item] = ledger.strike_off(items=[(item.pk, now(item).version)], note=note, by=by)
    return item


def late(item: LedgerItem, days: int = 3) -> LedgerItem:
    """As if its deadline had passed so many days ago."""
    LedgerItem.objects.filter(pk=item.pk).update(deadline=today() - days * DAY)
    return now(item)


__all__ = ["DAY", "ItemData", "add", "commentary", "late", "now", "plan", "report", "reported", "strike"]
