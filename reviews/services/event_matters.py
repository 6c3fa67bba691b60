"""One matter, one name: events that mean the same are joined; and what is said about an event."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from reviews.models import Event, EventComment, Phase, Round
from units import access, audit
from units.models import AuditEntry, User

from .errors import InvalidInput, NotAllowed, RoundClosed
from .event_leaves import LeafSetting, leaf_settings
from .events import label_of, stale
from .rounds import ensure_collecting, touch_inputs


def join_matters(
    *,
    round: Round,  # noqa: A002
    seen: Sequence[tuple[int, int]],
    matter: str,
    reason: str,
    by: User,
) -> list[int]:
    """Give events, as (id, version seen), one matter, so that they count once. All or none.

    They must be of one subject and one item. Decisions stay as they are. Audited, each with its former name.
    Raises NotAllowed, RoundClosed, InvalidInput ("matter", "reason", "events"), Conflict. Returns who was renamed.
    """
    if not access.may_manage_events(by):
        raise NotAllowed
    matter = matter.strip()
    if not matter:
        raise InvalidInput(_("Name the matter."), "matter")
    if not reason.strip():
        raise InvalidInput(_("Joining matters needs a reason."), "reason")
    with transaction.atomic():
        locked = ensure_collecting(round)
        versions = dict(seen)
        found = Event.objects.filter(pk__in=versions, subject__round=locked).select_related("subject", "updated_by")
        events = list(found.order_by("id"))
        if len(events) < 2 or len({(e.subject_id, e.indicator, e.item) for e in events}) > 1:
            raise InvalidInput(_("Two or more events of one subject and one item are needed."), "events")
        if late := next((event for event in events if event.version != versions[event.pk]), None):
            raise stale(late)
        renamed = [event for event in events if event.matter != matter]
        AuditEntry.objects.bulk_create(
            audit.entry(
                by,
                "join matters",
                event,
                label=label_of(event, event.subject),
                changes={"matter": (event.matter or None, matter)},
                round_id=locked.pk,
                reason=reason.strip(),
            )
            for event in renamed
        )
        Event.objects.filter(pk__in=[event.pk for event in renamed]).update(
            matter=matter, version=F("version") + 1, updated_by=by, updated_at=timezone.now()
        )
        touch_inputs(locked.pk)
    return [event.pk for event in renamed]


def comment_event(*, event: Event, text: str, by: User) -> EventComment:
    """Say something about an event: the subject to the office, or the office in answer. Audited.

    As long as the result is not announced. Raises NotAllowed, RoundClosed, InvalidInput ("text").
    """
    if not text.strip():
        raise InvalidInput(_("Write what you have to say."), "text")
    with transaction.atomic():
        round_ = Round.objects.select_related("plan_version").get(pk=event.subject.round_id)
        leaf = leaf_settings(round_).get(event.indicator) or LeafSetting(event.indicator)
        if not access.may_comment_event(by, event, leaf):
            raise NotAllowed
        if round_.phase not in {Phase.COLLECTING, Phase.REVIEWING}:
            raise RoundClosed(_("The result is announced; comments are closed."))
        comment = EventComment.objects.create(
            event=event, text=text.strip(), from_subject=not access.is_office(by), created_by=by
        )
        audit.record(
            by,
            "comment on event",
            event,
            label=label_of(event, event.subject),
            changes={"comment": (None, comment.text)},
            round_id=round_.pk,
        )
    return comment
