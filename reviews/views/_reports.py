"""What the pages of self-summaries and of duty reports share."""

from __future__ import annotations

import datetime
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from appraisal_site.lib.numbers import as_id
from reviews.services.errors import Conflict, InvalidInput, ReviewError


def submission_of(found: QuerySet[Any], number: str) -> Any:
    """The hand-in with this number, or (no number) the current one; 404 if there is none."""
    found = found.select_related("submitted_by", "decided_by")
    if number:
        return get_object_or_404(found, number=as_id(number) or 0)
    return get_object_or_404(found, is_current=True)


def day_in(text: str) -> datetime.date | None:
    """The last day that a decision names, if any; InvalidInput ("until")."""
    if not text:
        return None
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(_("“%(text)s” is not a date.") % {"text": text}, "until") from None


def refusal(error: ReviewError) -> dict[str, str]:
    """Why a decision was refused, by field ("" for the whole)."""
    if isinstance(error, Conflict):
        words = _("Meanwhile %(who)s set it to “%(state)s”. Look at it again.")
        return {"": words % {"who": error.theirs.by or "—", "state": error.theirs.value}}
    return {getattr(error, "field", ""): str(error)}
