"""The agenda: who talks, in which order, or only in writing."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from indicators.rendering import joined
from reviews import strokes
from reviews.agenda import GROUPS, WITHIN, Order, Rule, arrange, plan_stages, stages_of
from reviews.models import CharacterStrokes, Meeting, MeetingState, Subject, Talk, TalkMode, TalkState
from reviews.queries.meetings import known_strokes, order_seen, speakers, talks_of
from reviews.queries.rounds import categories_of
from units import access, audit
from units.models import User

from .errors import Conflict, InvalidInput, NotAllowed, Theirs
from .meetings import MeetingClosed, _check_subjects, locked_meeting, may_change

LONGEST_SEED = 80


class StrokesMissing(InvalidInput):
    """The order by strokes needs characters that nobody has entered yet."""

    def __init__(self, characters: Sequence[str]) -> None:
        words = _("Enter the strokes of these characters first: %(list)s. They are not guessed.")
        super().__init__(words % {"list": joined(list(characters))}, "within")
        self.characters = list(characters)


def order_talks(*, meeting: Meeting, rule: Rule, seen: str, by: User) -> Order:
    """Put the agenda in the order that a rule makes; who speaks already keeps the order from being made anew. Audited.

    A lot without a seed gets one; rule, seed and ties are kept with the meeting. Raises NotAllowed, MeetingClosed,
    Conflict, StrokesMissing, InvalidInput ("group", "within", "fact", "posts", "seed").
    """
    if not access.may_run_meetings(by):
        raise NotAllowed
    rule = _checked(rule)
    with transaction.atomic():
        locked, talks = _planned(meeting, seen)
        if locked.state != MeetingState.PLANNED:
            raise MeetingClosed(_("The meeting has begun: the order can only be changed by hand."))
        document = locked.round.plan_version.document
        stages = stages_of(
            rule,
            plan_stages(document.get("meeting", {})),
            _categories(locked),
            next((row["title"] for row in document.get("facts", ()) if row["code"] == rule.fact), ""),
        )
        try:
            order = arrange(speakers(talks), rule, stages, known_strokes())
        except LookupError as error:
            raise StrokesMissing([str(each) for each in error.args]) from None
        by_code = {talk.subject.code: talk for talk in talks}
        for place, placed in enumerate(order.places, start=1):
            talk = by_code[placed.code]
            talk.order, talk.stage = place, placed.stage
            if rule.group == "plan" and placed.written and talk.mode == TalkMode.SPEAKS:
                talk.mode = TalkMode.WRITTEN
        Talk.objects.bulk_update(talks, ["order", "stage", "mode"])
        locked.order_rule = {**asdict(rule), "posts": list(rule.posts), "ties": [list(tie) for tie in order.ties]}
        locked.save(update_fields=["order_rule"])
        audit.record(
            by,
            "order talks",
            locked,
            changes={
                "stages": (None, rule.group),
                "order within": (None, rule.within),
                "seed": (None, rule.seed or None),
                "talks": (None, joined([placed.code for placed in order.places])),
            },
            round_id=locked.round_id,
        )
    return order


def drawn_again(meeting: Meeting, talks: Sequence[Talk]) -> list[str] | None:
    """The subjects' codes as the kept rule orders them now; None if they were put in order by hand."""
    kept = meeting.order_rule
    if not kept or kept.get("by_hand"):
        return None
    rule = Rule(kept["group"], kept["within"], kept["fact"], tuple(kept["posts"]), kept["seed"])
    stages = stages_of(
        rule,
        plan_stages(meeting.round.plan_version.document.get("meeting", {})),
        _categories(meeting),
    )
    try:
        return [placed.code for placed in arrange(speakers(talks), rule, stages, known_strokes()).places]
    except LookupError:
        return None


def _categories(meeting: Meeting) -> list[str]:
    """Those of the plan in its order, then any others that the round has."""
    here = [name for name, _number in categories_of(meeting.round)]
    return list(dict.fromkeys([*meeting.round.plan_version.document.get("categories", ()), *here]))


def move_talks(*, meeting: Meeting, order: Sequence[int], seen: str, by: User) -> None:
    """Put the agenda in an order made by hand: the keys of all its talks. Only who waits can be moved. Audited.

    Raises NotAllowed, MeetingClosed, Conflict, InvalidInput.
    """
    if not access.may_record_meeting(by, meeting):
        raise NotAllowed
    with transaction.atomic():
        locked, talks = _planned(meeting, seen)
        by_key = {talk.pk: talk for talk in talks}
        if sorted(order) != sorted(by_key):
            raise InvalidInput(_("The agenda has other entries by now."), "order")
        if list(order) == list(by_key):
            return
        if any(talk.pk != pk for talk, pk in zip(talks, order, strict=True) if talk.state != TalkState.WAITING):
            raise InvalidInput(_("Who has begun to speak keeps the place."), "order")
        for place, pk in enumerate(order, start=1):
            by_key[pk].order = place
        Talk.objects.bulk_update(talks, ["order"])
        locked.order_rule = {**locked.order_rule, "by_hand": True}
        locked.save(update_fields=["order_rule"])
        codes = joined([by_key[pk].subject.code for pk in order])
        before = joined([talk.subject.code for talk in talks])
        audit.record(by, "move talks", locked, changes={"talks": (before, codes)}, round_id=locked.round_id)


