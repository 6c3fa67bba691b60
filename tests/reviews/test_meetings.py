"""The review meeting from plan to close: quorum, attendance, clock, minutes, corrections; who may what."""

from __future__ import annotations

import datetime
import io

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone, translation
from docx import Document

from reviews.meeting_actions import Action, _on_commentaries, _once_open, on_commentaries, once_open
from reviews.models import Meeting, Presence, Remark, Talk
from reviews.queries.meetings import attendance_of, present_by_class, spoken_now, talk_dates, talk_records, talks_of
from reviews.quorum import Attendance, quorum_words, read_quorum
from reviews.services import attendance, errors, meetings, minutes
from reviews.services.attendance import NewAttendee
from reviews.services.meetings import MeetingClosed
from reviews.services.talks import Clock, set_clock
from tests.factories import client_for, make_user
from units.models import AuditEntry, Role

from .meeting_stage import DAY, own_account, people_round, planned, subjects_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def office():
    return make_user(Role.OFFICE)


@pytest.fixture
def meeting(office):
    return planned(people_round(), office, quorum="2/3")


def opened(meeting, office, reason="已报党委同意"):
    return meetings.open_meeting(meeting=meeting, reason=reason, by=office)


def expected(meeting, by, names="甲乙丙丁戊己", **values):
    attendance.expect(meeting=meeting, who=[NewAttendee(f"张{name}") for name in names], by=by, **values)
    return list(meeting.attendees.all())


def there(meeting, rows, by, presence="present", reason=""):
    seen = [(row.pk, row.presence) for row in rows]
    return attendance.record_presence(meeting=meeting, seen=seen, presence=presence, reason=reason, by=by)


def write(meeting, cell, text, by, seen="", reason=""):
    return minutes.save_cell(
        meeting=meeting, cell=cell, text=text, seen=minutes.fingerprint(seen), by=by, reason=reason
    )


# ---------------------------------------------------------------- quorum


@pytest.mark.parametrize(
    ("text", "of", "needed"),
    [
        ("2/3", 30, 20),
        ("2/3", 31, 21),
        ("2/3", 1, 1),
        (">1/2", 30, 16),
        (">1/2", 31, 16),
        ("1/2", 31, 16),
        ("80%", 41, 33),
        ("66.6667%", 30, 21),
        ("30", 12, 30),
        ("", 12, 0),
        ("２／３", 30, 20),
        ("8 0 ％", 10, 8),
    ],
)
def test_how_many_have_to_be_there(text, of, needed):
    quorum = read_quorum(text)
    assert quorum.needed(of) == needed
    if quorum.is_asked:
        assert quorum.reached(of, needed)
        assert not quorum.reached(of, needed - 1)


@pytest.mark.parametrize("text", ["two", "3/2", "0%", "101%", ">1/1", "0", "-3", "2/3 of all", "1/0"])
def test_what_is_no_quorum(text):
    assert read_quorum(text) is None


def test_the_quorum_in_words():
    quorum = read_quorum("2/3")
    with translation.override("en"):
        found = Attendance(expected=30, present=19, leave=4, absent=2, observers=3)
        said = quorum_words(quorum, found)
        assert "expected 30, present 19, on leave 4, absent 7, observers 3" in said
        assert "20" in said
        assert "not reached" in said
        assert "not reached" not in quorum_words(quorum, Attendance(expected=30, present=20))
        assert "no quorum" in quorum_words(read_quorum(""), found)


def test_nobody_on_the_list_is_no_quorum():
    assert not read_quorum("2/3").reached(0, 0)
    assert read_quorum("").reached(0, 0)


# ---------------------------------------------------------------- planning and state


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"title": " "}, "title"),
        ({"quorum": "x"}, "quorum"),
        ({"minutes": 0}, "minutes"),
        ({"subjects": []}, "subjects"),
    ],
)
def test_what_cannot_be_planned(office, values, field):
    round_ = people_round()
    with pytest.raises(errors.InvalidInput) as caught:
        planned(round_, office, **values)
    assert caught.value.field == field
    assert not Meeting.objects.exists()


