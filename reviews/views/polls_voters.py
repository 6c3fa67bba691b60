"""Who votes in a poll: its sources and settings, the secrecy check before it opens, merging, who is excluded."""

from __future__ import annotations

import csv
import secrets
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from appraisal_site.lib.numbers import as_id
from reviews.forms.poll_sources import FIELDS, ExclusionForm, ExclusionListForm, SourceForm
from reviews.forms.polls import FewForm, MergeForm, SettingsForm
from reviews.models import Poll, PollDraw, PollState, Round, VoteExclusion
from reviews.navigation import meets
from reviews.poll_check import Check, check_round, merge_effects
from reviews.poll_words import on_paper_only, source_lines, step_of, steps
from reviews.queries.poll_office import other_ballots, polls_of
from reviews.queries.polls import class_titles
from reviews.sampling import ticket
from reviews.services.errors import ReviewError
from reviews.services.polls.exclusions import allow_voter, exclude_voters
from reviews.services.polls.preparing import change_poll, change_rule, leave_out, let_in, merge_polls, seen_token
from reviews.services.polls.setup import fix_poll, open_poll, preview
from reviews.services.polls.voters import KINDS, Key, Rule, names_of
from reviews.voters_shown import shown_voters, ways_before
from reviews.voters_twice import by_voter
from reviews.voters_twice import shown as shown_twice
from units.guards import require_known

from ._common import paged, refuse, status_of
from ._polls import box_of, find_poll, open_round, page_context, poll_context, who

SUBJECTS_LISTED = 300
TWICE_LISTED = 20


@require_http_methods(["GET", "POST"])
def poll_voters(request: HttpRequest, pk: int, poll_pk: int) -> HttpResponse:
    """The sources of voters and the settings of a poll in preparation. `?add=` a kind and `?source=` a place open the
    form of one source."""
    round_ = open_round(request, pk, to_run=True)
    poll = find_poll(round_, poll_pk)
    do = request.POST.get("do", "")
    source, place = _source_form(request, poll, posted=do == "source")
    settings = _settings_form(request, poll, posted=do == "settings")
    done = (
        (do == "source" and source is not None and _save_source(request, poll, source, place))
        or (do == "settings" and _save_settings(request, poll, settings))
        or (do == "remove" and _remove_source(request, poll))
    )
    if done:
        return redirect("reviews:poll_voters", pk, poll_pk)
    context = poll_context(request, round_, poll, "poll_voters")
    titles = class_titles(context["plan"])
    context |= {
        "sources": source_lines([poll], titles)[poll.pk],
        "kinds": [(kind, words) for kind, words in KINDS.items() if kind != "attendees" or meets(round_)],
        "source_form": source,
        "place": place,
        "settings": settings,
        "seen": seen_token(poll),
        "possible": poll.state == PollState.PREPARED,
        "asks_nothing": source is not None and not FIELDS[source.kind],
        "steps": steps(step_of(poll, box_of(round_))),
    }
    return render(request, "reviews/poll_voters.html", context, status=status_of(source, settings))


def _source_form(request: HttpRequest, poll: Poll, *, posted: bool) -> tuple[SourceForm | None, int | None]:
    """The form of the source that the address names, and its place in the rule (None: a new one)."""
    sources = Rule.from_json(poll.rule).sources
    wanted = request.GET.get("source", "")
    place = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 4 else None
    data = request.POST if posted else None
    if place is not None and place < len(sources):
        return SourceForm(data, kind=sources[place].kind, before=sources[place]), place
    kind = request.GET.get("add", "")
    return (SourceForm(data, kind=kind), None) if kind in KINDS else (None, None)


def _settings_form(request: HttpRequest, poll: Poll, *, posted: bool) -> SettingsForm:
    rule = Rule.from_json(poll.rule)
    initial = {name: getattr(poll, name) for name in ("closes_on", "instructions", "in_meeting", "names_shown")}
    initial |= {"not_own_category": rule.not_own_category, "sample": rule.sample or None, "seen": seen_token(poll)}
    initial["seed"] = rule.seed or secrets.token_hex(4)
    return SettingsForm(request.POST if posted else None, initial=initial)


def _save_source(request: HttpRequest, poll: Poll, form: SourceForm, place: int | None) -> bool:
    if not form.is_valid():
        return False
    rule = Rule.from_json(poll.rule)
    sources = list(rule.sources)
    if place is None:
        sources.append(form.source)
    else:
        sources[place] = form.source
    return _save_rule(request, poll, replace(rule, sources=tuple(sources)), form)


def _remove_source(request: HttpRequest, poll: Poll) -> bool:
    rule = Rule.from_json(poll.rule)
    wanted = request.POST.get("place", "")
    kept = [one for place, one in enumerate(rule.sources) if str(place) != wanted]
    return _save_rule(request, poll, replace(rule, sources=tuple(kept)), None)


