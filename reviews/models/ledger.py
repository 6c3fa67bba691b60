"""The rectification ledger (整改台账): what was found wanting, who puts it right, until when, whether it is done."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from units.models import Person, Unit

from .reminders import Reminder
from .rounds import Round, Subject


class ItemState(models.TextChoices):
    OPEN = "open", pgettext_lazy("ledger", "measures to be set")
    PLANNED = "planned", pgettext_lazy("ledger", "being put right")
    RETURNED = "returned", pgettext_lazy("ledger", "sent back")
    REPORTED = "reported", pgettext_lazy("ledger", "to be verified")
    STRUCK_OFF = "struck_off", pgettext_lazy("ledger", "struck off")
    WITHDRAWN = "withdrawn", pgettext_lazy("ledger", "taken out")


# Whoever is responsible has something to do; somebody has.
TO_DO = (ItemState.OPEN, ItemState.PLANNED, ItemState.RETURNED)
OPEN_ITEMS = (*TO_DO, ItemState.REPORTED)


class ItemSource(models.TextChoices):
    COMMENTARY = "commentary", _("commentary at a meeting")
    COMMENT = "comment", _("comment of a voter")
    INSPECTION = "inspection", _("on-site verification")
    RESULT = "result", _("result of the appraisal")
    PROMISE = "promise", _("promise or task not fulfilled")
    HAND = "hand", _("entered by hand")


class LedgerItem(models.Model):
    """One problem. It keeps the number of the round in which it was found, also where later rounds carry it on.

    `source_id` is the key of what it was taken from ("" by hand) and `source_words` says it in words: so the same
    finding is taken in once, and the item outlives it. `person` and `unit` name whoever is responsible besides the
    subject; a person who is in no roster has only a name.
    """

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="ledger_items")
    number = models.PositiveIntegerField(pgettext_lazy("ledger", "number"))
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="ledger_items")
    problem = models.TextField(_("problem"))
    source = models.CharField(_("source"), max_length=12, choices=ItemSource.choices, default=ItemSource.HAND)
    source_id = models.CharField(max_length=40, blank=True)
    source_words = models.CharField(_("where it comes from"), max_length=240, blank=True)
    source_url = models.CharField(max_length=240, blank=True)  # where it stands in this site
    responsible = models.CharField(_("responsible person"), max_length=60, blank=True)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    measures = models.TextField(_("measures"), blank=True)
    measures_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    deadline = models.DateField(_("deadline"))
    first_deadline = models.DateField()  # before it was put off
    state = models.CharField(_("state"), max_length=12, choices=ItemState.choices, default=ItemState.OPEN)
    # Why it was sent back or taken out; what the verification found.
    state_words = models.CharField(max_length=500, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    # The report that is being verified, or was: none after it was sent back.
    reported_at = models.DateTimeField(null=True, blank=True)
    reported_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    struck_off_at = models.DateTimeField(null=True, blank=True)
    struck_off_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    reminders = models.ManyToManyField(Reminder, related_name="ledger_items")

    class Meta:
        ordering = ["round", "number"]
        indexes = [models.Index(fields=["state", "deadline"], name="ledger_by_deadline")]
        constraints = [
            models.UniqueConstraint(fields=["round", "number"], name="ledger_item_numbered"),
            models.UniqueConstraint(
                fields=["source", "source_id"],
                condition=~Q(source_id="") & ~Q(state="withdrawn"),
                name="finding_taken_in_once",
            ),
            models.CheckConstraint(
                condition=Q(state="struck_off", struck_off_by__isnull=False, reported_by__isnull=False)
                | Q(struck_off_by__isnull=True) & ~Q(state="struck_off"),
                name="ledger_item_struck_off_by_somebody",
            ),
            # Whoever says that it is done does not find that it is.
            models.CheckConstraint(
                condition=Q(struck_off_by__isnull=True)
                | (~Q(struck_off_by=F("reported_by")) & ~Q(struck_off_by=F("measures_by"))),
                name="ledger_item_verified_by_another",
            ),
        ]

    def __str__(self) -> str:
        """As logs and lists of files call it, which more people read than may read what voters wrote."""
        return f"{self.number}. {self.quotable[:60]}"

    @property
    def quotable(self) -> str:
        """What is put right, as it may go into what others read too (reports, mail): not in the words of voters."""
        return str(self.get_source_display()) if self.source == ItemSource.COMMENT else self.problem

    @property
    def code(self) -> str:
        """“2025-003”: the same in every ledger that it stands in."""
        return f"{self.round.name}-{self.number:03}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_ITEMS

    @property
    def is_overdue(self) -> bool:
        return self.state in TO_DO and self.deadline < timezone.localdate()

    @property
    def in_time(self) -> bool:
        """Whether what was reported last was reported by the deadline."""
        return self.reported_at is not None and timezone.localtime(self.reported_at).date() <= self.deadline

    @property
    def files_key(self) -> str:
        return f"ledger.{self.pk}"


class LedgerNote(models.Model):
    """What the responsible side wrote about its progress, or when it reported that all is done."""

    item = models.ForeignKey(LedgerItem, on_delete=models.CASCADE, related_name="notes")
    text = models.TextField(_("progress"))
    is_report = models.BooleanField(default=False)
    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.text[:40]


class LedgerCarry(models.Model):
    """That an item which was still open went on into the ledger of a later round."""

    item = models.ForeignKey(LedgerItem, on_delete=models.CASCADE, related_name="carries")
    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="ledger_carries")
    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["item", "round"], name="ledger_item_carried_once")]

    def __str__(self) -> str:
        return f"{self.item_id} {self.round_id}"
