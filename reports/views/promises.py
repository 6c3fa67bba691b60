"""Promises and task lists as a file."""

from __future__ import annotations

from io import BytesIO

from django.http import FileResponse, HttpRequest
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from reviews.models import Promise
from reviews.queries.promises import reads_all, subject_rows
from reviews.queries.report_dates import report_rules
from reviews.queries.rounds import subjects_of
from units.guards import require

from ..promises import write_promises
from .workbook import get_round


@require_GET
def promise_book(request: HttpRequest, pk: int) -> FileResponse:
    """For those who see every list."""
    round_ = get_round(pk)
    require(reads_all(request.user, round_))
    rows = subject_rows(round_, report_rules(round_), list(subjects_of(round_)))
    found = Promise.objects.filter(list__subject__round=round_, in_force=True).select_related("list__subject")
    promises = list(found.order_by("list__subject__order", "list__subject__code", "list__kind", "order"))
    content = BytesIO(write_promises(round_, rows, promises))
    name = f"{round_.title}-{_('Promises and tasks')}.xlsx"
    response = FileResponse(content, as_attachment=True, filename=name)
    response["Cache-Control"] = "private, no-store"
    return response
