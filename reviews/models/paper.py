"""Ballots on paper: how many were printed, and what two people counted independently of each other.

A count is entered twice, compared cell by cell and confirmed by a second person; what stands in it becomes part of the
poll at the poll's count. Cells: `subject` None and an answer of `paper_figures.BALLOTS` for the ballots as a whole,
else a subject, a leaf and an answer ("" for 弃权).
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .polls import Poll
from .rounds import Subject


class PaperPrint(models.Model):
    """So many copies of a ballot paper were printed; `digest` is the paper's, "" that of the one for everybody."""

    poll = models.ForeignKey(Poll, on_delete=models.CASCADE, related_name="paper_prints")
    digest = models.CharField(max_length=64, blank=True)
    copies = models.PositiveIntegerField(_("copies"))
    made_at = models.DateTimeField(auto_now_add=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.poll}: {self.copies}"


class PaperState(models.TextChoices):
    ENTERING = "entering", _("being entered")
    COMPARING = "comparing", _("being compared")
    SUBMITTED = "submitted", _("waits for confirmation")
    CONFIRMED = "confirmed", _("confirmed")
    REPLACED = "replaced", _("replaced")
    WITHDRAWN = "withdrawn", _("withdrawn")


UNDER_WAY = (PaperState.ENTERING, PaperState.COMPARING, PaperState.SUBMITTED)


class PaperCount(models.Model):
    """One count of a poll's paper ballots. A later one replaces it only for a `reason`; it keeps what it said."""

    poll = models.ForeignKey(Poll, on_delete=models.CASCADE, related_name="paper_counts")
    number = models.PositiveSmallIntegerField()
    state = models.CharField(_("state"), max_length=12, choices=PaperState.choices, default=PaperState.ENTERING)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    started_at = models.DateTimeField(auto_now_add=True)
    # How many had been handed out when it was confirmed: more or fewer since then, and it must be done again.
    handed_out = models.PositiveIntegerField(null=True, blank=True)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    submitted_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)
    # Withdrawing takes two people as well: one asks and says why, another one does it.
    withdraw_reason = models.CharField(_("reason"), max_length=500, blank=True)
    withdraw_asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["poll", "number"]
        verbose_name = _("count of paper ballots")
        constraints = [
            models.UniqueConstraint(fields=["poll", "number"], name="paper_count_number_once"),
            models.UniqueConstraint(fields=["poll"], condition=Q(state__in=UNDER_WAY), name="paper_count_under_way"),
            models.UniqueConstraint(fields=["poll"], condition=Q(state="confirmed"), name="paper_count_confirmed_once"),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True) | ~Q(confirmed_by=F("submitted_by")),
                name="paper_count_confirmed_by_another",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_by__isnull=True) | ~Q(withdrawn_by=F("withdraw_asked_by")),
                name="paper_count_withdrawn_by_another",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.poll} · {self.number}"


class PaperEntry(models.Model):
    """What one person enters of a count. There are two sides, and nobody has both."""

    count = models.ForeignKey(PaperCount, on_delete=models.CASCADE, related_name="entries")
    side = models.PositiveSmallIntegerField()
    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["count", "side"]
        constraints = [
            models.UniqueConstraint(fields=["count", "side"], name="paper_entry_side_once"),
            models.UniqueConstraint(fields=["count", "account"], name="paper_entry_account_once"),
            models.CheckConstraint(condition=Q(side__in=(1, 2)), name="paper_entry_has_two_sides"),
        ]

    def __str__(self) -> str:
        return f"{self.count} · {self.account}"


class PaperFigure(models.Model):
    """One cell as one of the two entered it. A cell that nobody typed anything into has no row."""

    entry = models.ForeignKey(PaperEntry, on_delete=models.CASCADE, related_name="figures")
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    indicator = models.CharField(max_length=40, blank=True)
    answer = models.CharField(max_length=60, blank=True)
    count = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entry", "subject", "indicator", "answer"], name="paper_figure_once"),
            models.UniqueConstraint(
                fields=["entry", "answer"], condition=Q(subject__isnull=True), name="paper_ballots_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.answer} × {self.count}"


class PaperDifference(models.Model):
    """A cell in which the two differed, or that was looked at again: both figures, and the one that was settled.

    Settled are a figure that the other one had from the start, and one that both stand behind.
    """

    paper_count = models.ForeignKey(PaperCount, on_delete=models.CASCADE, related_name="differences")
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    indicator = models.CharField(max_length=40, blank=True)
    answer = models.CharField(max_length=60, blank=True)
    first = models.PositiveIntegerField()
    second = models.PositiveIntegerField()
    value = models.PositiveIntegerField(null=True, blank=True)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    proposed_side = models.PositiveSmallIntegerField(null=True, blank=True)
    proposed_at = models.DateTimeField(null=True, blank=True)
    agreed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    agreed_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["paper_count", "subject", "indicator", "answer"], name="paper_difference_once"
            ),
            models.UniqueConstraint(
                fields=["paper_count", "answer"], condition=Q(subject__isnull=True), name="paper_ballots_differ_once"
            ),
            models.CheckConstraint(
                condition=Q(agreed_by__isnull=True) | ~Q(agreed_by=F("proposed_by")),
                name="paper_difference_agreed_by_another",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.answer}: {self.first} / {self.second}"

    @property
    def is_settled(self) -> bool:
        others = self.second if self.proposed_side == 1 else self.first
        return self.value is not None and (self.agreed_by_id is not None or self.value == others)
