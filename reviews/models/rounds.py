"""A round (考核轮次): one plan applied to one period and a frozen list of subjects."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from indicators.models import Plan, PlanVersion
from units.models import Person, Unit


class Phase(models.TextChoices):
    """Forward one step at a time; back only from `reviewing` to `collecting`, with a reason."""

    COLLECTING = "collecting", _("collecting")  # inputs are entered
    REVIEWING = "reviewing", _("reviewing")  # inputs are closed; the office computes and checks
    ANNOUNCED = "announced", _("announced")  # the result is frozen and public
    SEALED = "sealed", _("sealed")  # archived, read only


class Round(models.Model):
    """`name` is the period's label as in workbooks (2020, 2026-Q3, 2026-11)."""

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="rounds")
    plan_version = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, related_name="rounds")
    name = models.CharField(_("period"), max_length=40)
    title = models.CharField(_("title"), max_length=200)
    deadline = models.DateField(_("deadline"), null=True, blank=True)
    # 到期冻结: a sheet takes no entry after its deadline, unless the office opens it again for its assessor.
    freeze_at_deadline = models.BooleanField(_("freeze at the deadline"), default=False)
    phase = models.CharField(_("phase"), max_length=12, choices=Phase.choices, default=Phase.COLLECTING)
    opened_at = models.DateTimeField(_("opened"), auto_now_add=True)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    phase_changed_at = models.DateTimeField(null=True, blank=True)
    # Goes up at every change of any input of the round, so that a result knows whether it is still current.
    input_version = models.PositiveBigIntegerField(default=0)

    class Meta:
        ordering = ["-opened_at", "-id"]
        verbose_name = _("round")
        verbose_name_plural = _("rounds")
        constraints = [models.UniqueConstraint(fields=["plan", "name"], name="round_once_per_plan_and_period")]

    def __str__(self) -> str:
        return self.title


class Subject(models.Model):
    """A unit or a person appraised in a round (考核对象). Its words are copies, frozen with the round."""

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="subjects")
    code = models.CharField(_("code"), max_length=40)
    name = models.CharField(_("name"), max_length=120)
    category = models.CharField(_("category"), max_length=60)
    group = models.CharField(_("group"), max_length=60, blank=True)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    order = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["order", "code"]
        verbose_name = _("subject")
        verbose_name_plural = _("subjects")
        constraints = [models.UniqueConstraint(fields=["round", "code"], name="subject_code_once_per_round")]

    def __str__(self) -> str:
        return self.name


class SubjectFact(models.Model):
    """A typed value about a subject that grade rules read. No row: not given.

    `value` is "true"/"false", plain digits, or a choice, by the type of the plan's fact `code`.
    """

    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="facts")
    code = models.CharField(max_length=60)
    value = models.CharField(max_length=60)
    basis = models.CharField(_("basis"), max_length=240, blank=True)
    date = models.DateField(_("date"), null=True, blank=True)
    updated_at = models.DateTimeField(auto_now=True)
    updated_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subject", "code"], name="fact_once_per_subject")]

    def __str__(self) -> str:
        return f"{self.code}={self.value}"
