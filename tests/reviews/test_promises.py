"""Promises and task lists: written, approved, changed, given; reported on and checked; who reads them; what is left."""

from __future__ import annotations

import datetime
import io
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import openpyxl
import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from reviews.findings import open_findings
from reviews.models import (
    LedgerItem,
    Phase,
    Promise,
    PromiseHandIn,
    PromiseList,
    ReportExtension,
    ReportSetting,
    ReportState,
    Round,
    Subject,
)
from reviews.promise_rows import Row, pasted, read_day
from reviews.queries.evidence import find_place, may_read_file
from reviews.queries.promises import counts_of, history_of, unfinished_before, unfinished_promises
from reviews.services import errors
from reviews.services.evidence import add_evidence
from reviews.services.ledger_intake import Wanted, take_in
from reviews.services.promise_reports import Said, check_rows, return_report, save_report, submit_report
from reviews.services.promise_tasks import give_tasks
from reviews.services.promises import change_rows, decide_rows, give_up_change, save_rows, submit_rows
from reviews.services.self_reports import NotOpen
from reviews.words import today
from tests.factories import client_for, make_unit, make_user
from units.models import AuditEntry, Notification, Person, Role, User

from .duty import again, duty_round, subject_of, writer_of

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)
ROWS = [
    Row("a1", "办好为民服务实事十件", "年内全部办结", "2026-11-30", "张一"),
    Row("b2", "走访党员不少于四十人次", "", "", "张二"),
]


@pytest.fixture
def round_() -> Round:
    made = duty_round()
    ReportSetting.objects.create(round=made, asks_promises=True)
    return made


@pytest.fixture
def subject(round_) -> Subject:
    return subject_of(round_)


@pytest.fixture
def writer(subject) -> User:
    return writer_of(subject)


@pytest.fixture
def office() -> User:
    return make_user(Role.OFFICE)


def save(subject: Subject, by: User, rows: Sequence[Row] = ROWS, seen: int = 0, why: str = "") -> PromiseList:
    return save_rows(subject=subject, kind="promise", rows=rows, why=why, seen=seen, by=by)


def hand_in(subject: Subject, by: User, rows: Sequence[Row] = ROWS, seen: int = 0, why: str = "") -> PromiseHandIn:
    return submit_rows(subject=subject, kind="promise", rows=rows, why=why, seen=seen, by=by)


def approved(subject: Subject, writer: User, office: User, rows: Sequence[Row] = ROWS) -> PromiseList:
    made = decide_rows(hand_in=hand_in(subject, writer, rows), approve=True, reason="", by=office)
    return PromiseList.objects.select_related("subject__round").get(pk=made.list_id)


def said(found: PromiseList, *choices: str) -> dict[int, Said]:
    rows = found.promises.filter(in_force=True)
    return {row.pk: Said(choice, f"情况{place}") for place, (row, choice) in enumerate(zip(rows, choices, strict=True))}


def reported(found: PromiseList, writer: User, *choices: str) -> PromiseList:
    return submit_report(found=found, said=said(found, *choices), seen=found.report_version, by=writer)


def texts(found: PromiseList) -> list[str]:
    return [row.text for row in found.promises.filter(in_force=True)]


def settle(round_: Round, **values: Any) -> None:
    ReportSetting.objects.filter(round=round_).update(**values)


# ---------------------------------------------------------------- rows


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-12-31", "2026-12-31"), ("2026/1/5", "2026-01-05"), ("2026.3.9", "2026-03-09"),
        ("2026年6月30日前", "2026-06-30"), ("2026年2月底", "2026-02-28"), ("2026-11", "2026-11-30"),
        ("2026-13-01", None), ("年底", None), ("2026年13月", None), ("0000年1月", None),
    ],
)  # fmt: skip
def test_deadlines_as_people_type_them(text, day):
    assert read_day(text) == (datetime.date.fromisoformat(day) if day else None)


