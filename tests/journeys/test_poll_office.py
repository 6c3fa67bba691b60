"""A vote from the office's side, page by page: from the key to counted ballots in the ranking and the workbook."""

from __future__ import annotations

import re

import openpyxl
import pytest
from django.urls import reverse

from indicators.services import ensure_plan
from reports.workbook.output import write_result
from reviews.models import Participation, Poll, Round, SealedBallot
from reviews.services.rounds import NewSubject, open_round
from scoring.models import Computation
from scoring.services import run_scoring
from units.models import AuditEntry, Unit

from .pages import Page, Visitor
from .stage import EXPECTED, LEADER_BALLOTS, PAPER, PASSWORD, PEER_BALLOTS, SUBJECTS, make_stage

pytestmark = pytest.mark.django_db(transaction=True)
CODE = re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}")
PART = re.compile(r"[0-9A-Z]{5}(?:-[0-9A-Z]{5}){3}")


def test_a_vote_from_the_key_to_the_ranking(tmp_path):
    make_stage()
    round_ = a_round()
    office = visitor("office")
    prepare(office, round_)
    parts = make_and_confirm_the_key(office, round_)
    peers, leaders = settle_and_open(office, round_)
    by_unit = print_named_slips(office, peers)
    by_number = print_numbered_slips(office, leaders)
    for code, answers in PEER_BALLOTS.items():
        vote(answers, round_, "E1", code=by_unit.get(SUBJECTS[code][0]), account=f"unit-{code}")
    remind_and_watch(office, peers)
    tally = {subject: answer for subject, (answer, _count) in PAPER.items()}
    for code, answers in zip(by_number, [*LEADER_BALLOTS, tally, tally], strict=True):
        vote(answers, round_, "E2", code=code)
    the_input_cannot_be_closed(office, round_)
    close_and_count(office, round_, parts)
    the_result_is_what_was_worked_out_by_hand(round_, tmp_path)
    nothing_of_it_is_in_the_log(parts, [*by_unit.values(), *by_number])
    assert {poll.voter_class: poll.report["valid"] for poll in Poll.objects.all()} == {"unit": 5, "leader": 4}


def visitor(username: str) -> Visitor:
    one = Visitor()
    one.log_in(username, PASSWORD)
    return one


def a_round() -> Round:
    units = {unit.code: unit for unit in Unit.objects.filter(code__in=SUBJECTS)}
    rows = [NewSubject(code, name, category, unit=units[code]) for code, (name, category) in SUBJECTS.items()]
    return open_round(
        version=ensure_plan("district-2020"),
        name="2020",
        title="2020年度绩效考核",
        deadline=None,
        subjects=rows,
        by=None,
    )


def prepare(office: Visitor, round_: Round) -> None:
    overview = office.get(reverse("reviews:round_detail", args=[round_.pk]))
    address = reverse("reviews:polls", args=[round_.pk])
    assert address in dict(overview.links)
    page = office.get(address)
    form = page.form(having="class")
    assert form.fields["class"] == ["unit", "leader"]
    office.send(page, form)
    assert Poll.objects.count() == 2


def make_and_confirm_the_key(office: Visitor, round_: Round) -> list[str]:
    page = office.get(reverse("reviews:poll_key", args=[round_.pk]))
    shown = office.send(page, page.form(having="keeper-1"), **{"keeper-1": "张一", "keeper-2": "李二"})
    parts = list(dict.fromkeys(PART.findall(shown.html)))
    page = office.get(reverse("reviews:poll_key", args=[round_.pk]))
    form = page.form(having="part-0")
    office.send(page, form, **{"part-0": parts[0].replace("-", " ").lower(), "part-1": parts[1]})
    return parts


def settle_and_open(office: Visitor, round_: Round) -> tuple[Poll, Poll]:
    peers, leaders = round_.polls.get(voter_class="unit"), round_.polls.get(voter_class="leader")
    check = office.get(reverse("reviews:poll_check", args=[round_.pk, peers.pk]))
    assert "3 需要投票条" in check.text
    office.send(check, check.form(), do="open")
    voters = reverse("reviews:poll_voters", args=[round_.pk, leaders.pk])
    page = office.get(voters)
    page = office.send(page, page.form(voters, having="place"), do="remove")
    page = office.get(f"{voters}?add=slips")
    office.send(page, page.form(having="number"), number="4")
    check = office.get(reverse("reviews:poll_check", args=[round_.pk, leaders.pk]))
    office.send(check, check.form(), do="open")
    assert set(Poll.objects.values_list("state", flat=True)) == {"open"}
    return peers, leaders


