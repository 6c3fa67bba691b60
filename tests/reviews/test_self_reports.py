"""Self-summary and self-assessment: the draft, handing in, sending back, accepting; who reads what, and until when."""

from __future__ import annotations

import datetime
from decimal import Decimal as D
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from reviews.models import (
    Mark,
    Phase,
    Reminder,
    ReportExtension,
    ReportSetting,
    ReportState,
    Round,
    SelfAssessment,
    SelfReport,
    SelfReportSubmission,
    Subject,
)
from reviews.queries.report_dates import report_rules
from reviews.queries.self_reports import words_beside_marks
from reviews.services import errors
from reviews.services.reminders import Choice, RemindedRecently, send_reminder
from reviews.services.report_dates import RuleData, extend_reports, settle_reports
from reviews.services.report_reminders import SELF_REPORTS
from reviews.services.self_reports import (
    Draft,
    LeafWords,
    NotOpen,
    accept_report,
    reopen_report,
    return_report,
    save_draft,
    submit_report,
)
from reviews.services.sheet_reminders import SHEETS
from reviews.services.subjects import withdraw_subject
from reviews.textdiff import compare
from reviews.wordcount import word_count
from reviews.words import today
from tests.factories import assessor_of, client_for, district_round, make_user
from units.models import AuditEntry, Notification, Role, User

from .duty import duty_round, subject_of, writer_of

pytestmark = pytest.mark.django_db

LEAF = "K21"
DAY = datetime.timedelta(days=1)
TEXT = "今年完成三项重点工作。\n\n存在问题：进度偏慢。"


@pytest.fixture
def round_() -> Round:
    return district_round(3)


@pytest.fixture
def office() -> User:
    return make_user(Role.OFFICE)


@pytest.fixture
def subject(round_) -> Subject:
    return round_.subjects.select_related("unit").earliest("order")


@pytest.fixture
def writer(subject) -> User:
    return make_user(Role.SUBJECT, subject.unit)


def url(name: str, *args: Any) -> str:
    return reverse(f"reviews:{name}", args=args)


def submit(subject: Subject, by: User, text: str = TEXT, **leaves: LeafWords) -> SelfReportSubmission:
    report = SelfReport.objects.filter(subject=subject).first()
    return submit_report(subject=subject, draft=Draft(text, leaves), seen=report.version if report else 0, by=by)


def settle(round_: Round, by: User, **changes: Any) -> None:
    setting = ReportSetting.objects.filter(round=round_).first()
    data = dict.fromkeys(("asks_self_report", "self_report_due", "targets_due", "figures_due")) | {"provisional": False}
    settle_reports(
        round=round_, data=RuleData(**data | changes), reason="改期", seen=setting.version if setting else 0, by=by
    )


# ---------------------------------------------------------------- helpers


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        (" \n　", 0),
        ("今年完成GDP增长 5.2%，达标。", 12),
        ("“一号”工程——好…", 10),
        ("hello world", 2),
        ("ＡＢ1", 3),
        ("𠮷野家", 3),
    ],
)
def test_words_are_counted_as_in_chinese(text, count):
    assert word_count(text) == count


def test_a_comparison_shows_what_came_and_went():
    before, after = "一。\n\n完成三项。\n旧的。", "一。\n完成四项。\n\n新增。"
    found = compare(before, after)
    assert [piece.kind for piece in found[0]] == ["same"]
    assert "".join(piece.text for line in found for piece in line if piece.kind != "new") == "一。完成三项。旧的。"
    assert "".join(piece.text for line in found for piece in line if piece.kind != "gone") == "一。完成四项。新增。"
    assert ("gone", "三") in {(piece.kind, piece.text) for piece in found[1]}
    long = compare("甲" * 4000, "乙" * 4000)  # too long to be compared by characters
    assert [[piece.kind for piece in line] for line in long] == [["gone", "new"]]


