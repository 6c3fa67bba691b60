"""The circular as a Word file, so that the office can complete and sign it."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from reviews.word_paper import Paper

from .circular import NUMBERS, Circular, Line, unit_of
from .words import column_words

WIDTHS = (44, 18, 18, 18, 18, 20, 20)
OVERDUE_WIDTHS = (24, 34, 60, 20, 22)


def write_word(circular: Circular) -> bytes:
    paper = Paper()
    paper.title(circular.title)
    paper.title(circular.period.words, 16)
    paper.text(circular.summary)
    heads = column_words()
    if circular.lines:
        paper.heading(_("By unit"))
        paper.table([_("Unit"), *heads], [_row(line) for line in (*circular.lines, circular.total)], WIDTHS)
    paper.heading(_("Overdue"))
    if circular.overdue:
        titles = [pgettext("ledger", "No."), _("Unit"), _("Problem"), _("Responsible person"), _("Deadline")]
        rows = [
            (item.code, unit_of(item), item.problem, item.responsible, item.deadline.isoformat())
            for item in circular.overdue
        ]
        paper.table(titles, rows, OVERDUE_WIDTHS)
    else:
        paper.text(_("Nothing is overdue."))
    paper.signatures([_("Appraisal office"), _("Date")])
    return paper.bytes()


def _row(line: Line) -> list[str | int]:
    return [line.unit, *(getattr(line, name) for name in NUMBERS)]
