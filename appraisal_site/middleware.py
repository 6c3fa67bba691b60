from collections.abc import Callable

from csp.constants import HEADER
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import get_supported_language_variant
from django.utils.translation import gettext as _

from units.middleware import wants_json


class ChosenLanguageMiddleware:
    """The language the user chose, else the site's own: Chinese.

    Django's LocaleMiddleware would follow the browser's list first. Office machines often carry a
    browser set to English; their users still expect the service in Chinese.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with translation.override(self._language(request)):
            request.LANGUAGE_CODE = translation.get_language()
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", translation.get_language() or "")
        return response

    @staticmethod
    def _language(request: HttpRequest) -> str:
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        try:
            return get_supported_language_variant(chosen)
        except LookupError:
            return settings.LANGUAGE_CODE


class NoNullCharactersMiddleware:
    """A form or query with the sign NUL in it is answered with 400: PostgreSQL stores it nowhere, and no keyboard
    types it. Forms of Django refuse it too; this is for what views read themselves.

    Only what Django has parsed for the protection against forged forms anyway: no body of JSON is read here. Where
    people vote, what they wrote is cleaned instead; no ballot is refused for it.
    """

    FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
    CLEANED = "/vote/"

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: object, args: object, kwargs: object) -> HttpResponse | None:
        if request.path_info.startswith(self.CLEANED):
            return None
        is_form = request.method == "POST" and request.content_type in self.FORMS
        if not _holds_nul(request.GET) and not (is_form and _holds_nul(request.POST)):
            return None
        words = _("The input holds a character that cannot be stored (NUL). Take it out and send it again.")
        if wants_json(request):
            return JsonResponse({"state": "refused", "message": words}, status=400)
        return render(request, "400.html", {"reason": words}, status=400)


def _holds_nul(sent: QueryDict) -> bool:
    return any("\0" in text for name, values in sent.lists() for text in (name, *values))


class ContentPolicyMiddleware:
    """django-csp's policy, the same for all pages and so written once. Its own middleware would put it together anew
    for every answer, which takes as long as reading a session.

    As there, Django's pages for developers go without: they have their styles in them.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.policy = build_policy()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not (settings.DEBUG and response.status_code in {404, 500}):
            response.headers.setdefault(HEADER, self.policy)
        return response
