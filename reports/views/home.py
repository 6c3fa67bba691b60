"""The home page: what waits for this account, role by role, one click from the place."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from units.models import User

from ..home import cards_for


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "reports/home.html", {"cards": cards_for(cast(User, request.user))})