def set_mode(*, talk: Talk, mode: str, reason: str, by: User, minutes: int | None = None) -> Talk:
    """Whether a subject speaks, hands in writing only or does not come, and its own minutes. Audited.

    Who does not come needs a reason, and so does anything once the meeting is closed. Who has spoken stays a speaker.
    """
    if not access.may_record_meeting(by, talk.meeting):
        raise NotAllowed
    if mode not in TalkMode.values:
        raise InvalidInput(_("Choose one of these."), "mode")
    if minutes is not None and not 1 <= minutes <= 600:
        raise InvalidInput(_("A talk has between 1 and 600 minutes."), "minutes")
    with transaction.atomic():
        locked = locked_meeting(talk.meeting_id)
        may_change(locked, reason)
        current = Talk.objects.select_related("subject").get(pk=talk.pk)
        if mode == TalkMode.ABSENT and not reason.strip():
            raise InvalidInput(_("Say why this subject does not come."), "reason")
        if mode != TalkMode.SPEAKS and current.state != TalkState.WAITING and mode != current.mode:
            raise InvalidInput(_("This subject has begun to speak."), "mode")
        changes = {"mode": (current.mode, mode), "minutes": (current.minutes, minutes)}
        current.mode, current.minutes = TalkMode(mode), minutes
        current.mode_reason = reason.strip()[:240] if mode != TalkMode.SPEAKS else ""
        current.save(update_fields=["mode", "minutes", "mode_reason"])
        audit.record(
            by,
            "change talk",
            current,
            label=current.subject.name,
            changes=changes,
            round_id=locked.round_id,
            reason=reason.strip(),
        )
    return current


def add_talks(*, meeting: Meeting, subjects: Sequence[Subject], by: User) -> None:
    """Take more subjects into a meeting that is not over, at the end of its agenda. Audited."""
    if not access.may_run_meetings(by):
        raise NotAllowed
    with transaction.atomic():
        locked = locked_meeting(meeting)
        if not locked.is_open:
            raise MeetingClosed
        _check_subjects(locked.round, subjects)
        last = locked.talks.aggregate(last=Max("order"))["last"] or 0
        Talk.objects.bulk_create(
            Talk(meeting=locked, subject=subject, order=place) for place, subject in enumerate(subjects, start=last + 1)
        )
        names = joined([subject.name for subject in subjects])
        audit.record(by, "add talks", locked, changes={"talks": (None, names)}, round_id=locked.round_id)


def remove_talk(*, talk: Talk, by: User) -> None:
    """Take a subject off the agenda before the meeting begins. Audited."""
    if not access.may_run_meetings(by):
        raise NotAllowed
    with transaction.atomic():
        locked = locked_meeting(talk.meeting_id)
        if locked.state != MeetingState.PLANNED:
            raise MeetingClosed(_("The meeting has begun: say that the subject does not come instead."))
        name = talk.subject.name
        Talk.objects.filter(pk=talk.pk).delete()
        audit.record(by, "remove talk", locked, changes={"talks": (name, None)}, round_id=locked.round_id)


def enter_strokes(*, entered: Mapping[str, str], by: User) -> None:
    """Keep the strokes of characters, as digits 1 to 5 (横竖撇点折); an empty text is left alone. Audited.

    Raises NotAllowed, InvalidInput (the character names the field).
    """
    if not access.may_run_meetings(by):
        raise NotAllowed
    wanted = {character: "".join(digits.split()) for character, digits in entered.items() if digits.strip()}
    for character, digits in wanted.items():
        if not strokes.is_han(character):
            raise InvalidInput(_("“%(character)s” is no Chinese character.") % {"character": character}, character)
        if not strokes.is_strokes(digits):
            raise InvalidInput(_("Write the strokes as digits from 1 to 5."), character)
    with transaction.atomic():
        known = {row.character: row for row in CharacterStrokes.objects.filter(character__in=wanted)}
        for character, digits in wanted.items():
            row = known.get(character) or CharacterStrokes(character=character)
            before = row.strokes or None
            row.strokes, row.updated_by = digits, by
            row.save()
            audit.record(by, "enter strokes", row, label=character, changes={"strokes": (before, digits)})


def _planned(meeting: Meeting, seen: str) -> tuple[Meeting, list[Talk]]:
    """The locked meeting and its agenda, if that is still the one that was seen."""
    locked = locked_meeting(meeting)
    if not locked.is_open:
        raise MeetingClosed
    talks = talks_of(locked)
    if order_seen(talks) != seen:
        raise Conflict(Theirs(joined([talk.subject.name for talk in talks]), seen=order_seen(talks)))
    return locked, talks


def _checked(rule: Rule) -> Rule:
    if rule.group not in GROUPS:
        raise InvalidInput(_("Choose one of these."), "group")
    if rule.within not in WITHIN:
        raise InvalidInput(_("Choose one of these."), "within")
    if rule.group == "fact" and not rule.fact:
        raise InvalidInput(_("Choose a fact."), "fact")
    if rule.group == "posts" and not rule.posts:
        raise InvalidInput(_("Write the words of the posts, a line for each stage."), "posts")
    seed = rule.seed.strip() if rule.within == "lot" else ""
    if len(seed) > LONGEST_SEED:
        raise InvalidInput(_("A seed has at most %(most)d characters.") % {"most": LONGEST_SEED}, "seed")
    if rule.within == "lot" and not seed:
        seed = secrets.token_hex(16)
    return replace(rule, seed=seed)
