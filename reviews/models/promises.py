"""Open promises (公开承诺) and task lists (任务清单): entered at the start of the year, checked at its end.

A list is written as a draft, handed in and approved as a whole; every hand-in is kept. Approved, its rows become
`Promise`s: these are in force, and are reported on and checked one by one.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .reports import Draft, HandIn, ReportState
from .rounds import Subject


class PromiseKind(models.TextChoices):
    PROMISE = "promise", _("open promises")
    TASK = "task", _("task list")


class PromiseAudience(models.TextChoices):
    """Who reads approved lists besides those who see everything."""

    NONE = "none", pgettext_lazy("promises", "nobody else")
    UNIT = "unit", pgettext_lazy("promises", "the accounts of the same unit")
    ALL = "all", pgettext_lazy("promises", "all units")


class Outcome(models.TextChoices):
    DONE = "done", pgettext_lazy("promise", "done")
    PARTLY = "partly", pgettext_lazy("promise", "partly done")
    OPEN = "open", pgettext_lazy("promise", "not done")


class Verdict(models.TextChoices):
    CONFIRMED = "confirmed", pgettext_lazy("promise", "confirmed by the check")
    REFUSED = "refused", pgettext_lazy("promise", "not confirmed by the check")


class PromiseList(Draft):
    """One subject's list of a kind. `rows` is the draft (`reviews.promise_rows.Row.data`), `why` why it is to change.

    The report at the end has a state and a version of its own; its words stand in the rows in force.
    """

    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="promise_lists")
    kind = models.CharField(max_length=8, choices=PromiseKind.choices)
    rows = models.JSONField(default=list)
    why = models.CharField(_("reason"), max_length=500, blank=True)
    report_state = models.CharField(max_length=10, choices=ReportState.choices, default=ReportState.DRAFT)
    report_version = models.PositiveIntegerField(default=1)
    report_late = models.BooleanField(default=False)
    reported_at = models.DateTimeField(null=True, blank=True)
    reported_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    report_reason = models.CharField(_("reason"), max_length=500, blank=True)  # why it was sent back

    class Meta:
        ordering = ["subject__order", "kind", "id"]
        constraints = [models.UniqueConstraint(fields=["subject", "kind"], name="promise_list_once")]

    def __str__(self) -> str:
        return f"{self.subject.name} · {self.get_kind_display()}"

    @property
    def is_reported(self) -> bool:
        return self.report_state == ReportState.SUBMITTED


class PromiseHandIn(HandIn):
    """A list as it was handed in, or as the office gave or changed it; never changed."""

    rows = models.JSONField(default=list)
    list = models.ForeignKey(PromiseList, on_delete=models.CASCADE, related_name="hand_ins")
    why = models.CharField(_("reason"), max_length=500, blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["list", "number"], name="promise_hand_in_numbered"),
            models.UniqueConstraint(fields=["list"], condition=Q(is_current=True), name="promise_hand_in_current"),
        ]

    def __str__(self) -> str:
        return f"{self.list_id} {self.number}"


class Promise(models.Model):
    """A row of an approved list. One that a later list left out is no longer `in_force` and keeps what was said."""

    list = models.ForeignKey(PromiseList, on_delete=models.CASCADE, related_name="promises")
    key = models.CharField(max_length=20)
    order = models.PositiveIntegerField(default=0)
    text = models.TextField(pgettext_lazy("promise", "what is promised"))
    measure = models.TextField(_("measure or target"), blank=True)
    until = models.DateField(_("deadline"), null=True, blank=True)
    who = models.CharField(_("responsible"), max_length=120, blank=True)
    in_force = models.BooleanField(default=True)
    outcome = models.CharField(_("outcome"), max_length=8, choices=Outcome.choices, blank=True)
    report = models.TextField(_("what became of it"), blank=True)
    verdict = models.CharField(_("check"), max_length=10, choices=Verdict.choices, blank=True)
    verdict_reason = models.CharField(_("reason"), max_length=500, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    checked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["order", "id"]
        constraints = [models.UniqueConstraint(fields=["list", "key"], name="promise_once_per_list")]

    def __str__(self) -> str:
        return self.text[:60]

    @property
    def is_fulfilled(self) -> bool:
        """Done, and the check says so too."""
        return self.outcome == Outcome.DONE and self.verdict == Verdict.CONFIRMED
