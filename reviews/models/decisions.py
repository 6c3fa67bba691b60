"""The committee's decisions on grades: an input like any other, with person, time, reason, document."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from .rounds import Subject
from .source import Entered


class GradeDecision(Entered):
    subject = models.OneToOneField(Subject, on_delete=models.CASCADE, related_name="grade_decision")
    grade = models.CharField(_("grade"), max_length=40)
    reason = models.CharField(_("reason"), max_length=500)
    document = models.CharField(_("document number"), max_length=120, blank=True)

    def __str__(self) -> str:
        return self.grade