def test_planned_changed_and_counted_from(meeting, office):
    assert set(talk_dates(meeting.round).values()) == {DAY}
    data = meetings.data_of(meeting)
    seen = meetings.fingerprint(data)
    other = meetings.MeetingData(title="述职大会", date=DAY + datetime.timedelta(days=1), minutes=10)
    meetings.change_meeting(meeting=meeting, data=other, seen=seen, by=office)
    meeting.refresh_from_db()
    assert (meeting.title, meeting.minutes, meeting.quorum) == ("述职大会", 10, "")
    assert AuditEntry.objects.get(action="change meeting").changes["minutes"] == ["8", "10"]
    with pytest.raises(errors.Conflict):
        meetings.change_meeting(meeting=meeting, data=other, seen=seen, by=office)


def test_below_the_quorum_only_with_a_reason(meeting, office):
    rows = expected(meeting, office)
    there(meeting, rows[:3], office)
    with pytest.raises(errors.InvalidInput) as caught:
        opened(meeting, office, reason=" ")
    assert caught.value.field == "reason"
    done = opened(meeting, office)
    assert (done.opened_expected, done.opened_present, done.quorum_reason) == (6, 3, "已报党委同意")
    assert AuditEntry.objects.get(action="open meeting").reason == "已报党委同意"
    with pytest.raises(MeetingClosed):
        opened(meeting, office)


def test_with_the_quorum_no_reason_is_kept(meeting, office):
    rows = expected(meeting, office)
    there(meeting, rows[:4], office)
    assert opened(meeting, office, reason="x").quorum_reason == ""


def test_everybody_is_heard_before_the_close(meeting, office):
    opened(meeting, office)
    with pytest.raises(errors.InvalidInput) as caught:
        meetings.close_meeting(meeting=meeting, by=office)
    assert "张三" in str(caught.value)
    Talk.objects.update(state="done")
    closed = meetings.close_meeting(meeting=meeting, by=office)
    assert closed.state == "closed"
    kept = AuditEntry.objects.get(action="close meeting").changes["check sum"][1]
    assert kept == meetings.check_sum(closed)
    with pytest.raises(MeetingClosed):
        meetings.close_meeting(meeting=meeting, by=office)


def test_called_off_only_before_the_end(meeting, office):
    with pytest.raises(errors.InvalidInput):
        meetings.cancel_meeting(meeting=meeting, reason="", by=office)
    meetings.cancel_meeting(meeting=meeting, reason="场地停电", by=office)
    with pytest.raises(MeetingClosed):
        meetings.cancel_meeting(meeting=meeting, reason="再次", by=office)
    with pytest.raises(MeetingClosed):
        write(meeting, "opening", "x", office)


def test_only_while_the_round_collects_and_not_once_it_is_sealed(meeting, office):
    round_ = meeting.round
    type(round_).objects.update(phase="sealed")
    for act in (lambda: opened(meeting, office), lambda: write(meeting, "opening", "x", office)):
        with pytest.raises(errors.RoundClosed):
            act()
    type(round_).objects.update(phase="reviewing")
    with pytest.raises(errors.RoundClosed):
        planned(people_round(name="2027"), office) and planned(round_, office)
    opened(meeting, office)


# ---------------------------------------------------------------- attendance


def test_the_list_takes_nobody_twice(meeting, office):
    subjects = subjects_of(meeting.round)
    who = [NewAttendee(each.name, person=each.person) for each in subjects]
    assert attendance.expect(meeting=meeting, who=who, by=office, group="述职人员", voter_class="cadre") == 5
    assert attendance.expect(meeting=meeting, who=who, by=office) == 0
    assert (
        attendance.expect(meeting=meeting, who=[NewAttendee("张甲", "一科"), NewAttendee("张甲", "二科")], by=office)
        == 2
    )
    assert [row.number for row in meeting.attendees.all()] == list(range(1, 8))
    with pytest.raises(errors.InvalidInput):
        attendance.expect(meeting=meeting, who=[NewAttendee(" ")], by=office)


