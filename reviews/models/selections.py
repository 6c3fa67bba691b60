"""What the office settles after the result: how a selection is carried out, and who was there only part of the period.

Neither changes a score, a rank or a grade, so that none of it makes a computation stale.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from .rounds import Round, Subject
from .source import Entered


class SelectionSetting(Entered):
    """How the selection at `position` of the frozen plan is carried out in this round.

    `earlier` is the other round of a differential veto. `places` is a number for each category, or one under ""
    where the plan ranks all subjects in one list; a category that is not in it is not selected from.
    """

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="selection_settings")
    position = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=160)  # the selection's, as the plan has it
    earlier = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="+")
    places = models.JSONField(default=dict)

    class Meta:
        ordering = ["position"]
        verbose_name = _("settings of a selection")
        constraints = [
            models.UniqueConstraint(fields=["round", "position"], name="selection_setting_once"),
        ]

    def __str__(self) -> str:
        return self.title


class PartialPresence(Entered):
    """A subject that was there only `months` whole months of the round's period. No row: all of it."""

    subject = models.OneToOneField(Subject, on_delete=models.CASCADE, related_name="partial_presence")
    months = models.PositiveSmallIntegerField(_("months present"))
    reason = models.CharField(_("reason"), max_length=240)

    class Meta:
        verbose_name = _("part of the period")

    def __str__(self) -> str:
        return str(self.months)
