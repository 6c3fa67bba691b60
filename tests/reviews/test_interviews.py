"""Interviews: arranged once per cause, recorded, confirmed, corrected; read by a few only, and not in the log."""

from __future__ import annotations

import datetime
import io
from dataclasses import replace
from typing import Any

import docx
import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from reviews.models import Evidence, Interview, InterviewState, Phase, Round, Subject
from reviews.queries.evidence import files_of_round, find_place, may_read_file
from reviews.queries.interviews import interviews_for, open_numbers, to_confirm, to_hold
from reviews.services import errors
from reviews.services.evidence import add_evidence, withdraw_evidence
from reviews.services.interviews import (
    AlreadyArranged,
    Cause,
    NotNow,
    RecordData,
    arrange_interview,
    cancel_interview,
    change_arrangement,
    confirm_interview,
    confirm_on_paper,
    correct_record,
    record_interview,
    save_draft,
)
from reviews.services.subjects import withdraw_subject
from reviews.words import today
from tests.factories import client_for, district_round, make_user
from units.models import AuditEntry, Notification, Person, Role, User

from .duty import duty_round, subject_of, writer_of

pytestmark = pytest.mark.django_db
SECRET = "谈话中说的机密内容"
DATA = RecordData(
    held_on=datetime.date(2026, 1, 5),
    place="二楼会议室",
    interviewers="李书记、王主任",
    recorder="赵干事",
    said=f"指出支部工作落实不力。{SECRET}",
    answer="诚恳接受批评。",
    demands="一个月内整改到位。",
    demands_until=datetime.date(2026, 2, 5),
    statement="保证按期整改。",
)
TEXT = "谈话人、被谈话人、记录人签字".encode()


@pytest.fixture
def round_() -> Round:
    return duty_round()


@pytest.fixture
def subject(round_) -> Subject:
    return subject_of(round_)


@pytest.fixture
def office() -> User:
    return make_user(Role.OFFICE)


@pytest.fixture
def holder() -> User:
    return make_user(Role.LEADER)


@pytest.fixture
def interviewed(subject) -> User:
    return writer_of(subject)


@pytest.fixture
def interview(subject, office, holder) -> Interview:
    return arranged(subject, office, accounts=[holder])


def arranged(subject: Subject, by: User, **values: Any) -> Interview:
    words: dict[str, Any] = {"reason": "评议等次为一般", "due_on": today() + datetime.timedelta(days=7)} | values
    return arrange_interview(round=subject.round, subject=subject, by=by, **words)


def held(interview: Interview, by: User, **values: Any) -> Interview:
    return record_interview(interview=interview, data=replace(DATA, **values), seen=interview.version, by=by)


def url(name: str, interview: Interview) -> str:
    return reverse(f"reviews:{name}", args=[interview.round_id, interview.pk])


# ---------------------------------------------------------------- arranging


def test_one_cause_leads_to_one_interview(subject, office):
    cause = Cause("ledger", "ledger.7")
    made = arranged(subject, office, source=cause)
    with pytest.raises(AlreadyArranged, match=subject.name):
        arranged(subject, office, source=cause)
    cancel_interview(interview=made, reason="对象调离", seen=made.version, by=office)
    assert arranged(subject, office, source=cause).pk != made.pk
    assert arranged(subject, office).pk
    assert arranged(subject, office).pk
    assert Interview.objects.count() == 4


@pytest.mark.parametrize("role", [Role.LEADER, Role.AUDITOR, Role.ASSESSOR, Role.SUBJECT, Role.ADMIN])
def test_only_the_office_arranges(subject, role):
    with pytest.raises(errors.NotAllowed):
        arranged(subject, make_user(role))


def test_what_is_arranged_needs_kind_and_reason_and_takes_no_sealed_round(subject, office, interviewed):
    for field in ("kind", "reason"):
        with pytest.raises(errors.InvalidInput) as refused:
            arranged(subject, office, **{field: "  "})
        assert refused.value.field == field
    with pytest.raises(errors.InvalidInput) as refused:
        arranged(subject, office, accounts=[interviewed])
    assert refused.value.field == "accounts"
    Round.objects.update(phase=Phase.ANNOUNCED)
    arranged(subject, office)
    Round.objects.update(phase=Phase.SEALED)
    with pytest.raises(errors.RoundClosed):
        arranged(subject, office)
    assert Interview.objects.count() == 1