def test_the_plan_says_whether_and_until_when(round_, office):
    rules = report_rules(round_)
    assert (rules.asks_self_report, rules.step, rules.due["self_report"]) == (True, "总结自查", None)
    yinhai = report_rules(district_round(1, plan="yinhai-2016", name="2016"))
    assert yinhai.due["self_report"] == datetime.date(2016, 12, 31)
    assert report_rules(district_round(1, plan="bank-midlevel", name="2021")).asks_self_report is False
    settle(round_, office, asks_self_report=False, self_report_due=today())
    rules = report_rules(round_)
    assert (rules.asks_self_report, rules.due["self_report"]) == (False, today())


# ---------------------------------------------------------------- the draft


def test_a_draft_is_saved_changed_and_emptied(subject, writer):
    draft = Draft(TEXT, {LEAF: LeafWords(D("3.5"), "已完成"), "K22": LeafWords(None, "")})
    first = save_draft(subject=subject, draft=draft, seen=0, by=writer)
    row = SelfAssessment.objects.get()
    assert (first.version, row.indicator, row.score, row.text) == (1, LEAF, D("3.5"), "已完成")
    again = save_draft(subject=subject, draft=Draft("改", {LEAF: LeafWords()}), seen=1, by=writer)
    assert again.version == 2
    assert not SelfAssessment.objects.exists()
    assert SelfReport.objects.get().text == "改"
    assert not AuditEntry.objects.filter(label__contains=subject.name, action="hand in report").exists()


def test_two_who_write_at_once_do_not_overwrite_each_other(subject, writer):
    save_draft(subject=subject, draft=Draft("甲"), seen=0, by=writer)
    other = make_user(Role.SUBJECT, subject.unit)
    for seen in (0, 7):
        with pytest.raises(errors.Conflict) as caught:
            save_draft(subject=subject, draft=Draft("乙"), seen=seen, by=other)
        assert (caught.value.theirs.value, caught.value.theirs.by) == ("甲", writer)
    assert SelfReport.objects.get().text == "甲"


def test_what_is_wrong_is_named_and_the_rest_is_saved(subject, writer):
    leaves = {LEAF: LeafWords(D(1000)), "K22": LeafWords(None, "好"), "NONE": LeafWords(None, "x")}
    leaves["K1"] = LeafWords(None, "字" * 10_001)
    saved = save_draft(subject=subject, draft=Draft(TEXT, leaves), seen=0, by=writer)
    assert set(saved.refused) == {LEAF, "NONE", "K1"}
    assert [row.indicator for row in SelfAssessment.objects.all()] == ["K22"]
    too_long = save_draft(subject=subject, draft=Draft("字" * 50_001), seen=1, by=writer)
    assert set(too_long.refused) == {""}
    assert SelfReport.objects.get().text == TEXT


def test_only_the_subject_writes(round_, subject, writer, office):
    for user in (office, make_user(Role.SUBJECT), make_user(Role.LEADER), assessor_of(round_, LEAF), make_user()):
        with pytest.raises(errors.NotAllowed):
            save_draft(subject=subject, draft=Draft(TEXT), seen=0, by=user)
        with pytest.raises(errors.NotAllowed):
            submit(subject, user)
    Round.objects.update(phase=Phase.REVIEWING)
    with pytest.raises(errors.RoundClosed):
        save_draft(subject=subject, draft=Draft(TEXT), seen=0, by=writer)
    assert not SelfReport.objects.exists()


def test_where_no_self_summary_is_asked_for_none_is_taken(round_, subject, writer, office):
    settle(round_, office, asks_self_report=False)
    with pytest.raises(NotOpen):
        save_draft(subject=subject, draft=Draft(TEXT), seen=0, by=writer)


# ---------------------------------------------------------------- handing in, sending back, accepting


