"""Files that prove an input (佐证材料): on a mark, an event, a figure, a self-assessment, a count of paper ballots;
or that a problem of the ledger was put right."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .events import Event
from .interviews import Interview
from .ledger import LedgerItem
from .polls import Poll
from .promises import Promise
from .rounds import Round, Subject


class EvidenceKind(models.TextChoices):
    """What a file stands beside. The rest of its target: `subject`, `indicator`, `assessor`, or one of the keys from
    `event` to `item`."""

    MARK = "mark", _("mark")
    EVENT = "event", _("event")
    ATTAINMENT = "attainment", _("figure")  # target and actual, or a number; reported or entered
    SELF_REPORT = "self_report", _("self-assessment")  # without an indicator: the summary
    INSPECTION = "inspection", _("on-site verification")
    PROMISE = "promise", _("promise or task")
    INTERVIEW = "interview", _("signed record of an interview")
    PAPER = "paper_tally", _("counting sheets")  # of a poll's paper ballots: without subject and indicator
    LEDGER = "ledger", _("rectification")


def stored_name(evidence: Evidence, filename: str) -> str:
    """Where a file is kept: nothing of the name it came with is in it."""
    return f"evidence/{evidence.round_id}/{uuid.uuid4().hex}"


class Evidence(models.Model):
    """One file. It is never deleted: withdrawn it leaves the pages, and the office can still look it up.

    `about` says in words what it stood beside; it outlives a subject or an event that was taken out.
    `from_subject`: the one appraised handed it in, and sees it at once; other proof once the result is out.
    """

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="evidence")
    kind = models.CharField(_("kind"), max_length=12, choices=EvidenceKind.choices)
    subject = models.ForeignKey(Subject, on_delete=models.SET_NULL, null=True, related_name="evidence")
    indicator = models.CharField(max_length=40, blank=True)
    assessor = models.CharField(max_length=120, blank=True)
    poll = models.ForeignKey(Poll, on_delete=models.SET_NULL, null=True, blank=True, related_name="evidence")
    event = models.ForeignKey(Event, on_delete=models.SET_NULL, null=True, blank=True, related_name="evidence")
    promise = models.ForeignKey(Promise, on_delete=models.SET_NULL, null=True, blank=True, related_name="evidence")
    interview = models.ForeignKey(Interview, on_delete=models.SET_NULL, null=True, blank=True, related_name="evidence")
    item = models.ForeignKey(LedgerItem, on_delete=models.SET_NULL, null=True, blank=True, related_name="evidence")
    about = models.CharField(_("about"), max_length=240)
    file = models.FileField(upload_to=stored_name, max_length=120)
    name = models.CharField(_("file name"), max_length=160)
    title = models.CharField(_("title"), max_length=120, blank=True)
    size = models.PositiveBigIntegerField(_("size"))
    media_type = models.CharField(max_length=100)
    sha256 = models.CharField(max_length=64)
    from_subject = models.BooleanField(default=False)
    uploaded_at = models.DateTimeField(_("uploaded"), auto_now_add=True)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    withdrawn_reason = models.CharField(_("reason"), max_length=500, blank=True)

    class Meta:
        ordering = ["uploaded_at", "id"]
        indexes = [
            # Counts a whole sheet, and lists one cell.
            models.Index(
                fields=["round", "indicator", "subject"],
                condition=Q(withdrawn_at=None),
                name="evidence_by_cell",
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.name

    @property
    def is_image(self) -> bool:
        return self.media_type.startswith("image/")

    @property
    def opens(self) -> bool:
        """Whether a browser shows it; everything else is only handed over."""
        return self.is_image or self.media_type == "application/pdf"
