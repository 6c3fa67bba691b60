from __future__ import annotations

from django.core.exceptions import ValidationError


class Refused(ValidationError):
    """A change that the rules of the organisation forbid; the message is for the user."""
