"""Messages to one's own account."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from .. import queries
from ..models import Notification
from ..services.notifications import mark_read
from ._common import paged, who

PAGE_SIZE = 50


@require_http_methods(["GET", "POST"])
def notifications(request: HttpRequest) -> HttpResponse:
    """The account's messages, the newest first; POST: all of them are read."""
    account = who(request)
    if request.method == "POST":
        mark_read(account=account)
        return redirect("units:notifications")
    only = request.GET.get("only", "")
    rows = queries.notifications_of(account, unread=only == "unread")
    context = {"page_obj": paged(request, rows, PAGE_SIZE), "only": only, "unread": queries.unread_count(account)}
    return render(request, "units/notifications.html", context)


@require_POST
def notification(request: HttpRequest, pk: int) -> HttpResponse:
    """The message is read; on to the place it is about. Nobody else's message is known to exist."""
    account = who(request)
    row = get_object_or_404(Notification, pk=pk, account=account)
    mark_read(account=account, pk=row.pk)
    return HttpResponseRedirect(row.url) if row.url else redirect("units:notifications")
