"""Polls in words: who votes, how a ballot is judged, and which step of the way comes next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from indicators.rendering import joined
from units.models import Person, Unit, User

from .models import BallotBox, Poll, PollState
from .services.polls.casting import is_running
from .services.polls.voters import KINDS, Rule, Source

NAMES_SHOWN = 3
CHOSEN = {"chosen_units": Unit, "people": Unit, "chosen_people": Person, "accounts": User}

# The way of every poll, in order (see `step_of`).
STEPS: dict[str, Promise] = {
    "key": gettext_lazy("Ballot key"),
    "voters": gettext_lazy("Voters"),
    "check": gettext_lazy("Secrecy check"),
    "open": pgettext_lazy("poll", "Open"),
    "chase": gettext_lazy("Remind to vote"),
    "close": pgettext_lazy("poll", "Close"),
    "count": pgettext_lazy("poll", "Count"),
    "result": pgettext_lazy("poll", "Result"),
}
INVALID: dict[str, Promise] = {
    "all_same": gettext_lazy("the same answer for everybody"),
    "all_best": gettext_lazy("the best answer for everybody"),
    "incomplete": gettext_lazy("rated in part only"),
}


def is_over(poll: Poll) -> bool:
    """Open by its state, but past its last day: no ballot is taken any more."""
    return poll.state == PollState.OPEN and not is_running(poll)


def state_words(poll: Poll) -> str:
    return _("last day over, to be closed") if is_over(poll) else poll.get_state_display()


def state_badge(poll: Poll) -> str:
    """The class of the badge of a state."""
    if is_over(poll):
        return "kp-late"
    return {
        PollState.READY: "kp-info",
        PollState.OPEN: "kp-ok",
        PollState.CLOSED: "kp-missing",
        PollState.COUNTED: "kp-ok",
    }.get(PollState(poll.state), "kp-na")


def is_settled(rule: Rule) -> bool:
    """Whether every source says who is meant."""
    return bool(rule.sources) and all(_is_settled(source) for source in rule.sources)


def _is_settled(source: Source) -> bool:
    if source.kind in {"chosen_units", "accounts", "chosen_people"}:
        return bool(source.ids)
    return source.number > 0 if source.kind in {"slips", "door", "paper"} else True


def on_paper_only(poll: Poll) -> bool:
    """Whether nobody votes online by the rule: nothing is sealed, and no key is needed."""
    sources = Rule.from_json(poll.rule).sources
    return bool(sources) and all(source.kind == "paper" for source in sources)


def step_of(poll: Poll | None, box: BallotBox | None) -> str:
    """The step of STEPS that is to be taken now."""
    if poll is not None and poll.state == PollState.COUNTED:
        return "result"
    if (box is None or box.confirmed_at is None) and not (poll is not None and on_paper_only(poll)):
        return "key"
    if poll is None:
        return "voters"
    if poll.state == PollState.PREPARED:
        return "check" if is_settled(Rule.from_json(poll.rule)) else "voters"
    if poll.state == PollState.OPEN:
        return "close" if is_over(poll) else "chase"
    return {PollState.READY: "open", PollState.CLOSED: "count"}.get(PollState(poll.state), "result")


def steps(current: str) -> list[tuple[str, str, bool]]:
    """(title, "done"/"now"/"next", is now) of every step."""
    keys = list(STEPS)
    here = keys.index(current)
    states = ["done" if n < here else "now" if n == here else "next" for n in range(len(keys))]
    return [(str(STEPS[key]), state, state == "now") for key, state in zip(keys, states, strict=True)]


# ---------------------------------------------------------------- who votes


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A source of voters in words: the kind, and which of it. `origin`: the class that was merged into this one."""

    kind: str
    detail: str = ""
    origin: str = ""


def source_lines(polls: Iterable[Poll], titles: Mapping[str, str]) -> dict[int, list[SourceLine]]:
    """Poll id → who votes, in words. Three queries at most, for the names of those chosen."""
    rules = {poll.pk: Rule.from_json(poll.rule) for poll in polls}
    names = _names([source for rule in rules.values() for source in rule.sources])
    return {
        pk: [
            SourceLine(str(KINDS[one.kind]), _detail(one, names), titles.get(one.origin, one.origin))
            for one in rule.sources
        ]
        for pk, rule in rules.items()
    }


def _names(sources: list[Source]) -> dict[tuple[str, int], str]:
    wanted: dict[Any, set[int]] = {}
    for source in sources:
        ids = source.units if source.kind == "people" else source.ids
        if source.kind in CHOSEN and ids:
            wanted.setdefault(CHOSEN[source.kind], set()).update(ids[:NAMES_SHOWN])
    return {
        (model._meta.model_name, one.pk): str(one)
        for model, ids in wanted.items()
        for one in model._default_manager.filter(pk__in=ids)
    }


def _detail(source: Source, names: Mapping[tuple[str, int], str]) -> str:
    said = []
    ids = source.units if source.kind == "people" else source.ids
    if ids:
        said.append(_some(source.kind, ids, names))
    if source.kind in {"chosen_units", "accounts", "chosen_people"} and not ids:
        said.append(_("nobody chosen yet"))
    said += [joined(list(values)) for values in (source.ranks, source.positions, source.categories) if values]
    if source.label:
        said.append(source.label)
    if source.number:
        said.append(ngettext("%(count)d ballot", "%(count)d ballots", source.number) % {"count": source.number})
    if source.supervised:
        said.append(_("only on whom they supervise"))
    return " · ".join(said)


def _some(kind: str, ids: tuple[int, ...], names: Mapping[tuple[str, int], str]) -> str:
    model = CHOSEN[kind]._meta.model_name or ""
    shown = joined([names[model, pk] for pk in ids[:NAMES_SHOWN] if (model, pk) in names])
    if len(ids) <= NAMES_SHOWN:
        return shown
    return _("%(names)s and others, %(count)d together") % {"names": shown, "count": len(ids)}