def test_rows_pasted_from_a_spreadsheet():
    text = '序号\t任务\n1\t办实事\t十件\t2026年6月底\t张一\n2\t"两行\n文字"\t\t\t\n\n只有一列的任务\n'
    rows = pasted(text)
    assert [(row.text, row.measure, row.until, row.who) for row in rows] == [
        ("办实事", "十件", "2026-06-30", "张一"),
        ("两行\n文字", "", "", ""),
        ("只有一列的任务", "", "", ""),
    ]
    assert len({row.key for row in rows}) == 3
    with pytest.raises(errors.InvalidInput, match="年底前"):
        pasted("办实事\t十件\t年底前")


# ---------------------------------------------------------------- writing and approving


def test_a_draft_is_kept_as_typed_and_saved_over_what_was_seen(subject, writer, office):
    wrong = [Row("a", "", "只有措施", "年底前", "")]
    made = save(subject, writer, wrong)
    assert (made.rows[0]["until"], made.version) == ("年底前", 1)
    save(subject, writer, ROWS, seen=1)
    with pytest.raises(errors.Conflict) as refused:
        save(subject, writer, wrong, seen=1)
    assert "办好为民服务" in refused.value.theirs.value
    with pytest.raises(errors.Conflict):
        save(subject, writer, wrong, seen=0)
    with pytest.raises(errors.NotAllowed):
        save(subject, office, ROWS, seen=2)
    assert not AuditEntry.objects.filter(target="reviews.promiselist").exists()


@pytest.mark.parametrize(
    ("row", "field"),
    [(Row("a", "", "x"), "text-a"), (Row("a", "x", until="年底"), "until-a"), (Row("a", "x", who="人" * 121), "who-a")],
)
def test_a_list_is_handed_in_only_if_every_row_is_right(subject, writer, row, field):
    with pytest.raises(errors.InvalidInput) as refused:
        hand_in(subject, writer, [ROWS[0], row])
    assert refused.value.field == field
    with pytest.raises(errors.InvalidInput) as refused:
        hand_in(subject, writer, [])
    assert refused.value.field == "rows"
    assert not PromiseHandIn.objects.exists()


def test_approved_rows_are_in_force_and_those_sent_back_are_not(subject, writer, office):
    made = hand_in(subject, writer)
    with pytest.raises(NotOpen):
        save(subject, writer, ROWS, seen=made.list.version)
    with pytest.raises(errors.NotAllowed):
        decide_rows(hand_in=made, approve=True, reason="", by=writer)
    with pytest.raises(errors.InvalidInput):
        decide_rows(hand_in=made, approve=False, reason=" ", by=office)
    decide_rows(hand_in=made, approve=False, reason="目标不具体", by=office)
    found = PromiseList.objects.get()
    assert (found.state, texts(found)) == (ReportState.RETURNED, [])
    assert "目标不具体" in Notification.objects.get(account=writer).text
    with pytest.raises(errors.Conflict):
        decide_rows(hand_in=made, approve=True, reason="", by=office)
    again_in = hand_in(subject, writer, ROWS, seen=found.version)
    decide_rows(hand_in=again_in, approve=True, reason="", by=office)
    found.refresh_from_db()
    assert (found.state, texts(found)) == (ReportState.ACCEPTED, [row.text for row in ROWS])
    assert [each.number for each, _changes in history_of(found)] == [2, 1]
    assert found.promises.get(key="a1").until == datetime.date(2026, 11, 30)


def test_the_date_holds_unless_the_office_gives_longer(round_, subject, writer, office):
    settle(round_, promises_due=today() - DAY)
    with pytest.raises(NotOpen):
        save(subject, writer)
    ReportExtension.objects.create(subject=subject, kind="promises", until=today(), reason="x", created_by=office)
    assert hand_in(subject, writer).late
    settle(round_, asks_promises=False)
    with pytest.raises(NotOpen):
        save(subject_of(round_, 1), writer_of(subject_of(round_, 1)))


def test_a_change_needs_a_reason_and_counts_once_it_is_approved(subject, writer, office):
    found = approved(subject, writer, office)
    changed = [replace(ROWS[0], measure="三季度末办结"), Row("c3", "新增一件")]
    with pytest.raises(errors.InvalidInput) as refused:
        hand_in(subject, writer, changed, seen=found.version)
    assert refused.value.field == "why"
    made = hand_in(subject, writer, changed, seen=found.version, why="上级部署调整")
    assert texts(found) == [row.text for row in ROWS]
    decide_rows(hand_in=made, approve=True, reason="", by=office)
    assert texts(found) == ["办好为民服务实事十件", "新增一件"]
    assert not found.promises.get(key="b2").in_force
    (_made, changes), _first = history_of(found)
    assert [(change.kind, change.row.key) for change in changes] == [("changed", "a1"), ("new", "c3"), ("gone", "b2")]