def test_checking_in_by_number_and_by_list(meeting, office):
    rows = expected(meeting, office, voter_class="staff")
    row, news = attendance.check_in(meeting=meeting, number=2, by=office)
    assert (row.name, row.presence, news) == ("张乙", "present", True)
    assert attendance.check_in(meeting=meeting, number=2, by=office)[1] is False
    with pytest.raises(errors.InvalidInput):
        attendance.check_in(meeting=meeting, number=99, by=office)
    assert there(meeting, rows[2:4], office) == 2
    with pytest.raises(errors.InvalidInput):
        there(meeting, rows[4:5], office, "leave")
    there(meeting, rows[4:5], office, "leave", "病假")
    there(meeting, rows[5:], office, "absent")
    assert attendance_of(meeting) == Attendance(expected=6, present=3, leave=1, absent=1)
    assert present_by_class(meeting) == {"staff": 3}
    with pytest.raises(errors.Conflict):
        there(meeting, rows[1:2], office, "absent")
    entry = AuditEntry.objects.filter(action="record presence").latest("pk")
    assert entry.changes == {"presence": ["expected", "absent"]}


def test_all_or_nothing_of_a_list(meeting, office):
    rows = expected(meeting, office)
    attendance.check_in(meeting=meeting, number=1, by=office)
    with pytest.raises(errors.Conflict):
        there(meeting, rows, office, "absent")
    assert meeting.attendees.filter(presence="absent").count() == 0


def test_observers_are_not_counted(meeting, office):
    expected(meeting, office, "甲乙丙")
    rows = expected(meeting, office, "子丑", is_observer=True)
    there(meeting, [row for row in rows if row.is_observer], office)
    assert attendance_of(meeting) == Attendance(expected=3, present=0, observers=2)


def test_the_list_after_the_close(meeting, office):
    rows = expected(meeting, office)
    opened(meeting, office)
    Talk.objects.update(state="done")
    meetings.close_meeting(meeting=meeting, by=office)
    with pytest.raises(MeetingClosed):
        expected(meeting, office, "庚")
    with pytest.raises(errors.InvalidInput):
        there(meeting, rows[:1], office)
    there(meeting, rows[:1], office, reason="签到表已签，漏登")
    with pytest.raises(errors.InvalidInput):
        attendance.strike(attendee=rows[1], by=office)
    attendance.strike(attendee=rows[1], reason="误列", by=office)
    assert AuditEntry.objects.get(action="strike attendee").changes == {"attendee": ["2 张乙", None]}


# ---------------------------------------------------------------- the clock


def clock(talk, state, spoken, by, seen=None):
    return set_clock(talk=talk, clock=Clock(state, spoken), seen=seen or talk.version, by=by)


def test_the_clock_measures_and_one_speaks_at_a_time(meeting, office):
    opened(meeting, office)
    first, second, *_rest = talks_of(meeting)
    running = clock(first, "running", 0, office)
    later = running.clock_at + datetime.timedelta(seconds=90)
    assert spoken_now(running, later) == 90_000
    with pytest.raises(errors.Conflict):
        clock(second, "running", 0, office)
    with pytest.raises(IntegrityError), transaction.atomic():
        Talk.objects.filter(pk=second.pk).update(state="running")
    done = clock(running, "done", 485_000, office)
    assert (done.state, done.spoken, done.version) == ("done", 485_000, 3)
    assert spoken_now(done) == 485_000
    assert clock(second, "running", 0, office).began_at is not None


def test_an_answer_that_got_lost_is_no_conflict(meeting, office):
    opened(meeting, office)
    talk = talks_of(meeting)[0]
    clock(talk, "paused", 60_000, office)
    again = clock(talk, "paused", 60_400, office)  # the same press of the key, sent once more
    assert (again.spoken, again.version) == (60_000, 2)
    with pytest.raises(errors.Conflict):
        clock(talk, "paused", 90_000, office)


def test_what_the_clock_refuses(meeting, office):
    talk = talks_of(meeting)[0]
    with pytest.raises(MeetingClosed):
        clock(talk, "running", 0, office)
    opened(meeting, office)
    for state, spoken in (("sings", 0), ("running", -1), ("running", 10**9)):
        with pytest.raises(errors.InvalidInput):
            clock(talk, state, spoken, office)
    Talk.objects.filter(pk=talk.pk).update(mode="written")
    with pytest.raises(errors.InvalidInput):
        clock(talk, "running", 0, office)


# ---------------------------------------------------------------- minutes


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("8:05", 485), ("8", 480), ("8分", 480), ("8分5秒", 485), ("", 0), ("0:59", 59), ("120:00", 7200)],
)
def test_times_as_they_are_typed(text, seconds):
    assert minutes.read_spoken(text) == seconds * 1000
    assert minutes.read_spoken(minutes.spoken_text(seconds * 1000)) == seconds * 1000


