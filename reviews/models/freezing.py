"""A sheet that takes entries again after its deadline: for whom, until when, why."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .marks import Assignment


class Reopening(models.Model):
    """One assessor's leaf, open again until the end of a day. Kept for ever; `ended_at`: taken back before."""

    assignment = models.ForeignKey(Assignment, on_delete=models.CASCADE, related_name="reopenings")
    until = models.DateField(_("open until"))
    reason = models.CharField(_("reason"), max_length=500)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            # A second one first ends the one before: there is never a question which of two counts.
            models.UniqueConstraint(
                fields=["assignment"], condition=models.Q(ended_at__isnull=True), name="reopened_once_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.assignment} {self.until}"