def test_a_change_can_be_given_up(subject, writer, office):
    found = approved(subject, writer, office)
    save(subject, writer, ROWS[:1], seen=found.version, why="想删一条")
    found.refresh_from_db()
    assert found.state == ReportState.DRAFT
    give_up_change(found=found, seen=found.version, by=writer)
    found.refresh_from_db()
    assert (found.state, len(found.rows), found.why) == (ReportState.ACCEPTED, 2, "")
    with pytest.raises(NotOpen):
        give_up_change(found=found, seen=found.version, by=writer)


def test_the_office_changes_at_once_but_not_over_a_change_that_waits(subject, writer, office):
    found = approved(subject, writer, office)
    with pytest.raises(errors.InvalidInput):
        change_rows(found=found, rows=ROWS[:1], why="", seen=found.version, by=office)
    change_rows(found=found, rows=ROWS[:1], why="区委统一部署", seen=found.version, by=office)
    assert texts(found) == [ROWS[0].text]
    assert "区委统一部署" in Notification.objects.filter(account=writer).first().text
    with pytest.raises(errors.Conflict):
        change_rows(found=found, rows=ROWS, why="x", seen=1, by=office)
    found.refresh_from_db()
    save(subject, writer, ROWS, seen=found.version)
    found.refresh_from_db()
    with pytest.raises(NotOpen):
        change_rows(found=found, rows=ROWS, why="x", seen=found.version, by=office)


def test_tasks_for_many_stand_below_those_that_a_subject_has(round_, office):
    subjects = list(round_.subjects.select_related("person"))
    writer = writer_of(subjects[0])
    settle(round_, asks_promises=False)  # they can be given all the same
    assert give_tasks(round=round_, subjects=subjects, rows=ROWS, by=office) == 2
    assert give_tasks(round=round_, subjects=subjects[:1], rows=ROWS[:1], by=office) == 1
    lists = {each.subject_id: each for each in PromiseList.objects.all()}
    assert [len(texts(lists[each.pk])) for each in subjects] == [3, 2]
    assert lists[subjects[0].pk].state == ReportState.ACCEPTED
    assert Notification.objects.filter(account=writer).count() == 2
    with pytest.raises(errors.InvalidInput) as refused:
        give_tasks(round=round_, subjects=[], rows=ROWS, by=office)
    assert refused.value.field == "subjects"
    with pytest.raises(errors.NotAllowed):
        give_tasks(round=round_, subjects=subjects, rows=ROWS, by=writer)


def test_tasks_come_below_what_somebody_is_writing_and_wait_for_a_decision(round_, subject, writer, office):
    save_rows(subject=subject, kind="task", rows=ROWS[:1], why="", seen=0, by=writer)
    give_tasks(round=round_, subjects=[subject], rows=ROWS[1:], by=office)
    found = PromiseList.objects.get()
    assert (found.state, len(found.rows), texts(found)) == (ReportState.DRAFT, 2, [ROWS[1].text])
    rows = [Row(**row) for row in found.rows]
    submit_rows(subject=subject, kind="task", rows=rows, why="补充本单位任务", seen=found.version, by=writer)
    others = list(round_.subjects.all())
    with pytest.raises(errors.InvalidInput, match=subject.name):
        give_tasks(round=round_, subjects=others, rows=ROWS, by=office)
    assert PromiseList.objects.count() == 1  # nobody gets any unless all can


# ---------------------------------------------------------------- the end of the year


