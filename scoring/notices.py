"""Telling those who were appraised what became of it, at the moment it is announced."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext as _

from indicators.services import engine_plan
from reviews.models import Round
from reviews.queries.accounts import accounts_of
from units.models import User
from units.services.notifications import Message, notify

from .models import SubjectResult
from .queries import shown_total


def tell_results(round_: Round, by: User) -> None:
    """A message to every account that answers for somebody who was appraised. Three queries, whatever the number."""
    notify(messages=_messages(round_), by=by)


def _messages(round_: Round) -> Iterator[Message]:
    plan = engine_plan(round_.plan_version)
    rows = SubjectResult.objects.filter(computation__round=round_, computation__is_current=True)
    results = list(rows.select_related("subject").defer("document").order_by("subject__order", "pk"))
    accounts = accounts_of([row.subject for row in results])
    for row in results:
        words = _("total %(total)s, rank %(rank)s, %(grade)s") % {
            "total": shown_total(row, plan),
            "rank": row.rank or "—",
            "grade": row.grade or _("no grade"),
        }
        place = reverse("scoring:subject_result", args=[round_.pk, row.subject_id])
        title = _("Your result is announced: %(round)s") % {"round": round_.title}
        for account in accounts[row.subject_id]:
            yield Message(account, title, f"{row.subject.name}\n{words}", place)
