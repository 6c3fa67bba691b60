"""The sheets 选票, 计票 and 往期. Who voted is checked here and goes no further."""

from __future__ import annotations

from django.utils.translation import gettext as _

from appraisal_site.lib.cells import clean_text
from appraisal_site.lib.fields import canonical
from reviews.services.bulk.content import EarlierRow, TallyRow, VoteRow
from reviews.tree import BALLOTS
from scoring.engine.types import ABSTAIN, Node

from . import layout
from .checked import Checked, known_sets, reads_any_round, skipped_notice
from .parse import A_NUMBER, ABOVE_ZERO, WHOLE_NUMBER, Row, Table, number_to, plain_words

ANSWER_LENGTH = 60
LARGEST_COUNT = 2_147_483_647


def read_votes(table: Table, checked: Checked) -> None:
    """One answer per row. A slip and a voter vote once on a subject and leaf; nobody votes on himself."""
    slips: set[tuple[str, str, str, str]] = set()
    voters: set[tuple[str, str, str, str]] = set()
    for row in table.rows():
        number = row.code(layout.SLIP, most=60)
        subject, code = checked.subject(row), checked.indicator(row)
        name = _voter_class(row, checked.tree.get(code))
        voter = row.code(layout.VOTER, needed=False)
        answer = _answer(row, checked.tree.get(code))
        _check_voter(row, voter, subject, checked.tree.get(code), checked)
        if row.ok and (number, name, subject, code) in slips:
            values = {"number": number, "subject": subject, "code": code}
            row.bad(layout.SUBJECT, _("The ballot “%(number)s” votes on “%(subject)s”, “%(code)s” twice.") % values)
        elif row.ok and voter and (voter, name, subject, code) in voters:
            values = {"voter": voter, "subject": subject, "code": code}
            row.bad(layout.SUBJECT, _("The voter “%(voter)s” votes on “%(subject)s”, “%(code)s” twice.") % values)
        if not row.ok:
            checked.tainted.add((subject, code))
            continue
        slips.add((number, name, subject, code))
        if voter:
            voters.add((voter, name, subject, code))
        checked.content.votes.append(VoteRow(number, name, subject, code, answer, row.row))


def _voter_class(row: Row, node: Node | None) -> str:
    """The class's code; its title, as pages show it, is understood too."""
    found = row.code(layout.VOTER_CLASS)
    classes = node.ballot.classes if node and node.ballot else ()
    if not found or any(found == one.code for one in classes):
        return found
    return next((one.code for one in classes if plain_words(one.title) == plain_words(found)), found)


def _check_voter(row: Row, voter: str, subject: str, node: Node | None, checked: Checked) -> None:
    if not voter or not checked.subjects:
        return
    if voter not in checked.subjects:
        row.bad(layout.VOTER, _("“%(code)s” is not a subject; expected: a code of the sheet 对象.") % {"code": voter})
    elif voter == subject and not (node and node.ballot and node.ballot.self_vote):
        row.bad(layout.VOTER, _("“%(code)s” votes on itself; this ballot does not allow that.") % {"code": voter})


def _answer(row: Row, node: Node | None) -> str:
    """The answer as it is stored: an option's title, plain digits, or "" for an abstention."""
    if clean_text(row.raw(layout.ANSWER)) == layout.ABSTENTION:
        return ABSTAIN
    form = node.ballot if node and node.method in BALLOTS else None
    if form and not form.options:
        value = row.number(layout.ANSWER, number_to(canonical(form.scale), layout.ABSTENTION), needed=True)
        return "" if value is None else canonical(value)
    return row.text(layout.ANSWER, ANSWER_LENGTH, needed=True)


def read_tallies(table: Table, checked: Checked) -> None:
    for row in table.rows():
        subject, code = checked.subject(row), checked.indicator(row)
        name = _voter_class(row, checked.tree.get(code))
        answer = _answer(row, checked.tree.get(code))
        count = row.number(layout.VOTE_COUNT, WHOLE_NUMBER, needed=True)
        if count is not None and (count < 0 or count != count.to_integral_value() or count > LARGEST_COUNT):
            values = {"count": canonical(count), "expected": WHOLE_NUMBER}
            row.bad(layout.VOTE_COUNT, _("%(count)s is not a number of votes; expected: %(expected)s.") % values)
        if row.ok and count is not None:
            checked.content.tallies.append(TallyRow(subject, code, name, answer, int(count), row.row))
        else:
            checked.tainted.add((subject, code))


def read_earlier(table: Table, checked: Checked) -> None:
    """Results of earlier rounds. Rows of people who are not subjects now are skipped, with a notice."""
    seen: set[tuple[str, str, str]] = set()
    skipped: list[str] = []
    unread: set[str] = set()
    sets, any_set = known_sets(checked.plan), reads_any_round(checked.plan)
    for row in table.rows():
        set_name, round_name = row.code(layout.SET, most=60), row.code(layout.EARLIER_ROUND, most=60)
        subject = row.code(layout.SUBJECT)
        total = row.number(layout.TOTAL, A_NUMBER)
        points = row.number(layout.POINTS, ABOVE_ZERO)
        if points is not None and points <= 0:
            row.bad(
                layout.POINTS,
                _("%(points)s is not full points; expected: a number above 0.") % {"points": canonical(points)},
            )
        elif total is not None and points is None and row.ok:
            row.bad(layout.POINTS, _("This cell is empty; a total needs its full points."))
        grade = row.text(layout.GRADE, 40)
        if row.ok and (set_name, round_name, subject) in seen:
            values = {"subject": subject, "round": round_name}
            row.bad(layout.SUBJECT, _("“%(subject)s” has a result of %(round)s already, further up.") % values)
        if not row.ok:
            checked.tainted.add((subject, ""))
            continue
        seen.add((set_name, round_name, subject))
        if set_name not in sets and not any_set:
            unread.add(set_name)
        if subject not in checked.subjects:
            skipped.append(subject)
            continue
        checked.content.earlier.append(EarlierRow(subject, set_name, round_name, total, points, grade, row.row))
    if skipped:
        checked.notices.append(skipped_notice(len(skipped), skipped[0]))
    for name in sorted(unread):
        checked.notices.append(_("往期: nothing in the plan reads the set “%(set)s”.") % {"set": name})
