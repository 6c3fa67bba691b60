"""What `polls.py` compares with: a bare view that checks session and form token and inserts two rows of the same size.

It is sent the same form as the product, and believes whatever it says.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import path

from reviews.models import Participation, SealedBallot


def vote(request: HttpRequest) -> HttpResponse:
    if not request.user.is_authenticated:
        return HttpResponse(status=403)
    entitlement, poll = int(request.POST["ballot"]), int(request.POST["poll"])
    box = request.body.ljust(int(request.POST["size"]))
    with transaction.atomic():
        Participation(entitlement_id=entitlement, poll_id=poll).save(force_insert=True)
        SealedBallot(poll_id=poll, box=box).save(force_insert=True)
    return HttpResponse("in")


def up(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("up")


urlpatterns: list[Any] = [path("vote", vote), path("healthz", up)]
