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
