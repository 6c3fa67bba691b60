"""Bonus, penalty, deduction and inspection events (事项)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from appraisal_site.lib.fields import ExactDecimalField
from units.models import Unit

from .rounds import Round, Subject
from .source import Entered


class EventStatus(models.TextChoices):
    PENDING = "pending", _("waiting for approval")
    APPROVED = "approved", _("approved")
    REJECTED = "rejected", _("rejected")


class Proposer(models.TextChoices):
    """As what somebody entered an event: one account may be several."""

    OFFICE = "office", _("appraisal office")
    ASSESSOR = "assessor", _("assessor")
    SUBJECT = "subject", _("subject’s own application")


class Event(Entered):
    """One entry of a catalogue on a subject. Only approved ones count (加减分须经审核).

    `value` is None where the catalogue item fixes it. Events of one item with the same `matter`
    (trimmed) are one matter. An event that was returned for revision still waits for approval:
    `returned` says with whom it lies, `decision_reason` what is to be revised.
    """

    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="events")
    indicator = models.CharField(max_length=40)
    item = models.CharField(_("item"), max_length=40, blank=True)
    count = ExactDecimalField(_("count"), default=1)
    value = ExactDecimalField(_("value"), null=True, blank=True)
    matter = models.CharField(_("matter"), max_length=240, blank=True)
    basis = models.CharField(_("basis"), max_length=500, blank=True)
    document = models.CharField(_("document number"), max_length=120, blank=True)
    date = models.DateField(_("date"), null=True, blank=True)
    month = models.CharField(_("month"), max_length=7, blank=True)  # 2020-03: the month of daily appraisal
    proposed_as = models.CharField(
        _("proposed by"), max_length=10, choices=Proposer.choices, default=Proposer.OFFICE, editable=False
    )
    # The assessor unit for which it was proposed; its accounts may revise it.
    proposed_for = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    returned = models.BooleanField(_("returned for revision"), default=False)
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

    @property
    def files_key(self) -> str:
        """Where its files are found (`queries.evidence`)."""
        return f"event.{self.pk}"


class EventLeaf(models.Model):
    """What a round settles about one indicator's events beyond the plan. No row: the plan's defaults.

    `shown`: the subject sees entries as they come in. `applications`: the subject may apply for itself.
    `units`: the units whose assessor accounts may propose, for any subject.
    """

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="event_leaves")
    indicator = models.CharField(max_length=40)
    shown = models.BooleanField(_("shown to the subject as they come in"), default=False)
    applications = models.BooleanField(_("the subject may apply"), default=False)
    units = models.ManyToManyField(Unit, related_name="+", blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["round", "indicator"], name="event_leaf_once")]

    def __str__(self) -> str:
        return self.indicator


class EventComment(models.Model):
    """What the subject says of an event, and what the office answers. Never changed."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="comments")
    text = models.TextField(_("comment"))
    from_subject = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.text
