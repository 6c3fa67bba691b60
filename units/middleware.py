"""Who has not logged in, or has an initial password, sees nothing but the page that changes that.

An htmx request is answered with a redirect of the whole page: no log-in page lands in a fragment. A script that
asks for JSON gets it, with 401: what it holds unsent stays in its page.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth import middleware as auth_middleware
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.http.response import HttpResponseBase
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

ALLOWED_VIEWS = frozenset({"units:password", "units:logout", "set_language", "health"})


def wants_json(request: HttpRequest) -> bool:
    """Whether a script asked, and for nothing but JSON. Browsers ask for pages and anything else besides."""
    return request.headers.get("Accept", "").partition(",")[0].partition(";")[0].strip() == "application/json"


def log_in_first() -> JsonResponse:
    return JsonResponse({"state": "login"}, status=401)


class LoginRequiredMiddleware(auth_middleware.LoginRequiredMiddleware):
    """Django's own, which also speaks to htmx. The page to come back to is the one around the fragment."""

    def handle_no_permission(  # type: ignore[override]
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseBase:
        if wants_json(request):
            return log_in_first()
        if not request.headers.get("HX-Request"):
            return super().handle_no_permission(request, view_func)
        page = urlsplit(request.headers.get("HX-Current-URL", ""))
        query = QueryDict(mutable=True)
        query[REDIRECT_FIELD_NAME] = f"{page.path}?{page.query}" if page.query else page.path or "/"
        return HttpResponseClientRedirect(f"{reverse('units:login')}?{query.urlencode(safe='/')}")


class MustChangePasswordMiddleware:
    """Sends every other page to units:password until the initial password is replaced."""

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
        if wants_json(request):
            return log_in_first()
        if request.headers.get("HX-Request"):
            return HttpResponseClientRedirect(reverse("units:password"))
        return HttpResponseRedirect(reverse("units:password"))
