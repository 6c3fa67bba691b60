from collections.abc import Callable

from csp.constants import HEADER
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import get_supported_language_variant


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
