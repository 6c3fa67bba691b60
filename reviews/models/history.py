"""Earlier rounds that `carried`, `times_grade` and `grade_in` read, by named sets (往期)."""

from __future__ import annotations

from django.db import models

from appraisal_site.lib.fields import ExactDecimalField

from .rounds import Round, Subject


class RoundSetMember(models.Model):
    """A round of this database that belongs to a named set of another round (quarters → year)."""

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="set_members")
    set_name = models.CharField(max_length=60)
    earlier = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["round", "set_name", "earlier"], name="round_once_per_set"),
        ]

    def __str__(self) -> str:
        return f"{self.set_name}: {self.earlier_id}"


class EarlierResult(models.Model):
    """A subject's result in an earlier round, as a workbook's 往期 sheet states it. It wins over the database."""

    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="earlier_results")
    set_name = models.CharField(max_length=60)
    round_name = models.CharField(max_length=60)
    total = ExactDecimalField(null=True, blank=True)
    points = ExactDecimalField(null=True, blank=True)
    grade = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subject", "set_name", "round_name"], name="earlier_result_once"),
        ]

    def __str__(self) -> str:
        return f"{self.set_name} {self.round_name}"