def test_those_who_hold_it_are_told_and_so_are_new_ones_later(interview, office, holder):
    assert Notification.objects.get().account == holder
    other = make_user(Role.LEADER)
    words: dict[str, Any] = {"kind": "诫勉谈话", "reason": "x", "due_on": None, "accounts": [holder, other]}
    change_arrangement(interview=interview, seen=interview.version, by=office, **words)
    assert [each.account for each in Notification.objects.order_by("pk")] == [holder, other]
    with pytest.raises(errors.Conflict):
        change_arrangement(interview=interview, seen=1, by=office, **words)


# ---------------------------------------------------------------- the record


def test_a_draft_is_saved_over_what_was_seen_and_is_not_audited(interview, holder, office):
    AuditEntry.objects.all().delete()
    seen = interview.version
    save_draft(interview=interview, data=RecordData(said="草稿"), seen=seen, by=holder)
    again = Interview.objects.get()
    assert (again.said, again.state) == ("草稿", InterviewState.DUE)
    with pytest.raises(errors.Conflict):
        save_draft(interview=again, data=RecordData(said="别人的"), seen=seen, by=office)
    assert Interview.objects.get().said == "草稿"
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("held_on", None),
        ("held_on", datetime.date(2999, 1, 1)),
        ("interviewers", " "),
        ("said", ""),
        ("place", "地" * 121),
    ],
)
def test_a_record_says_what_it_lacks(interview, holder, field, value):
    with pytest.raises(errors.InvalidInput) as refused:
        held(interview, holder, **{field: value})
    assert refused.value.field == field
    assert Interview.objects.get().state == InterviewState.DUE


def test_held_confirmed_corrected_and_confirmed_anew(interview, holder, office, interviewed):
    held(interview, holder)
    assert Notification.objects.get(account=interviewed).url == url("interview", interview)
    confirm_interview(interview=interview, remark="第二条有出入", seen=interview.version, by=interviewed)
    assert (interview.state, interview.remark, interview.confirmed_by) == ("confirmed", "第二条有出入", interviewed)
    with pytest.raises(errors.InvalidInput):
        correct_record(interview=interview, data=DATA, reason=" ", seen=interview.version, by=office)
    data = replace(DATA, demands="两个月内整改到位。")
    correct_record(interview=interview, data=data, reason="按备注更正", seen=interview.version, by=office)
    interview = Interview.objects.get()
    assert (interview.state, interview.remark, interview.demands) == ("held", "", "两个月内整改到位。")
    before = interview.versions.get()
    assert (before.texts["demands"], before.texts["remark"], before.reason) == (
        DATA.demands,
        "第二条有出入",
        "按备注更正",
    )
    confirm_interview(interview=interview, remark="", seen=interview.version, by=interviewed)
    assert Interview.objects.get().state == InterviewState.CONFIRMED


def test_nobody_but_the_interviewed_confirms_and_nobody_twice(interview, holder, office, interviewed):
    with pytest.raises(errors.NotAllowed):
        confirm_interview(interview=interview, remark="", seen=interview.version, by=interviewed)
    held(interview, holder)
    for other in (holder, office, make_user(Role.SUBJECT)):
        with pytest.raises(errors.NotAllowed):
            confirm_interview(interview=interview, remark="", seen=interview.version, by=other)
    confirm_interview(interview=interview, remark="", seen=interview.version, by=interviewed)
    with pytest.raises(NotNow):
        confirm_interview(interview=interview, remark="再来", seen=interview.version, by=interviewed)
    with pytest.raises(NotNow):
        cancel_interview(interview=interview, reason="x", seen=interview.version, by=office)


def test_a_signed_sheet_stands_for_the_confirmation(interview, office, holder):
    Round.objects.update(phase=Phase.ANNOUNCED)
    held(interview, holder)
    with pytest.raises(errors.InvalidInput) as refused:
        confirm_on_paper(interview=interview, seen=interview.version, by=office)
    assert refused.value.field == "files"
    sheet(interview, holder)
    confirm_on_paper(interview=interview, seen=interview.version, by=office)
    assert (interview.state, interview.on_paper) == (InterviewState.CONFIRMED, True)


