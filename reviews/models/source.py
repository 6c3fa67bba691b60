"""Where an input came from, and who last touched it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Source(models.TextChoices):
    BROWSER = "browser", _("entered in the browser")
    WORKBOOK = "workbook", _("round workbook")


class Entered(models.Model):
    """Who entered a row and who changed it last. The changes themselves are in the audit trail.

    `version` goes up by one at each change: a save names the version it saw and loses against a newer one.
    """

    source = models.CharField(max_length=10, choices=Source.choices, default=Source.BROWSER)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    updated_at = models.DateTimeField(auto_now=True)
    updated_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        abstract = True
