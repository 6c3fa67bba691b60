"""Dates and phases in words."""

from __future__ import annotations

import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from .models import Phase


def today() -> datetime.date:
    return timezone.localdate()


def is_late(deadline: datetime.date | None) -> bool:
    return deadline is not None and deadline < today()


def phase_words(phase: str) -> str:
    """What happens in this phase and what comes next."""
    return {
        Phase.COLLECTING: _(
            "Marks, events and facts are being entered. When all is in, "
            "the office closes the input and checks the result."
        ),
        Phase.REVIEWING: _("Input is closed. The office computes and checks the result; after that it is announced."),
        Phase.ANNOUNCED: _("The result is announced and frozen. What remains is to seal the archive."),
        Phase.SEALED: _("The round is archived. Everything can be read, nothing can be changed."),
    }[Phase(phase)]