def test_a_report_is_written_handed_in_checked_and_counted(round_, subject, writer, office):
    found = approved(subject, writer, office)
    first, second = found.promises.all()
    save_report(found=found, said={first.pk: Said("done", "")}, seen=found.report_version, by=writer)
    with pytest.raises(errors.InvalidInput) as refused:
        reported(found, writer, "done", "")
    assert refused.value.field == f"choice-{second.pk}"
    found.refresh_from_db()
    with pytest.raises(errors.Conflict):
        save_report(found=found, said={}, seen=1, by=writer)
    with pytest.raises(errors.Conflict):
        check_rows(found=found, said={}, seen=found.report_version, by=office)
    reported(found, writer, "done", "done")
    with pytest.raises(NotOpen):
        save_report(found=found, said={}, seen=found.report_version, by=writer)
    assert (counts_of(round_).unchecked, counts_of(round_).done) == (1, 0)
    with pytest.raises(errors.InvalidInput) as refused:
        check_rows(found=found, said={second.pk: Said("refused", " ")}, seen=found.report_version, by=office)
    assert refused.value.field == f"words-{second.pk}"
    found.refresh_from_db()
    verdicts = {first.pk: Said("confirmed", ""), second.pk: Said("refused", "台账无记录")}
    assert check_rows(found=found, said=verdicts, seen=found.report_version, by=office) == 2
    counts = counts_of(round_)
    assert (counts.rows, counts.done, counts.left, counts.unchecked, counts.percent) == (2, 1, 1, 0, 50)
    assert list(unfinished_promises(round_)) == [second]
    [finding] = open_findings(round_, office)
    assert (finding.key, finding.text, finding.subject) == (f"promise.{second.pk}", second.text, subject)
    take_in(round=round_, wanted=[Wanted(finding.key, finding.text, finding.deadline)], by=office)
    assert open_findings(round_, office) == []
    assert LedgerItem.objects.get().source == "promise"
    assert AuditEntry.objects.filter(action="check promise").count() == 2


def test_a_report_sent_back_is_revised_and_only_what_changed_is_checked_anew(subject, writer, office):
    found = reported(approved(subject, writer, office), writer, "done", "done")
    first, second = found.promises.all()
    verdicts = {first.pk: Said("confirmed"), second.pk: Said("refused", "无佐证")}
    check_rows(found=found, said=verdicts, seen=found.report_version, by=office)
    return_report(found=found, reason="第二条补充佐证", by=office)
    assert "第二条补充佐证" in Notification.objects.filter(account=writer).first().text
    words = {first.pk: Said("done", "情况0"), second.pk: Said("partly", "完成一半")}
    submit_report(found=found, said=words, seen=found.report_version, by=writer)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.verdict, second.verdict, second.outcome) == ("confirmed", "", "partly")


def test_who_checks(round_, subject, writer, office):
    found = reported(approved(subject, writer, office), writer, "done", "done")
    unit = make_unit()
    round_.assignments.create(indicator="x", assessor=unit.name, unit=unit)
    words = {found.promises.first().pk: Said("confirmed")}
    for nobody in (writer, make_user(Role.LEADER), make_user(Role.AUDITOR), make_user(Role.ASSESSOR)):
        with pytest.raises(errors.NotAllowed):
            check_rows(found=found, said=words, seen=found.report_version, by=nobody)
    writer.role_grants.create(role=Role.OFFICE)
    with pytest.raises(errors.NotAllowed):
        check_rows(found=found, said=words, seen=found.report_version, by=User.objects.get(pk=writer.pk))
    assert check_rows(found=found, said=words, seen=found.report_version, by=make_user(Role.ASSESSOR, unit)) == 1


def test_what_was_left_is_offered_once_the_date_has_passed_and_in_the_next_round(round_, subject, writer, office):
    found = approved(subject, writer, office)
    first, second = found.promises.all()
    assert list(unfinished_promises(round_)) == []
    settle(round_, fulfilment_due=today() - DAY)
    assert list(unfinished_promises(round_)) == [first, second]  # nothing was handed in
    settle(round_, fulfilment_due=today())
    reported(found, writer, "done", "open")
    assert list(unfinished_promises(round_)) == [second]
    next_round = again(round_, "2026")
    ReportSetting.objects.create(round=next_round, asks_promises=True)
    next_subject = next_round.subjects.select_related("round").get(person=subject.person)
    assert unfinished_before(next_subject) == [second]
    assert unfinished_before(next_round.subjects.select_related("round").exclude(pk=next_subject.pk).get()) == []
    client = client_for(writer)
    address = reverse("reviews:promise_edit", args=[next_round.pk, next_subject.pk, "promise"])
    assert second.text in client.get(address).content.decode()
    assert client.post(address, {"do": "take", "seen": "0"}).status_code == 302
    rows = PromiseList.objects.get(subject=next_subject).rows
    assert [(row["text"], row["until"]) for row in rows] == [(second.text, "")]
    duty = client.get(reverse("reviews:duty_edit", args=[next_round.pk, next_subject.pk])).content.decode()
    assert second.text in duty
    assert first.text not in duty


