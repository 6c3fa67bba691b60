"""Changing the plan while a round runs (指标调整): applications, and the versions that a round has had."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from appraisal_site.lib.fields import ExactDecimalField
from indicators.models import PlanVersion

from .rounds import Round, Subject


class PlanChangeSetting(models.Model):
    """Until when changes may be asked for and approved. No row: the plan's own date."""

    round = models.OneToOneField(Round, on_delete=models.CASCADE, related_name="plan_change_setting")
    due = models.DateField(_("plan changes until"), null=True, blank=True)
    updated_at = models.DateTimeField(auto_now=True)
    updated_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    def __str__(self) -> str:
        return str(self.due or "")


class RoundPlanVersion(models.Model):
    """One change of the plan version that a round computes with. Both versions stay frozen for ever.

    `codes`: indicator → "added", "removed" or "changed", those that can change a score. `everyone`: something that
    concerns every subject changed (grade rules, categories …). `spared`: indicator → codes of the subjects to whom it
    was not applicable then. `withdrawn`: what had been entered and no longer fitted, in words, as a list of
    [subject, indicator, kind, value].
    """

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="plan_versions")
    number = models.PositiveIntegerField()  # 1 for the first change
    before = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, related_name="+")
    after = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(_("reason"), max_length=500)
    document = models.CharField(_("document number"), max_length=120, blank=True)
    codes = models.JSONField(default=dict)
    everyone = models.BooleanField(default=False)
    spared = models.JSONField(default=dict)
    withdrawn = models.JSONField(default=list)
    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["round", "number"], name="round_plan_version_numbered")]

    def __str__(self) -> str:
        return f"{self.round_id}: {self.before_id} → {self.after_id}"


class PlanChangeKind(models.TextChoices):
    NOT_APPLICABLE = "not_applicable", _("indicator not applicable")
    APPLICABLE = "applicable", _("indicator applicable again")
    TARGET = "target", _("another target")
    TEXT = "text", _("change of the plan itself")


class PlanChangeState(models.TextChoices):
    PROPOSED = "proposed", _("waits for the leader's approval")
    APPROVED = "approved", _("approved, to be carried out")
    REJECTED = "rejected", _("not agreed to")
    APPLIED = "applied", _("carried out")
    WITHDRAWN = "withdrawn", _("withdrawn")


OPEN_STATES = (PlanChangeState.PROPOSED, PlanChangeState.APPROVED)


class PlanChange(models.Model):
    """An application for a change, by the unit or person appraised or by the office for it.

    `subject` is None only for a change of the plan itself that the office asks for.
    """

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="plan_changes")
    number = models.PositiveIntegerField(_("number"))
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, null=True, blank=True, related_name="plan_changes")
    kind = models.CharField(_("what is asked for"), max_length=16, choices=PlanChangeKind.choices)
    indicator = models.CharField(_("indicator"), max_length=40, blank=True)
    target = ExactDecimalField(_("new target"), null=True, blank=True)
    wish = models.TextField(_("proposed change"), blank=True)
    reason = models.TextField(_("reason"))
    document = models.CharField(_("document number"), max_length=120, blank=True)
    by_office = models.BooleanField(default=False)
    state = models.CharField(
        _("state"), max_length=10, choices=PlanChangeState.choices, default=PlanChangeState.PROPOSED
    )
    proposed_at = models.DateTimeField(auto_now_add=True)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decision_reason = models.CharField(_("opinion"), max_length=500, blank=True)
    applied_at = models.DateTimeField(null=True, blank=True)
    applied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    # The plan version that carried out a change of the plan itself.
    carried_out = models.ForeignKey(
        RoundPlanVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="applications"
    )

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["round", "number"], name="plan_change_numbered"),
            models.UniqueConstraint(
                fields=["subject", "indicator"],
                condition=Q(state__in=["proposed", "approved"]) & ~Q(kind="text"),
                name="plan_change_open_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.kind} {self.indicator}"
