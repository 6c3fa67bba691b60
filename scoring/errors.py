"""Why a result cannot be computed."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reviews.services.errors import ReviewError


class ResultFrozen(Exception):
    """The round's result is announced. `str()` says so in the active language; nothing was changed."""

    def __str__(self) -> str:
        return _("The result of this round is announced. It is frozen and not computed again.")


class PlanChanged(ReviewError):
    """The round took over another version of its plan while it was computed; nothing was stored."""

    default = gettext_lazy("The plan of the round was changed while it was computed. Please compute the round again.")