@pytest.mark.parametrize("text", ["8:60", "eight", "8:5:1", "-1", "1234"])
def test_times_that_are_none(text):
    assert minutes.read_spoken(text) is None


def test_cells_are_written_over_what_was_seen(meeting, office):
    opened(meeting, office)
    talk = talks_of(meeting)[0]
    cell = f"talk.{talk.pk}.summary"
    saved = write(meeting, cell, "一、抓学习。\r\n二、抓落实。  ", office)
    assert saved.text == "一、抓学习。\n二、抓落实。"
    assert write(meeting, cell, saved.text, office, seen="别的").text == saved.text  # sent twice: saved
    with pytest.raises(errors.Conflict) as caught:
        write(meeting, cell, "另一份", office, seen="")
    assert caught.value.theirs.value == saved.text
    write(meeting, cell, "另一份", office, seen=saved.text)
    write(meeting, "closing", "会议要求……", office)
    meeting.refresh_from_db()
    assert meeting.closing == "会议要求……"
    assert not AuditEntry.objects.filter(action="correct minutes").exists()


def test_a_question_is_made_where_it_is_typed(meeting, office):
    opened(meeting, office)
    talk = talks_of(meeting)[0]
    start = f"talk.{talk.pk}.question.0123456789abcdef"
    for _twice in range(2):
        write(meeting, f"{start}.text", "存款计划为何没有完成？", office)
    write(meeting, f"{start}.answer", "一季度有大户转出。", office)
    write(meeting, f"{start}.who", "员工代表张甲", office)
    write(meeting, f"talk.{talk.pk}.commentary.fedcba9876543210.text", "问题找得准。", office)
    assert Remark.objects.count() == 2
    [record] = talk_records([talk])
    assert [(each.who, each.answer) for each in record.questions] == [("员工代表张甲", "一季度有大户转出。")]
    assert [each.text for each in record.commentaries] == ["问题找得准。"]
    write(meeting, f"talk.{talk.pk}.commentary.fedcba9876543210.text", "", office, seen="问题找得准。")
    assert talk_records([talk])[0].commentaries == []


@pytest.mark.parametrize(
    "cell",
    [
        "state",
        "talk.{0}.mode",
        "talk.999999.summary",
        "talk.{0}.question.SHORT.text",
        "talk.{0}.commentary.fedcba9876543210.answer",
        "talk.{0}.question.fedcba9876543210.pk",
        "",
    ],
)
def test_there_are_no_other_cells(meeting, office, cell):
    opened(meeting, office)
    talk = talks_of(meeting)[0]
    with pytest.raises(errors.InvalidInput):
        write(meeting, cell.format(talk.pk), "x", office)


def test_a_cell_has_its_bounds(meeting, office):
    opened(meeting, office)
    talk = talks_of(meeting)[0]
    with pytest.raises(errors.InvalidInput):
        write(meeting, "opening", "字" * 20_001, office)
    with pytest.raises(errors.InvalidInput):
        write(meeting, f"talk.{talk.pk}.spoken", "long", office)
    clock(talk, "running", 0, office)
    with pytest.raises(errors.InvalidInput):
        write(meeting, f"talk.{talk.pk}.spoken", "8:00", office)


def test_a_time_typed_by_hand_is_a_talk_that_was_heard(meeting, office):
    opened(meeting, office)
    talk = talks_of(meeting)[0]
    write(meeting, f"talk.{talk.pk}.spoken", "7分30秒", office)
    talk.refresh_from_db()
    assert (talk.state, talk.spoken, talk.version) == ("done", 450_000, 2)


def test_corrections_need_a_reason_and_leave_a_trace(meeting, office):
    opened(meeting, office)
    talk = talks_of(meeting)[0]
    write(meeting, f"talk.{talk.pk}.summary", "原文", office)
    Talk.objects.update(state="done")
    closed = meetings.close_meeting(meeting=meeting, by=office)
    kept = AuditEntry.objects.get(action="close meeting").changes["check sum"][1]
    with pytest.raises(errors.InvalidInput) as caught:
        write(meeting, f"talk.{talk.pk}.summary", "改文", office, seen="原文")
    assert caught.value.field == "reason"
    write(meeting, f"talk.{talk.pk}.summary", "改文", office, seen="原文", reason="核对录音")
    entry = AuditEntry.objects.get(action="correct minutes")
    assert (entry.changes, entry.reason) == ({"summary": ["原文", "改文"]}, "核对录音")
    assert meetings.check_sum(closed) != kept


