"""The form of a reminder."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class ReminderForm(forms.Form):
    subject = forms.CharField(label=_("Subject line"), max_length=120)
    text = forms.CharField(label=_("Text"), max_length=2000, widget=forms.Textarea(attrs={"rows": 6}))
    confirmed = forms.BooleanField(label=_("Remind once more although it was done a short while ago"), required=False)
