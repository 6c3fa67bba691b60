"""Preparing a poll: which classes vote, who they are, until when. Nothing is fixed before the poll's voters are."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from indicators.services import engine_plan
from reviews.ballot_form import leaves_of
from reviews.models import Poll, PollState, Round
from reviews.services.errors import InvalidInput
from reviews.services.rounds import ensure_collecting
from reviews.words import is_late
from units import audit
from units.models import User

from .setup import classes_of, guard, locked_poll
from .voters import Key, Rule, Source, names_of

# Who votes as long as the office says nothing else, by the plan's `voters` of a class.
DEFAULT_KINDS = {
    "units": "units",
    "leaders": "leaders",
    "staff": "own_staff",
    "list": "chosen_people",
    "public": "door",
}
# What the office settles of a poll, and what the trail calls it.
SETTINGS = {
    "rule": "who votes",
    "closes_on": "last day",
    "instructions": "words to the voters",
    "in_meeting": "in a meeting",
    "names_shown": "names shown",
}


def prepare_polls(
    *,
    round: Round,  # noqa: A002
    by: User,
    classes: Collection[str] | None = None,
) -> list[Poll]:
    """A poll for every voter class of the plan (or of `classes`) that has none yet. Audited.

    Its voters are those that the plan suggests; of a class that was annulled, those of the annulled poll.
    """
    guard(by)
    with transaction.atomic():
        locked = ensure_collecting(round)
        document = Round.objects.select_related("plan_version").get(pk=locked.pk).plan_version.document
        suggested = _suggested(document)
        invited = invited_classes(document)
        polls = list(locked.polls.order_by("run"))
        there = {code for poll in polls if poll.state != PollState.ANNULLED for code in _classes_in(poll)}
        before = {poll.voter_class: poll for poll in polls}
        made = []
        for code in classes_of(locked):
            if code in there or (classes is not None and code not in classes):
                continue
            if code in before:
                made.append(_again(before[code]))
                continue
            made.append(
                Poll(
                    round=locked,
                    voter_class=code,
                    rule=Rule((Source(suggested.get(code, "chosen_people")),)).as_json(),
                    in_meeting=code in invited,
                    names_shown=bool((document.get("voting") or {}).get("names_shown", False)),
                    closes_on=None if is_late(locked.deadline) else locked.deadline,
                )
            )
        for poll in made:
            poll.save()
            changes = {"voter class": (None, poll.voter_class)}
            audit.record(by, "prepare poll", poll, changes=changes, round_id=locked.pk)
    return made


def _classes_in(poll: Poll) -> set[str]:
    """The poll's class, and those that were merged into it."""
    return {poll.voter_class, *(source.origin for source in Rule.from_json(poll.rule).sources if source.origin)}


def _again(poll: Poll) -> Poll:
    """The poll that repeats an annulled one."""
    return Poll(
        round_id=poll.round_id,
        voter_class=poll.voter_class,
        run=poll.run + 1,
        rule=poll.rule,
        instructions=poll.instructions,
        in_meeting=poll.in_meeting,
        names_shown=poll.names_shown,
    )


def _suggested(document: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for row in document.get("indicators", ()):
        for each in row.get("classes", ()):
            if each.get("voters"):
                found.setdefault(each["code"], DEFAULT_KINDS[each["voters"]])
    return found | dict.fromkeys(invited_classes(document), "attendees")


def invited_classes(document: Mapping[str, Any]) -> set[str]:
    """The classes that the plan expects at the review meeting: of these vote who is there."""
    groups = (document.get("meeting") or {}).get("attendees", ())
    return {group["class"] for group in groups if group.get("class") and not group.get("observers")}


def seen_token(poll: Poll) -> str:
    """The state of a poll's settings that a page showed: who saves names it."""
    shown = json.dumps({name: _value(poll, name) for name in SETTINGS}, sort_keys=True, default=str)
    return hashlib.sha256(shown.encode()).hexdigest()[:16]


def _value(poll: Poll, name: str) -> Any:
    # Read and written once, so that lists and tuples, absent and empty keys are no difference.
    return Rule.from_json(poll.rule).as_json() if name == "rule" else getattr(poll, name)


def change_poll(
    *,
    poll: Poll,
    by: User,
    rule: Rule | None = None,
    closes_on: datetime.date | None = None,
    instructions: str = "",
    in_meeting: bool = False,
    names_shown: bool = False,
    seen: str | None = None,
) -> Poll:
    """Settle a poll that is not open yet: who votes, until when, how. Audited.

    `seen`: the state that was read (`seen_token`). Raises InvalidInput ("closes_on", "seed", or as a whole when
    somebody else changed the poll meanwhile).
    """
    values: dict[str, Any] = {
        "closes_on": closes_on,
        "instructions": instructions.strip(),
        "in_meeting": in_meeting,
        "names_shown": names_shown,
    }
    return _change(poll, by, seen, values | ({} if rule is None else {"rule": rule.as_json()}))


def change_rule(*, poll: Poll, rule: Rule, by: User, seen: str | None = None) -> Poll:
    """Settle who votes in a poll that is not open yet; the rest stays. Audited. Raises what `change_poll` does."""
    return _change(poll, by, seen, {"rule": rule.as_json()})


def _change(poll: Poll, by: User, seen: str | None, values: dict[str, Any]) -> Poll:
    guard(by)
    rule = Rule.from_json(values["rule"]) if "rule" in values else None
    if rule is not None and rule.sample and not rule.seed.strip():
        raise InvalidInput(_("A sample needs a seed, so that anybody can draw it again."), "seed")
    if is_late(values.get("closes_on")):
        raise InvalidInput(_("This day is over."), "closes_on")
    with transaction.atomic():
        locked = locked_poll(poll, PollState.PREPARED)
        if seen is not None and seen != seen_token(locked):
            raise InvalidInput(_("Somebody else changed this poll meanwhile; nothing was overwritten. Look again."))
        before = {name: _value(locked, name) for name in SETTINGS}
        for name, value in values.items():
            setattr(locked, name, value)
        locked.save(update_fields=list(values))
        changes = {SETTINGS[name]: (_words(before[name]), _words(_value(locked, name))) for name in SETTINGS}
        audit.record(by, "change poll", locked, changes=changes, round_id=locked.round_id)
    return locked


def _words(value: Any) -> str | None:
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)[:200]
    return None if value in (None, "", False) else str(value)


