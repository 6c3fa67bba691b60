"""Reminding those whose duty report or self-summary is still to come."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from reviews.models import Reminder, Round, Subject
from reviews.queries.accounts import accounts_of
from reviews.queries.duty_reports import DutyRow, asks_duty_report, duty_rows
from reviews.queries.report_dates import ReportRules, report_rules
from reviews.queries.rounds import subjects_of
from reviews.queries.self_reports import ReportRow, report_rows
from units import access
from units.models import User

from .reminders import COMMON, Addressee, Choice, Occasion, day_words


class _Reports(Occasion):
    """Rows are the subjects; one message for each."""

    rows = "subjects"
    placeholders = {
        "name": pgettext_lazy("placeholder", "name"),
        "state": pgettext_lazy("placeholder", "state"),
        "deadline": pgettext_lazy("placeholder", "deadline"),
        **COMMON,
    }
    nobody = gettext_lazy("All of those chosen have handed in, or none was chosen.")
    write: str  # the page where it is written

    @abstractmethod
    def rows_of(
        self, round_: Round, rules: ReportRules, subjects: Sequence[Subject]
    ) -> Sequence[DutyRow | ReportRow]: ...

    def pending(self, round_: Round, choice: Choice) -> list[Addressee]:
        subjects = subjects_of(round_)
        if choice.keys is not None:
            subjects = subjects.filter(pk__in=choice.keys)
        rows = [
            row
            for row in self.rows_of(round_, report_rules(round_), list(subjects))
            if row.is_open and (row.overdue or not choice.late)
        ]
        accounts = accounts_of([row.subject for row in rows])
        return [
            Addressee(
                row.subject.name,
                [row.subject.pk],
                accounts[row.subject.pk],
                reverse(self.write, args=[round_.pk, row.subject.pk]),
                {
                    "name": row.subject.name,
                    "state": row.state_words or _("not begun"),
                    "deadline": day_words(row.window.until),
                },
                _("The date is past: nothing can be handed in unless you give more time.") if row.overdue else "",
            )
            for row in rows
        ]


class _DutyReports(_Reports):
    about = Reminder.About.DUTY
    write = "reviews:duty_edit"

    def is_in(self, round_: Round) -> bool:
        return asks_duty_report(round_)

    def may_remind(self, user: User) -> bool:
        return access.may_run_duty_reports(user)

    def may_see(self, user: User) -> bool:
        return access.may_see_all_duty_reports(user)

    def words(self) -> tuple[str, str]:
        return _("Please hand in the duty report for {round}"), _(
            "{name}: your duty report for {round} is {state}. Due: {deadline}. Please hand it in as soon as possible."
        )

    def rows_of(self, round_: Round, rules: ReportRules, subjects: Sequence[Subject]) -> Sequence[DutyRow]:
        return duty_rows(round_, rules, subjects)


class _SelfReports(_Reports):
    about = Reminder.About.SELF
    write = "reviews:self_report_edit"

    def may_remind(self, user: User) -> bool:
        return access.may_run_reports(user)

    def may_see(self, user: User) -> bool:
        return access.may_see_all_reports(user)

    def words(self) -> tuple[str, str]:
        return _("Please hand in the self-summary for {round}"), _(
            "{name}: your self-summary for {round} is {state}. Due: {deadline}. Please hand it in as soon as possible."
        )

    def rows_of(self, round_: Round, rules: ReportRules, subjects: Sequence[Subject]) -> Sequence[ReportRow]:
        return report_rows(round_, rules, subjects) if rules.asks_self_report else []


DUTY_REPORTS, SELF_REPORTS = _DutyReports(), _SelfReports()
