"""What an event says, and what the catalogue allows of it."""

from __future__ import annotations

import datetime
import re
from dataclasses import asdict, dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from appraisal_site.lib.fields import canonical
from indicators.services import engine_plan
from reviews.models import Event, NotApplicable, Round, Subject
from reviews.tree import COUNTED, EVENTS, Tree
from scoring.engine.types import CatalogueItem, Plan

from .errors import InvalidInput

_MONTH = re.compile(r"[1-9]\d{3}-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class EventData:
    """What an event says. `value` None: the item's only value. `matter` is kept trimmed.

    `month` (2020-03) is the month of a daily appraisal; left empty it is the date's.
    """

    indicator: str
    item: str = ""
    count: Decimal = Decimal(1)
    value: Decimal | None = None
    matter: str = ""
    basis: str = ""
    date: datetime.date | None = None
    document: str = ""
    month: str = ""


def data_of(event: Event) -> EventData:
    return EventData(**{name: getattr(event, name) for name in EventData.__dataclass_fields__})


def shown(data: EventData) -> dict[str, object]:
    """The fields that say something, for the audit trail and for the words of a conflict."""
    return {name: value if value != "" else None for name, value in asdict(data).items()}


def value_of(item: CatalogueItem | None, value: Decimal | None) -> Decimal | None:
    """What one count of an event is worth: its own value, else the item's only one."""
    if value is None and item is not None and len(item.values) == 1:
        return item.values[0]
    return value


def checked(subject: Subject, data: EventData, round_: Round) -> EventData:
    """The event as it is stored on this subject, or InvalidInput."""
    plan = engine_plan(round_.plan_version)
    data = check_event(plan, data)
    tree = Tree(plan)
    above = NotApplicable.objects.filter(subject=subject, indicator__in=tree.path(data.indicator)).first()
    if above is not None:
        raise InvalidInput(
            _("“%(node)s” is not applicable to %(name)s.")
            % {"node": tree.nodes[above.indicator].title, "name": subject.name},
            "indicator",
        )
    return data


def check_event(plan: Plan, data: EventData) -> EventData:
    """The event as it is stored, or InvalidInput: leaf, item, count and value by the catalogue."""
    node = Tree(plan).get(data.indicator)
    if node is None or node.method not in EVENTS:
        raise InvalidInput(_("This indicator takes no events."), "indicator")
    items = {item.code: item for item in node.catalogue}
    item = items.get(data.item)
    if items and item is None:
        raise InvalidInput(_("Choose an item of the catalogue."), "item")
    if not items and data.item:
        raise InvalidInput(_("This indicator has no catalogue."), "item")
    if node.method not in COUNTED and data.count != 1:
        raise InvalidInput(_("A bonus has no count: it must be 1."), "count")
    if data.count <= 0:
        raise InvalidInput(_("The count must be greater than 0."), "count")
    if data.count != data.count.to_integral_value():
        raise InvalidInput(_("The count must be a whole number."), "count")
    return EventData(
        indicator=node.code,
        item=data.item,
        count=data.count,
        value=_check_value(item, data.value),
        matter=data.matter.strip(),
        basis=data.basis.strip(),
        date=data.date,
        document=data.document.strip(),
        month=_check_month(data),
    )


def _check_month(data: EventData) -> str:
    month = data.month.strip()
    if month and not _MONTH.fullmatch(month):
        raise InvalidInput(_("A month is written like 2020-03."), "month")
    return month or (f"{data.date:%Y-%m}" if data.date else "")


def _check_value(item: CatalogueItem | None, value: Decimal | None) -> Decimal | None:
    values = item.values if item else ()
    if value is not None and value <= 0:
        raise InvalidInput(_("The value must be greater than 0; the indicator gives the sign."), "value")
    if len(values) == 1:
        if value is not None and value != values[0]:
            raise InvalidInput(
                _("The catalogue fixes the value at %(value)s.") % {"value": canonical(values[0])},
                "value",
            )
        return None
    if value is None:
        raise InvalidInput(_("State the value."), "value")
    if values and value not in values:
        expected = ", ".join(canonical(allowed) for allowed in values)
        raise InvalidInput(_("The value must be one of: %(values)s.") % {"values": expected}, "value")
    return value
