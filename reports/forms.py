"""Forms of the workbook pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _


def _xlsx() -> forms.FileInput:
    return forms.FileInput(attrs={"accept": ".xlsx,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"})


class ExcelForm(forms.Form):
    """An Excel file. Its cells are checked by the job; here only what a file is."""

    file = forms.FileField(label=_("Score sheet (.xlsx)"), widget=_xlsx())

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if not file.name.lower().endswith(".xlsx"):
            raise forms.ValidationError(
                _("“%(name)s” is not an .xlsx file. Save it as an Excel workbook (.xlsx) and choose it again."),
                params={"name": file.name},
            )
        if file.size > settings.UPLOAD_MAX_BYTES:
            raise forms.ValidationError(
                _("The file has %(size)s; at most %(limit)s can be uploaded."),
                params={
                    "size": filesizeformat(file.size),
                    "limit": filesizeformat(settings.UPLOAD_MAX_BYTES),
                },
            )
        return file


class WorkbookUploadForm(ExcelForm):
    """An input workbook of a round."""

    file = forms.FileField(label=_("Round workbook (.xlsx)"), widget=_xlsx())
    whole = forms.BooleanField(
        label=_("The workbook is the whole round"),
        required=False,
        help_text=_(
            "A sheet that it does not have counts as empty: what an earlier workbook brought in on that "
            "sheet is withdrawn. Otherwise such a sheet is left as it is."
        ),
    )
    allow_missing = forms.BooleanField(
        label=_("Load it even if inputs are still missing"),
        required=False,
        initial=True,
        help_text=_("The result is then provisional: what is missing is flagged, and counts as 0."),
    )
