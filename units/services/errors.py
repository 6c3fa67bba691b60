"""Why a change was not made."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models


class Refused(ValidationError):
    """A change that the rules of the organisation forbid; the message is for the user."""


class ChangedMeanwhile(Exception):
    """Somebody saved the object after the form was shown; `current` is what it is now."""

    def __init__(self, current: models.Model) -> None:
        super().__init__(str(current))
        self.current = current
