"""What `polls.py` compares with: a bare view that checks session and form token and inserts the same two rows."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import path

from reviews.models import Participation, SealedBallot


def vote(request: HttpRequest) -> HttpResponse:
    if not request.user.is_authenticated:
        return HttpResponse(status=403)
    entitlement, poll = int(request.POST["entitlement"]), int(request.POST["poll"])
    with transaction.atomic():
        Participation(entitlement_id=entitlement, poll_id=poll).save(force_insert=True)
        SealedBallot(poll_id=poll, box=request.POST["box"].encode()).save(force_insert=True)
    return HttpResponse("in")


def up(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("up")


urlpatterns: list[Any] = [path("vote", vote), path("healthz", up)]
