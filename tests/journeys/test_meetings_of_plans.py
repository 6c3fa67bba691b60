"""The seven plans with a review meeting, page by page as the office: from planning it to the published report."""

from __future__ import annotations

import io

import pytest
from django.urls import reverse
from docx import Document

from indicators.services import engine_plan
from reviews.models import Meeting, Publication, Remark, SelfReport, Talk
from tests.factories import make_user
from tests.reviews.meeting_stage import people_round, subjects_of
from units.models import AuditEntry, Role

from .pages import Page, Visitor
from .stage import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)
# Plan → minutes, whether questions are recorded, the order of (name, category's place, post) that it must come to.
PEOPLE = (("张三", 1, "副书记"), ("李四", 0, "书记"), ("丁一", 1, "副职"), ("王五", 0, "正职"), ("王小五", 1, "副职"))
ONE = tuple((name, 0, post) for name, _place, post in PEOPLE)
LISTED = ["张三", "李四", "丁一", "王五", "王小五"]
HEADS_FIRST = ["李四", "王五", "张三", "丁一", "王小五"]
PLANS = {
    "bank-midlevel": (8, PEOPLE, ["王五", "李四", "丁一", "王小五", "张三"]),  # heads, deputies, by strokes
    "farm-two-duties": (10, PEOPLE, ["张三", "丁一", "王小五", "李四", "王五"]),  # the secretary of the farm first
    "system-party-secretary": (10, PEOPLE, HEADS_FIRST),
    "education-secretary": (10, ONE, LISTED),
    "college-branch-secretary": (10, ONE, LISTED),
    "community-secretary": (10, ONE, LISTED),
    "county-secretary": (10, PEOPLE, HEADS_FIRST),
}


@pytest.fixture
def office():
    user = make_user(Role.OFFICE, username="office")
    user.set_password(PASSWORD)
    user.save()
    visitor = Visitor()
    visitor.log_in("office", PASSWORD)
    return visitor


def do(office: Visitor, page: Page, having: str, **changes: object) -> Page:
    """Send the form of a page that holds this field or button."""
    found = [form for form in page.forms if having in form.fields or any(having in button for button in form.buttons)]
    return office.send(page, found[0], **changes)


@pytest.mark.parametrize("plan", PLANS)
def test_from_the_plan_to_the_published_report(office, plan):
    minutes, rows, order = PLANS[plan]
    round_ = people_round(plan, rows)
    stated = round_.plan_version.document["meeting"]
    page = office.get(reverse("reviews:meeting_add", args=[round_.pk]))
    form = page.form(having="quorum")
    assert form.fields["minutes"] == [str(minutes)]
    assert form.fields["chair"] == [stated.get("chaired_by", "")]
    page = office.send(page, form, date="2026-12-28", time="08:30", place="三楼会议室")
    meeting = Meeting.objects.get()
    assert [talk.subject.name for talk in meeting.talks.select_related("subject")] == order
    expect_and_check_in(office, meeting)
    page = office.get(reverse("reviews:meeting", args=[round_.pk, meeting.pk]))
    do(office, page, "open", do="open")
    talks = list(meeting.talks.all())
    for talk in talks:
        record(office, meeting, talk, questions=stated.get("questions", True))
    page = office.get(reverse("reviews:meeting", args=[round_.pk, meeting.pk]))
    assert "述职全部结束" in page.text
    do(office, page, "close", do="close")
    meeting.refresh_from_db()
    assert meeting.state == "closed"
    correct(office, meeting, talks[0])
    read_the_minutes(office, meeting, order)
    publish(office, round_)


def expect_and_check_in(office: Visitor, meeting: Meeting) -> None:
    """Those who talk and two more; all but one come, which is a quorum."""
    args = [meeting.round_id, meeting.pk]
    page = office.get(reverse("reviews:meeting_expect", args=args))
    form = page.form(having="people")
    office.send(page, form, group="0", talkers="on", people="张甲,一科,科员\n张乙,二科,科员")
    assert meeting.attendees.count() == 7
    plan = engine_plan(meeting.round.plan_version)
    assert plan is not None
    group = meeting.round.plan_version.document["meeting"]["attendees"][0]
    assert {row.voter_class for row in meeting.attendees.all()} == {group["class"]}
    address = reverse("reviews:meeting_attendance", args=args)
    for number in range(1, 7):
        page = office.get(address)
        page = do(office, page, "number", number=str(number), do="number")
    assert "应到 7 人，实到 6 人" in page.text


def record(office: Visitor, meeting: Meeting, talk: Talk, *, questions: bool) -> None:
    page = office.get(reverse("reviews:talk_record", args=[meeting.round_id, meeting.pk, talk.pk]))
    form = page.form(having=f"talk.{talk.pk}.summary")
    typed = {f"talk.{talk.pk}.summary": "一、成绩。\n二、问题。", f"talk.{talk.pk}.spoken": "7:30"}
    for name in form.fields:
        if name.startswith(f"talk.{talk.pk}.") and name.endswith(".text"):
            typed[name] = "如何整改？" if ".question." in name else "要举一反三。"
        if name.startswith(f"talk.{talk.pk}.question") and name.endswith(".answer"):
            typed[name] = "月底完成。"
    office.send(page, form, **typed)
    assert Remark.objects.filter(talk=talk, kind="commentary").count() == 1
    assert Remark.objects.filter(talk=talk, answer="月底完成。").exists() is questions


def correct(office: Visitor, meeting: Meeting, talk: Talk) -> None:
    address = reverse("reviews:talk_record", args=[meeting.round_id, meeting.pk, talk.pk])
    cell = f"talk.{talk.pk}.summary"
    page = office.get(address)
    page = office.send(page, page.form(having=cell), expect=422, **{cell: "更正"})
    assert "更正须写明理由" in page.text
    page = office.get(address)
    office.send(page, page.form(having=cell), reason="核对录音", **{cell: "更正"})
    assert AuditEntry.objects.get(action="correct minutes").reason == "核对录音"


def read_the_minutes(office: Visitor, meeting: Meeting, order: list[str]) -> None:
    args = [meeting.round_id, meeting.pk]
    page = office.get(reverse("reviews:meeting_minutes", args=args))
    file = office.client.get(reverse("reviews:meeting_minutes_file", args=args))
    text = " ".join(each.text for each in Document(io.BytesIO(file.content)).paragraphs)
    for said in (page.text, text):
        places = [said.index(f"{number}. {name}") for number, name in enumerate(order, start=1)]
        assert places == sorted(places)
        assert "要举一反三。" in said


def publish(office: Visitor, round_) -> None:
    """The reports that are approved, to those who are appraised."""
    for subject in subjects_of(round_)[:2]:
        report = SelfReport.objects.create(subject=subject, text="x", state="accepted")
        by = make_user()
        report.submissions.create(number=1, text="述职报告全文", state="accepted", submitted_by=by)
    page = office.get(reverse("reviews:publication_add", args=[round_.pk]))
    form = page.form(having="subjects")
    page = office.send(page, form, ends="2099-01-01", roles=["subject"], comments="unnamed")
    assert Publication.objects.get().reports.count() == 2
    assert "公开中" in page.text