def leave_out(*, poll: Poll, key: Key, by: User) -> None:
    """Let a voter with a name not vote in a poll in preparation: he votes elsewhere, or under another name. Audited."""
    _leave_out(poll, key, by, out=True)


def let_in(*, poll: Poll, key: Key, by: User) -> None:
    """Let him vote again if the poll's sources name him. Audited."""
    _leave_out(poll, key, by, out=False)


def _leave_out(poll: Poll, key: Key, by: User, *, out: bool) -> None:
    guard(by)
    name = names_of([key]).get(key)
    if name is None:
        raise InvalidInput(_("There is no such voter (any more)."))
    with transaction.atomic():
        locked = locked_poll(poll, PollState.PREPARED)
        rule = Rule.from_json(locked.rule)
        if (key in rule.without) == out:
            return
        without = (*rule.without, key) if out else tuple(one for one in rule.without if one != key)
        locked.rule = replace(rule, without=without).as_json()
        locked.save(update_fields=["rule"])
        changes = {"voters": (name, None) if out else (None, name)}
        audit.record(
            by, "leave out voter" if out else "let in voter", locked, changes=changes, round_id=locked.round_id
        )


def merge_polls(*, poll: Poll, into: Poll, reason: str, by: User) -> Poll:
    """Let the voters of one class vote in another one, which has enough of them for the secret to be kept.

    Both must be in preparation and vote on the same leaves; the merged poll goes, its sources stay known by their
    `origin`. Needs a reason; audited. Raises InvalidInput ("into", "reason").
    """
    guard(by)
    if not reason.strip():
        raise InvalidInput(_("Merging voter classes needs a reason."), "reason")
    with transaction.atomic():
        source, target = locked_poll(poll, PollState.PREPARED), locked_poll(into, PollState.PREPARED)
        if source.round_id != target.round_id or source.pk == target.pk:
            raise InvalidInput(_("Choose another class of this round."), "into")
        plan = engine_plan(target.round.plan_version)
        if leaves_of(plan, source.voter_class) != leaves_of(plan, target.voter_class):
            raise InvalidInput(_("These classes do not vote on the same indicators."), "into")
        mine, theirs = Rule.from_json(source.rule), Rule.from_json(target.rule)
        if mine.sample or theirs.sample:
            raise InvalidInput(
                _("A class of which a sample is drawn cannot be merged; choose the people by hand."), "into"
            )
        moved = tuple(replace(each, origin=each.origin or source.voter_class) for each in mine.sources)
        merged = replace(
            theirs,
            sources=theirs.sources + moved,
            not_own_category=theirs.not_own_category or mine.not_own_category,
            without=(),  # who was left out there since he votes here would vote nowhere: the check names doubles anew
        )
        target.rule = merged.as_json()
        target.save(update_fields=["rule"])
        source.delete()
        audit.record(
            by,
            "merge voter classes",
            target,
            changes={"voter class": (source.voter_class, target.voter_class)},
            round_id=target.round_id,
            reason=reason.strip(),
        )
    return target


def delete_poll(*, poll: Poll, by: User) -> None:
    """Give up a poll that never opened. Audited."""
    guard(by)
    with transaction.atomic():
        locked = locked_poll(poll, PollState.PREPARED)
        audit.record(by, "give up poll", locked, round_id=locked.round_id)
        locked.delete()