def test_handed_in_sent_back_handed_in_again_and_accepted(round_, subject, writer, office):
    first = submit(subject, writer, **{LEAF: LeafWords(D(3), "已完成")})
    with pytest.raises(NotOpen):
        save_draft(subject=subject, draft=Draft("x"), seen=2, by=writer)
    with pytest.raises(errors.InvalidInput):
        return_report(submission=first, reason=" ", by=office)
    return_report(submission=first, reason="补充数据", by=office)
    assert SelfReport.objects.get().state == ReportState.RETURNED
    second = submit(subject, writer, TEXT + "\n补充：共三项。")
    first.refresh_from_db()
    assert (first.state, first.reason, first.is_current, first.text) == ("returned", "补充数据", False, TEXT)
    assert first.leaves == {LEAF: {"score": "3", "text": "已完成"}}
    assert (second.number, second.is_current, second.late) == (2, True, False)
    with pytest.raises(errors.Conflict):
        accept_report(submission=first, by=office)
    accept_report(submission=second, by=office)
    with pytest.raises(errors.Conflict):
        return_report(submission=second, reason="x", by=office)
    with pytest.raises(errors.InvalidInput):
        reopen_report(submission=second, reason="", by=office)
    reopen_report(submission=second, reason="误点", by=office)
    assert SelfReport.objects.get().state == ReportState.SUBMITTED
    actions = AuditEntry.objects.filter(target="reviews.subject", target_id=str(subject.pk)).order_by("id")
    assert [entry.action for entry in actions] == [
        "hand in report",
        "decide report",
        "hand in report",
        "decide report",
        "decide report",
    ]
    assert not Mark.objects.exists()  # it is never a score by itself


def test_nothing_is_handed_in_half(subject, writer):
    with pytest.raises(errors.InvalidInput):
        submit(subject, writer, " \n ")
    with pytest.raises(errors.InvalidInput):
        submit(subject, writer, TEXT, **{LEAF: LeafWords(D(-1))})
    assert not SelfReport.objects.exists()
    assert not SelfReportSubmission.objects.exists()


def test_after_the_date_only_who_was_given_longer_writes_and_is_late(round_, subject, writer, office):
    settle(round_, office, self_report_due=today() - DAY)
    with pytest.raises(NotOpen):
        submit(subject, writer)
    extend_reports(subject=subject, kind="self_report", until=today(), reason="系统故障", by=office)
    assert submit(subject, writer).late is True
    other = round_.subjects.exclude(pk=subject.pk).first()
    with pytest.raises(NotOpen):
        submit(other, make_user(Role.SUBJECT, other.unit))


def test_sent_back_after_the_date_needs_a_new_one_and_who_was_in_time_is_not_late(round_, subject, writer, office):
    settle(round_, office, self_report_due=today())
    first = submit(subject, writer)
    assert first.late is False
    settle(round_, office, self_report_due=today() - DAY)
    with pytest.raises(errors.InvalidInput) as caught:
        return_report(submission=first, reason="补充", by=office)
    assert caught.value.field == "until"
    with pytest.raises(errors.InvalidInput):
        return_report(submission=first, reason="补充", by=assessor_of(round_, LEAF))
    with pytest.raises(errors.NotAllowed):
        return_report(submission=first, reason="补充", by=assessor_of(round_, LEAF), until=today())
    return_report(submission=first, reason="补充", by=office, until=today() + DAY)
    assert ReportExtension.objects.get().until == today() + DAY
    assert submit(subject, writer, "改后").late is False


def test_who_decides(round_, subject, writer, office):
    first = submit(subject, writer)
    for user in (writer, make_user(Role.ASSESSOR), make_user(Role.AUDITOR), make_user(Role.LEADER), make_user()):
        with pytest.raises(errors.NotAllowed):
            return_report(submission=first, reason="x", by=user)
    assessor = assessor_of(round_, LEAF)
    for user in (writer, assessor):
        with pytest.raises(errors.NotAllowed):
            accept_report(submission=first, by=user)
        with pytest.raises(errors.NotAllowed):
            reopen_report(submission=first, reason="x", by=user)
    return_report(submission=first, reason="缺证明材料", by=assessor)
    assert SelfReport.objects.get().state == ReportState.RETURNED