def _save_rule(request: HttpRequest, poll: Poll, rule: Rule, form: SourceForm | None) -> bool:
    try:
        change_rule(poll=poll, rule=rule, by=who(request), seen=request.POST.get("seen", ""))
    except ReviewError as error:
        if form is None:
            messages.error(request, str(error))
        else:
            refuse(form, error)
        return form is None
    messages.success(request, _("Saved."))
    return True


def _save_settings(request: HttpRequest, poll: Poll, form: SettingsForm) -> bool:
    if not form.is_valid():
        return False
    values = dict(form.cleaned_data)
    size, seed = values.pop("sample") or 0, values.pop("seed")
    rule = replace(
        Rule.from_json(poll.rule),
        sample=size,
        seed=seed if size else "",
        not_own_category=values.pop("not_own_category"),
    )
    try:
        change_poll(poll=poll, rule=rule, by=who(request), **values)
    except ReviewError as error:
        refuse(form, error)
        return False
    messages.success(request, _("Saved."))
    return True


# ---------------------------------------------------------------- the check before opening


@require_http_methods(["GET", "POST"])
def poll_check(request: HttpRequest, pk: int, poll_pk: int) -> HttpResponse:
    """Who would vote on whom, where that is too few, what could be merged, who would vote twice; a POST merges, leaves
    somebody out, fixes the voters or opens."""
    round_ = open_round(request, pk, to_run=request.method == "POST")
    poll = find_poll(round_, poll_pk)
    context = poll_context(request, round_, poll, "poll_check")
    current = [one for one in polls_of(round_) if one.state != PollState.ANNULLED or one.pk == poll.pk]
    effects = merge_effects(context["plan"], current, poll)
    titles = class_titles(context["plan"])
    do = request.POST.get("do", "")
    few = FewForm(request.POST if do in {"open", "fix"} else None)
    choices = {str(one.into.pk): titles.get(one.into.voter_class, one.into.voter_class) for one in effects}
    merge = MergeForm(request.POST if do == "merge" else None, choices=list(choices.items()))
    if request.method == "POST" and (done := _checked_step(request, poll, do, few, merge)):
        return done
    order = {name: place for place, name in enumerate(titles)}
    check = check_round(round_, sorted(current, key=lambda one: (order.get(one.voter_class, len(order)), one.run)))
    box, doubles = box_of(round_), by_voter(check.twice(poll))
    context |= _checked(request, round_, poll, check) | {
        "few": few,
        "attends": any(source.kind == "attendees" for source in Rule.from_json(poll.rule).sources),
        "merge": merge,
        "effects": [(titles.get(one.into.voter_class, one.into.voter_class), one) for one in effects],
        "columns": [(one, titles.get(one.voter_class, one.voter_class)) for one in check.polls],
        "twice": shown_twice(doubles[:TWICE_LISTED], poll, titles),
        "doubles": len(doubles),
        "others": other_ballots(round_).get(poll.voter_class, 0),
        "box": box,
        "key_ready": on_paper_only(poll) or (box is not None and box.confirmed_at is not None),
        "steps": steps(step_of(poll, box)),
    }
    return render(request, "reviews/poll_check.html", context, status=status_of(few, merge))


def _checked_step(request: HttpRequest, poll: Poll, do: str, few: FewForm, merge: MergeForm) -> HttpResponse | None:
    """The step that the page asked for; None: it was refused, and the page says why."""
    try:
        if do == "merge" and merge.is_valid():
            into = get_object_or_404(Poll, pk=merge.cleaned_data["into"], round=poll.round_id)
            merge_polls(poll=poll, into=into, reason=merge.cleaned_data["reason"], by=who(request))
            messages.success(request, _("The classes are merged."))
            return redirect("reviews:poll_check", poll.round_id, into.pk)
        if do in {"leave_out", "let_in"}:
            service = leave_out if do == "leave_out" else let_in
            service(poll=poll, key=_key(request.POST.get("voter", "")), by=who(request))
            messages.success(request, _("Saved."))
            return redirect("reviews:poll_check", poll.round_id, poll.pk)
        if do in {"open", "fix"} and few.is_valid():
            begin = fix_poll if do == "fix" else open_poll
            begin(poll=poll, by=who(request), **few.cleaned_data)
            words = _("The voters are fixed.") if do == "fix" else _("The vote is open.")
            messages.success(request, words)
            return redirect("reviews:poll", poll.round_id, poll.pk)
    except ReviewError as error:
        if do in {"leave_out", "let_in"}:
            messages.error(request, str(error))
            return redirect("reviews:poll_check", poll.round_id, poll.pk)
        refuse(merge if do == "merge" else few, error)
    return None


def _key(posted: str) -> Key:
    kind, _colon, pk = posted.partition(":")
    return kind, as_id(pk) or 0


