"""A plan file into the library: upload or paste, what is wrong by line, preview, confirm."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from units import access
from units.guards import require
from units.models import User

from .. import difference, imports, queries, services
from .. import document as documents
from ..models import PlanVersion
from ..rendering import render as words


class PlanFileForm(forms.Form):
    """A file, or its text. The text of a file goes back into the page, where it can be corrected."""

    file = forms.FileField(
        label=gettext_lazy("Plan file (.toml)"),
        required=False,
        allow_empty_file=True,
        widget=forms.ClearableFileInput({"accept": ".toml,.txt"}),
    )
    text = forms.CharField(
        label=gettext_lazy("Or the text of the file"),
        required=False,
        strip=False,
        widget=forms.Textarea({"rows": 16, "class": "plan-file", "spellcheck": "false", "wrap": "off"}),
    )

    encoding = "utf-8"

    def clean(self) -> dict[str, Any]:
        """`text` is what is to be read, wherever it came from."""
        cleaned = super().clean() or {}
        size = _("The file is too large: at most %(size)d MB are accepted.") % {"size": imports.MAX_BYTES // 1024**2}
        upload = cleaned.get("file")
        if upload:
            if upload.size > imports.MAX_BYTES:
                self.add_error("file", size)
                return cleaned
            try:
                cleaned["text"], self.encoding = imports.decoded(upload.read())
            except imports.NoText as error:
                self.add_error("file", words(error.text))
                return cleaned
        text = cleaned.get("text", "")
        if len(text.encode()) > imports.MAX_BYTES:
            self.add_error("text", size)
        elif not text.strip():
            self.add_error("file" if upload else None, _("Choose a plan file or paste its text."))
        return cleaned


@require_http_methods(["GET", "POST"])
@never_cache
def plan_import(request: HttpRequest) -> HttpResponse:
    """POST shows the errors or the preview; with do=store and the base that was previewed, it stores."""
    require(access.may_manage_plans(request.user))
    if request.method == "GET":
        return _form_page(request, PlanFileForm())
    form = PlanFileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _form_page(request, form, status=422)
    checked = imports.check_text(form.cleaned_data["text"])
    if checked.plan is None:
        return _form_page(request, PlanFileForm(initial={"text": checked.text}), checked, form.encoding, status=422)
    newest = queries.newest_version(checked.plan.code)
    if request.POST.get("do") == "store":
        if request.POST.get("base") == _base(newest):
            return _store(request, checked)
        messages.warning(request, _("The plan was changed after the preview. Nothing was imported; look again."))
    return _preview(request, checked, newest, form.encoding)


def _form_page(
    request: HttpRequest,
    form: PlanFileForm,
    checked: imports.CheckedFile | None = None,
    encoding: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {"form": form, "checked": checked, "encoding": _other(encoding)}
    return render(request, "indicators/import.html", context, status=status)


def _other(encoding: str) -> str:
    """An encoding that is worth a word: any but UTF-8."""
    return "" if encoding in ("", "utf-8") else encoding.upper()


def _base(newest: PlanVersion | None) -> str:
    return str(newest.pk) if newest else "new"


def _preview(
    request: HttpRequest, checked: imports.CheckedFile, newest: PlanVersion | None, encoding: str
) -> HttpResponse:
    normal = documents.normalise(checked.document)
    changes = difference.differences(newest.document, normal) if newest else []
    context = {
        "checked": checked,
        "newest": newest,
        "base": _base(newest),
        "is_stored": newest is not None and newest.digest == documents.digest(normal),
        "differences": difference.in_parts(changes),
        "count": len(changes),
        "note": request.POST.get("note", ""),
        "encoding": _other(encoding),
    }
    return render(request, "indicators/import_preview.html", context)


def _store(request: HttpRequest, checked: imports.CheckedFile) -> HttpResponse:
    assert isinstance(request.user, User)
    note = request.POST.get("note", "").strip()[:240]
    version, is_new = services.import_plan(document=checked.document or {}, by=request.user, note=note)
    values = {"title": version.plan.title, "number": version.number}
    if is_new:
        messages.success(request, _("“%(title)s” was imported as version %(number)s.") % values)
    else:
        messages.info(request, _("“%(title)s” is stored already as version %(number)s; nothing was changed.") % values)
    return redirect("indicators:version_detail", version.pk)
