"""Forms of interviews: what is arranged, and the record."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from reviews.models import Interview, Round
from reviews.services.interviews import LONGEST, USUAL_KIND, RecordData
from units.lookup import PersonField

from .accounts import AccountsField
from .events import SubjectByCode
from .rounds import DateInput


class ArrangeForm(forms.Form):
    """What is settled beforehand; with a `round` it also asks whom it is about."""

    kind = forms.CharField(
        label=pgettext_lazy("interview", "Kind"),
        max_length=60,
        initial=USUAL_KIND,
        help_text=_("In the plan's words, or your own: 约谈提醒, 诫勉谈话 …"),
    )
    reason = forms.CharField(
        label=pgettext_lazy("interview", "Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )
    due_on = forms.DateField(label=_("To be held by"), required=False, widget=DateInput())
    accounts = AccountsField(
        label=_("Accounts that hold it"),
        help_text=_(
            "One a line: user name, or the name of the person. They read and write the record, "
            "besides the appraisal office; nobody else does before it is held."
        ),
    )

    def __init__(self, *args: Any, round_: Round | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if round_ is None:
            return
        self.fields["subject"] = SubjectByCode(round_, label=_("Subject"), help_text=_("Code or name."))
        self.fields["person"] = PersonField(
            label=_("Person interviewed"),
            required=False,
            help_text=_("Where it is not the subject itself: such as the head of the unit."),
        )
        # What somebody came from, such as an item of the ledger: it leads to one interview only.
        self.fields["cause"] = forms.CharField(required=False, max_length=80, widget=forms.HiddenInput)
        self.order_fields(["subject", "person", "kind", "reason", "due_on", "accounts"])


def arranged(interview: Interview) -> dict[str, Any]:
    """What the form shows of an interview."""
    return {
        "kind": interview.kind,
        "reason": interview.reason,
        "due_on": interview.due_on,
        "accounts": list(interview.accounts.all()),
    }


def _text(label: Any, rows: int, help_text: Any = "") -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(label=label, required=False, max_length=LONGEST, widget=widget, help_text=help_text)


class RecordForm(forms.Form):
    """The record. What lacks is said by the service when the interview is to count as held, not while it is written."""

    held_on = forms.DateField(label=_("Held on"), required=False, widget=DateInput())
    place = forms.CharField(label=_("Venue"), required=False, max_length=120)
    interviewers = forms.CharField(
        label=pgettext_lazy("interview", "Interviewers"),
        required=False,
        max_length=240,
        help_text=_("Names and posts."),
    )
    present = forms.CharField(label=_("Others present"), required=False, max_length=240)
    recorder = forms.CharField(label=_("Recorded by"), required=False, max_length=60)
    said = _text(_("What the interviewers said"), 8)
    answer = _text(_("What the interviewed said"), 6)
    demands = _text(_("Demands"), 4)
    demands_until = forms.DateField(label=_("To be done by"), required=False, widget=DateInput())
    statement = _text(_("Statement of the interviewed"), 3, _("In the own words: what is accepted, what will be done."))
    seen = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(label=_("Reason of the correction"), required=False, max_length=500)

    def __init__(self, *args: Any, correcting: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not correcting:
            del self.fields["reason"]

    @property
    def record(self) -> RecordData:
        return RecordData(**{name: self.cleaned_data[name] for name in RecordData.__slots__})
