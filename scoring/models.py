"""Results: what the engine derived. They can be thrown away and computed again to the last digit,
until the round is announced; then the announced computation is kept as it is."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from reviews.models import Round, Subject


class Computation(models.Model):
    """One run of the engine over a round. At most one per round is `current`.

    `input_version` is the round's when the inputs were read: a lower one than the round's now means stale.
    `digest` is the SHA-256 over plan digest, engine version and every subject's result.
    `summary` holds counts per grade, the limits' arithmetic and the missing leaves.
    """

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="computations")
    computed_at = models.DateTimeField(_("computed"), auto_now_add=True)
    computed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    engine_version = models.CharField(max_length=20)
    input_version = models.PositiveBigIntegerField()
    provisional = models.BooleanField(default=False)
    digest = models.CharField(max_length=64)
    summary = models.JSONField(default=dict)
    is_current = models.BooleanField(default=False)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["round"], condition=Q(is_current=True), name="one_current_computation"),
        ]

    def __str__(self) -> str:
        return f"{self.round_id} {self.digest[:12]}"


class SubjectResult(models.Model):
    """A subject's total, ranks and grade, and in `document` every node's score with its steps,
    the reasons of the grade and the flags (see scoring/documents.py for its shape)."""

    computation = models.ForeignKey(Computation, on_delete=models.CASCADE, related_name="results")
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="results")
    total = models.DecimalField(_("total"), max_digits=15, decimal_places=6)
    rank = models.PositiveIntegerField(_("rank"))
    category_rank = models.PositiveIntegerField(_("rank in category"))
    grade = models.CharField(_("grade"), max_length=40, blank=True)  # empty: no grade (不定等次)
    is_flagged = models.BooleanField(default=False)
    is_incomplete = models.BooleanField(default=False)  # something is missing
    document = models.JSONField()

    class Meta:
        ordering = ["rank", "subject__order", "subject__code"]
        constraints = [
            models.UniqueConstraint(fields=["computation", "subject"], name="result_once_per_subject"),
        ]
        indexes = [models.Index(fields=["computation", "rank"], name="result_by_rank")]

    def __str__(self) -> str:
        return f"{self.subject_id}: {self.total}"