def test_settings_need_a_reason_from_the_second_time_on_and_are_not_overwritten_unseen(round_, office):
    data = RuleData(None, today(), None, None, provisional=False)
    settle_reports(round=round_, data=data, reason="", seen=0, by=office)
    with pytest.raises(errors.InvalidInput):
        settle_reports(
            round=round_, data=RuleData(None, None, None, None, provisional=True), reason="", seen=1, by=office
        )
    with pytest.raises(errors.Conflict):
        settle_reports(round=round_, data=data, reason="x", seen=0, by=office)
    with pytest.raises(errors.NotAllowed):
        settle_reports(round=round_, data=data, reason="x", seen=1, by=make_user(Role.AUDITOR))
    assert AuditEntry.objects.get(action="settle reports").changes["self report due"] == [None, str(today())]


# ---------------------------------------------------------------- pages


def test_writing_on_the_page(round_, subject, writer):
    client, address = client_for(writer), url("self_report_edit", round_.pk, subject.pk)
    assert client.get(address).status_code == 200
    wrong = client.post(address, {"seen": "0", "text": TEXT, f"score-{LEAF}": "三", "do": "submit"})
    html = wrong.content.decode()
    assert wrong.status_code == 422
    assert 'value="三"' in html
    assert SelfReport.objects.get().text == TEXT  # the rest is saved, nothing is handed in
    assert not SelfReportSubmission.objects.exists()
    stale = client.post(address, {"seen": "0", "text": "我的", "do": "save"})
    assert stale.status_code == 409
    assert "我的" in stale.content.decode()
    version = SelfReport.objects.get().version
    done = client.post(address, {"seen": version, "text": TEXT, f"text-{LEAF}": "已完成", "do": "submit"})
    assert done.status_code == 302
    assert client.get(address).status_code == 302  # handed in: to the reading page
    assert "已完成" in client.get(url("self_report", round_.pk, subject.pk)).content.decode()


def test_the_draft_saves_itself(round_, subject, writer):
    client, address = client_for(writer), url("self_report_save", round_.pk, subject.pk)
    answer = client.post(address, {"seen": "0", "text": "今年好", f"score-{LEAF}": "x", "text-K22": "做了"})
    body = answer.json()
    assert (answer.status_code, body["seen"], body["words"]) == (200, 1, 3)
    assert list(body["refused"]) == [LEAF]
    assert SelfAssessment.objects.get().indicator == "K22"
    clash = client.post(address, {"seen": "0", "text": "别的"})
    assert (clash.status_code, SelfReport.objects.get().text) == (409, "今年好")
    Round.objects.update(phase=Phase.REVIEWING)
    assert client.post(address, {"seen": "1", "text": "别的"}).status_code == 422


def test_a_draft_is_read_by_nobody_else(round_, subject, writer, office):
    save_draft(subject=subject, draft=Draft("秘密草稿"), seen=0, by=writer)
    for user in (office, make_user(Role.LEADER), assessor_of(round_, LEAF)):
        page = client_for(user).get(url("self_report", round_.pk, subject.pk))
        assert page.status_code == 200
        assert "秘密草稿" not in page.content.decode()
        assert client_for(user).get(url("self_report_edit", round_.pk, subject.pk)).status_code == 404