def slips_page(office: Visitor, poll: Poll) -> Page:
    return office.get(reverse("reviews:poll_slips", args=[poll.round_id, poll.pk]))


def print_named_slips(office: Visitor, poll: Poll) -> dict[str, str]:
    """Name of the unit → its code: for the three that have no account."""
    page = slips_page(office, poll)
    printed = office.send(page, page.form(having="seen"), do="print")
    slips = printed.html.split('class="kp-slip"')[1:]
    found = {re.search(r'kp-slip-name">([^<]+?)<', slip)[1].strip(): CODE.search(slip)[0] for slip in slips}
    assert set(found) == {SUBJECTS[code][0] for code in ("001", "002", "015")}
    return found


def print_numbered_slips(office: Visitor, poll: Poll) -> list[str]:
    page = slips_page(office, poll)
    codes = CODE.findall(office.send(page, page.form(having="seen"), do="print").html)
    spoiled = slips_page(office, poll)
    again = office.send(spoiled, spoiled.form(having="which"), do="again", which="2", reason="污损")
    return [codes[0], CODE.search(again.html)[0], *codes[2:]]


def vote(answers: dict[str, str], round_: Round, leaf: str, *, code: str | None = None, account: str = "") -> None:
    """By the code of a slip, or logged in."""
    subjects = dict(round_.subjects.values_list("code", "pk"))
    one = Visitor() if code else visitor(account)
    entry = one.get(reverse("reviews:booth"))
    ballot_address = reverse("reviews:booth_ballot")
    if code:
        ballot = one.send(entry, entry.form(ballot_address, having="code"), code=code)
    else:
        form, name, value = next(
            (form, *button) for form in entry.forms for button in form.buttons if button[0] == "ballot"
        )
        ballot = one.send(entry, form, **{name: value})
    fields = {f"a.{subjects[name]}.{leaf}": "" if said == "弃权" else said for name, said in answers.items()}
    cast = reverse("reviews:booth_cast")
    review = one.send(ballot, ballot.form(cast), do="review", **fields)
    before = Participation.objects.count()
    one.send(review, review.form(cast), do="cast")
    assert Participation.objects.count() == before + 1


def remind_and_watch(office: Visitor, poll: Poll) -> None:
    page = office.get(reverse("reviews:poll", args=[poll.round_id, poll.pk]))
    assert "5 / 5 · 100%" in page.text
    assert not any(name in page.text for name, _category in SUBJECTS.values())
    page = office.get(reverse("reviews:poll_remind", args=[poll.round_id, poll.pk]))
    office.send(page, page.form(having="subject"))


def the_input_cannot_be_closed(office: Visitor, round_: Round) -> None:
    page = office.get(reverse("reviews:phase", args=[round_.pk, "reviewing"]))
    assert "有投票尚未计票" in page.text
    office.send(page, page.form(), expect=422)
    round_.refresh_from_db()
    assert round_.phase == "collecting"


def close_and_count(office: Visitor, round_: Round, parts: list[str]) -> None:
    for poll in round_.polls.all():
        page = office.get(reverse("reviews:poll", args=[round_.pk, poll.pk]))
        office.send(page, page.form(), do="close")
    page = office.get(reverse("reviews:poll_count", args=[round_.pk]))
    office.send(page, page.form(having="part-0"), **{"part-0": parts[0], "part-1": parts[1]})
    assert set(Poll.objects.values_list("state", flat=True)) == {"counted"}
    assert not SealedBallot.objects.exists()
    progress = office.get(reverse("reviews:progress", args=[round_.pk]))
    assert "参评单位（已计票）" in progress.text


def the_result_is_what_was_worked_out_by_hand(round_: Round, tmp_path) -> None:
    run_scoring(round=Round.objects.get(pk=round_.pk))
    leader = visitor("leader")
    for code, expected in EXPECTED.items():
        subject = round_.subjects.get(code=code)
        for leaf in ("E1", "E2"):
            page = leader.get(reverse("scoring:figure", args=[round_.pk, subject.pk, leaf]))
            assert expected[leaf] in page.text, (code, leaf)
    file = tmp_path / "results.xlsx"
    write_result(file, Computation.objects.get(is_current=True))
    rows = list(openpyxl.load_workbook(file)["投票汇总"].iter_rows(values_only=True))
    e1 = next(row for row in rows if row[0] == "017" and row[2] == "E1")
    assert (e1[5], e1[6]) == (3, 1), "three votes and an abstention"


def nothing_of_it_is_in_the_log(parts: list[str], codes: list[str]) -> None:
    trail = str(list(AuditEntry.objects.values()))
    for secret in (*parts, *codes):
        assert secret not in trail
        assert secret.replace("-", "") not in trail
