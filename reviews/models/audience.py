"""Reports published to a chosen audience for a time: what was shown, to whom, and what was said to it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from units.models import Unit

from .rounds import Round, Subject


class CommentMode(models.TextChoices):
    NONE = "none", _("no comments")
    NAMED = "named", _("with the name of who comments")
    UNNAMED = "unnamed", _("without names")


class Publication(models.Model):
    """Some reports, some readers, some days. It ends by itself; a new row says it anew, none is changed but its end.

    `everyone`: every account that may see the round; that needs a decision with the number of its document.
    Who reads is decided by `units.access.may_read_published` alone.
    """

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="publications")
    number = models.PositiveIntegerField()
    title = models.CharField(_("title"), max_length=120)
    starts = models.DateField(_("from"))
    ends = models.DateField(_("until"))
    everyone = models.BooleanField(_("all accounts of the round"), default=False)
    roles = models.JSONField(default=list)
    units = models.ManyToManyField(Unit, related_name="+")
    accounts = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+")
    comments = models.CharField(_("comments"), max_length=8, choices=CommentMode.choices, default=CommentMode.NONE)
    document = models.CharField(_("document number"), max_length=120, blank=True)
    decision = models.CharField(_("decision"), max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    withdrawn_reason = models.CharField(_("reason"), max_length=500, blank=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["round", "number"], name="publication_numbered"),
            models.CheckConstraint(condition=Q(ends__gte=F("starts")), name="publication_ends_after_it_starts"),
            models.CheckConstraint(
                condition=Q(everyone=False) | ~Q(document=""), name="everyone_reads_only_by_a_document"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        return self.withdrawn_at is None and self.starts <= timezone.localdate() <= self.ends

    @property
    def is_over(self) -> bool:
        return self.withdrawn_at is not None or timezone.localdate() > self.ends

    # What may_read_published asks; from the prefetched rows, where there are any.

    @property
    def unit_ids(self) -> frozenset[int]:
        return frozenset(unit.pk for unit in self.units.all())

    @property
    def account_ids(self) -> frozenset[int]:
        return frozenset(account.pk for account in self.accounts.all())

    @property
    def subject_keys(self) -> tuple[frozenset[int], frozenset[int]]:
        """The units and the people appraised in the round."""
        subjects = self.round.subjects.all()
        units = frozenset(each.unit_id for each in subjects if each.unit_id and not each.person_id)
        return units, frozenset(each.person_id for each in subjects if each.person_id)


class PublishedReport(models.Model):
    """A report as it was when it was published: `sections` is [[heading, text], …]. Never changed."""

    publication = models.ForeignKey(Publication, on_delete=models.CASCADE, related_name="reports")
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="+")
    sections = models.JSONField(default=list)

    class Meta:
        ordering = ["subject__order", "id"]
        constraints = [models.UniqueConstraint(fields=["publication", "subject"], name="report_published_once")]

    def __str__(self) -> str:
        return f"{self.publication_id} {self.subject_id}"


class ReportReading(models.Model):
    """That somebody has read a report, for the number alone: `mark` is a keyed digest of the account; no time."""

    report = models.ForeignKey(PublishedReport, on_delete=models.CASCADE, related_name="readings")
    mark = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["report", "mark"], name="reading_counted_once")]

    def __str__(self) -> str:
        return str(self.report_id)


class CommentState(models.TextChoices):
    WAITING = "waiting", _("to be looked at")
    SHOWN = "shown", _("shown")
    HIDDEN = "hidden", _("not shown")


class ReportComment(models.Model):
    """A reader's comment. Without names there is no author and no time, only the day; nobody can tell later either."""

    report = models.ForeignKey(PublishedReport, on_delete=models.CASCADE, related_name="comments")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    text = models.TextField(_("comment"))
    day = models.DateField()
    state = models.CharField(max_length=8, choices=CommentState.choices, default=CommentState.WAITING)
    reason = models.CharField(_("reason"), max_length=240, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["day", "id"]

    def __str__(self) -> str:
        return self.text[:40]
