"""Interviews (约谈, 诫勉谈话): what gave cause, when it was held, what was said, that the interviewed has read it.

Who reads what is said here is decided by `units.access.may_read_interview` alone; none of it is in the audit trail.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from units.models import Person

from .rounds import Round, Subject


class InterviewState(models.TextChoices):
    DUE = "due", pgettext_lazy("interview", "to be held")
    HELD = "held", pgettext_lazy("interview", "held, to be confirmed")
    CONFIRMED = "confirmed", pgettext_lazy("interview", "confirmed")
    CANCELLED = "cancelled", pgettext_lazy("interview", "called off")


class InterviewSource(models.TextChoices):
    RESULT = "result", pgettext_lazy("interview", "a result")
    LEDGER = "ledger", pgettext_lazy("interview", "an item of the ledger")
    HAND = "hand", pgettext_lazy("interview", "by hand")


class Interview(models.Model):
    """One interview. `cause` names what gave cause to it within the round; "": by hand, nothing else.

    `person`: who is interviewed, if it is not the subject as such; then nobody else of the unit reads it.
    `accounts`: those who hold it and record it. Before it is held the texts are a draft.
    """

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="interviews")
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="interviews")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    kind = models.CharField(pgettext_lazy("interview", "kind"), max_length=60)
    source = models.CharField(max_length=8, choices=InterviewSource.choices, default=InterviewSource.HAND)
    cause = models.CharField(max_length=80, blank=True)
    grade = models.CharField(_("grade"), max_length=40, blank=True)
    reason = models.CharField(_("reason"), max_length=500)
    due_on = models.DateField(_("to be held by"), null=True, blank=True)
    accounts = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="interviews_held")
    held_on = models.DateField(_("held on"), null=True, blank=True)
    place = models.CharField(_("Venue"), max_length=120, blank=True)
    interviewers = models.CharField(_("interviewers"), max_length=240, blank=True)
    present = models.CharField(_("others present"), max_length=240, blank=True)
    recorder = models.CharField(_("recorded by"), max_length=60, blank=True)
    said = models.TextField(_("what the interviewers said"), blank=True)
    answer = models.TextField(_("what the interviewed said"), blank=True)
    demands = models.TextField(_("demands"), blank=True)
    demands_until = models.DateField(_("to be done by"), null=True, blank=True)
    statement = models.TextField(_("statement of the interviewed"), blank=True)
    state = models.CharField(max_length=10, choices=InterviewState.choices, default=InterviewState.DUE)
    version = models.PositiveIntegerField(default=1)  # goes up at each save: who saves names the one he saw
    remark = models.TextField(_("remark of the interviewed"), blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    on_paper = models.BooleanField(default=False)  # confirmed by the signature on a sheet that was attached
    cancelled_reason = models.CharField(_("reason"), max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    updated_at = models.DateTimeField(auto_now=True)
    updated_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["due_on", "subject__order", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["round", "cause"],
                condition=~Q(cause="") & ~Q(state="cancelled"),
                name="interview_once_per_cause",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """Who is interviewed."""
        return self.person.name if self.person else self.subject.name

    @property
    def unit_id(self) -> int | None:
        """The unit that is interviewed as such; where a person is, its unit reads nothing of it."""
        return None if self.person_id else self.subject.unit_id

    @property
    def account_ids(self) -> frozenset[int]:
        """Who holds it; from the prefetched rows, where there are any."""
        return frozenset(account.pk for account in self.accounts.all())


class InterviewVersion(models.Model):
    """What a record said before it was corrected, for those who may read it. `texts` maps a field to its text."""

    interview = models.ForeignKey(Interview, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    texts = models.JSONField()
    reason = models.CharField(_("reason"), max_length=500)
    made_at = models.DateTimeField(auto_now_add=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["interview", "number"], name="interview_version_numbered")]

    def __str__(self) -> str:
        return f"{self.interview_id} {self.number}"