def test_who_records_beside_the_office(meeting, office):
    recorder = make_user(Role.SUBJECT)
    for stranger in (recorder, make_user(Role.LEADER), make_user(Role.AUDITOR)):
        with pytest.raises(errors.NotAllowed):
            write(meeting, "opening", "x", stranger)
    meeting.recorder_account = recorder
    meeting.save()
    write(meeting, "opening", "x", recorder)
    expected(meeting, recorder)
    opened(meeting, recorder)
    clock(talks_of(meeting)[0], "done", 1000, recorder)
    with pytest.raises(errors.NotAllowed):
        meetings.cancel_meeting(meeting=meeting, reason="x", by=recorder)
    client = client_for(recorder)
    assert client.get(reverse("reviews:meetings", args=[meeting.round_id])).status_code == 200
    assert client.get(reverse("reviews:meeting", args=[meeting.round_id, meeting.pk])).status_code == 200
    recorder.is_active = False
    with pytest.raises(errors.NotAllowed):
        write(meeting, "opening", "y", recorder, seen="x")


# ---------------------------------------------------------------- pages


def page(name, meeting, *more):
    return reverse(f"reviews:{name}", args=[meeting.round_id, meeting.pk, *more])


def test_planning_on_the_page_follows_the_plan(office):
    round_ = people_round()
    client, address = client_for(office), reverse("reviews:meeting_add", args=[round_.pk])
    form = client.get(address).context["form"]
    assert form["minutes"].value() == 8
    sent = {"title": "述职大会", "date": "2026-12-10", "time": "08:30", "minutes": "8", "quorum": "most"}
    refused = client.post(address, sent | {"categories": ["单位负责人", "副职"]})
    assert refused.status_code == 422
    assert "most" in refused.content.decode()
    sent["quorum"] = ">1/2"
    assert client.post(address, sent | {"recorder_account": "nobody"}).status_code == 422
    done = client.post(address, sent | {"categories": ["单位负责人", "副职"]})
    assert done.status_code == 302
    made = Meeting.objects.get()
    assert [talk.subject.name for talk in talks_of(made)] == ["王五", "李四", "丁一", "王小五", "张三"]
    assert made.time == datetime.time(8, 30)


def test_a_meeting_on_its_pages(meeting, office):
    client = client_for(office)
    sheet = "张甲,一科,科长\n张乙\t二科\t科员\n李四"
    sent = {"people": sheet, "group": "0", "talkers": "on"}
    assert client.post(page("meeting_expect", meeting), {"people": ""}).status_code == 422
    assert client.post(page("meeting_expect", meeting), sent | {"units": "没有这个单位"}).status_code == 422
    assert client.post(page("meeting_expect", meeting), sent).status_code == 302
    rows = list(meeting.attendees.all())
    assert [row.name for row in rows[:3]] == ["张甲", "张乙", "李四"]
    assert rows[2].person == subjects_of(meeting.round)[1].person  # found in the roster by its name
    assert {row.voter_class for row in rows} == {"cadre"}
    assert len(rows) == 7  # of those who talk 李四 stands there already
    people = page("meeting_attendance", meeting)
    assert client.post(people, {"do": "number", "number": "x"}).status_code == 422
    assert client.post(people, {"do": "number", "number": "1"}).status_code == 302
    assert client.post(people, {"do": "leave", "attendee": f"{rows[1].pk}.expected"}).status_code == 422
    ticked = [f"{row.pk}.expected" for row in rows[1:4]]
    assert client.post(people, {"do": "present", "attendee": ticked}).status_code == 302
    refused = client.post(page("meeting", meeting), {"do": "open", "reason": ""})
    assert refused.status_code == 422
    assert "open-reason" in refused.context["errors"]
    assert client.post(people, {"do": "present", "attendee": f"{rows[4].pk}.expected"}).status_code == 302
    assert client.post(page("meeting", meeting), {"do": "open"}).status_code == 302
    talk = talks_of(meeting)[0]
    said = client.post(page("meeting_clock", meeting), {"talk": talk.pk, "state": "running", "spoken": 0, "seen": 1})
    assert said.json() == {"version": 2}
    clash = client.post(page("meeting_clock", meeting), {"talk": talk.pk, "state": "done", "spoken": 9000, "seen": 1})
    assert clash.status_code == 409
    assert clash.json()["talks"][0]["version"] == 2
    for name in (
        "meeting",
        "meeting_agenda",
        "meeting_attendance",
        "meeting_sign_in",
        "meeting_record",
        "meeting_timer",
    ):
        assert client.get(page(name, meeting)).status_code == 200, name
    assert client.post(page("meeting", meeting), {"do": "close"}).status_code == 422
    Talk.objects.update(state="done")
    assert client.post(page("meeting", meeting), {"do": "close"}).status_code == 302
    assert client.get(people, {"presence": "present", "q": "张"}).context["page_obj"].paginator.count == 3


