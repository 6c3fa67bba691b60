"""Forms about reports: what is asked for and until when, longer time for one, a draft as it was posted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from appraisal_site.lib.fields import canonical
from appraisal_site.lib.numbers import as_id
from reviews.models import PromiseAudience, ReportKind, SelfReport
from reviews.numbers import read_number
from reviews.queries.self_reports import leaves_of
from reviews.services.errors import ReviewError
from reviews.services.self_reports import Draft, LeafWords
from reviews.tree import Tree
from reviews.wordcount import word_count
from scoring.engine.types import Node

from .rounds import DateInput

ASKED = (("", _("as the plan's process says")), ("yes", _("asked for")), ("no", _("not asked for")))
ASKED_VALUES = {"yes": True, "no": False}


class ReportSettingsForm(forms.Form):
    """What the office asks for. Empty dates: as the plan says, or none."""

    asks_self_report = forms.TypedChoiceField(
        label=_("Self-summary and self-assessment"),
        choices=ASKED,
        coerce=ASKED_VALUES.get,
        empty_value=None,
        required=False,
    )
    self_report_due = forms.DateField(
        label=_("Self-summary until"),
        required=False,
        widget=DateInput(),
        help_text=_("Left empty: the date of the plan's step, if it has one."),
    )
    targets_due = forms.DateField(
        label=_("Proposals of targets until"),
        required=False,
        widget=DateInput(),
        help_text=_("After that only the office sets targets. A confirmed target is frozen at once."),
    )
    figures_due = forms.DateField(label=_("Actual figures until"), required=False, widget=DateInput())
    meeting_date = forms.DateField(
        label=_("Day of the meeting"),
        required=False,
        widget=DateInput(),
        help_text=_("As long as no meeting is planned in the round; a planned one counts instead."),
    )
    duty_report_due = forms.DateField(label=_("Duty reports until"), required=False, widget=DateInput())
    asks_promises = forms.TypedChoiceField(
        label=_("Open promises and task lists"),
        choices=ASKED,
        coerce=ASKED_VALUES.get,
        empty_value=None,
        required=False,
        help_text=_("A task list can be given to those appraised also where none is asked of them."),
    )
    promises_due = forms.DateField(label=_("Promises and task lists until"), required=False, widget=DateInput())
    promises_audience = forms.ChoiceField(
        label=_("Approved promises and task lists are read by"),
        choices=PromiseAudience.choices,
        required=False,
        help_text=_("Besides the office, leaders, auditors and those who assess in the round."),
    )
    fulfilment_due = forms.DateField(
        label=_("Reports on promises and tasks until"),
        required=False,
        widget=DateInput(),
        help_text=_("Without a date nobody is asked for them yet."),
    )
    provisional = forms.BooleanField(
        label=_("Reported figures count provisionally before they are verified"),
        required=False,
        help_text=_("Otherwise a leaf whose figure is only reported is missing. Nothing unverified can be announced."),
    )
    reason = forms.CharField(label=_("Reason"), max_length=500, required=False)
    seen = forms.IntegerField(widget=forms.HiddenInput())

    def clean_promises_audience(self) -> str:
        return str(self.cleaned_data["promises_audience"] or PromiseAudience.NONE)

    def __init__(self, *args: Any, duty_report: Mapping[str, Any] | None, figures: bool, **kwargs: Any) -> None:
        """`duty_report`: what the plan says of it; `figures`: whether it has any that those appraised report.

        A plan without is not asked for the dates.
        """
        super().__init__(*args, **kwargs)
        if not figures:
            del self.fields["targets_due"], self.fields["figures_due"], self.fields["provisional"]
        if not duty_report:
            del self.fields["meeting_date"], self.fields["duty_report_due"]
            return
        days = duty_report.get("days_before_meeting")
        words = _("Left empty: no date of its own.")
        if days is not None and duty_report.get("count_working_days"):
            words = _("Left empty: %(days)s working days before the meeting, as the plan says.")
        elif days is not None:
            words = _("Left empty: %(days)s days before the meeting, as the plan says.")
        elif duty_report.get("due"):
            words = _("The plan says: %(due)s. Left empty: no date.")
        self.fields["duty_report_due"].help_text = str(words) % {"days": days, "due": duty_report.get("due", "")}


class ExtendForm(forms.Form):
    kind = forms.ChoiceField(label=_("Report"), choices=ReportKind.choices)
    until = forms.DateField(label=_("Open until"), widget=DateInput())
    reason = forms.CharField(label=_("Reason"), max_length=500)


@dataclass(slots=True)
class LeafField:
    """The fields of one leaf, as stored or as typed."""

    node: Node
    crumbs: str
    score: str = ""
    text: str = ""
    error: str = ""


@dataclass(slots=True)
class DraftForm:
    """A draft on its page. `seen` is the version that its reader has before their eyes."""

    text: str = ""
    seen: int = 0
    leaves: list[LeafField] = field(default_factory=list)
    error: str = ""

    @property
    def words(self) -> int:
        return word_count(self.text)

    @property
    def wrong(self) -> list[LeafField]:
        return [leaf for leaf in self.leaves if leaf.error]

    @property
    def groups(self) -> list[tuple[str, list[LeafField]]]:
        """Leaves by where they stand in the tree, in its order."""
        found: dict[str, list[LeafField]] = {}
        for leaf in self.leaves:
            found.setdefault(leaf.crumbs, []).append(leaf)
        return list(found.items())

    def refuse(self, refused: Mapping[str, ReviewError]) -> None:
        for leaf in self.leaves:
            if error := refused.get(leaf.node.code):
                leaf.error = str(error)
        if error := refused.get(""):
            self.error = str(error)


def stored_draft(tree: Tree, report: SelfReport | None) -> DraftForm:
    """The draft as it is saved. One query if there is one."""
    rows = {row.indicator: row for row in report.leaves.all()} if report else {}
    form = DraftForm(report.text if report else "", report.version if report else 0)
    for node in leaves_of(tree):
        row = rows.get(node.code)
        score = "" if row is None or row.score is None else canonical(row.score)
        form.leaves.append(LeafField(node, tree.crumbs(node.code), score, row.text if row else ""))
    return form


def posted_draft(tree: Tree, post: Any) -> tuple[DraftForm, Draft]:
    """What was typed, and the draft to save: without the leaves whose score cannot be read."""
    seen = post.get("seen", "")
    form = DraftForm(post.get("text", ""), as_id(seen) or 0)
    leaves: dict[str, LeafWords] = {}
    for node in leaves_of(tree):
        leaf = LeafField(
            node,
            tree.crumbs(node.code),
            post.get(f"score-{node.code}", "").strip(),
            post.get(f"text-{node.code}", ""),
        )
        form.leaves.append(leaf)
        try:
            score: Decimal | None = read_number(leaf.score, f"score-{node.code}") if leaf.score else None
        except ReviewError as error:
            leaf.error = str(error)
            continue
        leaves[node.code] = LeafWords(score, leaf.text)
    return form, Draft(form.text, leaves)
