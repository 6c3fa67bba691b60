"""Coming in and going out: log-in, log-out, one's own password, account and language."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import check_for_language
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods
from django.views.i18n import LANGUAGE_QUERY_PARAMETER, set_language

from ..account_forms import LoginForm, OwnEmailForm, OwnPasswordForm
from ..models import User
from ..services import accounts as services


def _remember_language(response: HttpResponse, language: str) -> None:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite=settings.LANGUAGE_COOKIE_SAMESITE,  # type: ignore[arg-type]
    )


class LoginView(auth_views.LoginView):
    """Logs in and brings the account's own language to this browser."""

    authentication_form = LoginForm
    redirect_authenticated_user = True

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        language = form.get_user().language
        if language and check_for_language(language):
            _remember_language(response, language)
        return response


logout = auth_views.LogoutView.as_view()


@login_not_required
def choose_language(request: HttpRequest) -> HttpResponse:
    """POST language=…, next=…: Django's own switch, remembered for the account too."""
    response = set_language(request)
    language = request.POST.get(LANGUAGE_QUERY_PARAMETER, "")
    known = dict(settings.LANGUAGES)
    if isinstance(request.user, User) and language in known:
        services.choose_language(user=request.user, language=language)
    return response


@require_http_methods(["GET", "POST"])
@sensitive_post_parameters()
def password(request: HttpRequest) -> HttpResponse:
    """Change one's own password; the only page while an initial password is in use."""
    user = request.user
    assert isinstance(user, User)
    initial = user.must_change_password
    form = OwnPasswordForm(user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        services.change_own_password(user=user, password=form.cleaned_data["new_password1"])
        update_session_auth_hash(request, user)
        messages.success(request, _("Your password has been changed."))
        return redirect("/" if initial else "units:account")
    context = {"form": form, "initial": initial}
    return render(request, "registration/password.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """Who am I here: name, roles, language, and the address for reminders."""
    user = request.user
    assert isinstance(user, User)
    form = OwnEmailForm(request.POST if request.method == "POST" else None, initial={"email": user.email})
    if request.method == "POST" and form.is_valid():
        services.change_own_email(user=user, email=form.cleaned_data["email"])
        messages.success(request, _("Your e-mail address has been saved."))
        return redirect("units:account")
    context = {"grants": user.grants, "form": form}
    return render(request, "units/account.html", context, status=422 if form.is_bound else 200)
