"""Duty reports (述职报告): the draft with its history, what was handed in, what the reviewer says of passages.

A draft is its writer's alone. `texts` maps a section, and whatever else is written beside the sections, to plain
text (`reviews.duty.layout`).
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .reports import Draft, HandIn
from .rounds import Round, Subject


class DutyReport(Draft):
    """The draft of one subject's report."""

    subject = models.OneToOneField(Subject, on_delete=models.CASCADE, related_name="duty_report")
    texts = models.JSONField(default=dict)

    def __str__(self) -> str:
        return str(self.subject_id)


class DutyVersion(models.Model):
    """A state of the draft that can be looked at and taken back. Saves in quick succession are one."""

    class Kind(models.TextChoices):
        AUTO = "auto", _("saved while writing")
        KEPT = "kept", _("saved by hand")
        BEFORE = "before", _("before something else was put in")
        IMPORT = "import", _("taken from a Word file")
        RESTORE = "restore", _("an earlier version taken back")
        SUBMIT = "submit", _("handed in")

    report = models.ForeignKey(DutyReport, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=8, choices=Kind.choices)
    texts = models.JSONField(default=dict)
    characters = models.PositiveIntegerField(default=0)
    began_at = models.DateTimeField(auto_now_add=True)
    saved_at = models.DateTimeField()
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["report", "number"], name="duty_version_numbered")]

    def __str__(self) -> str:
        return f"{self.report_id} {self.number}"


class DutySubmission(HandIn):
    """What was handed in, complete in itself: it can be read though plan and problems have changed since.

    `parts`: [{"title", "answers", "sections": [{"key", "aspect"}]}]; `questions`: last year's problems as they stood,
    [{"key", "text", "source"}]; `unmet`: demands of the plan that the text did not meet (`Finding.stored`);
    `criteria`: what the reviewer ticked of the plan's list.
    """

    report = models.ForeignKey(DutyReport, on_delete=models.CASCADE, related_name="submissions")
    texts = models.JSONField()
    parts = models.JSONField()
    questions = models.JSONField(default=list)
    characters = models.PositiveIntegerField()
    unmet = models.JSONField(default=list)
    explanation = models.CharField(_("why it is handed in nevertheless"), max_length=500, blank=True)
    criteria = models.JSONField(default=list)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["report", "number"], name="duty_submission_numbered"),
            models.UniqueConstraint(fields=["report"], condition=Q(is_current=True), name="duty_submission_current"),
        ]

    def __str__(self) -> str:
        return f"{self.report_id} {self.number}"


class DutyComment(models.Model):
    """What a reviewer says about a passage of a hand-in; `quote` "": about the section as a whole.

    The writer reads it once the hand-in is decided on. `before` and `after` are what stood beside the passage, so that
    it is found again in a text that has changed. `settled_at`: the reviewer holds it for done.
    """

    submission = models.ForeignKey(DutySubmission, on_delete=models.CASCADE, related_name="comments")
    section = models.CharField(max_length=300)
    quote = models.TextField(blank=True)
    before = models.CharField(max_length=60, blank=True)
    after = models.CharField(max_length=60, blank=True)
    text = models.TextField(_("comment"))
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.text[:40]


class DutyReviewer(models.Model):
    """Who reviews reports of a round besides the office; `category` and `group` "": of any."""

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="duty_reviewers")
    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="duty_reviews")
    category = models.CharField(_("category"), max_length=60, blank=True)
    group = models.CharField(_("group"), max_length=60, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["category", "group", "id"]
        constraints = [
            models.UniqueConstraint(fields=["round", "account", "category", "group"], name="duty_reviewer_once"),
        ]

    def __str__(self) -> str:
        return str(self.account)


class DutySimilarity(models.Model):
    """What reports have in common, as last compared: derived, made anew at will.

    `pairs`: {"left", "right": submissions, "left_share", "right_share" in tenths of a per cent, "common": characters,
    "longest": passage}; `compared`: the submissions of this round; `earlier`: those of an earlier one.
    """

    round = models.OneToOneField(Round, on_delete=models.CASCADE, related_name="duty_similarity")
    earlier_round = models.ForeignKey(Round, on_delete=models.SET_NULL, null=True, related_name="+")
    compared = models.JSONField(default=list)
    earlier = models.JSONField(default=list)
    pairs = models.JSONField(default=list)
    left_out = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    def __str__(self) -> str:
        return str(self.round_id)