def sheet(interview: Interview, by: User) -> Evidence:
    place = find_place(
        Round.objects.select_related("plan_version").get(pk=interview.round_id), f"interview.{interview.pk}"
    )
    assert place is not None
    return add_evidence(place=place, file=ContentFile(TEXT, name="签字.txt"), by=by)


# ---------------------------------------------------------------- who reads it


def test_nothing_of_what_was_said_or_why_is_in_the_log_or_in_messages(interview, holder, office, interviewed):
    held(interview, holder)
    confirm_interview(interview=interview, remark=f"备注{SECRET}", seen=interview.version, by=interviewed)
    data = replace(DATA, said=f"改了{SECRET}")
    correct_record(interview=interview, data=data, reason=f"理由{SECRET}", seen=interview.version, by=office)
    written = str([*AuditEntry.objects.values(), *Notification.objects.values()])
    assert "record interview" in written
    assert "correct interview" in written
    for words in (SECRET, interview.reason, DATA.demands, DATA.statement, "备注", "理由"):
        assert words not in written


@pytest.mark.parametrize("phase", [Phase.COLLECTING, Phase.ANNOUNCED])
@pytest.mark.parametrize("name", ["interview", "interview_print", "interview_word"])
def test_the_record_is_for_office_holders_and_afterwards_the_interviewed(
    interview, holder, office, interviewed, phase, name
):
    Round.objects.update(phase=phase)
    strangers = [make_user(role) for role in (Role.LEADER, Role.AUDITOR, Role.ADMIN, Role.ASSESSOR, Role.SUBJECT)]
    strangers.append(make_user(Role.SUBJECT, interview.person.unit))  # the unit in which the person works
    address = url(name, interview)
    assert client_for(interviewed).get(address).status_code == 404
    held(interview, holder)
    for user in strangers:
        assert client_for(user).get(address).status_code == 404
    for user in (office, holder, interviewed):
        assert client_for(user).get(address).status_code == 200


def test_a_unit_reads_the_interview_with_it_but_not_that_with_its_head(office):
    round_ = district_round(2)
    subject, other = round_.subjects.select_related("unit", "round").order_by("order")
    own, foreign = make_user(Role.SUBJECT, subject.unit), make_user(Role.SUBJECT, other.unit)
    head = Person.objects.create(code="P77", name="张七", unit=subject.unit)
    as_unit = held(arranged(subject, office), office)
    with_head = held(arranged(subject, office, person=head), office)
    assert client_for(own).get(url("interview", as_unit)).status_code == 200
    assert client_for(own).get(url("interview", with_head)).status_code == 404
    assert client_for(foreign).get(url("interview", as_unit)).status_code == 404
    assert client_for(make_user(Role.SUBJECT, person=head)).get(url("interview", with_head)).status_code == 200
    assert list(interviews_for(own, round_)) == [as_unit]


def test_who_is_interviewed_himself_neither_records_nor_reads_beforehand(subject, office, interviewed):
    interviewed.role_grants.create(role=Role.OFFICE)
    made = arranged(subject, office)
    user = User.objects.get(pk=interviewed.pk)
    assert client_for(user).get(url("interview", made)).status_code == 404
    with pytest.raises(errors.NotAllowed):
        held(made, user)
    with pytest.raises(errors.NotAllowed):
        cancel_interview(interview=made, reason="x", seen=made.version, by=user)
    held(made, office)
    assert client_for(user).get(url("interview_record", made)).status_code == 404


def test_nobody_arranges_the_interview_about_himself(subject, office, interviewed):
    interviewed.role_grants.create(role=Role.OFFICE)
    user = User.objects.get(pk=interviewed.pk)
    with pytest.raises(errors.NotAllowed, match=subject.name):
        arranged(subject, user)
    form = {"subject": subject.code, "kind": "约谈提醒", "reason": "材料不实"}
    page = client_for(user).post(reverse("reviews:interview_add", args=[subject.round_id]), form)
    assert page.status_code == 422
    assert "材料不实" in page.content.decode()
    assert not Interview.objects.exists()
    assert not AuditEntry.objects.filter(action="arrange interview").exists()
    assert arranged(subject_of(subject.round, 1), user).pk


