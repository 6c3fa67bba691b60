"""Accounts for many people at once: who has none yet, and the initial passwords of those that were made."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from .. import access, queries
from ..forms import PersonFilter
from ..guards import require
from ..models import Person
from ..services.account_batches import MOST_AT_ONCE, Made, create_accounts_for
from ._common import filled, paged, who


@require_http_methods(["GET", "POST"])
@never_cache
@sensitive_variables("made")
def account_people(request: HttpRequest) -> HttpResponse:
    """Choose people without an account; a POST makes theirs and shows the initial passwords, this once."""
    require(access.may_manage_accounts(request.user))
    error = ""
    if request.method == "POST":
        try:
            made = _made(request)
        except ValidationError as refused:
            error = " ".join(refused.messages)
        except IntegrityError:
            error = _("A user name was given to somebody else a moment ago. Nothing was made: try once more.")
        else:
            return render(request, "units/account_passwords.html", {"made": made})
    return _choice(request, error)


def _made(request: HttpRequest) -> Made:
    wanted = [int(pk) for pk in request.POST.getlist("person") if pk.isascii() and pk.isdigit() and len(pk) < 10]
    people = list(Person.objects.filter(pk__in=wanted, is_active=True).select_related("unit").order_by("order", "code"))
    if not people:
        raise ValidationError(_("Nobody was ticked."))
    return create_accounts_for(people=people, by=who(request))


def _choice(request: HttpRequest, error: str) -> HttpResponse:
    form = PersonFilter(
        request.GET,
        categories=queries.used_values(Person, "category"),
        groups=queries.used_values(Person, "group"),
    )
    del form.fields["inactive"]
    chosen = filled(form)
    people = queries.select_people(
        words=chosen["q"] or "", unit=chosen["unit"], category=chosen["category"] or "", group=chosen["group"] or ""
    )
    context = {
        "filter": form,
        "filtered": any(chosen.values()),
        "page_obj": paged(request, queries.without_account(people), MOST_AT_ONCE),
        "error": error,
        "ticked": set(request.POST.getlist("person")),
    }
    return render(request, "units/account_people.html", context, status=422 if error else 200)
