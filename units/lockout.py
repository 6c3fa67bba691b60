"""Log-in locked after too many wrong passwords (django-axes counts them): the page that says so."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from axes.helpers import get_client_username
from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

TOO_MANY_REQUESTS = 429


def locked_until(username: str, ip_address: str) -> datetime.datetime | None:
    """When log-in opens again for this user name from this address; None if nothing was counted (one query)."""
    counted = AccessAttempt.objects.filter(username=username, ip_address=ip_address)
    last = counted.aggregate(last=Max("attempt_time"))["last"]
    return last + settings.AXES_COOLOFF_TIME if last else None


def locked_out(
    request: HttpRequest, response: HttpResponse | None, credentials: Mapping[str, Any] | None
) -> HttpResponse:
    """The answer of AxesMiddleware to a log-in while locked. The same words whether the account exists or not."""
    username = get_client_username(request, credentials) or ""
    context = {
        "failure_limit": settings.AXES_FAILURE_LIMIT,
        "lock_minutes": int(settings.AXES_COOLOFF_TIME.total_seconds() // 60),
        "until": locked_until(username, request.axes_ip_address),  # type: ignore[attr-defined]
    }
    return render(request, "registration/lockout.html", context, status=TOO_MANY_REQUESTS)
