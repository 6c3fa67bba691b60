"""Plans (考核方案) and their versions.

A plan is a document: one tree of indicators with methods, catalogues, voter classes, facts, grades
and grade rules, in the same shape as a preset file (`indicators/presets/*.toml`). A version holds
one whole document with its digest. Whoever wants objects asks `indicators.services.engine_plan`.

Why a document and not a table per kind of part: a plan is always read whole, compared whole, copied
whole and frozen whole, and its digest must prove that nothing changed since the round opened. Inputs
refer to its parts by their codes, which the services check against the frozen document.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Plan(models.Model):
    """An entry of the plan library. `preset` is the digest of the preset file it came from, or empty."""

    code = models.SlugField(_("code"), max_length=60, unique=True)
    title = models.CharField(_("title"), max_length=160)
    preset = models.CharField(max_length=64, blank=True, editable=False)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        ordering = ["code"]
        verbose_name = _("plan")
        verbose_name_plural = _("plans")

    def __str__(self) -> str:
        return self.title


class PlanVersion(models.Model):
    """One document of a plan. A frozen version never changes: a round was opened with it."""

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(_("version"))
    document = models.JSONField()
    digest = models.CharField(max_length=64)  # SHA-256 of the canonical document
    note = models.CharField(_("note"), max_length=240, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    frozen_at = models.DateTimeField(_("frozen"), null=True, blank=True)

    class Meta:
        ordering = ["plan", "-number"]
        verbose_name = _("plan version")
        verbose_name_plural = _("plan versions")
        constraints = [models.UniqueConstraint(fields=["plan", "number"], name="plan_version_number_once")]

    def __str__(self) -> str:
        return f"{self.plan_id}/{self.number}"


class PlanDraft(models.Model):
    """A plan that is being written. Its document may be unfinished or wrong: nothing computes with it.

    `plan` is None while the plan is not in the library yet. At most one draft is open for a plan, so
    that two people work on the same one. `position` is the number of the step that `document` is after.
    """

    plan = models.OneToOneField(Plan, on_delete=models.CASCADE, null=True, blank=True, related_name="draft")
    base = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    document = models.JSONField()
    position = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    updated_at = models.DateTimeField(_("changed"), auto_now=True)
    updated_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-updated_at"]
        verbose_name = _("plan draft")
        verbose_name_plural = _("plan drafts")

    def __str__(self) -> str:
        return str(self.document.get("title") or self.document.get("code") or self.pk)


class DraftStep(models.Model):
    """One change of a draft: what was done, in words, and the whole document after it.

    Step 0 is the beginning. Undo and redo only move the draft's position along its steps.
    """

    draft = models.ForeignKey(PlanDraft, on_delete=models.CASCADE, related_name="steps")
    number = models.PositiveIntegerField()
    document = models.JSONField()
    message = models.CharField(max_length=240, blank=True)
    values = models.JSONField(default=dict)
    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["draft", "number"]
        constraints = [models.UniqueConstraint(fields=["draft", "number"], name="draft_step_number_once")]

    def __str__(self) -> str:
        return f"{self.draft_id}/{self.number}"