def test_reading_deciding_comparing_and_printing(round_, subject, writer, office):
    submit(subject, writer, **{LEAF: LeafWords(D(3), "第一稿")})
    client, address = client_for(office), url("self_report", round_.pk, subject.pk)
    current = SelfReportSubmission.objects.get()
    no_reason = client.post(address, {"do": "return", "submission": current.pk, "reason": ""})
    assert no_reason.status_code == 422
    assert client.post(address, {"do": "return", "submission": current.pk, "reason": "补充"}).status_code == 302
    assert client.post(address, {"do": "accept", "submission": current.pk}).status_code == 422
    submit(subject, writer, TEXT.replace("三", "四"), **{LEAF: LeafWords(D(4), "第二稿")})
    html = client.get(url("self_report_compare", round_.pk, subject.pk)).content.decode()
    assert '<del class="kp-before">三</del>' in html
    assert '<ins class="kp-after">四</ins>' in html
    assert "第一稿" in client.get(address, {"version": "1"}).content.decode()
    printed = client.get(url("self_report_print", round_.pk, subject.pk)).content.decode()
    assert "第二稿" in printed
    assert "第一稿" not in printed
    assert client.get(url("self_report_print", round_.pk, subject.pk), {"version": "9"}).status_code == 404
    assert client.get(url("self_report_compare", round_.pk, subject.pk), {"from": "x"}).status_code == 404
    other = round_.subjects.exclude(pk=subject.pk).first()
    assert client.get(url("self_report_print", round_.pk, other.pk)).status_code == 404  # nothing handed in


def test_what_a_unit_typed_is_shown_as_text(round_, subject, writer, office):
    submit(subject, writer, "<script>alert(1)</script>")
    html = client_for(office).get(url("self_report", round_.pk, subject.pk)).content.decode()
    assert "<script>alert" not in html


def test_the_self_assessment_stands_beside_the_mark(round_, subject, writer, office):
    submit(subject, writer, **{LEAF: LeafWords(D("2.5"), "完成情况见附件")})
    assert words_beside_marks([subject.pk], LEAF) == {subject.pk: {"score": "2.5", "text": "完成情况见附件"}}
    assert words_beside_marks([subject.pk], "K22") == {}
    sheet = round_.assignments.get(indicator=LEAF)
    html = client_for(assessor_of(round_, LEAF)).get(url("mark_sheet", round_.pk, sheet.pk)).content.decode()
    assert "完成情况见附件" in html
    assert not Mark.objects.exists()


def test_the_list_and_its_filters(round_, subject, writer, office):
    submit(subject, writer)
    client, address = client_for(office), url("self_report_list", round_.pk)
    link = url("self_report", round_.pk, subject.pk)
    for state, there in (("", True), ("submitted", True), ("open", False), ("none", False), ("late", False)):
        html = client.get(address, {"state": state}).content.decode()
        assert (f'href="{link}"' in html) is there, state
    assert client_for(make_user(Role.ASSESSOR)).get(address).status_code == 403
    assert client_for(assessor_of(round_, LEAF)).get(address).status_code == 200


def test_the_office_sets_dates_and_gives_longer_on_pages(round_, subject, office):
    client, address = client_for(office), url("report_settings", round_.pk)
    assert client.post(address, {"seen": "0", "self_report_due": "bad"}).status_code == 422
    assert client.post(address, {"seen": "0", "self_report_due": str(today() - DAY)}).status_code == 302
    assert client.post(address, {"seen": "1", "provisional": "on"}).status_code == 422  # a reason is missing
    longer = url("report_extend", round_.pk, subject.pk)
    page = {"kind": "self_report", "until": str(today() - DAY), "reason": "补报"}
    assert client.post(longer, page).status_code == 422
    assert client.post(longer, page | {"until": str(today() + DAY)}).status_code == 302
    assert "补报" in client.get(longer).content.decode()
    Round.objects.update(phase=Phase.REVIEWING)
    for each in (address, longer):
        assert client.get(each).status_code == 200
    assert client.post(longer, page | {"until": str(today() + DAY)}).status_code == 422
    assert client.post(address, {"seen": "1", "reason": "x"}).status_code == 422


def test_the_own_page_of_a_unit_and_of_one_that_is_not_appraised(round_, subject, writer):
    address = url("own_reports", round_.pk)
    assert url("self_report_edit", round_.pk, subject.pk) in client_for(writer).get(address).content.decode()
    stranger = client_for(make_user(Role.SUBJECT)).get(address)
    assert stranger.status_code == 200
    assert "self-reports" not in stranger.content.decode()


