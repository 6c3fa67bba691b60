"""Marks and the other one-number inputs of leaves. `indicator` is a code of the round's frozen plan."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from appraisal_site.lib.fields import ExactDecimalField
from units.models import Unit

from .rounds import Round, Subject
from .source import Entered


class Assignment(models.Model):
    """Who enters the marks of a leaf in this round: the assessor's name in the plan, and its unit here.

    Without a unit nobody's account is bound to it; where the plan names no assessor the office enters.
    """

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="assignments")
    indicator = models.CharField(max_length=40)
    assessor = models.CharField(_("assessor"), max_length=120, blank=True)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    deadline = models.DateField(_("deadline"), null=True, blank=True)  # None: the round's

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["round", "indicator", "assessor"], name="assignment_once_per_leaf"),
        ]

    def __str__(self) -> str:
        return f"{self.indicator} {self.assessor}"


class Mark(Entered):
    """One assessor's mark of one subject on one leaf, with the note (评分说明)."""

    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="marks")
    indicator = models.CharField(max_length=40)
    assessor = models.CharField(max_length=120, blank=True)
    value = ExactDecimalField(_("mark"))
    note = models.TextField(_("note"), blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subject", "indicator", "assessor"], name="mark_once_per_assessor"),
        ]

    def __str__(self) -> str:
        return f"{self.indicator} {self.value}"


class NotApplicable(Entered):
    """A node, with its whole branch, that is not applicable (不适用) to a subject."""

    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="not_applicable")
    indicator = models.CharField(max_length=40)
    assessor = models.CharField(max_length=120, blank=True)
    note = models.TextField(_("note"), blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subject", "indicator"], name="not_applicable_once"),
        ]

    def __str__(self) -> str:
        return self.indicator


class Attainment(Entered):
    """Target and actual of an `attainment` leaf."""

    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="attainments")
    indicator = models.CharField(max_length=40)
    target = ExactDecimalField(_("target"))
    actual = ExactDecimalField(_("actual"))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subject", "indicator"], name="attainment_once")]

    def __str__(self) -> str:
        return f"{self.indicator} {self.actual}/{self.target}"


class NumberInput(Entered):
    """The number of a `rank_points`, `ratio_to_best` or `per_unit` leaf."""

    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="numbers")
    indicator = models.CharField(max_length=40)
    value = ExactDecimalField(_("number"))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subject", "indicator"], name="number_once")]

    def __str__(self) -> str:
        return f"{self.indicator} {self.value}"
