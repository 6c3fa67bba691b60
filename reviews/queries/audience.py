"""Publications of reports: what an account may read, who reads, what was said."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Prefetch, Q, QuerySet
from django.utils import timezone

from reviews.models import (
    CommentState,
    Meeting,
    MeetingState,
    Publication,
    PublishedReport,
    ReportComment,
    Round,
    Subject,
    Talk,
)
from reviews.report_texts import approved_texts
from units import access
from units.models import Role, User


def publications_of(round_: Round) -> QuerySet[Publication]:
    """With their reports and audience. Five queries, and one for the numbers of readers and comments."""
    reports = PublishedReport.objects.select_related("subject").annotate(
        read=Count("readings", distinct=True),
        waiting=Count("comments", filter=Q(comments__state=CommentState.WAITING), distinct=True),
        shown=Count("comments", filter=Q(comments__state=CommentState.SHOWN), distinct=True),
    )
    return (
        Publication.objects.filter(round=round_)
        .select_related("round", "created_by", "withdrawn_by")
        .prefetch_related("units", "accounts", "round__subjects", Prefetch("reports", queryset=reports))
    )


@dataclass(slots=True)
class SeenPublication:
    """A publication with those of its reports that an account may read."""

    publication: Publication
    reports: list[Any] = field(default_factory=list)


def published_for(user: User, round_: Round) -> list[SeenPublication]:
    """What this account may read in a round now; those who keep publications see all of them."""
    found = []
    for publication in publications_of(round_):
        reports = [
            each for each in publication.reports.all() if access.may_read_published(user, publication, each.subject)
        ]
        if reports:
            found.append(SeenPublication(publication, reports))
    return found


def open_for(user: User) -> list[Publication]:
    """Publications that are shown to this account today, of any round. One query where there are none at all."""
    today = timezone.localdate()
    found = Publication.objects.filter(withdrawn_at=None, starts__lte=today, ends__gte=today).select_related("round")
    rows = found.prefetch_related("units", "accounts", "round__subjects").annotate(number_of_reports=Count("reports"))
    return [each for each in rows if access.is_audience(user, each)]


def has_publications(round_: Round) -> bool:
    return Publication.objects.filter(round=round_).exists()


def waiting_comments(round_: Round) -> int:
    return ReportComment.objects.filter(report__publication__round=round_, state=CommentState.WAITING).count()


def audience_accounts(publication: Publication) -> QuerySet[User]:
    """The accounts that it is shown to."""
    users = User.objects.filter(is_active=True, role_grants__isnull=False)
    if publication.everyone:
        return users.distinct()
    units = [unit.pk for unit in publication.units.all()]
    accounts = [account.pk for account in publication.accounts.all()]
    wanted = Q(pk__in=accounts) | Q(role_grants__role__in=[role for role in publication.roles if role != Role.SUBJECT])
    if Role.SUBJECT in publication.roles:
        of_round, people = publication.subject_keys
        mine = Q(role_grants__person__in=people) | Q(role_grants__person=None, role_grants__unit__in=of_round)
        wanted |= Q(role_grants__role=Role.SUBJECT) & mine
    return users.filter(wanted | Q(role_grants__unit__in=units) | Q(role_grants__person__unit__in=units)).distinct()


@dataclass(frozen=True, slots=True)
class Publishable:
    """A subject whose report could be published, or why it cannot: "text" or "meeting"."""

    subject: Subject
    lacks: str = ""


def publishable(round_: Round) -> list[Publishable]:
    """All subjects: who has an approved report, and whose meeting is over. A fixed number of queries."""
    subjects = list(Subject.objects.filter(round=round_).order_by("order", "code"))
    texts = approved_texts(round_, [each.pk for each in subjects])
    held = Meeting.objects.filter(round=round_).exclude(state=MeetingState.CANCELLED).exists()
    closed = Talk.objects.filter(meeting__round=round_, is_current=True, meeting__state=MeetingState.CLOSED)
    over = set(closed.values_list("subject_id", flat=True))
    return [
        Publishable(each, "text" if each.pk not in texts else "meeting" if held and each.pk not in over else "")
        for each in subjects
    ]


def comments_for(user: User, report: PublishedReport) -> list[ReportComment]:
    """The comments that this account sees: who looks at them first all, the others those that are shown."""
    found = report.comments.select_related("author", "decided_by")
    if not access.may_publish(user):
        found = found.filter(state=CommentState.SHOWN)
    return list(found)