def test_who_is_interviewed_himself_has_no_hold_of_its_sheets_in_the_office_either(interview, holder, interviewed):
    interviewed.role_grants.create(role=Role.OFFICE)
    user = User.objects.get(pk=interviewed.pk)
    file = sheet(interview, holder)
    listed = reverse("reviews:evidence_list", args=[interview.round_id])
    address = reverse("reviews:evidence_file", args=[interview.round_id, file.pk])
    withdraw = reverse("reviews:evidence_withdraw", args=[interview.round_id, file.pk])
    assert not may_read_file(user, file)
    assert client_for(user).get(address).status_code == 404
    assert "签字.txt" not in client_for(user).get(listed).content.decode()
    held(interview, holder)
    file.refresh_from_db()
    assert may_read_file(user, file)
    assert list(files_of_round(user, interview.round)) == []
    assert client_for(user).post(withdraw, {"reason": "x"}).status_code == 404
    with pytest.raises(errors.NotAllowed):
        withdraw_evidence(evidence=file, reason="x", by=user)
    withdraw_evidence(evidence=file, reason="x", by=holder)
    file.refresh_from_db()
    assert not may_read_file(user, file)
    assert may_read_file(make_user(Role.OFFICE), file)


def test_an_auditor_sees_the_register_without_the_records(interview, holder, office):
    held(interview, holder)
    page = client_for(make_user(Role.AUDITOR)).get(reverse("reviews:interviews", args=[interview.round_id]))
    text = page.content.decode()
    assert page.status_code == 200
    assert interview.name in text
    assert interview.kind in text
    assert url("interview", interview) not in text
    assert interview.reason not in text
    assert SECRET not in text


def test_the_signed_sheet_is_read_by_those_who_read_the_record(interview, holder, office, interviewed):
    file = sheet(interview, holder)
    held(interview, holder)
    auditor, leader = make_user(Role.AUDITOR), make_user(Role.LEADER)
    assert all(may_read_file(user, file) for user in (office, holder, interviewed))
    assert not any(may_read_file(user, file) for user in (auditor, leader))
    assert list(files_of_round(auditor, interview.round)) == []
    assert list(files_of_round(office, interview.round)) == [file]
    key = reverse("reviews:evidence", args=[interview.round_id, f"interview.{interview.pk}"])
    assert client_for(leader).get(key).status_code == 404
    assert client_for(interviewed).get(key).status_code == 200
    assert client_for(interviewed).post(key, {"file": ContentFile(TEXT, name="x.txt")}).status_code == 403
    Round.objects.update(phase=Phase.SEALED)
    file.round.refresh_from_db()
    with pytest.raises(errors.RoundClosed):
        withdraw_evidence(evidence=file, reason="x", by=office)


def test_the_home_page_says_what_waits(interview, holder, office, interviewed):
    assert to_hold(holder) == [interview]
    assert to_confirm(interviewed) == []
    assert "1 次约谈待开展" in client_for(office).get("/").content.decode()
    assert url("interview", interview) in client_for(holder).get("/").content.decode()
    held(interview, holder)
    assert to_hold(holder) == []
    assert to_confirm(interviewed) == [interview]
    assert url("interview", interview) in client_for(interviewed).get("/").content.decode()
    assert [(row["due"], row["held"]) for row in open_numbers()] == [(0, 1)]


# ---------------------------------------------------------------- pages


def test_arranging_and_recording_in_the_browser(subject, office, holder, interviewed):
    client = client_for(office)
    address = reverse("reviews:interview_add", args=[subject.round_id])
    form = {"subject": subject.code, "kind": "约谈提醒", "reason": "材料不实", "accounts": "无此账号"}
    page = client.post(address, form)
    assert page.status_code == 422
    assert "材料不实" in page.content.decode()
    assert "无此账号" in page.content.decode()
    assert client.post(address, form | {"accounts": holder.username}).status_code == 302
    made = Interview.objects.get()
    assert list(made.accounts.all()) == [holder]
    client = client_for(holder)
    record = {"seen": made.version, "said": SECRET, "interviewers": "李书记", "held_on": "2026-01-05"}
    saved = client.post(url("interview_save", made), record)
    assert saved.status_code == 200
    late = client.post(url("interview_save", made), record)
    assert late.status_code == 409
    page = client.post(url("interview_record", made), record | {"do": "held"})
    assert page.status_code == 409
    assert SECRET in page.content.decode()
    again = record | {"do": "held", "seen": saved.json()["seen"]}
    page = client.post(url("interview_record", made), again | {"said": ""})
    assert page.status_code == 422
    assert client.post(url("interview_record", made), again).status_code == 302
    made.refresh_from_db()
    confirm = {"do": "confirm", "seen": made.version, "remark": "无异议"}
    assert client.post(url("interview", made), confirm).status_code == 403
    assert client_for(interviewed).post(url("interview", made), confirm).status_code == 302
    assert "无异议" in client_for(office).get(url("interview", made)).content.decode()


