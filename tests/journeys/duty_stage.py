"""A review of duty reports as its people live it, page by page: accounts, reports, meeting, votes, marks, result.

`Journey(plan, values)` is one round of one of the seven plans. Its steps are methods, to be called in their order; what
comes after the announced result (findings, rectification) can go on from the same object.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from docx import Document

from indicators.services import ensure_plan
from reports.models import Job
from reviews.duty.layout import EXTRA
from reviews.models import (
    DutyComment,
    DutyReport,
    Interview,
    LedgerItem,
    Meeting,
    Participation,
    Poll,
    Publication,
    Round,
    Subject,
)
from reviews.queries.duty_reports import layout_for
from tests.factories import make_unit, make_user
from tests.reviews.duty import good_texts
from units.models import Person, Role

from .pages import Page, Visitor
from .stage import PASSWORD

NAMES = ("张一", "李二", "王三", "赵四")
GUESTS = 3  # of each group that is invited, besides those who talk
CODE = re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}")
PART = re.compile(r"[0-9A-Z]{5}(?:-[0-9A-Z]{5}){3}")
RECORD = {
    "held_on": "2026-11-20",
    "place": "二楼谈话室",
    "interviewers": "王书记",
    "recorder": "员工甲",
    "said": "指出评议中反映的问题。",
    "answer": "认识到问题所在。",
    "demands": "一个月内拿出整改措施。",
    "statement": "接受批评，按期整改。",
}
ASKED, ANSWERED, SAID = "谁来整改？", "我来整改，月底完成。", "要举一反三，抓好整改。"


def log_in(username: str, password: str = PASSWORD) -> Visitor:
    one = Visitor()
    one.log_in(username, password)
    return one


def press(visitor: Visitor, page: Page, having: str, *, expect: int = 200, **changes: Any) -> Page:
    """Send the first form of a page that holds this field or button."""
    found = [form for form in page.forms if having in form.fields or any(having in button for button in form.buttons)]
    assert found, f"no form with {having} at {page.address}: {page.text[:1500]}"
    return visitor.send(page, found[0], expect=expect, **changes)


class Journey:
    """`values`: what everybody gives the four subjects in per cent, so that each total is that figure."""

    def __init__(self, plan: str, values: Sequence[str]) -> None:
        self.plan = ensure_plan(plan)
        self.values = dict(zip(("S01", "S02", "S03", "S04"), values, strict=True))
        self.document = self.plan.document
        self.writers: dict[str, Visitor] = {}
        for role, name in ((Role.OFFICE, "office"), (Role.ADMIN, "admin"), (Role.LEADER, "leader")):
            user = make_user(role, username=name)
            user.set_password(PASSWORD)
            user.save()
        self.office = log_in("office")

    def url(self, name: str, *more: Any) -> str:
        return reverse(f"reviews:{name}", args=[self.round.pk, *more])

    @property
    def subjects(self) -> list[Subject]:
        return list(self.round.subjects.select_related("person", "round__plan_version__plan").order_by("order", "code"))

    # ------------------------------------------------------------ before anybody writes

    def open_round(self) -> None:
        """People of the plan's categories by turns, and a round of them."""
        unit = make_unit("甲单位", code="J01")
        categories = self.document["categories"]
        for number, name in enumerate(NAMES):
            category = categories[number % len(categories)]
            fields = {"unit": unit, "category": category, "position": "书记", "order": number}
            Person.objects.create(code=f"S{number + 1:02}", name=name, **fields)
        for number in range(GUESTS):
            Person.objects.create(code=f"Y{number + 1:02}", name=f"员工{'甲乙丙'[number]}", unit=unit, order=90)
        office = self.office
        page = office.get(reverse("reviews:round_open") + f"?plan={self.plan.plan.code}")
        page = office.send(page, page.form(having="version"), version=str(self.plan.pk), name="2026")
        assert "已选 4 个" in page.text
        page = office.send(page, page.form(having="row"), do="next")
        while page.address != reverse("reviews:round_open_confirm"):
            page = office.send(page, page.form())
        office.send(page, page.form())
        self.round = Round.objects.get()
        assert {subject.name for subject in self.subjects} == set(NAMES)

    def hand_out_accounts(self) -> None:
        """All accounts on one page; each writer comes in with the initial password and chooses an own one."""
        admin = log_in("admin")
        page = admin.get(reverse("units:account_people"))
        people = Person.objects.filter(code__in=self.values)
        shown = admin.send(page, page.form(), person=[one.pk for one in people])
        passwords = re.findall(r'kp-secret">([^<]+)<', shown.html)
        for code, password in zip(self.values, passwords, strict=True):
            one = Visitor()
            page = one.log_in(code, password)
            form = page.form(having="old_password")
            one.send(
                page,
                form,
                old_password=password,
                new_password1=f"{PASSWORD}-{code}",
                new_password2=f"{PASSWORD}-{code}",
            )
            self.writers[code] = one

    # ------------------------------------------------------------ the reports

    def write_reports(self) -> None:
        """The first by a Word file, after a hand-in that is refused; the others on the page."""
        done = set(DutyReport.objects.filter(state="submitted").values_list("subject__code", flat=True))
        for subject in (each for each in self.subjects if each.code not in done):
            writer, address = self.writers[subject.code], self.url("duty_edit", subject.pk)
            assert any(href == address for href, _words in writer.get(reverse("reports:home")).links)
            if subject.code == "S01":
                self._is_refused(writer, address)
                self._take_in_a_file(writer, subject)
            page = writer.get(address)
            texts = {f"text:{key}": said for key, said in good_texts(subject, subject.name).items()}
            press(writer, page, "text:#why", do="submit", **texts)
        assert set(DutyReport.objects.values_list("state", flat=True)) == {"submitted"}

    def _is_refused(self, writer: Visitor, address: str) -> None:
        """Nothing that must be there is there: the page says so, and keeps what was typed."""
        page = writer.get(address)
        form = next(form for form in page.forms if "text:#why" in form.fields)
        first = next(name for name in form.fields if name.startswith("text:"))
        page = writer.send(page, form, expect=422, do="submit", **{first: "我抓得紧。"})
        assert "还不能提交" in page.text
        assert "必须撰写，尚未填写" in page.text
        assert next(form for form in page.forms if first in form.fields).fields[first] == ["我抓得紧。"]

    def _take_in_a_file(self, writer: Visitor, subject: Subject) -> None:
        document, texts = Document(), good_texts(subject, "文件")
        for section in layout_for(self.round, subject).sections:
            if section.key != EXTRA and section.part:
                document.add_heading(section.part, 1)
                document.add_paragraph(texts[section.key])
        file = io.BytesIO()
        document.save(file)
        page = writer.get(self.url("duty_import", subject.pk))
        page = writer.send(page, page.form(), file=SimpleUploadedFile("述职报告.docx", b"PK no file"), expect=422)
        assert "“述职报告.docx”" in page.text
        page = writer.send(page, page.form(), file=SimpleUploadedFile("述职报告.docx", file.getvalue()))
        press(writer, page, "chunk-0", do="take")
        assert any("文件" in said for said in DutyReport.objects.get(subject=subject).texts.values())

    def review_reports(self) -> None:
        """The first goes back with a comment at a passage and comes again; then from one to the next."""
        office, first = self.office, self.subjects[0]
        address = self.url("duty_report", first.pk)
        page = office.get(address)
        comments = next(form for form in page.forms if form.action == self.url("duty_comment", first.pk))
        section = comments.fields["section"][0]
        quote = good_texts(first, first.name)[section][:8] if section in good_texts(first, "") else ""
        office.send(page, comments, do="add", quote=quote, text="写具体。")
        page = office.get(address)
        page = press(office, page, "return", do="return", reason="请按评语修改")
        comment = DutyComment.objects.get()
        self._revise(first, comment)
        page = office.get(self.url("duty_compare", first.pk))
        assert "至第 2 次提交" in page.text
        assert "述职人答复： 已写具体。" in page.text
        page = office.get(address)
        assert "另有补充。" in page.text
        for _one in self.subjects:
            page = press(office, page, "approve", do="approve", reason="")
            following = [href for href, words in page.links if words.startswith("下一份待审核")]
            page = office.get(following[0]) if following else page
        assert set(DutyReport.objects.values_list("state", flat=True)) == {"accepted"}

    def _revise(self, subject: Subject, comment: DutyComment) -> None:
        writer = self.writers[subject.code]
        assert "您的述职报告被退回修改" in writer.get(reverse("units:notifications")).text
        page = writer.get(self.url("duty_edit", subject.pk))
        assert "写具体。" in page.text
        form = next(form for form in page.forms if f"text:!{comment.pk}" in form.fields)
        part = f"text:{comment.section}"
        more = {part: form.fields[part][0][:-6] + "另有补充。", f"text:!{comment.pk}": "已写具体。"}
        writer.send(page, form, do="submit", **more)

    def compare_reports(self) -> None:
        page = self.office.get(self.url("duty_similarity"))
        address = reverse("reports:compare_duty_reports", args=[self.round.pk])
        self.office.send(page, page.form(action=address))
        assert Job.objects.get().state == "done"
        assert "已比对 4 份" in self.office.get(self.url("duty_similarity")).text

    # ------------------------------------------------------------ the meeting

    def hold_meeting(self) -> None:
        """Planned, people invited by the plan's groups and checked in; talks, questions, commentary recorded."""
        office = self.office
        page = office.get(self.url("meeting_add"))
        office.send(page, page.form(having="quorum"), date="2026-12-28", time="08:30", place="三楼会议室")
        self.meeting = Meeting.objects.get()
        self._invite()
        page = office.get(self.url("meeting_attendance", self.meeting.pk))
        everybody = re.findall(r'name="attendee" value="([^"]+)"', page.html)
        press(office, page, "present", do="present", attendee=everybody, reason="")
        page = office.get(self.url("meeting", self.meeting.pk))
        press(office, page, "open", do="open")
        for talk in self.meeting.talks.all():
            page = office.get(self.url("talk_record", self.meeting.pk, talk.pk))
            form = page.form(having=f"talk.{talk.pk}.summary")
            typed = {f"talk.{talk.pk}.summary": "一、成绩。二、问题。", f"talk.{talk.pk}.spoken": "7:30"}
            for name in (name for name in form.fields if name.startswith("talk.")):
                kind = name.split(".")[2]
                if name.endswith(".answer"):
                    typed[name] = ANSWERED
                elif name.endswith(".text"):
                    typed[name] = ASKED if kind == "question" else SAID
            office.send(page, form, **typed)

    def _invite(self) -> None:
        """Those who talk stand in the group of their peers, or in none that votes."""
        office, address = self.office, self.url("meeting_expect", self.meeting.pk)
        for number, group in enumerate(self.document["meeting"]["attendees"]):
            page = office.get(address)
            peers = group.get("class") in {"cadre", "peer", "c"}
            names = "\n".join(f"来宾{number}{'甲乙丙'[place]}，乙单位，代表" for place in range(GUESTS))
            talkers = {"talkers": "on"} if peers else {}
            office.send(page, page.form(having="people"), group=str(number), people=names, **talkers)

    # ------------------------------------------------------------ the votes

    def vote(self) -> None:
        """From the key to the count: by account and by slips, everybody the same."""
        office = self.office
        parts = self._make_key()
        page = office.get(self.url("polls"))
        press(office, page, "class")
        for poll in self.round.polls.all():
            self._fix_and_open(poll)
        for poll in self.round.polls.all():
            for code in self._slips(poll):
                self._cast(poll, Visitor(), code)
        for writer in self.writers.values():
            self._cast_by_account(writer)
        for poll in self.round.polls.all():
            office.send(page := office.get(self.url("poll", poll.pk)), page.form(), do="close")
        page = office.get(self.url("poll_count"))
        office.send(page, page.form(having="part-0"), **{"part-0": parts[0]})
        assert set(Poll.objects.values_list("state", flat=True)) == {"counted"}

    def _make_key(self) -> list[str]:
        office, address = self.office, self.url("poll_key")
        page = office.get(address)
        shown = office.send(page, page.form(having="keeper-1"), **{"keeper-1": "保管人"})
        parts = list(dict.fromkeys(PART.findall(shown.html)))
        page = office.get(address)
        office.send(page, page.form(having="part-0"), **{"part-0": parts[0]})
        return parts

    def _fix_and_open(self, poll: Poll) -> None:
        office = self.office
        if poll.rule["sources"][0]["kind"] == "door":  # a survey of the public: slips here
            voters = self.url("poll_voters", poll.pk)
            page = office.get(voters)
            office.send(page, page.form(voters, having="place"), do="remove")
            page = office.get(f"{voters}?add=slips")
            office.send(page, page.form(having="number"), number=str(GUESTS))
        page = office.get(self.url("poll_check", poll.pk))
        if poll.in_meeting:
            press(office, page, "fix", do="fix")
            meeting = office.get(self.url("meeting", self.meeting.pk))
            page = office.get(meeting.link(self.url("poll_screen", poll.pk)))
            chair = self.url("poll_chair", poll.pk)
            office.send(page, page.form(action=chair))
        else:
            press(office, page, "open", do="open")
        poll.refresh_from_db()
        assert poll.state == "open"

    def _slips(self, poll: Poll) -> list[str]:
        """Codes of all who do not vote by account."""
        codes: list[str] = []
        address = self.url("poll_slips", poll.pk)
        for kind in ("numbered", "named"):
            page = self.office.get(address)
            for form in page.forms:
                if form.fields.get("kind") == [kind]:
                    shown = self.office.send(page, form, do="print")
                    codes += dict.fromkeys(CODE.findall(shown.html))
        return codes

    def _cast_by_account(self, writer: Visitor) -> None:
        entry = writer.get(reverse("reviews:booth"))
        for form in entry.forms:
            for name, value in form.buttons:
                if name == "ballot":
                    self._fill(writer, writer.send(entry, form, ballot=value))

    def _cast(self, _poll: Poll, voter: Visitor, code: str) -> None:
        entry = voter.get(reverse("reviews:booth"))
        self._fill(voter, voter.send(entry, entry.form(reverse("reviews:booth_ballot"), having="code"), code=code))

    def _fill(self, voter: Visitor, ballot: Page) -> None:
        codes = {str(subject.pk): subject.code for subject in self.subjects}
        fields = {}
        for name in set(re.findall(r'name="(a\.\d+\.\w+)"', ballot.html)):
            _a, subject, leaf = name.split(".")
            fields[name] = self._answer(leaf, self.values[codes[subject]])
        cast, before = reverse("reviews:booth_cast"), Participation.objects.count()
        review = voter.send(ballot, ballot.form(cast), do="review", **fields)
        voter.send(review, review.form(cast), do="cast")
        assert Participation.objects.count() == before + 1

    def _answer(self, leaf: str, value: str) -> str:
        """The figure, or the option that is worth it."""
        node = next(row for row in self.document["indicators"] if row["code"] == leaf)
        options = {str(option["value"]): option["title"] for option in node.get("options", ())}
        return options[value] if options else value

    # ------------------------------------------------------------ the result

    def mark(self) -> None:
        """The leaves that the office marks: each subject the same share of the points."""
        points_of = {row["code"]: Decimal(str(row["points"])) for row in self.document["indicators"]}
        for assignment in self.round.assignments.all():
            page = self.office.get(self.url("mark_sheet", assignment.pk))
            fields = {}
            for subject in self.subjects:
                points = points_of[assignment.indicator] * int(self.values[subject.code]) / 100
                fields[f"value-{subject.pk}"] = str(points)
                fields[f"note-{subject.pk}"] = "依据平时了解"
            saved = self.office.send(page, page.form(having=f"seen-{self.subjects[0].pk}"), **fields)
            assert "kp-row-error" not in saved.html, saved.text

    def compute_and_announce(self, expected: dict[str, str]) -> None:
        """`expected`: subject → grade. The ranking says it, the figure explains itself, each person is told."""
        office, round_ = self.office, self.round
        page = office.get(self.url("meeting", self.meeting.pk))
        press(office, page, "close", do="close")
        page = office.get(reverse("scoring:ranking", args=[round_.pk]))
        office.send(page, page.form(action=reverse("reports:compute", args=[round_.pk])))
        page = office.get(self.url("phase", "reviewing"))
        office.send(page, page.form())
        page = office.get(reverse("scoring:ranking", args=[round_.pk]))
        for code, grade in expected.items():
            row = next(row for row in page.html.split("<tr") if f">{code}<" in row)
            assert f">{self.values[code]}.00<" in row, (code, row)
            assert f">{grade}<" in row, (code, row)
        first = self.subjects[0]
        top = self.document["indicators"][0]["code"]
        figure = office.get(reverse("scoring:figure", args=[round_.pk, first.pk, top]))
        assert f"{self.values['S01']}.00" in figure.text
        page = office.get(reverse("scoring:limits", args=[round_.pk]))
        office.send(page, page.form(action=reverse("scoring:announce", args=[round_.pk])))
        self.round.refresh_from_db()
        assert self.round.phase == "announced"
        for subject in self.subjects:
            writer = self.writers[subject.code]
            said = writer.get(reverse("units:notifications")).text
            assert "您的考核结果已公布" in said
            assert f"总分 {self.values[subject.code]}.00" in said
            own = writer.get(reverse("scoring:subject_result", args=[round_.pk, subject.pk]))
            assert expected[subject.code] in own.text
            assert SAID in writer.get(self.url("own_meeting")).text

    def publish(self) -> None:
        """To the leaders for a time: they read, others do not."""
        office = self.office
        page = office.get(self.url("publication_add"))
        form = page.form(having="subjects")
        office.send(page, form, ends="2099-01-01", roles=["leader"], comments="unnamed")
        publication = Publication.objects.get()
        assert publication.reports.count() == len(NAMES)
        report = publication.reports.order_by("pk")[0]
        address = self.url("published_report", report.pk)
        assert "另有补充。" in log_in("leader").get(address).text
        self.writers["S02"].get(address, expect=404)
        self.writers["S01"].get(address)

    # ------------------------------------------------------------ what is to be put right

    def put_right(self) -> None:
        """Commentary and grade of the last subject become items; he puts them right, the office strikes them off."""
        office, last = self.office, self.subjects[-1]
        writer = self.writers[last.code]
        page = office.get(self.url("ledger_findings"))
        assert page.html.count('name="finding"') == len(NAMES) + self._results_to_put_right()
        mine = [row for row in page.html.split("<tr") if f">{last.name}<" in row]
        keys = [re.findall(r'name="finding" value="([^"]+)"', row)[0] for row in mine]
        press(office, page, f"problem-{keys[0]}", finding=keys)
        items = list(LedgerItem.objects.all())
        assert {item.subject_id for item in items} == {last.pk}
        assert {item.source for item in items} >= {"commentary"}
        assert len(items) == len(keys)
        for item in items:
            address = self.url("ledger_item", item.pk)
            assert address in writer.get(self.url("ledger")).html
            page = press(writer, writer.get(address), "measures", do="measures", measures="每月走访两次。")
            page = press(writer, page, "progress", do="progress", text="已走访三十户。")
            press(writer, page, "report", do="report", text="问题已解决。")
            self.writers["S01"].get(address, expect=404)
        page = office.get(self.url("ledger"))
        ticks = re.findall(r'name="item" value="([^"]+)"', page.html)
        press(office, page, "note", item=ticks, note="入户核实，情况属实")
        assert set(LedgerItem.objects.values_list("state", flat=True)) == {"struck_off"}
        assert "每月走访两次。" in writer.get(self.url("ledger_item", items[0].pk)).text
        assert f"已销号 {len(items)} 项" in office.get(reverse("reports:circular", args=[self.round.pk])).text

    def _results_to_put_right(self) -> int:
        page = self.office.get(self.url("ledger_findings"))
        return page.html.count('name="finding" value="result.')

    def interview(self) -> None:
        """To which the result leads: arranged, held, then read and confirmed by the interviewed person alone."""
        office, last = self.office, self.subjects[-1]
        page = office.get(reverse("scoring:result_interviews", args=[self.round.pk]))
        ticks = re.findall(r'name="subject" value="(\d+)"', page.html)
        assert str(last.pk) in ticks
        press(office, page, "due_on", subject=[str(last.pk)])
        interview = Interview.objects.get()
        writer, address = self.writers[last.code], self.url("interview", interview.pk)
        self.writers["S01"].get(address, expect=404)
        page = office.get(self.url("interview_record", interview.pk))
        office.send(page, page.form(having="statement"), do="held", **RECORD)
        assert RECORD["demands"] in writer.get(address).text
        press(writer, writer.get(address), "confirm", do="confirm")
        interview.refresh_from_db()
        assert interview.state == "confirmed"