@pytest.mark.parametrize("key", ["²", "٣", "9" * 30, "", "x", "-1"])
def test_a_row_of_the_list_that_no_page_names_is_refused_in_words(meeting, office, key):
    expected(meeting, office, "甲")
    client, address = client_for(office), page("meeting_attendance", meeting)
    assert client.post(address, {"do": f"strike-{key}", "reason": "误列"}).status_code == 404
    assert client.post(address, {"do": "present", "attendee": f"{key}.expected"}).status_code == 422
    assert set(meeting.attendees.values_list("presence", flat=True)) == {"expected"}


def test_recording_without_a_script(meeting, office):
    opened(meeting, office)
    client = client_for(office)
    talk = talks_of(meeting)[0]
    address = page("talk_record", meeting, talk.pk)
    cells = client.get(address).context["cells"]
    sent = {}
    for cell in (cells["summary"], *(cells["question"][0][name] for name in ("who", "text", "answer"))):
        sent |= {cell["name"]: "", f"seen-{cell['name']}": cell["seen"]}
    question = cells["question"][0]["text"]["name"]
    assert client.post(address, sent | {question: "有何打算？"}).status_code == 302
    assert Remark.objects.get().text == "有何打算？"
    clash = client.post(address, sent | {question: "另一个问题"})
    assert clash.status_code == 409
    body = clash.content.decode()
    assert "有何打算？" in body
    assert "另一个问题" in body
    seen = clash.context["clashes"][0]["seen"]
    assert client.post(address, {question: "另一个问题", f"seen-{question}": seen}).status_code == 302
    assert Remark.objects.get().text == "另一个问题"


def test_cells_answer_a_script(meeting, office):
    opened(meeting, office)
    client, address = client_for(office), page("meeting_cell", meeting)
    empty = minutes.fingerprint("")
    saved = client.post(address, {"cell": "opening", "text": "开场", "seen": empty})
    assert saved.json()["seen"] == minutes.fingerprint("开场")
    clash = client.post(address, {"cell": "opening", "text": "别的", "seen": empty})
    assert (clash.status_code, clash.json()["theirs"]) == (409, "开场")
    assert client.post(address, {"cell": "nothing", "text": "x", "seen": empty}).status_code == 422


def test_minutes_to_read_and_as_a_word_file(meeting, office):
    rows = expected(meeting, office)
    there(meeting, rows[:5], office)
    there(meeting, rows[5:], office, "leave", "外出培训")
    opened(meeting, office)
    talk = talks_of(meeting)[0]
    write(meeting, "opening", "王书记主持会议。\x0c", office)
    write(meeting, f"talk.{talk.pk}.summary", "一年来……\n下一步……", office)
    write(meeting, f"talk.{talk.pk}.question.0123456789abcdef.text", "如何整改？", office)
    write(meeting, f"talk.{talk.pk}.question.0123456789abcdef.answer", "月底前完成。", office)
    write(meeting, f"talk.{talk.pk}.commentary.0123456789abcde0.text", "要举一反三。", office)
    write(meeting, f"talk.{talk.pk}.spoken", "8:05", office)
    said = (
        "王书记主持会议。",
        "下一步……",
        "如何整改？",
        "月底前完成。",
        "要举一反三。",
        "8:05",
        "外出培训",
        "三楼会议室",
    )
    client = client_for(office)
    html = client.get(page("meeting_minutes", meeting)).content.decode()
    file = client.get(page("meeting_minutes_file", meeting))
    assert file.headers["Content-Disposition"].startswith("attachment")
    text = "\n".join(each.text for each in Document(io.BytesIO(file.content)).paragraphs)
    for words in said:
        assert words in html
        assert words in text


