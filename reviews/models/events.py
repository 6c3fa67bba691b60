"""Bonus, penalty, deduction and inspection events (事项)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from appraisal_site.lib.fields import ExactDecimalField

from .rounds import Subject
from .source import Entered


class EventStatus(models.TextChoices):
    PENDING = "pending", _("waiting for approval")
    APPROVED = "approved", _("approved")
    REJECTED = "rejected", _("rejected")


class Event(Entered):
    """One entry of a catalogue on a subject. Only approved ones count (加减分须经审核).

    `value` is None where the catalogue item fixes it. Events of one item with the same `matter`
    (trimmed) are one matter.
    """

    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="events")
    indicator = models.CharField(max_length=40)
    item = models.CharField(_("item"), max_length=40, blank=True)
    count = ExactDecimalField(_("count"), default=1)
    value = ExactDecimalField(_("value"), null=True, blank=True)
    matter = models.CharField(_("matter"), max_length=240, blank=True)
    basis = models.CharField(_("basis"), max_length=500, blank=True)
    date = models.DateField(_("date"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=EventStatus.choices, default=EventStatus.PENDING)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_reason = models.CharField(_("reason"), max_length=500, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = _("event")
        verbose_name_plural = _("events")
        indexes = [models.Index(fields=["subject", "indicator"], name="event_by_subject")]

    def __str__(self) -> str:
        return f"{self.indicator} {self.item} {self.matter}"
