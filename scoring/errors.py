"""Why a result cannot be computed."""

from __future__ import annotations

from django.utils.translation import gettext as _


class ResultFrozen(Exception):
    """The round's result is announced. `str()` says so in the active language; nothing was changed."""

    def __str__(self) -> str:
        return _("The result of this round is announced. It is frozen and not computed again.")