def test_proof_beside_a_row_is_its_writers_until_the_report_is_handed_in(round_, subject, writer, office):
    found = approved(subject, writer, office)
    row = found.promises.first()
    loaded = Round.objects.select_related("plan_version").get(pk=round_.pk)

    def place() -> Any:
        return find_place(loaded, f"promise.{row.pk}")

    with pytest.raises(errors.NotAllowed):
        add_evidence(place=place(), file=ContentFile(b"x", name="x.txt"), by=make_user(Role.SUBJECT))
    file = add_evidence(place=place(), file=ContentFile("佐证".encode(), name="佐证.txt"), by=writer)
    leader = make_user(Role.LEADER)
    assert may_read_file(writer, file)
    assert not may_read_file(leader, file)
    reported(found, writer, "done", "done")
    assert may_read_file(leader, file)
    with pytest.raises(errors.RoundClosed):
        add_evidence(place=place(), file=ContentFile(b"y", name="y.txt"), by=writer)


# ---------------------------------------------------------------- pages


def page_of(found: PromiseList) -> str:
    return reverse("reviews:promise_list", args=[found.subject.round_id, found.pk])


def test_approved_lists_are_read_by_the_audience_that_was_chosen(round_, subject, writer, office):
    found = approved(subject, writer, office)
    colleague = make_user(Role.SUBJECT, subject.person.unit, name="丁同事")
    other = make_user(Role.SUBJECT, name="丁外人")
    listed = reverse("reviews:promises", args=[round_.pk])
    for audience, readers in (("none", set()), ("unit", {colleague}), ("all", {colleague, other})):
        settle(round_, promises_audience=audience)
        for user in (colleague, other):
            client = client_for(user)
            assert (client.get(page_of(found)).status_code == 200) == (user in readers)
            assert (subject.name in client.get(listed).content.decode()) == (user in readers)
            assert ("承诺与任务" in client.get(reverse("reviews:round_detail", args=[round_.pk])).content.decode()) == (
                user in readers
            )
    for user in (office, writer, make_user(Role.LEADER), make_user(Role.AUDITOR)):
        assert client_for(user).get(page_of(found)).status_code == 200
    assert client_for(make_user(Role.ADMIN)).get(page_of(found)).status_code in {200, 404}


def test_the_audience_reads_neither_drafts_nor_reports_in_writing_nor_history(round_, subject, writer, office):
    settle(round_, promises_audience="all")
    other = client_for(make_user(Role.SUBJECT, name="丁外人"))
    found = save(subject, writer)
    assert subject.name not in other.get(reverse("reviews:promises", args=[round_.pk])).content.decode()
    found = decide_rows(
        hand_in=hand_in(subject, writer, ROWS, seen=found.version), approve=True, reason="意见内容", by=office
    ).list
    row = found.promises.first()
    save_report(found=found, said={row.pk: Said("partly", "草稿里的话")}, seen=found.report_version, by=writer)
    text = other.get(page_of(found)).content.decode()
    assert row.text in text
    assert "草稿里的话" not in text
    assert "意见内容" not in text
    assert "草稿里的话" not in client_for(office).get(page_of(found)).content.decode()
    assert "草稿里的话" in client_for(writer).get(page_of(found)).content.decode()


