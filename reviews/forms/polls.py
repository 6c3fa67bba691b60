"""Forms of polls: their settings, the key and its parts, slips and links, reasons."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from reviews.services.polls.keys import MOST_KEEPERS
from reviews.services.polls.slips import MOST_MORE

from .rounds import DateInput


class SettingsForm(forms.Form):
    """What holds for a poll beside its sources. `seen`: the state that the page showed."""

    closes_on = forms.DateField(
        label=_("Last day"), required=False, widget=DateInput(), help_text=_("Left empty: until it is closed.")
    )
    instructions = forms.CharField(
        label=_("Words to the voters"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )
    in_meeting = forms.BooleanField(
        label=_("In a meeting"),
        required=False,
        help_text=_("The voters are fixed beforehand; the chair opens and closes the vote on the big screen."),
    )
    names_shown = forms.BooleanField(
        label=_("The office sees who has not voted yet"),
        required=False,
        help_text=_("Otherwise only how many; reminders then go to everybody in the same words."),
    )
    not_own_category = forms.BooleanField(
        label=_("Nobody votes on subjects of the own category"), required=False, help_text=_("Direct competitors.")
    )
    sample = forms.IntegerField(
        label=_("Draw so many of the voters with a name at random"),
        required=False,
        min_value=0,
        max_value=100_000,
        help_text=_("Left empty or 0: all vote."),
    )
    seed = forms.CharField(
        label=_("Seed"),
        required=False,
        max_length=80,
        help_text=_("Any text, for instance numbers drawn in public; a random one is proposed."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    seen = forms.CharField(widget=forms.HiddenInput)


class KeepersForm(forms.Form):
    """One to three people who keep a part each. `seen`: the key that the page showed."""

    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number in range(1, MOST_KEEPERS + 1):
            self.fields[f"keeper-{number}"] = forms.CharField(
                label=_("Keeper %(number)d") % {"number": number}, max_length=40, required=number == 1
            )

    @property
    def keepers(self) -> list[str]:
        return [self.cleaned_data[name] for name in self.fields if name != "seen"]


class PartsForm(forms.Form):
    """A field for every keeper's part. What was typed is never shown again, in whatever case."""

    def __init__(self, *args: Any, names: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number, name in enumerate(names):
            # No password field: a browser would offer to keep it.
            quiet = {
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "class": "kp-part-field",
            }
            self.fields[f"part-{number}"] = forms.CharField(
                label=_("Part of %(name)s") % {"name": name},
                max_length=60,
                widget=forms.TextInput(attrs=quiet),
            )

    @property
    def parts(self) -> list[str]:
        return list(self.cleaned_data.values())

    def forget(self) -> None:
        """Keep the errors, and nothing of what was typed."""
        self.data = {}


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=500)


class FewForm(forms.Form):
    """The reason for voting although fewer than the minimum rate some subject."""

    despite_few = forms.CharField(label=_("Why it is voted all the same"), max_length=500, required=False)


class MergeForm(forms.Form):
    into = forms.ChoiceField(label=_("Merge into"), widget=forms.RadioSelect)
    reason = forms.CharField(label=_("Reason"), max_length=500)

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["into"].choices = choices  # type: ignore[attr-defined]


class LongerForm(forms.Form):
    closes_on = forms.DateField(
        label=_("Last day"), required=False, widget=DateInput(), help_text=_("Left empty: until it is closed.")
    )
    reason = forms.CharField(label=_("Reason"), max_length=500)


class AnnulForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=500)
    together = forms.BooleanField(label=_("Together with all classes named above"), required=False)


class SlipForm(forms.Form):
    which = forms.CharField(
        label=_("Number of the slip, or name of the voter"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    reason = forms.CharField(label=_("Reason"), max_length=200)


class MoreForm(forms.Form):
    number = forms.IntegerField(label=_("How many more"), min_value=1, max_value=MOST_MORE)
    reason = forms.CharField(label=_("Reason"), max_length=200)
