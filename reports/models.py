"""Jobs: long work that goes on behind the page (computing, importing, exporting)."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from reviews.models import Assignment, Round, Subject


class JobKind(models.TextChoices):
    COMPUTE = "compute", _("compute the round")
    IMPORT = "import", _("load a workbook")
    EXPORT = "export", _("write the result workbook")
    TEMPLATE = "template", _("write a blank workbook")
    SIMILARITY = "similarity", _("compare duty reports")
    READ_SHEET = "read_sheet", _("read a score sheet")
    SAVE_SHEET = "save_sheet", _("save a score sheet")
    SHEETS = "sheets", _("write every assessor's score sheet")


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


class OfflineUpload(models.Model):
    """A score sheet that was filled in as a file (离线评分表), from its upload until its owner has settled it.

    At most one of an account and round is under way; it is its owner's alone. `counts`: how many cells of the file
    ask for nothing, by why. `problem`: why nothing of the file can be used. The job that reads or saves is `job`;
    `stepped_at`: when that began. `audited`: of the saved cells, those that entries of the file in the trail count.
    """

    class State(models.TextChoices):
        READING = "reading", _("is being read")
        READY = "ready", _("waits for your decision")
        SAVING = "saving", _("is being saved")
        DONE = "done", _("settled")
        REFUSED = "refused", _("cannot be used")
        DISCARDED = "discarded", _("discarded")

    UNDER_WAY = (State.READING, State.READY, State.SAVING)

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="offline_uploads")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    file = models.FileField(upload_to="uploads/%Y/%m/")
    file_name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)  # SHA-256 of the file
    marked = models.FileField(upload_to="outputs/%Y/%m/", blank=True)
    state = models.CharField(max_length=9, choices=State.choices, default=State.READING)
    job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, related_name="+")
    problem = models.TextField(blank=True)
    made_at = models.CharField(max_length=32, blank=True)  # when the file was downloaded, by its own word
    counts = models.JSONField(default=dict)
    saved = models.PositiveIntegerField(default=0)
    audited = models.PositiveIntegerField(default=0)
    stepped_at = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(auto_now_add=True)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["round", "by"],
                condition=Q(state__in=["reading", "ready", "saving"]),
                name="one_offline_upload_under_way",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.file_name} {self.state}"


class OfflineCell(models.Model):
    """A cell of an uploaded score sheet that asks for something and is not settled. What was saved is gone from here.

    A value is plain digits, 不适用 or "" (empty). `base`: what the cell held when the file was made; `now`: what the
    database held when it was compared last, by `seen`. `part` is "", "target" or "actual".
    """

    class Group(models.TextChoices):
        CONFLICT = "conflict", _("in conflict")
        WRONG = "wrong", _("wrong")
        CLOSED = "closed", _("not allowed")
        CHANGED = "changed", _("changed")
        NEW = "new", _("new")

    class Choice(models.TextChoices):
        OPEN = "", _("not decided")
        MINE = "mine", _("take that of the file")
        THEIRS = "theirs", _("keep what is there")

    upload = models.ForeignKey(OfflineUpload, on_delete=models.CASCADE, related_name="cells")
    number = models.PositiveIntegerField()  # the order of the file
    group = models.CharField(max_length=8, choices=Group.choices)
    place = models.CharField(max_length=12)
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, null=True, related_name="+")
    assignment = models.ForeignKey(Assignment, on_delete=models.CASCADE, null=True, related_name="+")
    part = models.CharField(max_length=6, blank=True)
    value = models.CharField(max_length=40, blank=True)
    note = models.TextField(blank=True)
    base_value = models.CharField(max_length=40, blank=True)
    base_note = models.TextField(blank=True)
    now_value = models.CharField(max_length=40, blank=True)
    now_note = models.TextField(blank=True)
    now_by = models.CharField(max_length=200, blank=True)
    now_at = models.CharField(max_length=32, blank=True)
    seen = models.CharField(max_length=60, blank=True)
    message = models.TextField(blank=True)
    choice = models.CharField(max_length=6, choices=Choice.choices, blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["upload", "number"], name="offline_cell_number_once")]
        indexes = [models.Index(fields=["upload", "group", "number"], name="offline_cells_of_a_group")]

    def __str__(self) -> str:
        return f"{self.place} {self.group}"
