"""Publishing reports to an audience, ending that before its time, and comments on them."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Max
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from indicators.rendering import joined
from reviews.models import (
    CommentMode,
    CommentState,
    Phase,
    Publication,
    PublishedReport,
    ReportComment,
    ReportReading,
    Round,
    Subject,
)
from reviews.queries.audience import audience_accounts, publishable
from reviews.report_texts import approved_texts
from units import access, audit
from units.models import Role, Unit, User
from units.services.notifications import Message, notify

from .errors import Conflict, InvalidInput, NotAllowed, RoundClosed, Theirs

LONGEST_COMMENT = 2000
READERS = (Role.OFFICE, Role.ASSESSOR, Role.SUBJECT, Role.LEADER, Role.AUDITOR, Role.ADMIN)


@dataclass(frozen=True, slots=True)
class PublicationData:
    """What is published to whom, and when. `everyone` needs `document` and `decision`."""

    title: str
    starts: datetime.date
    ends: datetime.date
    everyone: bool = False
    roles: Sequence[str] = ()
    units: Sequence[Unit] = ()
    accounts: Sequence[User] = ()
    comments: str = CommentMode.NONE
    document: str = ""
    decision: str = ""
    subjects: Sequence[Subject] = field(default_factory=tuple)


def publish(*, round: Round, data: PublicationData, by: User) -> Publication:  # noqa: A002
    """Show the approved reports of these subjects, as they are now, to an audience for some days.

    Only once their meeting is closed. Tells the audience and is audited with it. Raises NotAllowed, RoundClosed,
    InvalidInput ("title", "ends", "audience", "document", "decision", "subjects", "comments").
    """
    if not access.may_publish(by):
        raise NotAllowed
    _check(data)
    with transaction.atomic():
        locked = Round.objects.select_for_update(of=("self",)).get(pk=round.pk)
        if locked.phase == Phase.SEALED:
            raise RoundClosed(_("The round is sealed: nothing of it can be published any more."))
        _check_subjects(locked, data.subjects)
        texts = approved_texts(locked, [each.pk for each in data.subjects])
        last = Publication.objects.filter(round=locked).aggregate(last=Max("number"))["last"] or 0
        made = Publication.objects.create(
            round=locked,
            number=last + 1,
            title=data.title.strip()[:120],
            starts=data.starts,
            ends=data.ends,
            everyone=data.everyone,
            roles=sorted(data.roles),
            comments=data.comments,
            document=data.document.strip()[:120],
            decision=data.decision.strip()[:500],
            created_by=by,
        )
        made.units.set(data.units)
        made.accounts.set(data.accounts)
        PublishedReport.objects.bulk_create(
            PublishedReport(publication=made, subject=each, sections=[list(row) for row in texts[each.pk].sections])
            for each in data.subjects
        )
        _tell(made, by)
        audit.record(
            by,
            "publish reports",
            made,
            changes={name: (None, words or None) for name, words in _said(data).items()},
            round_id=locked.pk,
            reason=made.decision,
        )
    return made


def extend_publication(
    *, publication: Publication, ends: datetime.date, reason: str, seen: datetime.date, by: User
) -> None:
    """Another last day, for one that is not withdrawn. Needs a reason; audited. Conflict if it ends on another."""
    if not access.may_publish(by):
        raise NotAllowed
    if not reason.strip():
        raise InvalidInput(_("Another last day needs a reason."), "reason")
    if ends < publication.starts or ends < timezone.localdate():
        raise InvalidInput(_("The last day lies in the past or before the first."), "ends")
    with transaction.atomic():
        same = Publication.objects.filter(pk=publication.pk, ends=seen, withdrawn_at=None)
        if not same.update(ends=ends):
            raise Conflict(Theirs(""))
        audit.record(
            by,
            "change publication",
            publication,
            changes={"until": (seen, ends)},
            round_id=publication.round_id,
            reason=reason.strip(),
        )


def withdraw_publication(*, publication: Publication, reason: str, by: User) -> None:
    """End it now, whatever its days; what was shown stays stored. Needs a reason; audited."""
    if not access.may_publish(by):
        raise NotAllowed
    if not reason.strip():
        raise InvalidInput(_("Withdrawing needs a reason."), "reason")
    with transaction.atomic():
        now = {"withdrawn_at": timezone.now(), "withdrawn_by": by, "withdrawn_reason": reason.strip()[:500]}
        if not Publication.objects.filter(pk=publication.pk, withdrawn_at=None).update(**now):
            raise InvalidInput(_("It was withdrawn already."))
        audit.record(by, "withdraw publication", publication, round_id=publication.round_id, reason=reason.strip())


def count_reading(*, report: PublishedReport, by: User) -> None:
    """Count that somebody of the audience has read it, once for each; nothing says who or when."""
    if not access.is_audience(by, report.publication):
        return
    mark = salted_hmac("reviews.reading", f"{report.pk}|{by.pk}", algorithm="sha256").hexdigest()
    ReportReading.objects.bulk_create([ReportReading(report=report, mark=mark)], ignore_conflicts=True)


def add_comment(*, report: PublishedReport, text: str, by: User) -> ReportComment:
    """A comment of somebody in the audience; the office looks at it before anybody sees it.

    With names it is audited. Without, neither the row nor the trail knows whose it is.
    Raises NotAllowed, InvalidInput ("text").
    """
    publication = report.publication
    if publication.comments == CommentMode.NONE or not access.may_comment_published(by, publication, report.subject):
        raise NotAllowed
    words = text.replace("\r\n", "\n").strip()
    if not words:
        raise InvalidInput(_("Write something first."), "text")
    if len(words) > LONGEST_COMMENT:
        raise InvalidInput(_("This text is longer than %(most)d characters.") % {"most": LONGEST_COMMENT}, "text")
    named = publication.comments == CommentMode.NAMED
    with transaction.atomic():
        made = ReportComment.objects.create(
            report=report, author=by if named else None, text=words, day=timezone.localdate()
        )
        if named:
            audit.record(by, "comment on report", report, label=report.subject.name, round_id=publication.round_id)
    return made


def decide_comment(*, comment: ReportComment, state: str, seen: str, by: User, reason: str = "") -> None:
    """Show a comment to subject and audience, or not (with a reason). Audited. Conflict if it is not as `seen`."""
    if not access.may_publish(by):
        raise NotAllowed
    if state not in {CommentState.SHOWN, CommentState.HIDDEN}:
        raise InvalidInput(_("Choose one of these."), "state")
    if state == CommentState.HIDDEN and not reason.strip():
        raise InvalidInput(_("Say why it is not shown."), "reason")
    with transaction.atomic():
        now = {"state": state, "reason": reason.strip()[:240], "decided_by": by, "decided_at": timezone.now()}
        if not ReportComment.objects.filter(pk=comment.pk, state=seen).update(**now):
            raise Conflict(Theirs(""))
        audit.record(
            by,
            "decide comment",
            comment.report,
            label=comment.report.subject.name,
            changes={"comment": (seen, state)},
            round_id=comment.report.publication.round_id,
            reason=reason.strip(),
        )


# ---------------------------------------------------------------- checks and words


def _check(data: PublicationData) -> None:
    if not data.title.strip():
        raise InvalidInput(_("Give it a title."), "title")
    if data.ends < data.starts or data.ends < timezone.localdate():
        raise InvalidInput(_("The last day lies in the past or before the first."), "ends")
    if data.comments not in CommentMode.values:
        raise InvalidInput(_("Choose one of these."), "comments")
    if any(role not in READERS for role in data.roles):
        raise InvalidInput(_("Choose one of these."), "audience")
    if not (data.everyone or data.roles or data.units or data.accounts):
        raise InvalidInput(_("Say who is to read it."), "audience")
    if data.everyone and not data.document.strip():
        words = _("For all accounts a decision is needed: write down the number of its document.")
        raise InvalidInput(words, "document")
    if data.everyone and not data.decision.strip():
        raise InvalidInput(_("Write down who decided it and why."), "decision")


def _check_subjects(round_: Round, subjects: Sequence[Subject]) -> None:
    if not subjects:
        raise InvalidInput(_("Choose at least one report."), "subjects")
    known = {each.subject.pk: each.lacks for each in publishable(round_)}
    if any(each.pk not in known for each in subjects):
        raise InvalidInput(_("This subject is not in the round."), "subjects")
    for lacks, message in (
        ("text", _("There is no approved report of: %(names)s.")),
        ("meeting", _("A report is published only after the meeting; that of these is not closed: %(names)s.")),
    ):
        if names := [each.name for each in subjects if known[each.pk] == lacks]:
            raise InvalidInput(message % {"names": joined(names)}, "subjects")


def _said(data: PublicationData) -> dict[str, str]:
    """What the trail says of it."""
    return {
        "from": str(data.starts),
        "until": str(data.ends),
        "subjects": joined([each.name for each in data.subjects]),
        "everyone": "yes" if data.everyone else "",
        "roles": joined([str(Role(role).label) for role in sorted(data.roles)]),
        "units": joined([unit.name for unit in data.units]),
        "readers": joined([str(account) for account in data.accounts]),
        "comments": data.comments,
        "document": data.document.strip(),
    }


def _tell(publication: Publication, by: User) -> None:
    title = _("Reports to read: %(title)s") % {"title": publication.title}
    text = _("From %(starts)s to %(ends)s.") % {"starts": publication.starts, "ends": publication.ends}
    url = reverse("reviews:published", args=[publication.round_id])
    accounts = audience_accounts(publication).exclude(pk=by.pk)
    notify(messages=(Message(account, title, text, url) for account in accounts), by=by)
