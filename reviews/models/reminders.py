"""Reminders (催办): what the office sent, about which sheets or reports, to whom, and what became of it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .marks import Assignment
from .polls import Poll
from .rounds import Round, Subject


class Reminder(models.Model):
    """One sending. `subject` and `text` still hold the placeholders; each message has its own words.

    `about` says of what, and so which of the fields below holds the rows.
    A reminder to vote is about a `poll` and keeps numbers only: its messages are the queue of e-mails and go with them.
    """

    class About(models.TextChoices):
        SHEETS = "sheets"
        POLL = "poll"
        DUTY = "duty"
        SELF = "self"
        LEDGER = "ledger"  # its rows are `ledger_items`

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="reminders")
    about = models.CharField(max_length=10, choices=About.choices)
    subject = models.CharField(_("subject line"), max_length=120)
    text = models.TextField(_("text"))
    sent_at = models.DateTimeField(auto_now_add=True)
    sent_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    sheets = models.ManyToManyField(Assignment, related_name="reminders")
    poll = models.ForeignKey(Poll, on_delete=models.CASCADE, null=True, related_name="reminders")
    told = models.PositiveIntegerField(default=0)  # accounts that got a message in the product
    mailed = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)  # e-mails that could not be sent
    subjects = models.ManyToManyField(Subject, related_name="reminders")  # whose report is still to come

    class Meta:
        ordering = ["-sent_at", "-id"]

    def __str__(self) -> str:
        return self.subject


class ReminderMessage(models.Model):
    """One message of a sending: to whom, by which channel, with which result."""

    class Channel(models.TextChoices):
        PRODUCT = "product", _("in the product")
        EMAIL = "email", _("e-mail")

    class State(models.TextChoices):
        WAITING = "waiting", _("waits to be sent")
        SENDING = "sending", _("is being sent")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")
        UNREACHED = "unreached", _("nobody to reach")

    reminder = models.ForeignKey(Reminder, on_delete=models.CASCADE, related_name="messages")
    assessor = models.CharField(max_length=120, blank=True)
    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    channel = models.CharField(max_length=8, choices=Channel.choices)
    address = models.CharField(max_length=254, blank=True)
    subject = models.CharField(max_length=240)
    text = models.TextField()
    state = models.CharField(max_length=9, choices=State.choices)
    error = models.CharField(max_length=240, blank=True)
    at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.assessor} {self.channel}"
