"""Writing what a round workbook states, in bulk: chunked statements whose number does not follow the rows.

A section (a sheet) that is stated is the whole of what workbooks say on it: what an earlier workbook brought and this
one no longer has is withdrawn; what was entered in the browser stays unless the workbook states the same key with
another value. Rows that already say the same are not touched. Changes and withdrawals are audited row by row,
ballots never.
"""

from __future__ import annotations

from collections.abc import Callable

from django.utils.translation import gettext as _

from reviews.models import Round
from reviews.queries.polls import obstacle
from reviews.services.assessors import bind_marked_leaves
from reviews.services.errors import InvalidInput
from reviews.services.rounds import touch_inputs
from units.models import User

from .ballots import sync_ballots
from .content import (
    ATTAINMENTS,
    BALLOTS,
    EARLIER,
    EVENTS,
    FACTS,
    MARKS,
    NOT_APPLICABLE,
    NUMBERS,
    SUBJECTS,
    TALLIES,
    Changes,
    Content,
)
from .links import link_subjects
from .rows import Writer

__all__ = ["Changes", "Content", "link_subjects", "write_content"]


def write_content(*, round: Round, content: Content, by: User | None, whole: bool) -> dict[str, Changes]:  # noqa: A002
    """Make the round's input what the workbook states; changes by section.

    `whole`: the workbook is the whole round: a section that it does not state counts as empty, and subjects that it
    does not list are withdrawn with everything entered for them. Otherwise both stay as they are.

    Subjects come and go only while nobody votes (InvalidInput). Runs in the caller's transaction, on a round that the
    caller holds locked (`ensure_collecting`), and ends with `touch_inputs` if anything changed. Audited row by row, but
    for new rows and ballots.
    """
    writer = Writer(round, by)
    changes = {SUBJECTS: writer.subjects(content.subjects, withdraw=whole)}
    listed = changes[SUBJECTS]
    if (listed.new or listed.withdrawn) and (words := obstacle(round)):
        raise InvalidInput(_("The workbook adds or withdraws subjects. %(polls)s") % {"polls": words})
    syncs: dict[str, Callable[[], Changes]] = {
        FACTS: lambda: writer.facts(content.subjects, clear=whole),
        MARKS: lambda: writer.marks(content.marks, content.not_applicable),
        NOT_APPLICABLE: lambda: writer.not_applicable(content.not_applicable, content.marks),
        ATTAINMENTS: lambda: writer.attainments(content.attainments),
        NUMBERS: lambda: writer.numbers(content.numbers),
        EVENTS: lambda: writer.events(content.events),
        BALLOTS: lambda: sync_ballots(round, writer.ids, content.votes),
        TALLIES: lambda: writer.tallies(content.tallies),
        EARLIER: lambda: writer.earlier(content.earlier),
    }
    for section, sync in syncs.items():
        if whole or section in content.stated:
            changes[section] = sync()
    writer.finish()
    if EARLIER in changes:
        bind_marked_leaves(round)
    if any(changes.values()):
        touch_inputs(round.pk)
    return changes
