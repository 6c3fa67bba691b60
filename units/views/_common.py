"""What the views of this app share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.paginator import Page, Paginator
from django.db import IntegrityError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from ..models import User
from ..services.errors import ChangedMeanwhile
from ..services.organisation import fields_of, fingerprint


def who(request: HttpRequest) -> User:
    """The account behind the request; LoginRequiredMiddleware has let nobody else in."""
    assert isinstance(request.user, User)
    return request.user


def paged(request: HttpRequest, rows: QuerySet[Any] | Sequence[Any], size: int = 100) -> Page[Any]:
    """The page that the query string asks for; a wrong number gives the nearest one."""
    return Paginator(rows, size).get_page(request.GET.get("page"))


def filled(form: forms.Form) -> dict[str, Any]:
    """A filter's valid values; a wrong one counts as not given and its message stands at the field."""
    form.is_valid()
    return {name: form.cleaned_data.get(name) for name in form.fields}


def _blame(form: forms.BaseForm, error: ValidationError) -> None:
    if hasattr(error, "error_dict"):
        for field, errors in error.error_dict.items():
            form.add_error(field if field in form.fields else None, errors)
    else:
        form.add_error(None, error)


def saved(form: Any, save: Callable[[], Any]) -> Any:
    """What `save` returns, or None after its refusal was put into the form, where the typed input stays."""
    try:
        return save()
    except ValidationError as error:
        _blame(form, error)
    except IntegrityError:
        form.add_error(None, _("The code or name was given to somebody else a moment ago. Choose another one."))
    except ChangedMeanwhile as error:
        _show_current(form, error)
    return None


def _show_current(form: Any, error: ChangedMeanwhile) -> None:
    """Say at each differing field what it is now, and let a second save go through knowingly."""
    form.add_error(
        None,
        _(
            "Somebody else saved this while you were editing. What is stored now stands below the fields "
            "that differ. Saving again replaces it with what you typed."
        ),
    )
    for name in fields_of(error.current):  # type: ignore[arg-type]
        now = getattr(error.current, name)
        if now != form.cleaned_data.get(name):
            shown = {True: _("yes"), False: _("no"), None: "—", "": "—"}.get(now, now)
            form.errors.setdefault(name, form.error_class()).append(_("Stored now: %(value)s") % {"value": shown})
    form.data = form.data.copy()
    form.data[form.add_prefix("seen")] = fingerprint(error.current)  # type: ignore[arg-type]