def test_others_add_actions_to_the_page(meeting, office):
    ballot = once_open(lambda each, user: [Action("开始测评", "/open-ballot/", primary=True)])
    ledger = on_commentaries(lambda rows, user: {row.pk: Action("列入整改台账", f"/ledger/{row.pk}/") for row in rows})
    try:
        client = client_for(office)
        assert "/open-ballot/" not in client.get(page("meeting", meeting)).content.decode()
        opened(meeting, office)
        talk = talks_of(meeting)[0]
        write(meeting, f"talk.{talk.pk}.commentary.0123456789abcde0.text", "要举一反三。", office)
        assert "/open-ballot/" in client.get(page("meeting", meeting)).content.decode()
        remark = Remark.objects.get()
        assert f"/ledger/{remark.pk}/" in client.get(page("talk_record", meeting, talk.pk)).content.decode()
    finally:
        _once_open.remove(ballot)
        _on_commentaries.remove(ledger)


def test_where_the_plan_marks_the_commentary(office):
    round_ = people_round("system-party-secretary", (("张三", 0, "书记"), ("李四", 2, "书记")))
    meeting = planned(round_, office)
    opened(meeting, office)
    talk = talks_of(meeting)[0]
    html = client_for(office).get(page("talk_record", meeting, talk.pk)).content.decode()
    sheet = round_.assignments.get(indicator="C")
    assert reverse("reviews:mark_sheet", args=[round_.pk, sheet.pk]) in html


def test_a_subject_reads_its_own_part_once_the_meeting_is_closed(meeting, office):
    opened(meeting, office)
    first, second, *_rest = talks_of(meeting)
    for talk in (first, second):
        write(meeting, f"talk.{talk.pk}.commentary.0123456789abcde0.text", f"点评{talk.subject.name}", office)
    client = client_for(own_account(first.subject))
    address = reverse("reviews:own_meeting", args=[meeting.round_id])
    assert "点评" not in client.get(address).content.decode()
    Talk.objects.update(state="done")
    meetings.close_meeting(meeting=meeting, by=office)
    html = client.get(address).content.decode()
    assert f"点评{first.subject.name}" in html
    assert f"点评{second.subject.name}" not in html


def test_queries_do_not_grow(office, django_assert_max_num_queries):
    counts = []
    for size, year in ((2, "2030"), (9, "2031")):
        rows = [(f"张{number}", number % 2, "副职") for number in range(size)]
        meeting = planned(people_round(rows=rows, name=year), office)
        expected(meeting, office, [str(number) for number in range(size * 3)])
        opened(meeting, office)
        for talk in talks_of(meeting):
            for key in range(size):
                write(meeting, f"talk.{talk.pk}.question.0123456789abcd{key:02}.text", "问", office)
                write(meeting, f"talk.{talk.pk}.commentary.f123456789abcd{key:02}.text", "评", office)
        client = client_for(office)
        first = talks_of(meeting)[0]
        own = client_for(own_account(first.subject))
        seen = []
        for name, more in (
            ("meeting", ()),
            ("meeting_agenda", ()),
            ("meeting_attendance", ()),
            ("meeting_sign_in", ()),
            ("meeting_record", ()),
            ("talk_record", (first.pk,)),
            ("meeting_minutes", ()),
            ("meeting_minutes_file", ()),
            ("meeting_timer", ()),
            ("meeting_clock", ()),
            ("meeting_strokes", ()),
        ):
            with django_assert_max_num_queries(30) as context:
                client.get(page(name, meeting, *more))
            seen.append(len(context))
        with django_assert_max_num_queries(30) as context:
            client.get(reverse("reviews:meetings", args=[meeting.round_id]))
        seen.append(len(context))
        with django_assert_max_num_queries(30) as context:
            own.get(reverse("reviews:own_meeting", args=[meeting.round_id]))
        counts.append([*seen, len(context)])
    assert counts[0] == counts[1]


def test_a_page_of_those_present_says_when_they_came(meeting, office):
    expected(meeting, office)
    attendance.check_in(meeting=meeting, number=1, by=office)
    assert meeting.attendees.get(number=1).checked_at <= timezone.now()
    assert meeting.attendees.get(number=2).presence == Presence.EXPECTED
