"""Units and people: lists, details, forms, and the fragments of the lookup fields."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from appraisal_site.lib.numbers import as_id

from .. import access, lookup, queries
from ..forms import PersonFilter, PersonForm, UnitFilter, UnitForm
from ..guards import require
from ..models import Person, Unit
from ..services import organisation as services
from ._common import filled, paged, saved, who

TREE_PAGE = 200
PEOPLE_SHOWN = 50


@require_GET
def unit_list(request: HttpRequest) -> HttpResponse:
    require(access.may_see_organisation(request.user))
    form = UnitFilter(request.GET, categories=queries.used_values(Unit, "category"))
    chosen = filled(form)
    nodes = queries.select_units(
        words=chosen["q"] or "", category=chosen["category"] or "", inactive=bool(chosen["inactive"])
    )
    page = paged(request, nodes, TREE_PAGE)
    people = queries.people_per_unit([node.unit.pk for node in page])
    context = {
        "filter": form,
        "filtered": bool(chosen["q"] or chosen["category"]),
        "page_obj": page,
        "rows": [(node, people.get(node.unit.pk, 0)) for node in page],
    }
    return render(request, "units/unit_list.html", context)


@require_GET
def unit_detail(request: HttpRequest, pk: int) -> HttpResponse:
    require(access.may_see_organisation(request.user))
    unit = get_object_or_404(Unit, pk=pk)
    people = list(queries.select_people(unit=unit)[: PEOPLE_SHOWN + 1])
    context = {
        "unit": unit,
        "ancestors": queries.ancestors(unit),
        "children": list(unit.children.all()),
        "people": people[:PEOPLE_SHOWN],
        "more_people": len(people) > PEOPLE_SHOWN,
        "accounts": list(queries.accounts_of_unit(unit)),
        "trail": queries.trail(unit) if access.may_see_audit(request.user) else [],
    }
    return render(request, "units/unit_detail.html", context)


def _unit_form(request: HttpRequest, unit: Unit | None) -> UnitForm:
    initial = None
    if unit is None and (parent := as_id(request.GET.get("parent", ""))):
        initial = {"parent": Unit.objects.filter(pk=parent).first()}
    known = {"category": queries.used_values(Unit, "category")}
    return UnitForm(request.POST or None, instance=unit, initial=initial, suggestions=known)


@require_http_methods(["GET", "POST"])
def unit_edit(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Add a unit (no `pk`; ?parent= presets the higher unit) or change one."""
    require(access.may_manage_organisation(request.user))
    unit = get_object_or_404(Unit.objects.select_related("parent"), pk=pk) if pk else None
    name = unit.name if unit else ""
    form = _unit_form(request, unit)
    if request.method == "POST" and form.is_valid():
        values, by = form.values(), who(request)

        def save() -> Unit:
            if pk is None:
                return services.create_unit(values=values, by=by)
            return services.change_unit(pk=pk, values=values, seen=form.cleaned_data["seen"], by=by)

        if stored := saved(form, save):
            messages.success(request, _("“%(name)s” is saved.") % {"name": stored})
            return redirect("units:unit_detail", stored.pk)
    return render(request, "units/unit_form.html", {"form": form, "unit_pk": pk, "name": name})


@require_GET
def person_list(request: HttpRequest) -> HttpResponse:
    require(access.may_see_organisation(request.user))
    form = PersonFilter(
        request.GET,
        categories=queries.used_values(Person, "category"),
        groups=queries.used_values(Person, "group"),
    )
    chosen = filled(form)
    people = queries.select_people(
        words=chosen["q"] or "",
        unit=chosen["unit"],
        category=chosen["category"] or "",
        group=chosen["group"] or "",
        inactive=bool(chosen["inactive"]),
    )
    filtered = any(chosen[name] for name in ("q", "unit", "category", "group"))
    context = {"filter": form, "filtered": filtered, "page_obj": paged(request, people)}
    return render(request, "units/person_list.html", context)


@require_GET
def person_detail(request: HttpRequest, pk: int) -> HttpResponse:
    require(access.may_see_organisation(request.user))
    person = get_object_or_404(Person.objects.select_related("unit"), pk=pk)
    context = {
        "person": person,
        "accounts": list(queries.accounts_of_person(person)),
        "trail": queries.trail(person) if access.may_see_audit(request.user) else [],
    }
    return render(request, "units/person_detail.html", context)


@require_http_methods(["GET", "POST"])
def person_edit(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Add a person (no `pk`; ?unit= presets the unit) or change one."""
    require(access.may_manage_organisation(request.user))
    person = get_object_or_404(Person.objects.select_related("unit"), pk=pk) if pk else None
    name = person.name if person else ""
    initial = None
    if person is None and (unit := as_id(request.GET.get("unit", ""))):
        initial = {"unit": Unit.objects.filter(pk=unit).first()}
    known = {field: queries.used_values(Person, field) for field in ("category", "group", "position", "rank")}
    form = PersonForm(request.POST or None, instance=person, initial=initial, suggestions=known)
    if request.method == "POST" and form.is_valid():
        values, by = form.values(), who(request)

        def save() -> Person:
            if pk is None:
                return services.create_person(values=values, by=by)
            return services.change_person(pk=pk, values=values, seen=form.cleaned_data["seen"], by=by)

        if stored := saved(form, save):
            messages.success(request, _("“%(name)s” is saved.") % {"name": stored})
            return redirect("units:person_detail", stored.pk)
    return render(request, "units/person_form.html", {"form": form, "person_pk": pk, "name": name})


def _typed(request: HttpRequest) -> str:
    """What was typed into the lookup field that asked; its name varies from form to form."""
    name = request.headers.get("HX-Trigger-Name", "q")
    return request.GET.get(name, "").strip()


def _choices(request: HttpRequest, typed: str, found: list[Unit] | list[Person]) -> HttpResponse:
    choices = [
        {"value": lookup.entry_text(one), "note": one.unit.name if isinstance(one, Person) else one.category}
        for one in found[: lookup.SHOWN]
    ]
    context = {"typed": typed, "choices": choices, "more": len(found) > lookup.SHOWN}
    return render(request, "units/_choices.html", context)


@require_GET
def unit_search(request: HttpRequest) -> HttpResponse:
    """Fragment: the units that a lookup field offers; nothing before something is typed."""
    require(access.may_see_organisation(request.user))
    typed = _typed(request)
    return _choices(request, typed, list(lookup.find_units(typed)[: lookup.SHOWN + 1]) if typed else [])


@require_GET
def person_search(request: HttpRequest) -> HttpResponse:
    """Fragment: the people that a lookup field offers; nothing before something is typed."""
    require(access.may_see_organisation(request.user))
    typed = _typed(request)
    return _choices(request, typed, list(lookup.find_people(typed)[: lookup.SHOWN + 1]) if typed else [])
