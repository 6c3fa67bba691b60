"""What every view about a round needs: the round itself, or a plain refusal."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from indicators.services import engine_plan
from reviews.models import Round
from reviews.services.errors import ReviewError
from reviews.tree import Tree
from units import access
from units.guards import require

PAGE_SIZE = 100


def get_round(request: HttpRequest, pk: int) -> Round:
    """The round, for any account with a role; 403 without one, 404 if there is none."""
    require(access.may_see_rounds(request.user))
    return get_object_or_404(Round.objects.select_related("plan", "plan_version"), pk=pk)


def tree_of(round_: Round) -> Tree:
    return Tree(engine_plan(round_.plan_version))


def paged(request: HttpRequest, rows: QuerySet[Any] | list[Any], size: int = PAGE_SIZE) -> Page[Any]:
    """The page that the query string asks for; a wrong number gives the nearest one."""
    return Paginator(rows, size).get_page(request.GET.get("page"))


def refuse(form: Form, error: ReviewError) -> None:
    """The words of a refusal at their field."""
    field = getattr(error, "field", "")
    form.add_error(field if field in form.fields else None, str(error))


def status_of(*forms: Form | None) -> int:
    return 422 if any(form is not None and form.is_bound and form.errors for form in forms) else 200