def test_writing_in_the_browser_keeps_what_is_wrong_as_typed(round_, subject, writer, office):
    client = client_for(writer)
    address = reverse("reviews:promise_edit", args=[round_.pk, subject.pk, "promise"])
    form = {
        "seen": "0",
        "row": ["k1", "k2"],
        "text-k1": "办实事",
        "until-k1": "年底前",
        "text-k2": "走访",
        "measure-k2": "",
    }
    page = client.post(address, form | {"do": "submit"})
    assert page.status_code == 422
    assert "年底前" in page.content.decode()
    page = client.post(address, form | {"do": "save", "paste": "做实事\t目标\t不是日期"})
    assert page.status_code == 422
    assert "不是日期" in page.content.decode()
    assert not PromiseList.objects.exists()
    saved = client.post(reverse("reviews:promise_save", args=[round_.pk, subject.pk, "promise"]), form)
    assert saved.json()["seen"] == 1
    late = client.post(reverse("reviews:promise_save", args=[round_.pk, subject.pk, "promise"]), form)
    assert late.status_code == 409
    page = client.post(address, form | {"do": "save"})
    assert page.status_code == 409
    assert "办实事" in page.content.decode()
    right = form | {"seen": "1", "until-k1": "2026-12-31", "drop-k2": "on", "do": "submit"}
    assert client.post(address, right).status_code == 302
    made = PromiseHandIn.objects.get()
    assert [row["text"] for row in made.rows] == ["办实事"]
    assert client.get(address).status_code == 302
    decide = {"do": "approve", "number": "1"}
    assert client.post(page_of(made.list), decide).status_code == 403
    assert client_for(office).post(page_of(made.list), decide).status_code == 302
    assert Promise.objects.get().until == datetime.date(2026, 12, 31)
    foreign = client_for(make_user(Role.SUBJECT))
    assert foreign.get(address).status_code == 404
    assert foreign.post(address, form).status_code == 404


def test_reporting_and_checking_in_the_browser(round_, subject, writer, office):
    found = approved(subject, writer, office)
    first, second = found.promises.all()
    client = client_for(writer)
    address = reverse("reviews:promise_report", args=[round_.pk, found.pk])
    said_so = {
        "seen": "1",
        f"choice-{first.pk}": "done",
        f"words-{first.pk}": "办结十件",
        f"choice-{second.pk}": "partly",
    }
    page = client.post(address, said_so | {"do": "submit"})
    assert page.status_code == 422
    assert "办结十件" in page.content.decode()
    saved = client.post(reverse("reviews:promise_report_save", args=[round_.pk, found.pk]), said_so)
    assert saved.json()["seen"] == 2
    whole = said_so | {"seen": "2", f"words-{second.pk}": "走访二十人次", "do": "submit"}
    assert client.post(address, whole).status_code == 302
    found.refresh_from_db()
    client = client_for(office)
    checks = {"do": "check", "seen": found.report_version, f"choice-{first.pk}": "refused", f"words-{first.pk}": ""}
    page = client.post(page_of(found), checks)
    assert page.status_code == 422
    assert f'name="seen" value="{found.report_version}"' in page.content.decode()
    assert client.post(page_of(found), checks | {f"words-{first.pk}": "抽查不实"}).status_code == 302
    assert "抽查不实" in client_for(writer).get(page_of(found)).content.decode()


def test_giving_tasks_in_the_browser(round_, office):
    client = client_for(office)
    address = reverse("reviews:promise_give", args=[round_.pk])
    ticked = [str(each.pk) for each in round_.subjects.all()]
    page = client.post(address, {"paste": "任务一\t\t坏日期", "subject": ticked})
    assert page.status_code == 422
    assert "坏日期" in page.content.decode()
    page = client.post(address, {"paste": "任务一"})
    assert page.status_code == 422
    assert client.post(address, {"paste": "任务一\n任务二", "subject": ticked[:1]}).status_code == 302
    assert Promise.objects.count() == 2


def test_the_table_as_an_excel_file(round_, subject, writer, office):
    found = reported(approved(subject, writer, office), writer, "done", "open")
    first = found.promises.first()
    check_rows(found=found, said={first.pk: Said("confirmed")}, seen=found.report_version, by=office)
    address = reverse("reports:promise_book", args=[round_.pk])
    assert client_for(writer).get(address).status_code == 403
    answer = client_for(office).get(address)
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    summary, rows = book.worksheets
    assert [cell.value for cell in summary[3]] == [subject.code, subject.name, subject.category, 2, 2, 1, 1, "=G3/D3"]
    line = [cell.value for cell in rows[3]]
    assert line[4] == first.text
    assert line[6].date() == datetime.date(2026, 11, 30)
    assert line[8:11] == ["已完成", "情况0", "核查属实"]


