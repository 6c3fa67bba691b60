"""An account with an initial password sees nothing but the page that changes it."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

ALLOWED_VIEWS = frozenset({"units:password", "units:logout", "set_language", "health"})


class MustChangePasswordMiddleware:
    """Sends every other page to units:password until the initial password is replaced.

    An htmx request gets the same as a full redirect, so that no log-in page lands in a fragment.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: object, args: object, kwargs: object) -> HttpResponse | None:
        if not request.user.is_authenticated or not request.user.must_change_password:
            return None
        match = request.resolver_match
        if match is not None and match.view_name in ALLOWED_VIEWS:
            return None
        if request.headers.get("HX-Request"):
            return HttpResponse(headers={"HX-Redirect": reverse("units:password")})
        return HttpResponseRedirect(reverse("units:password"))
