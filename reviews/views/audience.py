"""Published reports: the list, publishing, one publication with its readers, and reading a report."""

from __future__ import annotations

import datetime
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from reviews.forms.audience import PublicationForm, role_words
from reviews.models import CommentMode, Phase, Publication, PublishedReport, ReportComment, Round
from reviews.navigation import round_context
from reviews.queries.audience import (
    audience_accounts,
    comments_for,
    publications_of,
    publishable,
    published_for,
)
from reviews.services import audience as service
from reviews.services.errors import Conflict, InvalidInput, ReviewError
from units import access
from units.guards import require, require_known
from units.models import User

from ._common import get_round

TAB = "published"


@require_GET
def published(request: HttpRequest, pk: int) -> HttpResponse:
    """What this account may read now; those who keep publications see all of them."""
    round_ = get_round(request, pk)
    context = round_context(request, round_, TAB) | {
        "rows": published_for(cast(User, request.user), round_),
        "keeps": access.may_see_publications(request.user),
        "may_publish": access.may_publish(request.user) and round_.phase != Phase.SEALED,
    }
    return render(request, "reviews/published.html", context)


@require_http_methods(["GET", "POST"])
def publication_add(request: HttpRequest, pk: int) -> HttpResponse:
    round_ = get_round(request, pk)
    require(access.may_publish(request.user))
    offered = publishable(round_)
    posted = request.POST if request.method == "POST" else None
    form = PublicationForm(posted, offered=offered, initial={"title": _("Duty reports")})
    if posted is not None and form.is_valid():
        try:
            made = service.publish(round=round_, data=form.publication, by=cast(User, request.user))
        except ReviewError as error:
            form.add_error(form.field_of(getattr(error, "field", "")), str(error))
        else:
            messages.success(request, _("The reports are published; the audience was told."))
            return redirect("reviews:publication", pk, made.pk)
    context = round_context(request, round_, TAB) | {
        "form": form,
        "without_text": [each.subject for each in offered if each.lacks == "text"],
        "before_meeting": [each.subject for each in offered if each.lacks == "meeting"],
        "stated": round_.plan_version.document.get("duty_report", {}).get("published", ""),
        "possible": round_.phase != Phase.SEALED and any(not each.lacks for each in offered),
    }
    return render(request, "reviews/publication_form.html", context, status=422 if posted is not None else 200)


def _publication(request: HttpRequest, pk: int, publication_pk: int) -> tuple[Round, Publication]:
    round_ = get_round(request, pk)
    return round_, get_object_or_404(publications_of(round_), pk=publication_pk)


@require_http_methods(["GET", "POST"])
def publication(request: HttpRequest, pk: int, publication_pk: int) -> HttpResponse:
    """One publication: audience, days, numbers of readers. POST: do = withdraw or extend."""
    round_, found = _publication(request, pk, publication_pk)
    require_known(access.may_see_publications(request.user))
    errors: dict[str, str] = {}
    if request.method == "POST":
        require(access.may_publish(request.user))
        errors = _end(request, found)
        if not errors:
            return redirect("reviews:publication", pk, publication_pk)
    context = round_context(request, round_, TAB) | {
        "publication": found,
        "reports": found.reports.all(),
        "roles": role_words(found.roles),
        "audience": audience_accounts(found).count(),
        "may_publish": access.may_publish(request.user),
        "errors": errors,
        "typed": request.POST,
    }
    return render(request, "reviews/publication.html", context, status=422 if errors else 200)


def _end(request: HttpRequest, found: Publication) -> dict[str, str]:
    """Carry it out; gives what was wrong, by the field."""
    post, user = request.POST, cast(User, request.user)
    do, reason = post.get("do", ""), post.get("reason", "")
    try:
        if do == "withdraw":
            service.withdraw_publication(publication=found, reason=reason, by=user)
            messages.success(request, _("The publication is withdrawn."))
        elif do == "extend":
            ends, seen = _day(post.get("ends", "")), _day(post.get("seen", ""))
            service.extend_publication(publication=found, ends=ends, seen=seen, reason=reason, by=user)
            messages.success(request, _("Saved."))
        else:
            return {"": _("There is nothing here to decide on any more.")}
    except InvalidInput as error:
        return {f"{do}-{error.field}" if error.field else "": str(error)}
    except ReviewError as error:
        return {"": str(error)}
    return {}


def _day(text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(_("“%(text)s” is not a date.") % {"text": text}, "ends") from None


def _report(request: HttpRequest, pk: int, report_pk: int) -> tuple[Round, PublishedReport]:
    """A report that this account may read; 404 for all others, before and after its time as well."""
    round_ = get_round(request, pk)
    rows = PublishedReport.objects.select_related("publication", "subject")
    report = get_object_or_404(rows, pk=report_pk, publication__round=round_)
    require_known(access.may_read_published(request.user, report.publication, report.subject))
    return round_, report


@require_http_methods(["GET", "POST"])
def published_report(request: HttpRequest, pk: int, report_pk: int) -> HttpResponse:
    """A report with the comments that this account sees. POST: a comment."""
    round_, report = _report(request, pk, report_pk)
    user = cast(User, request.user)
    may_comment = report.publication.comments != CommentMode.NONE and access.may_comment_published(
        user, report.publication, report.subject
    )
    error = ""
    if request.method == "POST":
        require(may_comment)
        try:
            service.add_comment(report=report, text=request.POST.get("text", ""), by=user)
        except ReviewError as refused:
            error = str(refused)
        else:
            messages.success(request, _("Thank you. The office looks at the comment before others see it."))
            return redirect("reviews:published_report", pk, report_pk)
    context = (
        round_context(request, round_, TAB)
        | _reading(user, report)
        | {
            "may_comment": may_comment,
            "error": error,
            "typed": request.POST,
        }
    )
    return render(request, "reviews/published_report.html", context, status=422 if error else 200)


def _reading(user: User, report: PublishedReport) -> dict[str, Any]:
    knows = access.may_see_publications(user) or access.is_own(user, report.subject)
    return {
        "report": report,
        "publication": report.publication,
        "comments": comments_for(user, report) if report.publication.comments != CommentMode.NONE else [],
        "may_decide": access.may_publish(user),
        "counts": access.is_audience(user, report.publication),
        "read": report.readings.count() if knows else None,
    }


@require_POST
def published_read(request: HttpRequest, pk: int, report_pk: int) -> HttpResponse:
    """Sent by the page itself a moment after it was opened: one more reader."""
    _round, report = _report(request, pk, report_pk)
    service.count_reading(report=report, by=cast(User, request.user))
    return HttpResponse(status=204)


@require_POST
def comment_decide(request: HttpRequest, pk: int, comment_pk: int) -> HttpResponse:
    """Show a comment, or not: `state`, `seen`, `reason`."""
    round_ = get_round(request, pk)
    require_known(access.may_publish(request.user))
    rows = ReportComment.objects.select_related("report__publication", "report__subject")
    comment = get_object_or_404(rows, pk=comment_pk, report__publication__round=round_)
    post = request.POST
    try:
        service.decide_comment(
            comment=comment,
            state=post.get("state", ""),
            seen=post.get("seen", ""),
            reason=post.get("reason", ""),
            by=cast(User, request.user),
        )
    except Conflict:
        messages.error(request, _("Somebody else decided on this comment meanwhile."))
    except ReviewError as error:
        messages.error(request, str(error))
    return redirect("reviews:published_report", pk, comment.report_id)
