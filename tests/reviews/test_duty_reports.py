"""Duty reports: the draft and its history, handing in, review, comments, reviewers, reminders; the seven plans."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from reviews.duty.layout import WHY, Question
from reviews.duty.questions import answer_for, forget
from reviews.models import (
    DutyComment,
    DutyReport,
    DutySubmission,
    DutyVersion,
    Meeting,
    Phase,
    ReportKind,
    ReportState,
    Round,
    Subject,
    SubjectFact,
)
from reviews.queries.duty_reports import (
    answers_in,
    approved_report,
    approved_reports,
    layout_for,
    parts_of,
    reviewers_of,
    role_for,
    same_subject_in,
)
from reviews.queries.report_dates import report_rules, window
from reviews.report_texts import approved_texts
from reviews.services import duty_history, duty_review, errors
from reviews.services.duty_reports import Typed, Unmet, fingerprint, restore, save_texts, take_in
from reviews.services.reminders import Choice, RemindedRecently, send_reminder
from reviews.services.report_dates import RuleData, extend_reports, settle_reports
from reviews.services.report_reminders import DUTY_REPORTS
from reviews.services.self_reports import NotOpen
from reviews.services.subjects import withdraw_subject
from reviews.words import today
from tests.factories import client_for, district_round, make_unit, make_user
from units import access
from units.models import AuditEntry, Notification, Role, RoleGrant, User

from .duty import PLANS, again, duty_round, good_texts, hand_in, save, subject_of, text, writer_of

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)
PART = "基层党建工作／总结成绩"
PROBLEMS = "基层党建工作／分析问题"


@pytest.fixture
def round_() -> Round:
    return duty_round()


@pytest.fixture
def subject(round_) -> Subject:
    return subject_of(round_)


@pytest.fixture
def writer(subject) -> User:
    return writer_of(subject)


@pytest.fixture
def office() -> User:
    return make_user(Role.OFFICE)


def url(name: str, *args: Any) -> str:
    return reverse(f"reviews:{name}", args=args)


def settle(round_: Round, by: User, **dates: Any) -> None:
    data = RuleData(None, None, None, None, False, **dates)
    settle_reports(round=round_, data=data, reason="会期", seen=report_rules(round_).version, by=by)


def texts_of(subject: Subject) -> dict[str, str]:
    return dict(DutyReport.objects.get(subject=subject).texts)


# ---------------------------------------------------------------- the draft


def test_texts_are_saved_one_by_one_and_nobody_else_is_told(subject, writer):
    first = save(subject, writer, **{PART: "一稿\r\n第二段  "})
    assert texts_of(subject) == {PART: "一稿\n第二段"}
    assert first.seen == {PART: fingerprint("一稿\n第二段")}
    save(subject, writer, **{PROBLEMS: "问题"})
    save(subject, writer, **{PART: ""})
    assert texts_of(subject) == {PROBLEMS: "问题"}
    assert not AuditEntry.objects.filter(label__contains=subject.name, action__contains="duty").exists()


def test_two_windows_disturb_each_other_only_in_one_section(subject, writer):
    save(subject, writer, **{PART: "甲窗口"})
    other = {PART: Typed("乙窗口", fingerprint("")), PROBLEMS: Typed("乙的问题", fingerprint(""))}
    saved = save_texts(subject=subject, typed=other, by=writer)
    assert texts_of(subject) == {PART: "甲窗口", PROBLEMS: "乙的问题"}
    theirs = saved.conflicts[PART]
    assert (theirs.value, theirs.by, theirs.seen) == ("甲窗口", writer, fingerprint("甲窗口"))
    again_ = save_texts(subject=subject, typed={PART: Typed("乙窗口", theirs.seen)}, by=writer)
    assert not again_.conflicts
    assert texts_of(subject)[PART] == "乙窗口"


def test_what_is_stored_already_is_no_conflict(subject, writer):
    """An answer got lost: the page sends the same once more, over a state that it has not seen."""
    save(subject, writer, **{PART: "同一文本"})
    saved = save_texts(subject=subject, typed={PART: Typed("同一文本", fingerprint(""))}, by=writer)
    assert not saved.conflicts


def test_a_text_that_is_too_long_or_of_no_section_is_refused_alone(subject, writer):
    saved = save(subject, writer, **{PART: "甲" * 30_001, "没有这一部分": "x", PROBLEMS: "好"})
    assert set(saved.refused) == {PART, "没有这一部分"}
    assert texts_of(subject) == {PROBLEMS: "好"}


def test_only_its_writer_writes_and_only_in_time(subject, writer, office, round_):
    for user in (office, make_user(Role.LEADER), make_user(Role.SUBJECT), writer_of(subject_of(round_, 1))):
        with pytest.raises(errors.NotAllowed):
            save(subject, user, **{PART: "x"})
    settle(round_, office, duty_report_due=today() - DAY)
    with pytest.raises(NotOpen):
        save(subject, writer, **{PART: "x"})
    extend_reports(subject=subject, kind=ReportKind.DUTY_REPORT, until=today(), reason="出差", by=office)
    save(subject, writer, **{PART: "x"})
    Round.objects.filter(pk=round_.pk).update(phase=Phase.REVIEWING)
    with pytest.raises(errors.RoundClosed):
        save(subject_of(round_), writer, **{PART: "y"})


def test_a_plan_without_duty_reports_asks_for_none():
    subject = district_round(1).subjects.select_related("round__plan_version", "unit").get()
    writer = make_user(Role.SUBJECT, subject.unit)
    with pytest.raises(NotOpen):
        save(subject, writer, x="y")
    assert client_for(writer).get(url("duty_edit", subject.round_id, subject.pk)).status_code == 404
    assert client_for(make_user(Role.OFFICE)).get(url("duty_list", subject.round_id)).status_code == 404


# ---------------------------------------------------------------- history


def versions(subject: Subject) -> list[tuple[str, str]]:
    rows = DutyVersion.objects.filter(report__subject=subject).order_by("number")
    return [(row.kind, row.texts.get(PART, "")) for row in rows]


def test_saves_in_quick_succession_are_one_version_until_something_is_taken_away(subject, writer):
    for words in ("甲", "甲乙", "甲乙" + "丙" * 100):
        save(subject, writer, **{PART: words})
    assert versions(subject) == [("auto", "甲乙" + "丙" * 100)]
    save(subject, writer, **{PART: "甲乙"})
    assert versions(subject) == [("auto", "甲乙" + "丙" * 100), ("auto", "甲乙")]
    DutyVersion.objects.update(began_at=datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC))
    save(subject, writer, **{PART: "甲乙丁"})
    assert len(versions(subject)) == 3


def test_a_version_is_taken_back_and_what_was_there_is_kept(subject, writer):
    save(subject, writer, **{PART: "旧" * 100})
    save(subject, writer, **{PART: "新"})
    report = DutyReport.objects.get(subject=subject)
    saved = restore(report=report, number=1, by=writer)
    assert texts_of(subject) == {PART: "旧" * 100}
    assert saved.seen == {PART: fingerprint("旧" * 100)}
    assert versions(subject)[-2:] == [("auto", "新"), ("restore", "旧" * 100)]
    with pytest.raises(errors.InvalidInput):
        restore(report=report, number=99, by=writer)
    with pytest.raises(errors.NotAllowed):
        restore(report=report, number=1, by=make_user(Role.OFFICE))


def test_old_versions_of_writing_are_thinned_out_and_others_stay(subject, writer, monkeypatch):
    monkeypatch.setattr(duty_history, "MOST_KEPT", 3)
    save_texts(subject=subject, typed={PART: Typed("手动", fingerprint(""))}, by=writer, kind="kept")
    for number in range(6):
        save(subject, writer, **{PART: "丁" * 70 * (1 + number % 2)})
    kinds = [kind for kind, _text in versions(subject)]
    assert kinds.count("auto") == 3
    assert kinds.count("kept") == 1


def test_texts_of_a_file_take_the_place_of_sections(subject, writer):
    save(subject, writer, **{PART: "手写", PROBLEMS: "问题"})
    take_in(subject=subject, texts={PART: "文件内容"}, by=writer)
    assert texts_of(subject) == {PART: "文件内容", PROBLEMS: "问题"}
    assert ("auto", "手写") in versions(subject)
    with pytest.raises(errors.InvalidInput):
        take_in(subject=subject, texts={PART: "甲" * 30_001}, by=writer)


# ---------------------------------------------------------------- handing in


@pytest.mark.parametrize("plan", PLANS)
def test_every_plan_is_written_reviewed_revised_and_approved(plan, office):
    subject = subject_of(duty_round(plan))
    writer = writer_of(subject)
    with pytest.raises(Unmet):
        hand_in(subject, writer, {})
    first = hand_in(subject, writer)
    assert (first.unmet, first.state, first.late) == ([], ReportState.SUBMITTED, False)
    duty_review.send_back(submission=first, anew=False, reason="补充事例", criteria=[], by=office)
    key = layout_for(subject.round, subject).sections[0].key
    second = hand_in(subject, writer, {key: f"{texts_of(subject)[key][:-1]}，有事例。"}, explanation="按意见补充")
    assert second.number == 2
    duty_review.approve(submission=second, by=office)
    approved = approved_report(subject)
    assert approved == second
    assert any("有事例" in section.text for part in parts_of(second) for section in part.sections)
    assert approved_reports(subject.round) == {subject.pk: second}


def test_what_must_be_written_stops_it_and_nothing_is_lost(subject, writer):
    given = good_texts(subject)
    del given[PROBLEMS]
    with pytest.raises(Unmet) as caught:
        hand_in(subject, writer, given)
    assert caught.value.field == "texts"
    assert [finding.demand.where for finding in caught.value.findings] == ["基层党建工作 · 分析问题"]
    assert texts_of(subject)[PART] == given[PART]
    assert not DutySubmission.objects.exists()


def test_a_limit_that_is_not_kept_needs_a_reason_that_the_reviewer_reads(subject, writer):
    given = good_texts(subject) | {PART: text(900)}
    with pytest.raises(Unmet) as caught:
        hand_in(subject, writer, given)
    assert caught.value.field == "explanation"
    made = hand_in(subject, writer, given, explanation="任务较多")
    assert made.explanation == "任务较多"
    assert {row["where"]: row["gap"] for row in made.unmet if row["kind"] == "most"} == {
        "全文": "500",
        "基层党建工作": "560",
    }


def test_handing_in_is_once_and_audited(subject, writer):
    made = hand_in(subject, writer)
    with pytest.raises(NotOpen):
        hand_in(subject, writer)
    with pytest.raises(NotOpen):
        save(subject, writer, **{PART: "x"})
    entry = AuditEntry.objects.get(action="hand in duty report")
    assert entry.changes["report"] == [None, "1"]
    assert entry.changes["words"] == [None, str(made.characters)]


def test_late_is_who_first_hands_in_after_the_date(subject, writer, round_, office):
    settle(round_, office, duty_report_due=today() - DAY)
    extend_reports(subject=subject, kind=ReportKind.DUTY_REPORT, until=today(), reason="出差", by=office)
    first = hand_in(subject, writer)
    assert first.late
    duty_review.send_back(submission=first, anew=False, reason="改", criteria=[], by=office)
    assert not hand_in(subject, writer, {PART: text(321)}).late


def test_what_was_handed_in_stays_though_the_plan_changes(subject, writer):
    made = hand_in(subject, writer)
    version = subject.round.plan_version
    version.document["duty_report"]["parts"] = [{"title": "别的"}]
    version.save(update_fields=["document"])
    made.refresh_from_db()
    assert [part.title for part in parts_of(made)] == ["基层党建工作", "党风廉政建设", "意识形态工作"]


def test_the_length_follows_a_fact(office):
    subject = subject_of(duty_round("bureau-annual"))
    layout = layout_for(subject.round, subject)
    assert role_for(layout, subject).title == "其他人员"
    SubjectFact.objects.create(subject=subject, code="head", value="true")
    assert role_for(layout, subject).title == "处室负责人"


# ---------------------------------------------------------------- dates


@pytest.mark.parametrize(
    ("plan", "meeting", "due"),
    [
        ("system-party-secretary", datetime.date(2026, 1, 20), datetime.date(2026, 1, 13)),
        ("community-secretary", datetime.date(2026, 1, 20), datetime.date(2026, 1, 10)),
        ("farm-two-duties", datetime.date(2026, 1, 20), None),
    ],
)
def test_the_date_is_counted_back_from_the_meeting(plan, meeting, due, office):
    round_ = duty_round(plan)
    settle(round_, office, meeting_date=meeting)
    rules = report_rules(round_)
    assert (rules.due[ReportKind.DUTY_REPORT], rules.meeting) == (due, meeting)
    settle(round_, office, meeting_date=meeting, duty_report_due=datetime.date(2026, 1, 1))
    assert report_rules(round_).due[ReportKind.DUTY_REPORT] == datetime.date(2026, 1, 1)


def test_working_days_leave_out_holidays(office):
    round_ = duty_round("system-party-secretary")
    version = round_.plan_version
    version.document["duty_report"]["count_working_days"] = True
    version.save(update_fields=["document"])
    settle(round_, office, meeting_date=datetime.date(2026, 1, 8))
    # 1 to 3 January 2026 are holidays, the 4th (a Sunday) is worked.
    assert report_rules(round_).due[ReportKind.DUTY_REPORT] == datetime.date(2025, 12, 29)


def test_a_date_on_a_day_of_rest_says_so(office):
    round_ = duty_round("community-secretary")
    settle(round_, office, meeting_date=datetime.date(2026, 1, 20))
    subject = subject_of(round_)
    page = client_for(writer_of(subject)).get(url("duty_edit", round_.pk, subject.pk)).content.decode()
    assert "2026-01-09" in page  # the 10th is a Saturday
    assert window(round_, report_rules(round_), ReportKind.DUTY_REPORT, subject.pk).due == datetime.date(2026, 1, 10)


# ---------------------------------------------------------------- review


def test_the_reviewer_named_for_a_category_decides_there_and_nowhere_else(round_, subject, writer, office):
    secretary = make_user(Role.ASSESSOR)
    made = hand_in(subject, writer)
    with pytest.raises(errors.NotAllowed):
        duty_review.approve(submission=made, by=secretary)
    duty_review.name_reviewer(round=round_, account=secretary, category=subject.category, group="", by=office)
    other = subject_of(round_, 1)
    assert other.category != subject.category
    theirs = hand_in(other, writer_of(other))
    assert Notification.objects.filter(account=secretary).count() == 0  # named after the first, not for the second
    with pytest.raises(errors.NotAllowed):
        duty_review.approve(submission=theirs, by=secretary)
    assert duty_review.approve(submission=made, by=secretary).decided_by == secretary
    assert Notification.objects.filter(account=writer, title__contains="通过").exists()


def test_nobody_reviews_the_own_report_not_even_the_office(round_, subject, office):
    writer = writer_of(subject)
    RoleGrant.objects.create(user=writer, role=Role.OFFICE)
    both = User.objects.get(pk=writer.pk)
    duty_review.name_reviewer(round=round_, account=both, category="", group="", by=office)
    made = hand_in(subject, both)
    for decide in (
        lambda: duty_review.approve(submission=made, by=both),
        lambda: duty_review.send_back(submission=made, anew=False, reason="x", criteria=[], by=both),
        lambda: duty_review.comment(submission=made, section=PART, quote="", text="x", by=both),
    ):
        with pytest.raises(errors.NotAllowed):
            decide()
    duty_review.approve(submission=made, by=office)
    with pytest.raises(errors.NotAllowed):
        duty_review.take_back_approval(submission=made, reason="x", by=both)


def test_sending_back_needs_a_reason_and_keeps_the_ticked_criteria(subject, writer, office):
    made = hand_in(subject, writer)
    criterion = duty_review.criteria_of(subject.round)[1]
    with pytest.raises(errors.InvalidInput) as caught:
        duty_review.send_back(submission=made, anew=False, reason=" ", criteria=["没有这一条"], by=office)
    assert caught.value.field == "reason"
    with pytest.raises(errors.InvalidInput):
        duty_review.send_back(submission=made, anew=True, reason="", criteria=[criterion], by=office)
    back = duty_review.send_back(submission=made, anew=False, reason="", criteria=[criterion, "假"], by=office)
    assert (back.state, back.criteria) == (ReportState.RETURNED, [criterion])
    with pytest.raises(errors.Conflict):
        duty_review.approve(submission=made, by=office)


def test_a_report_to_be_written_anew_is_open_again(subject, writer, office):
    made = hand_in(subject, writer)
    duty_review.send_back(submission=made, anew=True, reason="情况不真实", criteria=[], by=office)
    assert DutyReport.objects.get(subject=subject).state == ReportState.REWRITE
    save(subject, writer, **{PART: "重写"})
    entry = AuditEntry.objects.get(action="decide duty report")
    assert entry.changes["state"] == ["submitted", "rewrite"]


def test_past_its_date_only_the_office_sends_back_and_says_until_when(round_, subject, writer, office):
    secretary = make_user(Role.ASSESSOR)
    duty_review.name_reviewer(round=round_, account=secretary, category="", group="", by=office)
    made = hand_in(subject, writer)
    settle(round_, office, duty_report_due=today() - DAY)
    for user, field in ((secretary, ""), (office, "until")):
        with pytest.raises(errors.InvalidInput) as caught:
            duty_review.send_back(submission=made, anew=False, reason="改", criteria=[], by=user)
        assert caught.value.field == field
    with pytest.raises(errors.NotAllowed):
        duty_review.send_back(submission=made, anew=False, reason="改", criteria=[], until=today(), by=secretary)
    duty_review.send_back(submission=made, anew=False, reason="改", criteria=[], until=today() + DAY, by=office)
    save(subject, writer, **{PART: "修改"})


def test_an_approval_is_taken_back_with_a_reason(subject, writer, office):
    made = duty_review.approve(submission=hand_in(subject, writer), by=office)
    assert approved_report(subject) == made
    with pytest.raises(errors.InvalidInput):
        duty_review.take_back_approval(submission=made, reason="", by=office)
    duty_review.take_back_approval(submission=made, reason="发现问题", by=office)
    assert approved_report(subject) is None


def test_once_the_input_is_closed_nothing_is_decided(subject, writer, office):
    made = hand_in(subject, writer)
    Round.objects.filter(pk=subject.round_id).update(phase=Phase.REVIEWING)
    with pytest.raises(errors.RoundClosed):
        duty_review.approve(submission=made, by=office)
    with pytest.raises(errors.RoundClosed):
        duty_review.comment(submission=made, section=PART, quote="", text="x", by=office)


# ---------------------------------------------------------------- comments


def test_a_comment_stays_at_its_passage_and_the_writer_answers(subject, writer, office):
    first = hand_in(subject, writer, good_texts(subject) | {PROBLEMS: f"问题是学习不够。{text(320)}"})
    made = duty_review.comment(submission=first, section=PROBLEMS, quote="学习不够", text="要具体", by=office)
    page = url("duty_report", subject.round_id, subject.pk)
    assert "要具体" not in client_for(writer).get(page).content.decode()  # not decided yet
    duty_review.send_back(submission=first, anew=False, reason="改", criteria=[], by=office)
    edit = client_for(writer).get(url("duty_edit", subject.round_id, subject.pk)).content.decode()
    assert "要具体" in edit
    assert f"text:!{made.pk}" in edit
    changed = f"先说成绩。问题是理论学习不够深。{text(310)}"
    second = hand_in(subject, writer, {PROBLEMS: changed, f"!{made.pk}": "已经写具体"}, explanation="按意见")
    shown = client_for(office).get(page).content.decode()
    assert "已经写具体" in shown
    assert "该段已" not in shown
    assert second.texts[f"!{made.pk}"] == "已经写具体"
    duty_review.settle_comment(comment=made, settled=True, by=office)
    assert DutyComment.objects.get().settled_by == office


def test_a_comment_that_is_wrong_is_refused(subject, writer, office):
    made = hand_in(subject, writer)
    for data, field in (
        ({"section": PART, "quote": "没有这句", "text": "x"}, "quote"),
        ({"section": "没有", "quote": "", "text": "x"}, "section"),
        ({"section": PART, "quote": "", "text": "  "}, "text"),
        ({"section": PART, "quote": "", "text": "x" * 2001}, "text"),
    ):
        with pytest.raises(errors.InvalidInput) as caught:
            duty_review.comment(submission=made, by=office, **data)
        assert caught.value.field == field
    assert not DutyComment.objects.exists()


def test_a_comment_is_taken_away_by_its_author_until_the_writer_has_it(subject, writer, office):
    made = hand_in(subject, writer)
    one = duty_review.comment(submission=made, section=PART, quote="", text="一", by=office)
    with pytest.raises(errors.NotAllowed):
        duty_review.withdraw_comment(comment=one, by=make_user(Role.OFFICE))
    duty_review.withdraw_comment(comment=one, by=office)
    two = duty_review.comment(submission=made, section=PART, quote="", text="二", by=office)
    back = duty_review.send_back(submission=made, anew=False, reason="改", criteria=[], by=office)
    two.submission = back
    with pytest.raises(errors.InvalidInput):
        duty_review.withdraw_comment(comment=two, by=office)


# ---------------------------------------------------------------- last year's problems


@pytest.fixture
def problems() -> Iterator[list[Question]]:
    asked = [Question("a1", "理论学习不够深入", "上年点评"), Question("a2", "台账不全", "民主测评")]

    def provider(_subject: Subject) -> list[Question]:
        return asked

    answer_for(provider)
    yield asked
    forget(provider)


@pytest.mark.parametrize("plan", ["community-secretary", "farm-two-duties"])
def test_last_years_problems_are_pulled_in_and_answered(plan, problems):
    subject = subject_of(duty_round(plan))
    writer = writer_of(subject)
    page = client_for(writer).get(url("duty_edit", subject.round_id, subject.pk)).content.decode()
    assert "理论学习不够深入" in page
    given = good_texts(subject)
    made = hand_in(subject, writer, {**given, "?a2": ""}, explanation="还在整改")
    assert [row["kind"] for row in made.unmet] == ["answered"]
    assert answers_in(made) == {"a1": given["?a1"]}
    problems.clear()  # the ledger forgets; what was handed in does not
    [part] = [part for part in parts_of(made) if part.answers]
    assert [each.question.text for each in part.answers] == ["理论学习不够深入", "台账不全"]


def test_the_same_person_is_found_in_another_year(round_, subject):
    assert same_subject_in(subject, again(round_, "2026")).person_id == subject.person_id
    assert same_subject_in(subject, duty_round(name="2031")) is None


# ---------------------------------------------------------------- reviewers and reminders


def test_reviewers_are_named_and_dismissed(round_, office):
    secretary = make_user(Role.LEADER)
    row = duty_review.name_reviewer(round=round_, account=secretary, category="", group="", by=office)
    with pytest.raises(errors.InvalidInput):
        duty_review.name_reviewer(round=round_, account=secretary, category="", group="", by=office)
    with pytest.raises(errors.InvalidInput) as caught:
        duty_review.name_reviewer(round=round_, account=make_user(), category="", group="", by=office)
    assert caught.value.field == "account"
    with pytest.raises(errors.InvalidInput) as caught:
        duty_review.name_reviewer(round=round_, account=secretary, category="无此类", group="", by=office)
    assert caught.value.field == "category"
    with pytest.raises(errors.NotAllowed):
        duty_review.dismiss_reviewer(reviewer=row, by=secretary)
    duty_review.dismiss_reviewer(reviewer=row, by=office)
    assert reviewers_of(round_) == []


def test_those_who_have_not_handed_in_are_reminded(
    round_, subject, office, settings, django_capture_on_commit_callbacks
):
    settings.EMAIL_HOST = "mail.example.org"
    writer_of(subject)
    late = subject_of(round_, 1)
    reached = writer_of(late, email="zhang@example.org")
    hand_in(subject, User.objects.get(role_grants__person=subject.person))

    def remind(*subjects, words="x", confirmed=False):
        return send_reminder(
            occasion=DUTY_REPORTS,
            round=round_,
            choice=Choice([each.pk for each in subjects]),
            subject="请交",
            text=words,
            by=office,
            confirmed=confirmed,
        )

    with django_capture_on_commit_callbacks(execute=True):
        reminder = remind(subject, late, words="{姓名}：{状态}，{截止日期}")
    assert list(reminder.subjects.all()) == [late]
    assert Notification.objects.get(account=reached).text.startswith(f"{late.name}：未开始")
    assert [message.to for message in mail.outbox] == [["zhang@example.org"]]
    with pytest.raises(RemindedRecently):
        remind(subject, late)
    remind(subject, late, confirmed=True)
    with pytest.raises(errors.InvalidInput) as caught:
        remind(subject)
    assert caught.value.field == "chosen"
    with pytest.raises(errors.InvalidInput):
        remind(late, words="{胡说}", confirmed=True)


def test_the_reminder_page_shows_each_message_and_sends(round_, office):
    client = client_for(office)
    page = client.get(url("duty_remind", round_.pk) + "?which=open").content.decode()
    assert page.count("<article") == 2
    ids = list(round_.subjects.values_list("pk", flat=True))
    data = {"chosen": ids, "subject": "请交", "text": "x", "do": "send"}
    assert client.post(url("duty_remind", round_.pk), data).status_code == 302
    assert 'name="confirmed"' in client.post(url("duty_remind", round_.pk), data).content.decode()
    assert "张1" in client.get(url("duty_reminders", round_.pk)).content.decode()


# ---------------------------------------------------------------- pages


def posted(subject: Subject, texts: dict[str, str], **more: str) -> dict[str, str]:
    held = DutyReport.objects.filter(subject=subject).first()
    stored = held.texts if held else {}
    data = {f"text:{key}": value for key, value in texts.items()}
    data |= {f"seen:{key}": fingerprint(stored.get(key, "")) for key in texts}
    return data | more


def test_the_page_writes_hands_in_and_shows_what_is_missing(subject, writer):
    client, address = client_for(writer), url("duty_edit", subject.round_id, subject.pk)
    response = client.post(address, posted(subject, {PART: "只写了这些"}, do="submit"))
    page = response.content.decode()
    assert response.status_code == 422
    assert "基层党建工作 · 分析问题：必须撰写，尚未填写" in page
    assert "只写了这些" in page
    assert texts_of(subject) == {PART: "只写了这些"}
    long = good_texts(subject) | {PART: text(900)}
    response = client.post(address, posted(subject, long, do="submit"))
    assert "超出 560 字" in response.content.decode()
    assert client.post(address, posted(subject, {WHY: "任务较多"}, do="submit")).status_code == 302
    assert DutySubmission.objects.get().explanation == "任务较多"
    assert client.get(address).status_code == 302  # handed in: there is nothing to write


def test_a_conflict_shows_both_texts(subject, writer):
    client, address = client_for(writer), url("duty_edit", subject.round_id, subject.pk)
    data = posted(subject, {PART: "乙窗口"}, do="save")
    save(subject, writer, **{PART: "甲窗口"})
    response = client.post(address, data)
    page = response.content.decode()
    assert response.status_code == 409
    assert "甲窗口" in page
    assert "乙窗口</textarea>" in page
    assert texts_of(subject)[PART] == "甲窗口"


def test_the_script_is_told_what_was_saved(subject, writer):
    client, address = client_for(writer), url("duty_save", subject.round_id, subject.pk)
    answer = client.post(address, posted(subject, {PART: "甲"})).json()
    assert answer["seen"] == {PART: fingerprint("甲")}
    answer = client.post(address, {f"text:{PART}": "乙", f"seen:{PART}": "0"}).json()
    assert answer["conflicts"][PART]["text"] == "甲"
    hand_in(subject, writer)
    assert client.post(address, posted(subject, {PART: "丙"})).status_code == 422


def test_no_script_of_anybody_runs(subject, writer, office):
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>" + text(320)
    made = hand_in(subject, writer, good_texts(subject) | {PART: evil}, explanation="<b>x</b>")
    duty_review.comment(submission=made, section=PART, quote="<script>", text="<i>y</i>", by=office)
    for name in ("duty_report", "duty_print", "duty_compare"):
        page = client_for(office).get(url(name, subject.round_id, subject.pk)).content.decode()
        assert "<script>alert" not in page
        assert "<img src=x" not in page
    duty_review.send_back(submission=made, anew=False, reason="<b>改</b>", criteria=[], by=office)
    page = client_for(writer).get(url("duty_edit", subject.round_id, subject.pk)).content.decode()
    assert "<script>alert" not in page
    assert "<b>改</b>" not in page
    assert "<i>y</i>" not in page


def test_a_decision_on_the_page(subject, writer, office):
    made = hand_in(subject, writer)
    client, address = client_for(office), url("duty_report", subject.round_id, subject.pk)
    data = {"submission": made.pk, "do": "return", "reason": ""}
    assert client.post(address, data).status_code == 422
    criterion = duty_review.criteria_of(subject.round)[0]
    assert client.post(address, data | {"criteria": criterion}).status_code == 302
    page = client_for(writer).get(address).content.decode()
    assert criterion in page
    late = client.post(address, data | {"do": "approve"})
    assert late.status_code == 422
    assert "退回" in late.content.decode()


def test_a_comment_on_the_page(subject, writer, office):
    made = hand_in(subject, writer)
    client, address = client_for(office), url("duty_comment", subject.round_id, subject.pk)
    data = {"submission": made.pk, "section": PART, "quote": "没有这句话", "text": "具体些", "do": "add"}
    wrong = client.post(address, data)
    assert wrong.status_code == 422
    assert "具体些" in wrong.content.decode()
    assert client.post(address, data | {"quote": made.texts[PART][3:9]}).status_code == 302
    row = DutyComment.objects.get()
    assert client.post(address, {"do": "settle", "comment": row.pk}).status_code == 302
    row.refresh_from_db()
    assert row.settled_at is not None


def test_versions_are_compared_and_restored_on_the_page(subject, writer):
    save(subject, writer, **{PART: "旧" * 100})
    save(subject, writer, **{PART: "新"})
    client = client_for(writer)
    page = client.get(url("duty_history", subject.round_id, subject.pk) + "?version=1").content.decode()
    assert '<del class="kp-before">' in page
    assert client.get(url("duty_history", subject.round_id, subject.pk) + "?version=77").status_code == 404
    client.post(url("duty_restore", subject.round_id, subject.pk), {"version": "1"})
    assert texts_of(subject) == {PART: "旧" * 100}


def test_differences_between_two_hand_ins(subject, writer, office):
    first = hand_in(subject, writer, good_texts(subject) | {PART: f"完成三项。{text(300)}"})
    duty_review.send_back(submission=first, anew=False, reason="补充事例", criteria=[], by=office)
    hand_in(subject, writer, {PART: f"完成四项。{text(300)}"})
    page = client_for(office).get(url("duty_compare", subject.round_id, subject.pk)).content.decode()
    assert '<del class="kp-before">三</del><ins class="kp-after">四</ins>' in page
    assert "补充事例" in page


def test_texts_of_sections_that_the_plan_no_longer_has_are_shown(subject, writer):
    save(subject, writer, **{PART: "旧方案写的"})
    version = subject.round.plan_version
    version.document["duty_report"]["parts"] = [{"title": "别的"}]
    version.save(update_fields=["document"])
    page = client_for(writer).get(url("duty_edit", subject.round_id, subject.pk)).content.decode()
    assert "方案已不要求的内容" in page
    assert "旧方案写的" in page


def test_lists_show_states_and_filter(round_, subject, writer, office):
    hand_in(subject, writer, good_texts(subject) | {PART: text(900)}, explanation="x")
    client, address = client_for(office), url("duty_list", round_.pk)
    page = client.get(address).content.decode()
    assert "3 项不符" in page  # the whole, the part, the share of achievements
    rows = {state: client.get(f"{address}?state={state}").content.decode() for state in ("open", "submitted", "unmet")}
    one, other = (url("duty_report", round_.pk, each.pk) for each in (subject, subject_of(round_, 1)))
    assert one not in rows["open"]
    assert other in rows["open"]
    assert one in rows["submitted"]
    assert other not in rows["unmet"]
    assert one in rows["unmet"]


def test_a_reviewer_sees_only_the_reports_named(round_, subject, writer, office):
    secretary = make_user(Role.ASSESSOR)
    client = client_for(secretary)
    assert client.get(url("duty_list", round_.pk)).status_code == 403
    duty_review.name_reviewer(round=round_, account=secretary, category=subject.category, group="", by=office)
    other = subject_of(round_, 1)
    hand_in(subject, writer)
    hand_in(other, writer_of(other))
    page = client.get(url("duty_list", round_.pk)).content.decode()
    assert url("duty_report", round_.pk, subject.pk) in page
    assert url("duty_report", round_.pk, other.pk) not in page
    assert client.get(url("duty_report", round_.pk, other.pk)).status_code == 404
    home = client.get(reverse("reports:home")).content.decode()
    assert "1 份述职报告待审核" in home
    assert url("duty_list", round_.pk) in home


def test_other_subjects_and_others_see_nothing_of_a_draft_or_hand_in(round_, subject, writer):
    save(subject, writer, **{PART: "草稿里的话"})
    for user in (make_user(Role.OFFICE), make_user(Role.AUDITOR), make_user(Role.LEADER)):
        page = client_for(user).get(url("duty_report", round_.pk, subject.pk))
        assert "草稿里的话" not in page.content.decode()
        assert client_for(user).get(url("duty_edit", round_.pk, subject.pk)).status_code == 404
        assert client_for(user).get(url("duty_draft_word", round_.pk, subject.pk)).status_code == 404
    hand_in(subject, writer)
    unit = make_unit()
    for user in (writer_of(subject_of(round_, 1)), make_user(Role.ASSESSOR, unit), make_user(Role.ADMIN)):
        for name in ("duty_report", "duty_print", "duty_word", "duty_compare", "duty_history", "duty_edit"):
            assert client_for(user).get(url(name, round_.pk, subject.pk)).status_code == 404, name
    assert not access.may_read_duty_report(make_user(), subject, [])


def test_my_work_shows_the_report_and_the_office_what_waits(round_, subject, writer, office):
    home = reverse("reports:home")
    assert url("duty_edit", round_.pk, subject.pk) in client_for(writer).get(home).content.decode()
    hand_in(subject, writer)
    assert "1 份述职报告待审核" in client_for(office).get(home).content.decode()
    own = client_for(writer).get(url("own_reports", round_.pk)).content.decode()
    assert url("duty_report", round_.pk, subject.pk) in own


def test_dates_are_asked_for_only_where_the_plan_has_duty_reports(round_, office):
    client = client_for(office)
    page = client.get(url("report_settings", round_.pk)).content.decode()
    assert 'name="meeting_date"' in page
    assert 'name="meeting_date"' not in client.get(url("report_settings", district_round(1).pk)).content.decode()
    data = {"seen": "0", "meeting_date": "2026-01-20", "asks_self_report": ""}
    assert client.post(url("report_settings", round_.pk), data).status_code == 302
    assert report_rules(round_).meeting == datetime.date(2026, 1, 20)


def test_withdrawing_a_subject_names_its_duty_report(subject, writer, office):
    hand_in(subject, writer)
    with pytest.raises(errors.InvalidInput) as caught:
        withdraw_subject(subject=subject, by=office, reason="x", confirmed=False)
    assert "述职报告" in str(caught.value)
    withdraw_subject(subject=subject, by=office, reason="x", confirmed=True)
    assert not DutySubmission.objects.exists()


def test_queries_do_not_grow(office):
    counts: dict[str, set[int]] = {}
    for people in (2, 6):
        round_ = duty_round(people=people, name=f"20{20 + people}")
        for place in range(people):
            subject = subject_of(round_, place)
            made = hand_in(subject, writer_of(subject))
            for number in range(people):
                duty_review.comment(submission=made, section=PART, quote="", text=str(number), by=office)
            duty_review.send_back(submission=made, anew=False, reason="改", criteria=[], by=office)
        first = subject_of(round_)
        writer = User.objects.get(role_grants__person=first.person)
        pages = [(office, "duty_list", ()), (office, "duty_remind", ()), (office, "duty_reviewers", ())]
        pages += [(office, name, (first.pk,)) for name in ("duty_report", "duty_print", "duty_compare", "duty_word")]
        pages += [(writer, name, (first.pk,)) for name in ("duty_edit", "duty_history")]
        for user, name, args in pages:
            client = client_for(user)
            with CaptureQueriesContext(connection) as captured:
                query = "?which=open" if name == "duty_remind" else ""
                assert client.get(url(name, round_.pk, *args) + query).status_code == 200
            counts.setdefault(name, set()).add(len(captured))
    assert {name: len(found) for name, found in counts.items()} == dict.fromkeys(counts, 1)


def test_a_planned_meeting_counts_instead_of_the_day_that_was_expected(office):
    round_ = duty_round("system-party-secretary")
    settle(round_, office, meeting_date=datetime.date(2026, 1, 20))
    called_off = Meeting.objects.create(round=round_, number=1, title="x", date="2026-01-05", state="cancelled")
    assert report_rules(round_).meeting == datetime.date(2026, 1, 20)
    Meeting.objects.create(round=round_, number=2, title="x", date="2026-01-15")
    assert report_rules(round_).due[ReportKind.DUTY_REPORT] == datetime.date(2026, 1, 8)
    assert called_off.state == "cancelled"


def test_the_approved_report_is_what_meeting_and_publication_show(subject, writer, office):
    assert approved_texts(subject.round, [subject.pk]) == {}
    duty_review.approve(submission=hand_in(subject, writer), by=office)
    shown = approved_texts(subject.round, [subject.pk])[subject.pk]
    assert shown.page == "reviews:duty_report"
    assert shown.sections[0] == ("基层党建工作 · 总结成绩", texts_of(subject)[PART])
    assert len(shown.sections) == 9


def test_a_reviewer_goes_from_one_waiting_report_to_the_next(office):
    round_ = duty_round(people=4)
    first, second, _third, fourth = (subject_of(round_, place) for place in range(4))
    for subject in (first, second, fourth):
        hand_in(subject, writer_of(subject))
    client = client_for(office)

    def leads_to(subject) -> str:
        page = client.get(url("duty_report", round_.pk, subject.pk)).content.decode()
        found = re.search(r'href="([^"]+)">下一份待审核：', page)
        return found[1] if found else ""

    assert leads_to(first) == url("duty_report", round_.pk, second.pk)
    assert leads_to(second) == url("duty_report", round_.pk, fourth.pk), "the third is not handed in"
    assert leads_to(fourth) == url("duty_report", round_.pk, first.pk)
    secretary = make_user(Role.ASSESSOR)
    duty_review.name_reviewer(round=round_, account=secretary, category=second.category, group="", by=office)
    client = client_for(secretary)
    assert leads_to(second) == url("duty_report", round_.pk, fourth.pk)
    assert (
        "下一份"
        not in client_for(make_user(Role.AUDITOR)).get(url("duty_report", round_.pk, first.pk)).content.decode()
    )


def test_comments_at_passages_are_reason_enough_for_sending_back_but_not_for_writing_anew(subject, writer, office):
    submission = hand_in(subject, writer)
    section = next(iter(submission.texts))
    duty_review.comment(submission=submission, section=section, quote="", near=None, text="写具体。", by=office)
    with pytest.raises(errors.InvalidInput):
        duty_review.send_back(submission=submission, anew=True, reason="", criteria=[], by=office)
    back = duty_review.send_back(submission=submission, anew=False, reason="", criteria=[], by=office)
    assert back.state == "returned"
    assert back.reason == "见报告中的评语。"