def test_the_home_page_asks_for_what_is_due(round_, subject, writer, office):
    settle(round_, promises_due=today() + 3 * DAY)
    client = client_for(writer)
    edit = reverse("reviews:promise_edit", args=[round_.pk, subject.pk, "promise"])
    assert edit in client.get("/").content.decode()
    made = hand_in(subject, writer)
    assert edit not in client.get("/").content.decode()
    assert "?state=submitted" in client_for(office).get("/").content.decode()
    found = decide_rows(hand_in=made, approve=True, reason="", by=office).list
    report = reverse("reviews:promise_report", args=[round_.pk, found.pk])
    assert report not in client.get("/").content.decode()
    settle(round_, fulfilment_due=today() + DAY)
    assert report in client.get("/").content.decode()
    found.refresh_from_db()
    reported(found, writer, "done", "done")
    assert report not in client.get("/").content.decode()
    assert "?state=unchecked" in client_for(office).get("/").content.decode()


@pytest.mark.parametrize("state", ["", "none", "submitted", "accepted", "reported", "unchecked", "left", "returned"])
def test_the_list_is_narrowed_by_state(round_, subject, writer, office, state):
    reported(approved(subject, writer, office), writer, "done", "open")
    other = subject_of(round_, 1)
    page = client_for(office).get(reverse("reviews:promises", args=[round_.pk]), {"state": state})
    shown = {row.subject for row in page.context["rows"]}
    wanted = {"": {subject, other}, "none": {other}, "submitted": set(), "returned": set()}
    assert shown == wanted.get(state, {subject})


def test_pages_cost_the_same_for_many(office):
    def queries(people: int) -> list[int]:
        made = duty_round(people=people, name=f"20{people:02}")
        give_tasks(round=made, subjects=list(made.subjects.select_related("person")), rows=ROWS * people, by=office)
        found = PromiseList.objects.select_related("subject__person").filter(subject__round=made).first()
        assert found is not None
        writer = writer_of(found.subject)
        addresses = [
            (office, reverse("reviews:promises", args=[made.pk])),
            (office, reverse("reviews:promise_give", args=[made.pk])),
            (office, page_of(found)),
            (writer, reverse("reviews:promise_edit", args=[made.pk, found.subject_id, "task"])),
            (writer, reverse("reviews:promise_report", args=[made.pk, found.pk])),
            (writer, reverse("reviews:own_reports", args=[made.pk])),
        ]
        counted = []
        for user, address in addresses:
            client = client_for(user)
            client.get(address)
            with CaptureQueriesContext(connection) as caught:
                assert client.get(address).status_code == 200
            counted.append(len(caught))
        return counted

    assert queries(2) == queries(9)


def test_nothing_is_taken_once_the_input_is_closed(round_, subject, writer, office):
    found = approved(subject, writer, office)
    Round.objects.update(phase=Phase.REVIEWING)
    found = PromiseList.objects.select_related("subject__round").get()
    with pytest.raises(errors.RoundClosed):
        save(found.subject, writer, ROWS, seen=found.version)
    with pytest.raises(errors.RoundClosed):
        reported(found, writer, "done", "done")
    with pytest.raises(errors.RoundClosed):
        give_tasks(round=found.subject.round, subjects=[found.subject], rows=ROWS, by=office)
    text = (
        client_for(writer)
        .get(reverse("reviews:promise_edit", args=[round_.pk, subject.pk, "promise"]))
        .content.decode()
    )
    assert "填报已截止" in text


def test_a_head_of_a_unit_is_no_reader_by_the_unit_of_another(round_, subject, writer, office):
    """The audience of a unit: who is of it in whatever role, not who shares a name or a round."""
    settle(round_, promises_audience="unit")
    found = approved(subject, writer, office)
    stranger = Person.objects.create(code="P9", name=subject.name, unit=make_unit())
    assert client_for(make_user(Role.SUBJECT, person=stranger)).get(page_of(found)).status_code == 404
    colleague = Person.objects.create(code="P8", name="张八", unit=subject.person.unit)
    assert client_for(make_user(Role.SUBJECT, person=colleague)).get(page_of(found)).status_code == 200