@pytest.mark.parametrize("subjects", [2, 6])
def test_queries_do_not_grow(subjects, office, django_assert_num_queries):
    round_ = district_round(subjects)
    rows = list(round_.subjects.select_related("unit"))
    for each in rows:
        submit(each, make_user(Role.SUBJECT, each.unit), **{LEAF: LeafWords(D(1), "x"), "K22": LeafWords(D(1), "y")})
    client, first = client_for(office), rows[0].pk
    pages = {
        url("self_report_list", round_.pk): 14,
        url("self_report", round_.pk, first): 12,
        url("self_report_print", round_.pk, first): 7,
    }
    for address, number in pages.items():
        with django_assert_num_queries(number, info=address):
            assert client.get(address).status_code == 200
    sheet = round_.assignments.get(indicator=LEAF)
    with django_assert_num_queries(1):
        assert len(words_beside_marks([row.pk for row in rows], sheet.indicator)) == subjects


# ---------------------------------------------------------------- reminders


def remind(
    round_: Round, by: User, *subjects: Subject, text: str = "{姓名}：{状态}", confirmed: bool = False
) -> Reminder:
    choice = Choice([each.pk for each in subjects] or None)
    values = {"subject": "请交", "text": text, "confirmed": confirmed}
    return send_reminder(occasion=SELF_REPORTS, round=round_, choice=choice, by=by, **values)


def test_those_who_have_not_handed_in_are_reminded_and_nobody_else(round_, subject, writer, office):
    second, third = round_.subjects.select_related("unit").order_by("order")[1:]
    told = make_user(Role.SUBJECT, second.unit)
    submit(subject, writer)
    reminder = remind(round_, office)
    assert list(reminder.subjects.all()) == [second, third]
    note = Notification.objects.get()
    assert (note.account, note.text) == (told, f"{second.name}：未开始")
    assert note.url == url("self_report_edit", round_.pk, second.pk)
    assert [row.state for row in reminder.messages.all()] == ["sent", "unreached"]
    assert AuditEntry.objects.get(action="send reminder").actor == office
    with pytest.raises(RemindedRecently):
        remind(round_, office, second)
    assert remind(round_, office, second, confirmed=True).pk
    with pytest.raises(errors.InvalidInput) as caught:
        remind(round_, office, subject)
    assert caught.value.field == "chosen"
    with pytest.raises(errors.NotAllowed):
        remind(round_, writer)


def test_a_reminder_of_something_else_does_not_hold_back_and_stands_in_its_own_history(round_, office):
    sheet = round_.assignments.filter(indicator="K21").get()
    values = {"subject": "催办评分", "text": "x"}
    send_reminder(occasion=SHEETS, round=round_, choice=Choice([sheet.pk]), by=office, **values)
    remind(round_, office)
    client = client_for(office)
    assert "催办评分" in client.get(url("reminders", round_.pk)).content.decode()
    page = client.get(url("self_reminders", round_.pk)).content.decode()
    assert "催办评分" not in page
    assert "请交" in page


def test_some_are_ticked_in_the_list_seen_and_reminded(round_, subject, writer, office):
    submit(subject, writer)
    second, third = round_.subjects.order_by("order")[1:]
    client = client_for(office)
    ticks = client.get(url("self_report_list", round_.pk)).content.decode()
    assert [f'name="chosen" value="{each.pk}"' in ticks for each in (subject, second, third)] == [False, True, True]
    address = url("self_remind", round_.pk)
    page = client.get(address, {"chosen": [subject.pk, second.pk]})
    assert [each.name for each in page.context["addressees"]] == [second.name]
    assert len(client.get(address, {"which": "open"}).context["addressees"]) == 2
    assert client.get(address, {"which": "late"}).context["addressees"] == []
    data = {"chosen": f"{second.pk},{third.pk}", "subject": "请交", "text": "尽快提交{胡说}", "do": "preview"}
    page = client.post(address, data)
    assert page.context["form"].errors.keys() == {"text"}
    assert "尽快提交{胡说}" in page.content.decode()
    data["text"] = "{姓名}尽快提交"
    assert f"{third.name}尽快提交" in client.post(address, data).content.decode()
    assert client.post(address, data | {"do": "send"}).url == url("self_reminders", round_.pk)
    assert set(Reminder.objects.get().subjects.all()) == {second, third}


