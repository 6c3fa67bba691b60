"""Jobs: long work that goes on behind the page (computing, importing, exporting)."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from reviews.models import Round


class JobKind(models.TextChoices):
    COMPUTE = "compute", _("compute the round")
    IMPORT = "import", _("load a workbook")
    EXPORT = "export", _("write the result workbook")
    TEMPLATE = "template", _("write a blank workbook")
    SIMILARITY = "similarity", _("compare duty reports")


class JobState(models.TextChoices):
    QUEUED = "queued", _("waiting")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")


class Job(models.Model):
    """At most one job of a kind is under way per round: starting it again finds the one that runs.

    `percent` and `message` are what the page shows last; while a job runs inside one transaction its progress is in
    the cache (reports/jobs.py). `errors` lists {"place", "text"} of what was wrong with the input.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=10, choices=JobKind.choices)
    round = models.ForeignKey(Round, on_delete=models.CASCADE, null=True, related_name="jobs")
    state = models.CharField(max_length=10, choices=JobState.choices, default=JobState.QUEUED)
    options = models.JSONField(default=dict)
    upload = models.FileField(upload_to="uploads/%Y/%m/", blank=True)
    output = models.FileField(upload_to="outputs/%Y/%m/", blank=True)
    percent = models.PositiveSmallIntegerField(default=0)
    message = models.CharField(max_length=240, blank=True)
    notices = models.JSONField(default=list)
    errors = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "round"],
                condition=Q(state__in=["queued", "running"]),
                name="one_job_of_a_kind_under_way",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"