def test_print_and_word_have_all_and_lines_for_signatures(interview, holder, interviewed):
    held(interview, holder)
    client = client_for(interviewed)
    page = client.get(url("interview_print", interview)).content.decode()
    answer = client.get(url("interview_word", interview))
    file = docx.Document(io.BytesIO(answer.content))
    text = "\n".join(paragraph.text for paragraph in file.paragraphs)
    for words in (
        interview.name,
        "约谈提醒",
        "2026-01-05",
        "李书记、王主任",
        SECRET,
        DATA.answer,
        DATA.statement,
        "2026-02-05",
    ):
        assert words in page
        assert words in text
    for signature in ("谈话人", "被谈话人", "记录人"):
        assert f"{signature}：____" in text
        assert signature in page
    assert text.count("日期：____") == 3


def test_signs_that_word_cannot_hold_are_left_out_of_the_file(interview, holder):
    Round.objects.update(title="年度\x0b考核")
    interview.refresh_from_db()
    held(interview, holder, said="第一\x08点\x01，第二\ufffe点\uffff")
    answer = client_for(holder).get(url("interview_word", interview))
    assert answer.status_code == 200
    file = docx.Document(io.BytesIO(answer.content))
    assert "第一点，第二点" in "\n".join(paragraph.text for paragraph in file.paragraphs)
    assert file.core_properties.title.startswith("年度考核")


def test_the_register_names_what_an_interview_rests_on(interview, office):
    page = client_for(office).get(reverse("reviews:interviews", args=[interview.round_id])).content.decode()
    assert "<th>约谈依据</th>" in page
    assert "<dt>约谈依据</dt>" in client_for(office).get(url("interview", interview)).content.decode()


def test_an_interview_that_is_still_to_be_held_is_printed_as_a_form(interview, office):
    page = client_for(office).get(url("interview_print", interview)).content.decode()
    assert "____________" in page
    assert "被谈话人" in page


def test_the_register_costs_the_same_for_many(subject, office, holder):
    client = client_for(office)
    address = reverse("reviews:interviews", args=[subject.round_id])

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert client.get(address).status_code == 200
        return len(found)

    arranged(subject, office, accounts=[holder])
    queries()
    one = queries()
    for _number in range(8):
        arranged(subject, office, accounts=[holder, make_user(Role.LEADER)])
    assert queries() == one


def test_a_subject_with_an_interview_leaves_the_round_only_with_somebody_s_word(interview, office):
    with pytest.raises(errors.InvalidInput, match="约谈") as refused:
        withdraw_subject(subject=interview.subject, by=office, reason="调离", confirmed=False)
    assert refused.value.field == "confirmed"
    withdraw_subject(subject=interview.subject, by=office, reason="调离", confirmed=True)
    assert not Interview.objects.exists()


def test_a_link_from_elsewhere_fills_the_form_in_and_its_cause_counts_once(subject, office):
    client = client_for(office)
    address = reverse("reviews:interview_add", args=[subject.round_id])
    given = {"subject": subject.code, "reason": "台账第七项逾期", "cause": "ledger.7"}
    text = client.get(address, given).content.decode()
    assert "台账第七项逾期" in text
    assert 'value="ledger.7"' in text
    form = given | {"kind": "约谈提醒"}
    assert client.post(address, form).status_code == 302
    assert (Interview.objects.get().source, Interview.objects.get().cause) == ("ledger", "ledger.7")
    page = client.post(address, form)
    assert page.status_code == 422
    assert "已因此事安排约谈" in page.content.decode()
    result = form | {"cause": f"result.{subject.pk}"}
    assert client.post(address, result).status_code == 302
    assert Interview.objects.filter(source="result").count() == 1
