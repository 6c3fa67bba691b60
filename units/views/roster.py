"""Roster import: upload, preview, apply; and the workbook to fill in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from .. import access
from ..guards import require
from ..models import Person, Unit
from ..roster import store
from ..roster.check import State, check_roster
from ..roster.compare import CHANGED, NEW, Comparison, compare
from ..roster.layout import SHEETS
from ..roster.problems import UnreadableFile
from ..roster.read import MAX_BYTES
from ..roster.template import write_roster
from ..services.roster import RosterOutdated, apply_roster
from ._common import who

ROWS_SHOWN = 200
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FILENAME = "roster_filename"  # in the session: what the uploader called the file


class RosterForm(forms.Form):
    file = forms.FileField(label=gettext_lazy("Roster (.xlsx)"), widget=forms.ClearableFileInput({"accept": ".xlsx"}))

    def clean_file(self) -> bytes:
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            size = MAX_BYTES // 1024 // 1024
            raise forms.ValidationError(_("The file is too large: at most %(size)d MB are accepted.") % {"size": size})
        content: bytes = file.read()
        return content


@require_http_methods(["GET", "POST"])
def roster(request: HttpRequest) -> HttpResponse:
    """The page with the upload; a file that can be read at all goes on to its preview."""
    require(access.may_manage_organisation(request.user))
    form = RosterForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        content = form.cleaned_data["file"]
        try:
            check_roster(content, State({}, {}))
        except UnreadableFile as error:
            form.add_error("file", str(error))
        else:
            token = store.keep(who(request), content)
            request.session[FILENAME] = str(request.FILES["file"].name)  # type: ignore[union-attr]
            return redirect("units:roster_preview", token)
    return render(request, "units/roster.html", {"form": form})


def _groups(found: Comparison) -> list[dict[str, Any]]:
    """New and changed rows of each sheet, at most ROWS_SHOWN of each."""
    groups = []
    for sheet in SHEETS:
        for kind in (NEW, CHANGED):
            rows = found.of(sheet, kind)
            if rows:
                more = len(rows) - ROWS_SHOWN
                groups.append({"sheet": sheet, "kind": kind, "rows": rows[:ROWS_SHOWN], "more": max(more, 0)})
    return groups


def _preview(request: HttpRequest, content: bytes, token: str) -> HttpResponse:
    state = State.load()
    checked = check_roster(content, state)
    context: dict[str, Any] = {"token": token, "filename": request.session.get(FILENAME, ""), "form": RosterForm()}
    if checked.problems:
        context |= {"problems": checked.problems[:ROWS_SHOWN], "count": len(checked.problems)}
    else:
        found = compare(checked, state)
        names = {sheet.title: sheet.model._meta.verbose_name_plural for sheet in SHEETS}
        counts = [(names[title], kinds) for title, kinds in found.counts().items()]
        context |= {"found": found, "counts": counts, "groups": _groups(found)}
    return render(request, "units/roster_preview.html", context)


@require_http_methods(["GET", "POST"])
@never_cache
def roster_preview(request: HttpRequest, token: str) -> HttpResponse:
    """GET: what the file would change, or what is wrong with it. POST: apply exactly that."""
    require(access.may_manage_organisation(request.user))
    by = who(request)
    content = store.fetch(by, token)
    if content is None:
        if request.method == "GET":
            raise Http404
        messages.warning(request, _("This roster was applied or replaced already. Please upload it again."))
        return redirect("units:roster")
    if request.method == "GET":
        return _preview(request, content, token)
    filename = str(request.session.get(FILENAME, ""))
    try:
        found = apply_roster(content=content, digest=request.POST.get("digest", ""), filename=filename, by=by)
    except (RosterOutdated, IntegrityError):
        messages.warning(
            request,
            _("Units or people were changed after the preview. Nothing was imported; this is the new preview."),
        )
        return _preview(request, content, token)
    store.discard(by)
    messages.success(request, _applied(found))
    return redirect("units:unit_list")


def _applied(found: Comparison) -> str:
    count = sum(1 for row in found.rows if row.kind == NEW)
    added = ngettext("%(count)d added", "%(count)d added", count) % {"count": count}
    count = sum(1 for row in found.rows if row.kind == CHANGED)
    changed = ngettext("%(count)d changed", "%(count)d changed", count) % {"count": count}
    return _("The roster is imported: %(added)s, %(changed)s.") % {"added": added, "changed": changed}


@require_GET
def roster_template(request: HttpRequest) -> HttpResponse:
    """The workbook to fill in: empty, or with ?filled=1 all active units and people."""
    require(access.may_manage_organisation(request.user))
    filled = request.GET.get("filled") == "1"
    units = Unit.objects.filter(is_active=True).select_related("parent") if filled else Unit.objects.none()
    people = Person.objects.filter(is_active=True).select_related("unit") if filled else Person.objects.none()
    name = f"{_('roster')}-{timezone.localdate():%Y%m%d}.xlsx" if filled else f"{_('roster')}.xlsx"
    disposition = content_disposition_header(as_attachment=True, filename=name) or "attachment"
    content = write_roster(units, people)
    return HttpResponse(content, content_type=XLSX, headers={"Content-Disposition": disposition})
