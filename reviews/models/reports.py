"""What those appraised say themselves: targets and actual figures, the self-summary, the self-assessment.

None of it is a score. A figure counts once it is verified (it becomes an `Attainment` or a `NumberInput`
then), or before that if the office's setting says so; a self-assessment only stands beside the mark.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from appraisal_site.lib.fields import ExactDecimalField

from .rounds import Round, Subject
from .source import Entered


class ReportSetting(models.Model):
    """What the office settled about reports of a round. No row, or None: as the plan's process says."""

    round = models.OneToOneField(Round, on_delete=models.CASCADE, related_name="report_setting")
    asks_self_report = models.BooleanField(_("ask for a self-summary"), null=True, blank=True)
    self_report_due = models.DateField(_("self-summary due"), null=True, blank=True)
    targets_due = models.DateField(_("proposals of targets due"), null=True, blank=True)
    figures_due = models.DateField(_("actual figures due"), null=True, blank=True)
    # Without a date of its own the duty report is due as long before the meeting as the plan says.
    duty_report_due = models.DateField(_("duty report due"), null=True, blank=True)
    meeting_date = models.DateField(_("day of the meeting"), null=True, blank=True)
    asks_promises = models.BooleanField(_("ask for open promises"), null=True, blank=True)
    promises_due = models.DateField(_("promises and task lists due"), null=True, blank=True)
    fulfilment_due = models.DateField(_("reports on promises and tasks due"), null=True, blank=True)
    # Who reads approved lists besides those who see everything (`PromiseAudience`).
    promises_audience = models.CharField(max_length=8, default="none")
    provisional = models.BooleanField(_("reported figures count before they are verified"), default=False)
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField(auto_now=True)
    updated_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    def __str__(self) -> str:
        return str(self.round_id)


class ReportKind(models.TextChoices):
    SELF_REPORT = "self_report", _("self-summary")
    TARGETS = "targets", _("proposals of targets")
    FIGURES = "figures", _("actual figures")
    DUTY_REPORT = "duty_report", _("duty report")
    PROMISES = "promises", _("open promises and task list")
    FULFILMENT = "fulfilment", _("report on promises and tasks")


class ReportExtension(models.Model):
    """Until when one subject may still report, past everybody's date. The audit trail keeps former ones."""

    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="report_extensions")
    kind = models.CharField(max_length=12, choices=ReportKind.choices)
    until = models.DateField(_("until"))
    reason = models.CharField(_("reason"), max_length=500)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subject", "kind"], name="report_extension_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.until}"


class TargetState(models.TextChoices):
    PROPOSED = "proposed", _("proposed")
    CONFIRMED = "confirmed", _("confirmed")
    RETURNED = "returned", _("sent back")


class Target(Entered):
    """What an attainment leaf is measured against. Confirmed it is frozen: the office changes it with a reason."""

    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="targets")
    indicator = models.CharField(max_length=40)
    value = ExactDecimalField(_("target"))
    note = models.CharField(_("note"), max_length=500, blank=True)
    state = models.CharField(max_length=10, choices=TargetState.choices, default=TargetState.PROPOSED)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.CharField(_("reason"), max_length=500, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subject", "indicator"], name="target_once")]

    def __str__(self) -> str:
        return f"{self.indicator} {self.value}"


class FigureState(models.TextChoices):
    REPORTED = "reported", _("to be verified")
    ACCEPTED = "accepted", _("verified")
    CHANGED = "changed", _("verified, changed")
    RETURNED = "returned", _("sent back")
    REPLACED = "replaced", _("reported anew")


class FigureReport(models.Model):
    """One report of an actual figure. A later report is another row, so that the history is the rows."""

    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="figure_reports")
    indicator = models.CharField(max_length=40)
    number = models.PositiveIntegerField()  # 1 for the first report of this figure
    value = ExactDecimalField(_("actual"))
    note = models.CharField(_("note"), max_length=1000, blank=True)
    late = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=FigureState.choices, default=FigureState.REPORTED)
    is_current = models.BooleanField(default=True)
    reported_at = models.DateTimeField(auto_now_add=True)
    reported_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    verified = ExactDecimalField(_("verified figure"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["subject", "indicator", "number"], name="figure_report_numbered"),
            models.UniqueConstraint(
                fields=["subject", "indicator"], condition=Q(is_current=True), name="figure_report_current_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.indicator} {self.value}"


class ReportState(models.TextChoices):
    DRAFT = "draft", _("draft")
    SUBMITTED = "submitted", _("handed in")
    RETURNED = "returned", _("sent back for revision")
    REWRITE = "rewrite", _("to be written anew")  # a duty report only
    ACCEPTED = "accepted", _("accepted")


class Draft(models.Model):
    """What somebody writes and others do not read. `version` goes up at each save."""

    state = models.CharField(max_length=10, choices=ReportState.choices, default=ReportState.DRAFT)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    updated_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        abstract = True


class HandIn(models.Model):
    """A draft as it was handed in, kept for ever, and what was decided on it. The latest is the current one."""

    number = models.PositiveIntegerField()
    late = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=ReportState.choices, default=ReportState.SUBMITTED)
    is_current = models.BooleanField(default=True)
    submitted_at = models.DateTimeField(auto_now_add=True)
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        abstract = True


class SelfReport(Draft):
    """The draft that a subject writes: the self-summary here, the leaves in `SelfAssessment`.

    Others read what was handed in (`SelfReportSubmission`), never the draft.
    """

    subject = models.OneToOneField(Subject, on_delete=models.CASCADE, related_name="self_report")
    text = models.TextField(_("self-summary"), blank=True)

    def __str__(self) -> str:
        return str(self.subject_id)


class SelfAssessment(models.Model):
    """The draft of what a subject says about one leaf; `score` None: it states none."""

    report = models.ForeignKey(SelfReport, on_delete=models.CASCADE, related_name="leaves")
    indicator = models.CharField(max_length=40)
    score = ExactDecimalField(_("self-assessed score"), null=True, blank=True)
    text = models.TextField(_("what was done"), blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["report", "indicator"], name="self_assessment_once")]

    def __str__(self) -> str:
        return self.indicator


class SelfReportSubmission(HandIn):
    """What was handed in, as it was then. `leaves`: code → {"score": plain digits or "", "text": …}."""

    report = models.ForeignKey(SelfReport, on_delete=models.CASCADE, related_name="submissions")
    text = models.TextField(_("self-summary"))
    leaves = models.JSONField(default=dict)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["report", "number"], name="submission_numbered"),
            models.UniqueConstraint(fields=["report"], condition=Q(is_current=True), name="submission_current_once"),
        ]

    def __str__(self) -> str:
        return f"{self.report_id} {self.number}"