def test_tasks_for_many_cost_what_they_cost_for_few(office):
    def queries(people: int) -> int:
        made = duty_round(people=people, name=f"20{people:02}")
        subjects = list(Subject.objects.filter(round=made.pk))
        give_tasks(round=made, subjects=subjects[::2], rows=ROWS, by=office)
        with CaptureQueriesContext(connection) as caught:
            assert give_tasks(round=made, subjects=subjects, rows=ROWS, by=office) == people
        return len(caught)

    assert queries(4) == queries(30)


# ---------------------------------------------------------------- what must not go wrong


def test_the_office_changes_what_is_in_force_and_never_reads_a_draft(round_, subject, writer, office):
    found = approved(subject, writer, office)
    save(subject, writer, [Row("a1", "草稿里还没交的话")], seen=found.version)
    page = client_for(office).get(reverse("reviews:promise_change", args=[round_.pk, found.pk])).content.decode()
    assert "草稿里还没交的话" not in page
    assert ROWS[0].text in page


def test_a_change_is_not_approved_once_the_report_is_handed_in(subject, writer, office):
    found = approved(subject, writer, office)
    waiting = hand_in(subject, writer, ROWS[:1], seen=found.version, why="调整")
    with pytest.raises(NotOpen):
        reported(found, writer, "done", "open")
    found.refresh_from_db()
    assert not found.is_reported
    # Handed in at the same moment, neither having seen the other.
    PromiseList.objects.update(report_state=ReportState.SUBMITTED)
    with pytest.raises(NotOpen):
        decide_rows(hand_in=waiting, approve=True, reason="", by=office)
    assert len(texts(found)) == 2
    waiting.refresh_from_db()
    assert waiting.state == ReportState.SUBMITTED
    decide_rows(hand_in=waiting, approve=False, reason="情况已上报", by=office)


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({"text": "另一件事"}, ""), ({"measure": "减半"}, ""), ({"until": "2026-12-31"}, ""), ({"until": ""}, ""),
        ({"who": "张三"}, "confirmed"),
    ],
)  # fmt: skip
def test_a_check_holds_only_for_what_was_checked(subject, writer, office, change, verdict):
    found = reported(approved(subject, writer, office), writer, "done", "done")
    first = found.promises.get(key="a1")
    check_rows(found=found, said={first.pk: Said("confirmed")}, seen=found.report_version, by=office)
    return_report(found=found, reason="补充", by=office)
    change_rows(found=found, rows=ROWS[1:], why="先去掉", seen=found.version, by=office)
    change_rows(found=found, rows=[replace(ROWS[0], **change)], why="再加回", seen=found.version, by=office)
    first.refresh_from_db()
    assert (first.in_force, first.verdict, first.checked_by) == (True, verdict, office if verdict else None)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("甲\r乙\r", ["甲", "乙"]),
        ("甲\r\n乙", ["甲", "乙"]),
        ('"十四五"规划\t目标', ['"十四五"规划']),
        ('"未闭合的引号\n第二件\t目标\n第三件', ['"未闭合的引号', "第二件", "第三件"]),
        ('"落实""十四五""规划"\t目标', ['落实"十四五"规划']),
        ("长" * 140_000, ["长" * 140_000]),
    ],
)
def test_pasting_keeps_every_row_and_every_sign(text, rows):
    assert [row.text for row in pasted(text)] == rows


def test_numbers_that_are_none_are_no_error(round_, subject, writer):
    client = client_for(writer)
    for seen in ("²", "9" * 30):
        address = reverse("reviews:promise_edit", args=[round_.pk, subject.pk, "task"])
        assert client.post(address, {"seen": seen, "do": "save"}).status_code == 302
        PromiseList.objects.all().delete()
        address = reverse("reviews:promise_save", args=[round_.pk, subject.pk, "task"])
        assert client.post(address, {"seen": seen}).json()["seen"] == 1
        PromiseList.objects.all().delete()
