"""Forms of publications: what is shown to whom and when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from reviews.models import CommentMode
from reviews.queries.audience import Publishable
from reviews.services.audience import READERS, PublicationData
from units.models import Role, Unit

from .accounts import AccountsField, lines_of
from .rounds import DateInput


class PublicationForm(forms.Form):
    """`offered`: the subjects with what their reports lack; only those that lack nothing can be chosen."""

    title = forms.CharField(label=_("Title"), max_length=120)
    starts = forms.DateField(label=_("From"), widget=DateInput())
    ends = forms.DateField(
        label=_("Until"),
        widget=DateInput(),
        help_text=_("The last day; after it nobody of the audience can read them."),
    )
    roles = forms.MultipleChoiceField(
        label=_("Accounts with these roles"),
        required=False,
        choices=[(role.value, role.label) for role in READERS],
        help_text=_("Of those appraised only the subjects of this round."),
        widget=forms.CheckboxSelectMultiple,
    )
    units = forms.CharField(
        label=_("Accounts of these units"),
        required=False,
        max_length=40_000,
        help_text=_("One unit a line: code or name."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    people = AccountsField(label=_("These people"))
    everyone = forms.BooleanField(
        label=_("All accounts of the round"),
        required=False,
        help_text=_("Everybody who can see the round. Only by a decision, with the number of its document."),
    )
    document = forms.CharField(label=_("Document number"), required=False, max_length=120)
    decision = forms.CharField(
        label=_("Who decided it, and why"),
        required=False,
        max_length=500,
        help_text=_("Needed for all accounts."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    comments = forms.ChoiceField(
        label=_("Comments of the readers"),
        choices=CommentMode.choices,
        help_text=_(
            "The office looks at each before the subject and the others see it. Without names nobody can tell later."
        ),
    )

    def __init__(self, *args: Any, offered: Sequence[Publishable], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by_key = {str(each.subject.pk): each.subject for each in offered if not each.lacks}
        self.fields["subjects"] = forms.MultipleChoiceField(
            label=_("Reports of"),
            choices=[(key, f"{each.code} {each.name}") for key, each in self.by_key.items()],
            initial=list(self.by_key),
            widget=forms.CheckboxSelectMultiple,
            error_messages={"required": _("Choose at least one report.")},
        )
        self.order_fields(["title", "subjects"])
        self.fields["starts"].initial = timezone.localdate()

    def clean_units(self) -> list[Unit]:
        lines = lines_of(self.cleaned_data["units"])
        found: dict[str, Unit] = {}
        for unit in Unit.objects.filter(Q(code__in=lines) | Q(name__in=lines), is_active=True):
            found |= {unit.code: unit, unit.name: unit}
        if unknown := [line for line in lines if line not in found]:
            raise forms.ValidationError(_("There is no unit “%(name)s”."), params={"name": unknown[0]})
        return list({found[line].pk: found[line] for line in lines}.values())

    @property
    def publication(self) -> PublicationData:
        values = self.cleaned_data
        names = ("title", "starts", "ends", "everyone", "roles", "units", "comments", "document", "decision")
        return PublicationData(
            **{name: values[name] for name in names},
            accounts=values["people"],
            subjects=[self.by_key[key] for key in values["subjects"]],
        )

    def field_of(self, name: str) -> str | None:
        """The form's field for one that a service complains about."""
        name = {"audience": "roles"}.get(name, name)
        return name if name in self.fields else None


def role_words(roles: Sequence[str]) -> list[str]:
    return [str(Role(role).label) for role in roles if role in Role.values]
