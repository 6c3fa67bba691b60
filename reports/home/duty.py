"""The work of a named reviewer of duty reports: what was handed in and waits, and who is still to come."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reviews.models import DutyReviewer, Phase, ReportKind, ReportState, Round
from reviews.queries.duty_reports import reviewed_by, state_counts
from reviews.queries.report_dates import report_rules
from units import access
from units.models import User

from .base import Card, Task


def review_card(user: User, rounds: Sequence[Round]) -> Card | None:
    """None for whom nobody has named: most accounts. One query, and three for each round reviewed."""
    collecting = {round_.pk: round_ for round_ in rounds if round_.phase == Phase.COLLECTING}
    named = DutyReviewer.objects.filter(account=user, round__in=collecting).select_related("account")
    mine: dict[int, list[DutyReviewer]] = {}
    for row in named:
        mine.setdefault(row.round_id, []).append(row)
    if not mine or not access.may_see_rounds(user):
        return None
    card = Card(_("Duty reports to review"), empty=_("Nothing waits for your review."))
    for pk, reviewers in mine.items():
        round_ = collecting[pk]
        counts = state_counts(reviewed_by(round_, user, reviewers))
        waiting = counts.get(ReportState.SUBMITTED, 0)
        done = counts.get(ReportState.ACCEPTED, 0)
        said = ngettext("%(count)d duty report to review", "%(count)d duty reports to review", waiting)
        total = sum(counts.values())
        approved = _("%(done)d of %(total)d approved") % {"done": done, "total": total}
        card.tasks.append(
            Task(
                text=said % {"count": waiting} if waiting else _("Duty reports: nothing waits"),
                url=reverse("reviews:duty_list", args=[pk]) + (f"?state={ReportState.SUBMITTED}" if waiting else ""),
                words=f"{approved} · {round_.title}",
                percent=100 * done // total if total else None,
                deadline=report_rules(round_).due[ReportKind.DUTY_REPORT],
                urgent=bool(waiting),
            )
        )
    return card