def _checked(request: HttpRequest, round_: Round, poll: Poll, check: Check) -> dict[str, Any]:
    terms = check.terms[poll.pk]
    subjects = round_.subjects.order_by("order", "code")
    if only := request.GET.get("only") == "thin":
        wanted = [s for (s, pk), cell in check.cells.items() if pk == poll.pk and (cell.thin or cell.nobody)]
        subjects = subjects.filter(pk__in=wanted[:5000])
    page = paged(request, subjects)
    found: dict[str, Any] = {
        "minimum": terms.minimum,
        "page_obj": page,
        "rows": check.rows(list(page.object_list)),
        "only_thin": only,
        "thin": check.thin(poll),
        "unvoted": check.unvoted(poll),
        "seen": check.previews.get(poll.pk),
    }
    if seen := check.previews.get(poll.pk):
        rule = Rule.from_json(poll.rule)
        found |= {
            "ways": ways_before(seen.electorate),
            "total": len(seen.electorate.voters),
            "population": seen.electorate.population,
            "papers": len({voter.places for voter in seen.electorate.voters}),
            "rule": rule,
            "left_out": [(f"{kind}:{one}", name) for (kind, one), name in names_of(rule.without).items()],
            "example": seen.electorate.drawn[0] if seen.electorate.drawn else "",
        }
    return found


@require_GET
def poll_people(request: HttpRequest, pk: int, poll_pk: int) -> HttpResponse:
    """The voters with a name that a poll in preparation would have, a page at a time: on whom, and by which way."""
    round_ = open_round(request, pk, to_run=False)
    poll = find_poll(round_, poll_pk)
    require_known(poll.state == PollState.PREPARED)
    found = preview(poll).electorate
    named = [voter for voter in found.voters if voter.is_named]
    subjects = dict(round_.subjects.values_list("pk", "name"))
    page = paged(request, named)
    context = poll_context(request, round_, poll, "poll_check") | {
        "page_obj": page,
        "voters": shown_voters(list(page.object_list), subjects),
        "subjects": len(subjects),
        "total": len(named),
    }
    return render(request, "reviews/poll_people.html", context)


@require_GET
def poll_draw(request: HttpRequest, pk: int, poll_pk: int) -> HttpResponse:
    """The list that a sample was (or would be) drawn from, with everybody's number: for drawing it again."""
    round_ = open_round(request, pk, to_run=False)
    poll = find_poll(round_, poll_pk)
    draw = PollDraw.objects.filter(poll=poll).first()
    if draw is not None:
        seed, population, drawn = draw.seed, draw.population, set(draw.drawn)
    else:
        rule = Rule.from_json(poll.rule)
        require_known(bool(rule.sample) and poll.state == PollState.PREPARED)
        found = preview(poll).electorate
        seed, population, drawn = rule.seed, found.candidates, set(found.drawn)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="draw-{poll.pk}.csv"'
    response.write("\ufeff")
    lines = csv.writer(response)
    lines.writerow([_("Code"), _("Name"), f"SHA-256({seed}|{_('Code')}|1)", _("Drawn")])
    rows = sorted((ticket(seed, code), code, name) for code, name in population)
    lines.writerows([code, name, number, "1" if code in drawn else ""] for number, code, name in rows)
    return response


# ---------------------------------------------------------------- who does not vote on whom


@require_http_methods(["GET", "POST"])
def poll_exclusions(request: HttpRequest, pk: int) -> HttpResponse:
    """Who does not vote on whom (回避): the list; adding one or many, taking one back."""
    round_ = open_round(request, pk, to_run=request.method == "POST")
    do = request.POST.get("do", "")
    one = ExclusionForm(request.POST if do == "add" else None, round_=round_)
    many = ExclusionListForm(request.POST if do == "paste" else None, round_=round_)
    if do == "remove":
        wanted = request.POST.get("exclusion", "")
        rows = VoteExclusion.objects.select_related("subject", "unit", "person", "account")
        row = get_object_or_404(rows, pk=as_id(wanted) or 0, round=round_)
        try:
            allow_voter(exclusion=row, by=who(request))
        except ReviewError as error:
            messages.error(request, str(error))
        return redirect("reviews:poll_exclusions", pk)
    for form in (one, many):
        if form.is_bound and form.is_valid():
            try:
                number = exclude_voters(round=round_, rows=form.rows, by=who(request))
            except ReviewError as error:
                refuse(form, error)
            else:
                words = ngettext("%(count)d exclusion added.", "%(count)d exclusions added.", number)
                messages.success(request, words % {"count": number})
                return redirect("reviews:poll_exclusions", pk)
    found = VoteExclusion.objects.filter(round=round_).select_related("subject", "unit", "person__unit", "account")
    subjects = list(round_.subjects.values_list("name", flat=True)[: SUBJECTS_LISTED + 1])
    context = page_context(request, round_) | {
        "page_obj": paged(request, found),
        "one": one,
        "many": many,
        "subjects": subjects if len(subjects) <= SUBJECTS_LISTED else [],
        "fixed": [poll for poll in polls_of(round_) if poll.state in {PollState.READY, PollState.OPEN}],
    }
    return render(request, "reviews/poll_exclusions.html", context, status=status_of(one, many))
