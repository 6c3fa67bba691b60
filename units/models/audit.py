"""The audit trail: who changed what, when, from what, to what. Written by services, never changed.

Ballots and who has voted never appear here (see docs/secrecy.md).
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class AuditEntry(models.Model):
    """One change. `target` is "app.model", `target_id` its key, `label` what people call it.

    `round_id` is the round it belongs to, if any: a plain number, as units know no rounds.
    `changes` maps a field to [before, after], both as text or None.
    """

    at = models.DateTimeField(_("time"), auto_now_add=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("who"), on_delete=models.PROTECT, null=True, related_name="+"
    )
    # Whose work it was, if somebody did it in their place for a time (委托).
    on_behalf = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    action = models.CharField(_("action"), max_length=40)
    target = models.CharField(max_length=60)
    target_id = models.CharField(max_length=40)
    label = models.CharField(_("object"), max_length=240)
    round_id = models.BigIntegerField(null=True)
    changes = models.JSONField(default=dict)
    reason = models.CharField(_("reason"), max_length=500, blank=True)

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["target", "target_id", "at"], name="audit_by_target"),
            # What happened in a round since an entry: asked every few seconds by every open score sheet.
            models.Index(fields=["round_id", "id"], name="audit_of_round"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.label}"
