"""An assessor's account lets a colleague enter for a time (委托代评)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .marks import Assignment
from .rounds import Round


class DelegationQuerySet(models.QuerySet["Delegation"]):
    def current(self) -> DelegationQuerySet:
        """Those in force today."""
        day = timezone.localdate()
        return self.filter(state=Delegation.State.AGREED, starts__lte=day, ends__gte=day)

    def deputies(self) -> dict[int, int]:
        """Sheet → account in whose place it is entered today. One query.

        Nobody can pass on what they do not have (any more): the giver's account must be active and an assessor
        of the unit to which the sheet belongs now.
        """
        found = self.current().filter(
            giver__is_active=True,
            giver__role_grants__role="assessor",
            giver__role_grants__unit=F("sheets__unit"),
        )
        return dict(found.order_by("-pk").values_list("sheets", "giver"))


class Delegation(models.Model):
    """`giver` lets `taker` enter on some sheets from one day to another, both included. It ends by itself.

    Within one unit it is in force at once; to an account of another unit only with the office's consent.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waits for the office's consent")
        AGREED = "agreed", _("in force")
        REFUSED = "refused", _("refused by the office")
        REVOKED = "revoked", _("taken back")

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="delegations")
    giver = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="delegations_given")
    taker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="delegations_taken")
    starts = models.DateField(_("from"))
    ends = models.DateField(_("until"))
    reason = models.CharField(_("reason"), max_length=500)
    state = models.CharField(max_length=8, choices=State.choices)
    created_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    decision_reason = models.CharField(max_length=500, blank=True)
    sheets = models.ManyToManyField(Assignment, related_name="delegations")

    objects = DelegationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["taker", "state", "ends"], name="delegation_by_taker")]
        constraints = [
            models.CheckConstraint(condition=Q(ends__gte=F("starts")), name="delegation_ends_after_it_starts"),
            models.CheckConstraint(condition=~Q(giver=F("taker")), name="delegation_to_somebody_else"),
        ]

    def __str__(self) -> str:
        return f"{self.giver} → {self.taker}"