def test_who_is_past_the_date_is_reminded_with_a_word_to_the_office(round_, subject, office):
    settle(round_, office, self_report_due=today() - DAY)
    extend_reports(subject=subject, kind="self_report", until=today(), reason="补充", by=office)
    page = client_for(office).get(url("self_remind", round_.pk), {"which": "late"})
    late = page.context["addressees"]
    assert {each.name for each in late} == set(round_.subjects.exclude(pk=subject.pk).values_list("name", flat=True))
    assert all(each.hint for each in late)
    assert "如不延长时间则无法提交" in page.content.decode()
    [other] = client_for(office).get(url("self_remind", round_.pk), {"chosen": [subject.pk]}).context["addressees"]
    assert not other.hint


def test_where_none_is_asked_for_nobody_is_reminded(round_, office):
    settle(round_, office, asks_self_report=False)
    client = client_for(office)
    assert client.get(url("self_remind", round_.pk), {"which": "open"}).context["addressees"] == []
    assert 'name="chosen"' not in client.get(url("self_report_list", round_.pk)).content.decode()


def test_reminding_takes_as_many_queries_for_many_subjects(office):
    counts: dict[int, set[int]] = {}
    for number in (2, 20):
        round_ = district_round(number, name=f"{number}")
        for each in round_.subjects.select_related("unit"):
            make_user(Role.SUBJECT, each.unit)
        client = client_for(office)
        data = {"which": "open", "subject": "x", "text": "x"}
        pages = [("self_remind", data | {"do": "preview"}), ("self_remind", data | {"do": "send"})]
        for step, (name, posted) in enumerate([*pages, ("self_reminders", None)]):
            with CaptureQueriesContext(connection) as captured:
                address = url(name, round_.pk)
                answer = client.post(address, posted) if posted else client.get(address)
            assert answer.status_code == (302 if step == 1 else 200)
            counts.setdefault(step, set()).add(len(captured))
    assert [len(found) for found in counts.values()] == [1, 1, 1]


def test_withdrawing_a_subject_names_what_it_reported(subject, writer, office):
    submit(subject, writer)
    with pytest.raises(errors.InvalidInput) as caught:
        withdraw_subject(subject=subject, by=office, reason="x", confirmed=False)
    assert "自查总结" in str(caught.value)
    withdraw_subject(subject=subject, by=office, reason="x", confirmed=True)
    assert not SelfReportSubmission.objects.exists()


def test_only_what_the_plan_has_is_asked_for_and_offered(round_, writer, office):
    """No dates of figures and no daily record where the plan has neither."""
    own = client_for(writer)
    assert "日常考核记录" in own.get("/").content.decode()
    bare = duty_round("community-secretary")
    page = client_for(office).get(url("report_settings", bare.pk)).content.decode()
    assert not any(f'name="{name}"' in page for name in ("targets_due", "figures_due", "provisional"))
    saved = client_for(office).post(url("report_settings", bare.pk), {"seen": "0", "self_report_due": "2026-12-01"})
    assert saved.status_code == 302
    assert "日常考核记录" not in client_for(writer_of(subject_of(bare))).get("/").content.decode()


@pytest.mark.parametrize("odd", ["²", "9" * 20, "-1", "x"])
def test_a_number_that_is_none_is_no_error(round_, subject, writer, office, odd):
    submit(subject, writer)
    client = client_for(office)
    assert client.get(url("self_remind", round_.pk), {"chosen": odd}).status_code == 200
    assert client.get(url("self_report_print", round_.pk, subject.pk), {"version": odd}).status_code == 404
    refused = client.post(url("self_report", round_.pk, subject.pk), {"submission": odd, "do": "accept"})
    assert refused.status_code == 422
