"""On-site verification (察访核验): which subjects and indicators are looked at, and what was found there."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .events import Event
from .rounds import Round, Subject


class Sampling(models.Model):
    """One drawing of a sample, kept so that anybody can repeat it. It is never changed.

    `population`: [code, category, weight] of every subject then, `spared`: subject code → indicators that were not
    applicable to it. `parameters`: {"sizes": [[category, number, what was typed]], "leaves": [codes], "each":
    indicators per subject or 0 for all}. `drawn`: [subject code, [indicators]] in the order drawn.
    A sample that was chosen by hand has no seed and a reason.
    """

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="samplings")
    number = models.PositiveIntegerField()
    title = models.CharField(_("title"), max_length=120)
    seed = models.CharField(_("seed"), max_length=80, blank=True)
    seed_stated = models.BooleanField(default=False)  # typed in (drawn in public), not made here
    parameters = models.JSONField(default=dict)
    population = models.JSONField(default=list)
    spared = models.JSONField(default=dict)
    drawn = models.JSONField(default=list)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    # 可见: the subject sees its records at once; otherwise when the result is announced.
    shown = models.BooleanField(_("shown to the subjects at once"), default=False)
    made_at = models.DateTimeField(auto_now_add=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["round", "number"], name="sampling_numbered")]

    def __str__(self) -> str:
        return self.title

    @property
    def is_random(self) -> bool:
        return bool(self.seed)


class Conclusion(models.TextChoices):
    TRUE = "true", _("true")
    PARTLY = "partly", _("partly true")
    FALSE = "false", _("not true")


class Inspection(models.Model):
    """One indicator of one subject that is looked at. Without a conclusion it is still to be done."""

    sampling = models.ForeignKey(Sampling, on_delete=models.CASCADE, related_name="inspections")
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="inspections")
    indicator = models.CharField(max_length=40)
    order = models.PositiveIntegerField(default=0)
    date = models.DateField(_("date of the visit"), null=True, blank=True)
    inspectors = models.CharField(_("inspectors"), max_length=240, blank=True)
    checked = models.TextField(_("what was checked"), blank=True)
    claimed = models.TextField(_("claimed"), blank=True)
    found = models.TextField(_("found"), blank=True)
    conclusion = models.CharField(_("conclusion"), max_length=8, choices=Conclusion.choices, blank=True)
    note = models.TextField(_("note"), blank=True)
    event = models.ForeignKey(Event, on_delete=models.SET_NULL, null=True, blank=True, related_name="inspections")
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField(null=True, blank=True)
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["order", "id"]
        constraints = [
            models.UniqueConstraint(fields=["sampling", "subject", "indicator"], name="inspected_once_per_sampling"),
        ]

    def __str__(self) -> str:
        return f"{self.subject_id} {self.indicator}"
