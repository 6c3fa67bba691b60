"""Pages of paper ballots: what they show to whom, that they need no more queries for more rows, and the way through."""

from __future__ import annotations

import io
import re

import docx
import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from reviews.models import Entitlement, Evidence, PaperCount, PaperState, Poll, PollState
from reviews.queries.ballot_sheets import sheets_of
from reviews.queries.evidence import find_place, may_read_file
from reviews.services.evidence import add_evidence
from reviews.services.polls.handing import hand_out_to_all
from reviews.services.polls.tally import begin_entry, finish_entry
from tests.factories import client_for, district_round, make_user
from units.models import Role

from .paper import both_finish, count_paper, enter, figures_of_ballots, same, to_paper
from .polls import close_poll, count_polls, office_of, open_poll, poll_for, sheets, vote, with_key

pytestmark = pytest.mark.django_db


class Desk:
    """A vote of leaders on paper alone; two of the office who count, an auditor."""

    def __init__(self, subjects: int = 3, number: int = 4) -> None:
        self.people = (office_of(name="张一"), office_of(name="李二"))
        self.clients = tuple(client_for(user) for user in self.people)
        self.auditor = client_for(make_user(Role.AUDITOR))
        self.round = district_round(subjects)
        self.poll = self.open("leader", kind="paper", number=number)
        self.round.polls.filter(state="prepared").delete()

    def open(self, voter_class: str, **source) -> Poll:
        poll = poll_for(self.round, voter_class, self.people[0], **source)
        return open_poll(poll=poll, by=self.people[0], despite_few="人数少")

    def url(self, name: str, *more: int, poll: Poll | None = None) -> str:
        return reverse(name, args=[self.round.pk, (poll or self.poll).pk, *more])

    def figures(self, answer: str = "90", number: int = 4):
        return figures_of_ballots(same(answer, self.poll, number))


@pytest.fixture
def desk() -> Desk:
    return Desk()


