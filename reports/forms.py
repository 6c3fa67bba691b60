"""Forms of the workbook pages and of the circular."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from reviews.forms.rounds import DateInput

from .rectification.circular import Period, recent_halves


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


class CircularForm(forms.Form):
    """Which period a circular is about: a half-year, or two days. Without either, or with an error: this half-year."""

    half = forms.ChoiceField(label=_("Half-year"), required=False)
    starts = forms.DateField(label=_("From"), required=False, widget=DateInput())
    ends = forms.DateField(label=_("Until"), required=False, widget=DateInput())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.halves = dict(recent_halves(timezone.localdate()))
        choices = [(key, period.words) for key, period in self.halves.items()]
        half = self.fields["half"]
        assert isinstance(half, forms.ChoiceField)
        half.choices = [*choices, ("", _("these days:"))]
        half.initial = choices[0][0]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        starts, ends = values.get("starts"), values.get("ends")
        if values.get("half") or self.errors:
            return values
        if not starts or not ends:
            raise forms.ValidationError(_("Choose a half-year, or give the first and the last day."))
        if ends < starts:
            raise forms.ValidationError(_("The last day lies before the first."))
        return values

    @property
    def period(self) -> Period:
        first = next(iter(self.halves.values()))
        if not self.is_valid():
            return first
        values = self.cleaned_data
        return self.halves[values["half"]] if values["half"] else Period(values["starts"], values["ends"])
