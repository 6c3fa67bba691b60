"""Why a write was refused. The words are shown to the user as they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from units.models import User

Words = str | Promise


class ReviewError(Exception):
    """A write was refused and nothing was changed. `str()` gives the reason in the active language."""

    default: Words = _("The change was refused.")

    def __init__(self, message: Words = "") -> None:
        super().__init__(message)
        self.message = message or self.default

    def __str__(self) -> str:
        return str(self.message)


class RoundClosed(ReviewError):
    """The round's phase does not allow this."""

    default = _("This round no longer takes input: it has left the phase “collecting”.")


class NotAllowed(ReviewError, PermissionDenied):
    """This account may not do this. Unless a view says otherwise, the answer is the 403 page."""

    default = _("Your account may not do this.")


class InvalidInput(ReviewError):
    """A value is wrong; `field` names which one ("" for the whole)."""

    def __init__(self, message: Words, field: str = "") -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Theirs:
    """What somebody else saved meanwhile. `value` is in words; `seen` is the token of that state."""

    value: str
    note: str = ""
    by: User | None = None
    at: datetime | None = None
    seen: str = ""


class Conflict(ReviewError):
    """Somebody else changed it after this user had read it; nothing was overwritten."""

    default = _("Somebody else changed this meanwhile; nothing was overwritten.")

    def __init__(self, theirs: Theirs, message: Words = "") -> None:
        super().__init__(message)
        self.theirs = theirs