def text(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", response.content.decode()))


# ---------------------------------------------------------------- printing


def test_a_ballot_paper_asks_all_and_tells_nothing_of_its_voter(desk):
    page = desk.clients[0].get(desk.url("reviews:paper_print") + "?each=1").content.decode()
    copies = re.findall(r'<article class="pb">(.*?)</article>', page, re.DOTALL)
    assert len(copies) == 4
    assert len(set(copies)) == 1, "no two copies differ in anything"
    for subject in desk.round.subjects.all():
        assert copies[0].count(subject.name) == 1
    assert "0 至 100" in copies[0]


def test_each_unit_has_its_own_paper_and_there_is_one_for_all():
    desk = Desk(5)
    with_key(desk.round, desk.people[0])
    poll = desk.open("unit", kind="units")
    hand_out_to_all(poll=poll, by=desk.people[0])
    found = sheets_of(Poll.objects.select_related("round__plan_version").get(pk=poll.pk))
    assert [paper.subjects for paper in found.papers] == [4] * 5
    assert all(paper.tells_its_voter for paper in found.papers)
    assert found.common.subjects == 5
    assert not found.common.tells_its_voter
    page = desk.clients[0].get(desk.url("reviews:paper_print", poll=poll) + "?paper=common").content.decode()
    assert page.count('<article class="pb">') == 1
    assert "请空着" in page
    one = desk.clients[0].get(desk.url("reviews:paper_print", poll=poll) + f"?paper={found.papers[0].digest}")
    paper = re.search(r'<article class="pb">(.*?)</article>', one.content.decode(), re.DOTALL)[1]
    assert desk.round.subjects.first().name not in paper
    assert desk.clients[0].get(desk.url("reviews:paper_print", poll=poll) + "?paper=none").status_code == 404


def test_printed_copies_are_noted(desk):
    url = desk.url("reviews:paper_print")
    assert desk.clients[0].post(url, {"copies": "30", "digest": ""}).status_code == 302
    assert "30" in text(desk.clients[0].get(desk.url("reviews:paper")))
    assert desk.clients[0].post(url, {"copies": "0"}).status_code == 422


def test_the_word_file_has_the_same_contents(desk):
    answer = desk.auditor.get(desk.url("reports:paper_word"))
    document = docx.Document(io.BytesIO(answer.getvalue()))
    words = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    for subject in desk.round.subjects.all():
        assert subject.name in words
    assert "☐" in words
    assert document.core_properties.author == ""
    assert any("请勿署名" in paragraph.text for paragraph in document.paragraphs)


def test_the_excel_file_adds_up_by_itself(desk):
    book = openpyxl.load_workbook(io.BytesIO(desk.auditor.get(desk.url("reports:paper_book")).getvalue()))
    assert book.sheetnames == ["计票表", "投票情况汇总表"]
    rows = [[cell.value for cell in row] for row in book["计票表"].iter_rows()]
    first = next(row for row in rows if row[1] == desk.round.subjects.first().name)
    assert any(str(value).startswith("=SUM(") for value in first)
    assert rows[4][1] == 4, "handed out"


def test_limits_and_rules_of_the_plan_stand_on_the_counting_sheet(desk):
    terms = desk.poll.terms | {"invalid": ["all_same"]}
    Poll.objects.filter(pk=desk.poll.pk).update(terms=terms)
    page = text(desk.clients[0].get(desk.url("reviews:paper_sheets")))
    assert "评价都相同的票无效" in page
    assert "收回 = 有效 + 无效 + 空白" in page


# ---------------------------------------------------------------- handing out


def test_handing_out_by_ticks_names_who_has_voted_on_the_page_and_in_no_message():
    desk = Desk(5)
    with_key(desk.round, desk.people[0])
    poll = desk.open("unit", kind="units")
    one, two, *_rest = sheets(poll)
    vote(one, "90")
    url = desk.url("reviews:paper_voters", poll=poll)
    answer = desk.clients[0].post(url, {"do": "ticked", "voter": [one.pk, two.pk]})
    assert answer.status_code == 200
    assert re.search(f"已在网上投票，不能领纸质票： {one.label} ", text(answer))
    assert Entitlement.objects.get(pk=two.pk).on_paper
    assert not Entitlement.objects.get(pk=one.pk).on_paper
    stored = "".join(str(value) for value in desk.clients[0].session.values()) + str(desk.clients[0].cookies)
    assert one.label not in stored
    assert one.label not in stored.encode().decode("unicode_escape", "ignore")
    assert desk.clients[0].post(url, {"do": "ticked"}).status_code == 422
    back = desk.clients[0].post(url + "?on=1", {"do": "back", "voter": [two.pk], "reason": ""})
    assert back.status_code == 422
    assert desk.clients[0].post(url + "?on=1", {"do": "back", "voter": [two.pk], "reason": "改网上"}).status_code == 302
    assert desk.auditor.post(url, {"do": "all"}).status_code == 403


def test_who_has_voted_is_shown_only_where_the_plan_says_so():
    desk = Desk(5)
    with_key(desk.round, desk.people[0])
    poll = desk.open("unit", kind="units")
    vote(sheets(poll)[0], "90")
    url = desk.url("reviews:paper_voters", poll=poll)
    assert "已投" not in text(desk.clients[0].get(url))
    Poll.objects.filter(pk=poll.pk).update(names_shown=True)
    assert "已投" in text(desk.clients[0].get(url))


@pytest.mark.parametrize("typed", ["1-", "0", "9-3", "x", "1-99999"])
def test_wrong_numbers_of_slips_are_named(desk, typed):
    with_key(desk.round, desk.people[0])
    poll = desk.open("unit", kind="slips", number=5)
    url = desk.url("reviews:paper_voters", poll=poll)
    answer = desk.clients[0].post(url, {"do": "slips", "slips": typed})
    assert answer.status_code == 422
    assert typed in answer.content.decode()
    assert desk.clients[0].post(url, {"do": "slips", "slips": "1-2，5"}).status_code == 302
    assert Entitlement.objects.filter(poll=poll, on_paper=True).count() == 3
    assert desk.clients[0].post(url, {"do": "nameless", "number": "9"}).status_code == 422
    assert desk.clients[0].post(url, {"do": "nameless", "number": "2"}).status_code == 302


# ---------------------------------------------------------------- entering


def row(desk: Desk, place: int = 0) -> int:
    return list(desk.round.subjects.all())[place].pk


def begin(desk: Desk, side: int):
    answer = desk.clients[side].post(desk.url("reviews:paper"), {"do": "begin"})
    assert answer.url == desk.url("reviews:paper_entry")
    return desk.clients[side]


def test_lines_are_saved_one_by_one_and_say_how_they_add_up(desk):
    client = begin(desk, 0)
    url, first = desk.url("reviews:paper_entry_save"), row(desk)
    whole = {"seen-0": "", "n-0-0": "4", "n-0-1": "４", "n-0-2": "0", "n-0-3": "0"}
    assert client.post(url, whole).json()["rows"]["0"]["error"] == ""
    said = client.post(url, {f"seen-{first}": "", f"t-{first}": "90x3", f"a-{first}": ""}).json()["rows"][str(first)]
    assert said["seen"] == "90=3"
    assert "合计 3" in said["problem"]
    wrong = client.post(url, {f"seen-{first}": "90=3", f"t-{first}": "190"}).json()["rows"][str(first)]
    assert "190" in wrong["error"]
    clash = client.post(url, {f"seen-{first}": "", f"t-{first}": "80"}).json()["rows"][str(first)]
    assert "90=3" in clash["error"]
    assert clash["seen"] == "90=3"
    assert (
        client.post(url, {f"seen-{first}": "90=3", f"t-{first}": "80 90*3"}).json()["rows"][str(first)]["problem"] == ""
    )


def test_the_whole_table_is_saved_without_scripts_and_keeps_what_was_wrong(desk):
    client = begin(desk, 0)
    url = desk.url("reviews:paper_entry")
    typed = {"seen-0": "", "n-0-0": "4", "n-0-1": "4", "n-0-2": "0", "n-0-3": "0"}
    for place in range(3):
        typed |= {f"seen-{row(desk, place)}": "", f"t-{row(desk, place)}": "90×4"}
    answer = client.post(url, typed | {f"t-{row(desk, 1)}": "九十", "do": "finish"})
    assert answer.status_code == 422
    assert "九十" in answer.content.decode()
    count = PaperCount.objects.get()
    assert count.entries.get().finished_at is None
    now = {f"seen-{row(desk, place)}": "90=4" for place in (0, 2)} | {"seen-0": "blank=0;invalid=0;received=4;valid=4"}
    assert client.post(url, typed | now | {"do": "finish"}).status_code == 302
    assert count.entries.get().finished_at is not None
    page = client.get(url).content.decode()
    assert "disabled" in page


def test_figures_that_do_not_add_up_are_named_with_their_place(desk):
    client = begin(desk, 0)
    enter(begin_entry(poll=desk.poll, by=desk.people[0]), desk.figures(number=3))
    answer = client.post(desk.url("reviews:paper_entry"), {"do": "finish", "seen-0": "x"})
    assert answer.status_code == 422
    enter(begin_entry(poll=desk.poll, by=desk.people[0]), {(row(desk, 2), "E2", "90"): 2})
    answer = client.post(desk.url("reviews:paper_entry"), {"do": "finish"})
    assert answer.status_code == 422
    assert f"#line-{row(desk, 2)}" in answer.content.decode()


def test_nothing_of_one_side_is_on_any_page_of_the_other(desk):
    mine = begin_entry(poll=desk.poll, by=desk.people[0])
    enter(mine, desk.figures("77"))
    finish_entry(entry=mine, by=desk.people[0])
    begin_entry(poll=desk.poll, by=desk.people[1])
    compare = desk.url("reviews:paper_compare", mine.count_id)
    for client in (desk.clients[1], desk.auditor, client_for(office_of())):
        assert client.get(compare).status_code == 403
        for name in ("reviews:paper", "reviews:paper_entry", "reports:poll_summary"):
            assert "77" not in text(client.get(desk.url(name), follow=True))
        assert "77" not in text(client.get(reverse("reviews:history", args=[desk.round.pk])))


# ---------------------------------------------------------------- the way through


def test_from_two_counts_to_the_summary(desk):
    one, two = desk.clients
    wrong = desk.figures()
    first = (row(desk), "E2")
    wrong[*first, "90"], wrong[*first, "80"] = 3, 1
    count = both_finish(desk.poll, desk.people, desk.figures(), wrong)
    compare = desk.url("reviews:paper_compare", count.pk)
    page = one.get(compare).content.decode()
    assert page.count('id="d-') == 2
    assert desk.auditor.get(compare).status_code == 403
    for difference in count.differences.all():
        cell = f"{difference.subject_id}|E2|{difference.answer}"
        sent = {"cell": cell, "seen": difference.version, "value": difference.first}
        assert two.post(compare, sent).status_code == 302
    paper = desk.url("reviews:paper")
    step = {"count": count.pk}
    assert one.post(paper, step | {"do": "submit"}).status_code == 302
    assert two.post(paper, step | {"do": "confirm"}).status_code == 422, "the vote is still open"
    close_poll(poll=desk.poll, by=desk.people[0])
    assert one.post(paper, step | {"do": "confirm"}).status_code == 422, "the same person"
    assert two.post(paper, step | {"do": "confirm"}).status_code == 302
    assert one.post(reverse("reviews:poll_count", args=[desk.round.pk])).status_code == 302
    assert Poll.objects.get(pk=desk.poll.pk).state == PollState.COUNTED
    summary = text(desk.auditor.get(desk.url("reports:poll_summary")))
    assert "发出 4 收回 4 有效 4 无效 0 弃权 0" in summary
    assert summary.count("90×4") == 3
    assert "90.0000" in summary
    book = openpyxl.load_workbook(io.BytesIO(one.get(desk.url("reports:paper_book")).getvalue()))
    assert "90×4" in {cell.value for line in book["投票情况汇总表"].iter_rows() for cell in line}


def test_a_cell_in_which_both_agree_is_looked_at_again(desk):
    count = both_finish(desk.poll, desk.people, desk.figures())
    compare = desk.url("reviews:paper_compare", count.pk)
    sent = {"cell": f"{row(desk)}|E2", "answer": "90.0", "value": "3", "seen": "0"}
    assert desk.clients[0].post(compare, sent).status_code == 302
    difference = count.differences.get()
    assert (difference.answer, difference.first, difference.second, difference.value) == ("90", 4, 4, 3)
    assert "我也认定为 3" in text(desk.clients[1].get(compare))
    for wrong in ({"value": ""}, {"value": "x"}, {"cell": "x|E2"}, {"cell": "1|ZZ"}, {"seen": ""}, {"answer": "好"}):
        assert desk.clients[1].post(compare, sent | wrong).status_code == 422


def test_counted_figures_are_withdrawn_by_two(desk):
    one, two = desk.clients
    close_poll(poll=desk.poll, by=desk.people[0])
    count = count_paper(desk.poll, desk.people, desk.figures())
    count_polls(round=desk.round, parts=(), by=desk.people[0])
    paper, step = desk.url("reviews:paper"), {"count": count.pk}
    assert one.post(paper, step | {"do": "ask", "reason": ""}).status_code == 422
    assert one.post(paper, step | {"do": "ask", "reason": "票箱未封"}).status_code == 302
    assert "票箱未封" in text(two.get(paper))
    assert one.post(paper, step | {"do": "withdraw"}).status_code == 422
    assert two.post(paper, step | {"do": "withdraw"}).status_code == 302
    assert PaperCount.objects.get().state == PaperState.WITHDRAWN


def test_the_summary_withholds_what_few_said(desk):
    parts = with_key(desk.round, desk.people[0])
    poll = desk.open("unit", kind="slips", number=9)
    voters = sheets(poll)
    for voter in voters[:6]:
        vote(voter, "80")
    to_paper(poll, voters[6:8], desk.people[0])
    for each in (poll, desk.poll):
        close_poll(poll=each, by=desk.people[0])
    count_paper(poll, desk.people, figures_of_ballots(same("97", poll, 2)))
    count_paper(desk.poll, desk.people, desk.figures())
    count_polls(round=desk.round, parts=parts, by=desk.people[0])
    summary = text(desk.auditor.get(desk.url("reports:poll_summary", poll=poll)))
    assert "97×" not in summary
    assert "80×" not in summary
    assert summary.count("不足3票") == 3
    assert "收回 8 有效 无效 弃权" in summary, "what two ballots were is not told by the sums"
    assert "90×4" in text(desk.auditor.get(desk.url("reports:poll_summary")))


# ---------------------------------------------------------------- scanned counting sheets


def test_scans_are_for_office_and_auditors_and_hidden_while_both_enter(desk):
    place = find_place(desk.round, f"paper_tally.{desk.poll.pk}")
    scan = add_evidence(
        place=place, file=SimpleUploadedFile("计票表.pdf", b"%PDF-1.7\n%%EOF\n"), by=desk.people[0], title="第一份"
    )
    url = reverse("reviews:evidence", args=[desk.round.pk, place.key])
    assert "计票表.pdf" in desk.auditor.get(url).content.decode()
    for role in (Role.LEADER, Role.ASSESSOR, Role.SUBJECT, Role.ADMIN):
        client = client_for(make_user(role))
        assert client.get(url).status_code == 404
        assert client.get(reverse("reviews:evidence_file", args=[desk.round.pk, scan.pk])).status_code == 404
    begin_entry(poll=desk.poll, by=desk.people[0])
    begin_entry(poll=desk.poll, by=desk.people[1])
    assert "计票表.pdf" not in text(desk.clients[1].get(url))
    assert "计票表.pdf" in text(desk.clients[0].get(url))
    assert not may_read_file(desk.people[1], Evidence.objects.get(pk=scan.pk))


# ---------------------------------------------------------------- queries


@pytest.mark.parametrize(
    "name",
    [
        "reviews:paper",
        "reviews:paper_voters",
        "reviews:paper_print",
        "reviews:paper_sheets",
        "reviews:paper_entry",
        "reports:poll_summary",
        "reports:paper_book",
        "reports:paper_word",
    ],
)
def test_the_number_of_queries_does_not_grow(name):
    numbers = []
    for subjects in (2, 7):
        desk = Desk(subjects, 4 + subjects) if not numbers else Desk2021(subjects, 4 + subjects)
        begin_entry(poll=desk.poll, by=desk.people[0])
        desk.clients[0].get(desk.url(name))
        with CaptureQueriesContext(connection) as caught:
            assert desk.clients[0].get(desk.url(name)).status_code == 200
        numbers.append(len(caught))
    assert numbers[0] == numbers[1]


class Desk2021(Desk):
    """A second one in the same database."""

    def __init__(self, subjects: int, number: int) -> None:
        self.people = (office_of(), office_of())
        self.clients = tuple(client_for(user) for user in self.people)
        self.round = district_round(subjects, name="2021")
        self.poll = self.open("leader", kind="paper", number=number)


def test_the_number_of_queries_of_a_save_and_of_the_comparison_does_not_grow():
    numbers = []
    for kind, subjects in ((Desk, 2), (Desk2021, 7)):
        desk = kind(subjects, 4)
        both = desk.figures(), desk.figures("80")
        mine = begin_entry(poll=desk.poll, by=desk.people[0])
        with CaptureQueriesContext(connection) as saving:
            enter(mine, both[0])
        saved = len(saving)  # the log begins anew with each request
        count = both_finish(desk.poll, desk.people, *both)
        desk.clients[0].get(desk.url("reviews:paper"))
        with CaptureQueriesContext(connection) as comparing:
            desk.clients[0].get(desk.url("reviews:paper_compare", count.pk))
        numbers.append((saved, len(comparing)))
    assert numbers[0] == numbers[1]
