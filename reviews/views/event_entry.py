"""Proposing an event, one event with all that can be done with it, and the fragments of its form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from appraisal_site.lib.numbers import as_id
from reviews import matters
from reviews.forms.events import SEPARATOR, EventForm, SubjectByCode, initial_of, picker
from reviews.models import Event, EventComment, Phase, Proposer, Round, Subject
from reviews.navigation import round_context
from reviews.queries.events import (
    doubles,
    item_titles,
    known_matters,
    own_subjects_of,
    sees_list,
    worth,
)
from reviews.queries.running import rooms, scores_of
from reviews.services.errors import Conflict, InvalidInput, ReviewError
from reviews.services.event_checks import EventData
from reviews.services.event_leaves import LeafSetting, leaf_settings
from reviews.services.events import add_event, change_event, delete_event
from reviews.tree import Tree
from scoring.engine.types import Node
from units import access
from units.guards import require, require_known

from ._common import get_round, tree_of

# Up to so many subjects are offered as suggestions; beyond, one types the code.
SUGGESTED_SUBJECTS = 500
Leaves = dict[str, LeafSetting]


def leaves_for(tree: Tree, settings: Leaves, may: Callable[[LeafSetting], bool]) -> list[Node]:
    return [tree.nodes[code] for code, leaf in settings.items() if may(leaf)]


def kept_back(settings: Leaves) -> frozenset[str]:
    """The indicators of which a subject sees nothing but its own applications."""
    return frozenset(code for code, leaf in settings.items() if not leaf.shown)


@require_http_methods(["GET", "POST"])
def event_add(request: HttpRequest, pk: int) -> HttpResponse:
    """The office and the units named for an indicator propose, on any subject."""
    round_ = get_round(request, pk)
    settings = leaf_settings(round_)
    leaves = leaves_for(tree_of(round_), settings, lambda leaf: access.may_propose_events(request.user, leaf))
    require(bool(leaves))
    return _add(request, round_, leaves, settings, own=None)


@require_http_methods(["GET", "POST"])
def own_event_add(request: HttpRequest, pk: int) -> HttpResponse:
    """A subject applies for an event of its own (申报)."""
    round_ = get_round(request, pk)
    own = own_subjects_of(round_, request.user)
    require(bool(own))
    settings = leaf_settings(round_)
    leaves = leaves_for(tree_of(round_), settings, lambda leaf: leaf.applications)
    require(bool(leaves))
    return _add(request, round_, leaves, settings, own=own)


def _add(
    request: HttpRequest, round_: Round, leaves: list[Node], settings: Leaves, own: list[Subject] | None
) -> HttpResponse:
    initial: dict[str, Any] = {name: request.GET.get(name, "") for name in ("subject", "entry", "month")}
    if own and not initial["subject"]:
        initial["subject"] = own[0]
    data = request.POST if request.method == "POST" else None
    form = EventForm(data, round_=round_, tree=tree_of(round_), leaves=leaves, own=own, initial=initial)
    form.kept_back = kept_back(settings) if own is not None else frozenset()
    if request.method == "POST" and form.is_valid() and not _asked(form):
        try:
            event = add_event(
                subject=form.cleaned_data["subject"],
                data=form.data_of(),
                by=request.user,  # type: ignore[arg-type]
                application=own is not None,
            )
        except InvalidInput as error:
            form.refuse(error)
        except ReviewError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The event was entered and waits for approval."))
            if "another" in request.POST:
                return redirect("reviews:own_event_add" if own is not None else "reviews:event_add", round_.pk)
            return redirect("reviews:event_detail", round_.pk, event.pk)
    context = form_context(request, round_, form, leaves, own) | {
        "event": None,
        "own": own is not None,
        "collecting": round_.phase == Phase.COLLECTING,
    }
    return render(request, "reviews/event_form.html", context, status=_status(form))


def _asked(form: EventForm, event: Event | None = None) -> bool:
    """Whether the form comes back to ask if a matter of nearly the same name is meant. Nobody is asked twice."""
    data: EventData = form.data_of()
    if form.answer or not data.matter.strip() or (event is not None and event.matter == data.matter.strip()):
        return False
    subject = form.cleaned_data["subject"]
    found = known_matters(subject.round, data.indicator, data.item, subject, applied=data.indicator in form.kept_back)
    own = [name for name, mine in found if mine]
    if data.matter.strip() in own:
        return False
    if event is not None:
        own = [name for name in own if name != event.matter]
    suspects = matters.alike(data.matter, own, least=matters.SAME)
    if suspects:
        form.ask(suspects)
    return bool(suspects)


# ---------------------------------------------------------------- one event


def visible_event(request: HttpRequest, round_: Round, settings: Leaves, event_pk: int) -> Event:
    """The event, if this account may see it; else 404."""
    event = get_object_or_404(
        Event.objects.select_related("subject", "created_by", "updated_by", "decided_by", "proposed_for"),
        pk=event_pk,
        subject__round=round_,
    )
    require_known(access.may_see_event(request.user, event, setting_of(settings, event)))
    return event


def setting_of(settings: Leaves, event: Event) -> LeafSetting:
    return settings.get(event.indicator) or LeafSetting(event.indicator)


@require_http_methods(["GET", "POST"])
def event_detail(request: HttpRequest, pk: int, event_pk: int) -> HttpResponse:
    """One event: what it says and does; who may changes, decides, withdraws or comments on it here."""
    round_ = get_round(request, pk)
    settings = leaf_settings(round_)
    event = visible_event(request, round_, settings, event_pk)
    tree = tree_of(round_)
    as_subject = event.proposed_as == Proposer.SUBJECT and not access.is_office(request.user)
    own = own_subjects_of(round_, request.user) if as_subject else None
    leaves = _leaves_to_change(request, tree, settings, as_subject)
    seen = _seen(request, event)
    data = request.POST if request.method == "POST" else None
    form = EventForm(data, round_=round_, tree=tree, leaves=leaves, own=own, initial=initial_of(event))
    form.kept_back = kept_back(settings) if own is not None else frozenset()
    conflict: Conflict | None = None
    if request.method == "POST":
        require(access.is_office(request.user) or access.is_proposer(request.user, event))
        if request.POST.get("do") == "withdraw":
            return _withdraw(request, round_, event, seen)
        if form.is_valid() and not _asked(form, event):
            try:
                _change(request, event, form, seen)
            except Conflict as error:
                conflict = error
            except InvalidInput as error:
                form.refuse(error)
            except ReviewError as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, _("The event was saved and waits for approval."))
                return redirect("reviews:event_detail", pk, event_pk)
    context = form_context(request, round_, form, leaves, own)
    context |= _about(request, round_, tree, settings, event) | {"conflict": conflict, "seen": seen}
    status = 409 if conflict else _status(form)
    return render(request, "reviews/event_detail.html", context, status=status)


def _leaves_to_change(request: HttpRequest, tree: Tree, settings: Leaves, as_subject: bool) -> list[Node]:
    def may(leaf: LeafSetting) -> bool:
        return leaf.applications if as_subject else access.may_propose_events(request.user, leaf)

    return leaves_for(tree, settings, may)


def _change(request: HttpRequest, event: Event, form: EventForm, seen: int) -> None:
    change_event(
        event=event,
        subject=form.cleaned_data["subject"],
        data=form.data_of(),
        seen=seen,
        by=request.user,  # type: ignore[arg-type]
    )


def _about(request: HttpRequest, round_: Round, tree: Tree, settings: Leaves, event: Event) -> dict[str, Any]:
    """What the page says of an event and offers to do with it."""
    collecting = round_.phase == Phase.COLLECTING
    leaf = setting_of(settings, event)
    decides = access.may_manage_events(request.user)
    sees_all = access.may_see_events(request.user)
    return {
        "event": event,
        "files_key": f"event.{event.pk}",
        "leaf": tree.nodes[event.indicator],
        "item": item_titles(tree).get((event.indicator, event.item), event.item),
        "worth": worth(tree, event),
        "may_change": collecting and access.may_change_event(request.user, event),
        "may_decide": collecting and decides,
        "may_return": event.status == "pending" and not event.returned and event.proposed_as != Proposer.OFFICE,
        "sees_all": sees_all,
        "sees_list": sees_list(request.user, settings),
        "sees_names": not access.is_own(request.user, event.subject) or sees_all,
        "sees_effect": access.may_see_all_results(request.user),
        "doubles": doubles(tree, [event]).get(event.pk, []) if sees_all else [],
        "joinable": tree.nodes[event.indicator].method == "bonus",
        "comments": list(EventComment.objects.filter(event=event).select_related("created_by")),
        "may_comment": round_.phase not in access.PUBLISHED and access.may_comment_event(request.user, event, leaf),
    }


def _seen(request: HttpRequest, event: Event) -> int:
    seen = as_id(request.POST.get("seen", ""))
    return event.version if seen is None else seen


def _withdraw(request: HttpRequest, round_: Round, event: Event, seen: int) -> HttpResponse:
    try:
        delete_event(
            event=event,
            seen=seen,
            reason=request.POST.get("reason", ""),
            by=request.user,  # type: ignore[arg-type]
        )
    except Conflict as error:
        words = _("%(who)s changed this event meanwhile; look at it again before withdrawing it.")
        messages.error(request, words % {"who": error.theirs.by or "—"})
    except ReviewError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The event was withdrawn. The log keeps what it said."))
        if event.proposed_as == Proposer.SUBJECT and not access.is_office(request.user):
            return redirect("reviews:own_events", round_.pk)
        return redirect("reviews:event_list", round_.pk)
    return redirect("reviews:event_detail", round_.pk, event.pk)


# ---------------------------------------------------------------- the form and its fragments


def form_context(
    request: HttpRequest, round_: Round, form: EventForm, leaves: list[Node], own: list[Subject] | None
) -> dict[str, Any]:
    codes = [] if own is not None else round_.subjects.order_by("order", "code").values_list("code", "name")
    subject = _subject_of(form)
    return (
        round_context(request, round_, "own_events" if own is not None else "events")
        | {
            "form": form,
            "subjects": list(codes[:SUGGESTED_SUBJECTS]),
            "may_change": round_.phase == Phase.COLLECTING,
            "applies": own is not None,
        }
        | _picker_context(form.tree, leaves, subject, str(form["entry"].value() or ""), form.kept_back)
    )


def _subject_of(form: EventForm) -> Subject | None:
    value = form["subject"].value()
    if isinstance(value, Subject):
        return value
    try:
        found = form.fields["subject"].clean(value)
    except ValidationError:  # whatever is wrong with it, the field itself says so
        return None
    return found if isinstance(found, Subject) else None


def _picker_context(
    tree: Tree, leaves: Sequence[Node], subject: Subject | None, entry: str, hidden: frozenset[str]
) -> dict[str, Any]:
    """`hidden`: indicators of which this account may not know what is left."""
    room = None
    if subject is not None:
        events, scores = scores_of(tree, subject)
        room = {key: left for key, left in rooms(tree, events, scores).items() if key[0] not in hidden}
    return {"groups": picker(tree, leaves, room), "picked": entry, "picked_for": subject}


@dataclass(frozen=True, slots=True)
class _Asked:
    """For a fragment: the indicators that this account may propose on, and the subject as far as it is typed."""

    round: Round
    leaves: list[Node]
    subject: Subject | None
    own: bool
    hidden: frozenset[str]


def _asking(request: HttpRequest, pk: int) -> _Asked:
    round_ = get_round(request, pk)
    settings = leaf_settings(round_)
    tree = tree_of(round_)
    text = request.GET.get("subject", "")
    if request.GET.get("own"):
        own = own_subjects_of(round_, request.user)
        require(bool(own))
        leaves = leaves_for(tree, settings, lambda leaf: leaf.applications)
        subject = next((subject for subject in own if subject.code == text), None)
        return _Asked(round_, leaves, subject, True, kept_back(settings))
    leaves = leaves_for(tree, settings, lambda leaf: access.may_propose_events(request.user, leaf))
    require(bool(leaves))
    try:
        subject = SubjectByCode(round_, required=False).clean(text)
    except ValidationError:  # a subject that is still being typed
        subject = None
    return _Asked(round_, leaves, subject, False, frozenset())


@require_GET
def event_catalogue(request: HttpRequest, pk: int) -> HttpResponse:
    """Fragment: the catalogue with what is left for the subject that is typed."""
    asked = _asking(request, pk)
    entry = request.GET.get("entry", "")
    context = _picker_context(tree_of(asked.round), asked.leaves, asked.subject, entry, asked.hidden)
    return render(request, "reviews/_event_catalogue.html", context)


@require_GET
def event_matters(request: HttpRequest, pk: int) -> HttpResponse:
    """Fragment: matters of the chosen item that are like the typed one; before one is typed, the subject's own."""
    asked = _asking(request, pk)
    indicator, _sep, item = request.GET.get("entry", "").partition(SEPARATOR)
    if indicator and indicator not in {node.code for node in asked.leaves}:
        raise Http404
    typed = request.GET.get("matter", "").strip()
    applied = indicator in asked.hidden
    found = known_matters(asked.round, indicator, item, asked.subject, applied=applied) if indicator else []
    mine = {name for name, own in found if own}
    # What others have is not for the one who applies.
    names = [name for name, own in found if own or not asked.own]
    like = matters.alike(typed, names) if typed else [matters.Likeness(name, 0) for name in sorted(mine)[:8]]
    # The subject's own first: those are the ones that would be entered twice.
    rows = sorted(((one, one.matter in mine) for one in like), key=lambda row: not row[1])
    return render(request, "reviews/_event_matters.html", {"rows": rows, "typed": typed, "known": typed in mine})


def _status(form: EventForm) -> int:
    return 422 if form.is_bound and form.errors else 200
