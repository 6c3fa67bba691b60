"""The ballot key: made once, shown once, confirmed by its keepers; and the count, for which they type it again.

Nothing of what is typed here stands in a page, a session, a message or a log.
"""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from reviews.forms.polls import KeepersForm, PartsForm
from reviews.models import BallotBox, PollState, Round
from reviews.poll_rows import poll_rows
from reviews.queries.poll_office import polls_of
from reviews.services.errors import ReviewError
from reviews.services.polls.counting import count_polls, needs_key
from reviews.services.polls.keys import confirm_key, holds_ballots, key_number, make_key

from ._common import status_of
from ._polls import box_of, open_round, page_context, who


@never_cache
@sensitive_post_parameters()
@sensitive_variables()
@require_http_methods(["GET", "POST"])
def poll_key(request: HttpRequest, pk: int) -> HttpResponse:
    """Who keeps the key. `do=make` makes one and shows its parts in this answer only; `do=confirm` takes them typed."""
    round_ = open_round(request, pk, to_run=request.method == "POST")
    do = request.POST.get("do", "")
    box = box_of(round_)
    keepers = KeepersForm(request.POST if do == "make" else None, initial={"seen": key_number(round_)})
    parts = _parts_form(request, box, posted=do == "confirm")
    if do == "make" and keepers.is_valid():
        try:
            made = make_key(round=round_, keepers=keepers.keepers, by=who(request), seen=keepers.cleaned_data["seen"])
        except ReviewError as error:
            field = getattr(error, "field", "")
            keepers.add_error("keeper-1" if field == "keepers" else None, str(error))
        else:
            return _shown_once(request, round_, made)
    if do == "confirm" and box is not None and parts is not None and parts.is_valid():
        try:
            confirm_key(box=box, parts=parts.parts, by=who(request))
        except ReviewError as error:
            parts.add_error(None, str(error))
        else:
            messages.success(request, _("The key is confirmed: polls can be opened now."))
            return redirect("reviews:polls", pk)
    status = status_of(keepers, parts)
    if parts is not None:
        parts.forget()
    context = page_context(request, round_) | {
        "box": box,
        "keepers": keepers,
        "parts": parts,
        "held": holds_ballots(round_),
        "open_form": do == "make",
    }
    return render(request, "reviews/poll_key.html", context, status=status)


def _parts_form(request: HttpRequest, box: BallotBox | None, *, posted: bool) -> PartsForm | None:
    return PartsForm(request.POST if posted else None, names=box.keeper_names) if box is not None else None


@sensitive_variables("made")
def _shown_once(request: HttpRequest, round_: Round, made: tuple[str, ...]) -> HttpResponse:
    box = BallotBox.objects.get(round=round_)
    context = page_context(request, round_) | {
        "box": box,
        "sheets": list(zip(box.keeper_names, made, strict=True)),
        "alone": len(made) == 1,
    }
    return render(request, "reviews/poll_key_shown.html", context)


@never_cache
@sensitive_post_parameters()
@sensitive_variables()
@require_http_methods(["GET", "POST"])
def poll_count(request: HttpRequest, pk: int) -> HttpResponse:
    """The keepers type their parts, and all closed polls are counted in this request."""
    round_ = open_round(request, pk, to_run=True)
    box = box_of(round_)
    # Polls on paper alone hold nothing that is sealed.
    names = box.keeper_names if box is not None and needs_key(round_) else []
    form = PartsForm(request.POST if request.method == "POST" else None, names=names)
    if request.method == "POST" and form.is_valid():
        try:
            counted = count_polls(round=round_, parts=form.parts, by=who(request))
        except ReviewError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Counted: %(count)d. Compute the result next.") % {"count": len(counted)})
            if len(counted) == 1:
                return redirect("reviews:poll", pk, counted[0].pk)
            return redirect("reviews:polls", pk)
    status = status_of(form)
    form.forget()
    context = page_context(request, round_)
    current = [poll for poll in polls_of(round_) if poll.state != PollState.ANNULLED]
    rows = poll_rows(round_, context["plan"], current, box)
    context |= {
        "box": box,
        "form": form,
        "sealed": bool(names),
        "count_label": pgettext("poll", "Count"),
        "rows": [row for row in rows if row.step in {"count", "close"}],
        "held": [row for row in rows if row.next.note],
    }
    return render(request, "reviews/poll_count.html", context, status=status)
