"""One whole round of the district plan, page by page, as the people who run it: from the plan to the sealed archive."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from reports.models import Job
from reviews.models import Ballot, Event, Mark, NotApplicable, Round, Subject
from scoring.models import Computation, SubjectResult
from units.models import AuditEntry

from .pages import Page, Visitor
from .stage import (
    EXPECTED,
    LEAVES,
    NOT_APPLICABLE,
    PASSWORD,
    RANKING,
    SUBJECTS,
    assessor_account,
    ballot_workbook,
    make_stage,
    mark_of,
)

pytestmark = pytest.mark.django_db(transaction=True)


def visitor(username: str) -> Visitor:
    one = Visitor()
    page = one.log_in(username, PASSWORD)
    assert page.address == "/", page.text
    return one


def test_a_round_from_the_plan_to_the_sealed_archive():
    make_stage()
    office = visitor("office")
    round_ = open_the_round(office)
    enter_all_marks(round_)
    two_sessions_meet_on_one_mark(round_)
    enter_and_decide_events(office, round_)
    bring_in_the_ballots(office, round_)
    compute(office, round_)
    the_ranking_says_what_was_worked_out_by_hand(office, round_)
    figures_open_down_to_what_was_entered(office, round_)
    close_and_announce(office, round_)
    the_result_workbook_says_the_same(office, round_)
    seal(office, round_)
    nothing_can_be_changed_any_more(office, round_)
    assert Round.objects.get().phase == "sealed"


# ---------------------------------------------------------------- opening


def open_the_round(office: Visitor) -> Round:
    """From the library of plans: the office loads the presets, opens the plan, and opens a round from it."""
    library = office.get(reverse("indicators:plan_list"))
    if "district-2020" not in library.text:
        library = office.send(library, library.form(action=reverse("indicators:load_presets")))
    plan = office.get(reverse("indicators:plan_detail", args=["district-2020"]))
    assert "接诉即办" in plan.text
    first = office.get(plan.link(reverse("reviews:round_open")))
    form = first.form(having="version")
    refused = office.send(first, form, expect=422, name="2020-Q1", deadline="2026-12-31")
    assert refused.form(having="version").fields["name"] == ["2020-Q1"], "what was typed is still there"
    form = refused.form(having="version")
    second = office.send(refused, form, name="2020", title="2020年度绩效考核")
    assert second.address.startswith(reverse("reviews:round_open_subjects"))
    third = office.send(second, second.form(having="row"), do="next")
    assert third.address == reverse("reviews:round_open_assessors")
    last = office.send(third, third.form(having="unit-0"))
    assert last.address == reverse("reviews:round_open_confirm")
    assert "5" in last.text
    opened = office.send(last, last.form())
    round_ = Round.objects.get()
    assert opened.address == reverse("reviews:round_detail", args=[round_.pk])
    subjects = set(round_.subjects.values_list("code", "name", "category"))
    assert subjects == {(code, name, category) for code, (name, category) in SUBJECTS.items()}
    assert not round_.assignments.filter(unit=None, indicator__in=LEAVES).exists()
    assert str(round_.deadline) == "2026-12-31"
    return round_


# ---------------------------------------------------------------- marks


def sheet_address(round_: Round, leaf: str) -> str:
    assignment = round_.assignments.get(indicator=leaf)
    return reverse("reviews:mark_sheet", args=[round_.pk, assignment.pk])


def fill(round_: Round, leaf: str, **other: str) -> dict[str, Any]:
    """The fields of a sheet for all subjects; `other` replaces marks by subject, as s016="15.5"."""
    changes: dict[str, Any] = {}
    for subject in round_.subjects.all():
        mark = other.get(f"s{subject.code}", mark_of(subject.code, leaf))
        if mark == NOT_APPLICABLE:
            changes[f"na-{subject.pk}"] = "on"
        else:
            changes[f"value-{subject.pk}"] = mark
        changes[f"note-{subject.pk}"] = f"{leaf} 依据台账核定"
    return changes


def enter_all_marks(round_: Round) -> None:
    assessors = {username: visitor(username) for username in {assessor_account(leaf) for leaf in LEAVES}}
    for leaf in LEAVES:
        one = assessors[assessor_account(leaf)]
        mine = one.get(reverse("reviews:my_marks", args=[round_.pk]))
        address = sheet_address(round_, leaf)
        assert any(href == address for href, _words in mine.links), f"{leaf} is not on its assessor's list"
        if leaf == "K22":
            refused_marks_keep_what_was_typed(one, round_)
        else:
            sheet, some = one.get(address), round_.subjects.all()[0]
            saved = one.send(sheet, sheet.form(having=f"seen-{some.pk}"), **fill(round_, leaf))
            assert not [row for row in saved.html.split("<tr") if "kp-row-error" in row], saved.text
    stranger = assessors[assessor_account("K114")]
    assert stranger.client.get(sheet_address(round_, "K21")).status_code in {403, 404}
    assert Mark.objects.count() == len(LEAVES) * len(SUBJECTS) - 1
    assert NotApplicable.objects.count() == 1
    assert not Mark.objects.filter(note="").exists()


def refused_marks_keep_what_was_typed(one: Visitor, round_: Round) -> None:
    """15.5 of 15 is refused, a mark without its note too; the other rows are saved and nothing typed is lost."""
    address = sheet_address(round_, "K22")
    over, bare = round_.subjects.get(code="016"), round_.subjects.get(code="017")
    sheet = one.get(address)
    changes = fill(round_, "K22", s016="15.5") | {f"note-{bare.pk}": ""}
    page = one.send(sheet, sheet.form(having=f"seen-{over.pk}"), **changes)
    form = page.form(having=f"seen-{over.pk}")
    assert form.fields[f"value-{over.pk}"] == ["15.5"]
    assert form.fields[f"note-{over.pk}"] == ["K22 依据台账核定"]
    assert form.fields[f"value-{bare.pk}"] == [mark_of("017", "K22")]
    assert set(Mark.objects.filter(indicator="K22").values_list("subject__code", flat=True)) == {"001", "002", "015"}
    mended = {f"value-{over.pk}": mark_of("016", "K22"), f"note-{bare.pk}": "补充说明"}
    one.send(page, form, **mended)
    assert Mark.objects.filter(indicator="K22").count() == len(SUBJECTS)


def two_sessions_meet_on_one_mark(round_: Round) -> None:
    """Two people of one unit open the same sheet; the second to save sees the first's mark and keeps it."""
    first, second = visitor(assessor_account("K21")), visitor(assessor_account("K21"))
    subject = round_.subjects.get(code="015")
    address = sheet_address(round_, "K21")
    stale = second.get(address)
    fresh = first.get(address)
    seen = f"seen-{subject.pk}"
    first.send(fresh, fresh.form(having=seen), **{f"value-{subject.pk}": "9", f"note-{subject.pk}": "复核"})
    page = second.send(stale, stale.form(having=seen), **{f"value-{subject.pk}": "11"})
    stored = Mark.objects.get(subject=subject, indicator="K21")
    assert stored.value == 9, "nothing is overwritten silently"
    form = page.form(having=seen)
    assert form.fields[f"value-{subject.pk}"] == ["11"], "what was typed is still there"
    assert "9" in page.text
    assert "复核" in page.text
    kept = second.send(page, form, **{f"resolve-{subject.pk}": "theirs"})
    assert Mark.objects.get(subject=subject, indicator="K21").value == 9
    changes = {f"value-{subject.pk}": mark_of("015", "K21"), f"note-{subject.pk}": "两人商定"}
    second.send(kept, kept.form(having=seen), **changes)
    history = second.client.get(
        reverse("reviews:history", args=[round_.pk]),
        {"assignment": round_.assignments.get(indicator="K21").pk, "subject": subject.pk},
        headers={"HX-Request": "true"},
    )
    assert history.status_code == 200
    assert "复核" in history.content.decode(), "every change keeps what it was before"


# ---------------------------------------------------------------- events

# Subject, LEAF|ITEM, value, count, matter; then whether it is approved, rejected or left waiting.
EVENTS = (
    ("017", "B|B-3", "1", "", "疫情防控", "approved"),
    ("017", "B|B-3", "1.5", "", "疫情防控", "approved"),
    ("017", "B|B-2", "2", "", "劳动争议调解经验", "rejected"),
    ("017", "D|D-2", "0.5", "2", "报送材料不合要求", "approved"),
    ("001", "B|B-1", "2", "", "信息工作批示", ""),
)


def enter_and_decide_events(office: Visitor, round_: Round) -> None:
    for code, entry, value, count, matter, _decision in EVENTS:
        page = office.get(reverse("reviews:event_add", args=[round_.pk]))
        form = page.form(having="matter")
        changes = {
            "subject": code, "entry": entry, "value": value, "count": count or "1", "matter": matter,
            "basis": "督查通报第3期", "date": "2020-06-18",
        }  # fmt: skip
        office.send(page, form, **changes)
    assert Event.objects.filter(status="pending").count() == len(EVENTS)
    decide(office, round_, "approved")
    listed = office.get(reverse("reviews:event_list", args=[round_.pk]))
    form = listed.form(action=reverse("reviews:event_decide", args=[round_.pk]))
    bad = Event.objects.get(matter="劳动争议调解经验")
    office.send(listed, form, event=f"{bad.pk}.{bad.version}", status="rejected", reason="")
    assert Event.objects.get(pk=bad.pk).status == "pending", "rejecting needs a reason"
    decide(office, round_, "rejected", reason="依据不足")
    stored = set(Event.objects.values_list("subject__code", "matter", "status"))
    assert stored == {(row[0], row[4], row[5] or "pending") for row in EVENTS}


def decide(office: Visitor, round_: Round, status: str, reason: str = "") -> None:
    matters = [row[4] for row in EVENTS if row[5] == status]
    page = office.get(reverse("reviews:event_list", args=[round_.pk]))
    form = page.form(action=reverse("reviews:event_decide", args=[round_.pk]))
    ticked = [f"{e.pk}.{e.version}" for e in Event.objects.filter(matter__in=matters)]
    assert all(f'value="{tick}"' in page.html for tick in ticked)
    office.send(page, form, event=ticked, status=status, reason=reason)


# ---------------------------------------------------------------- ballots


def bring_in_the_ballots(office: Visitor, round_: Round) -> None:
    """Upload the workbook: first only checked, then loaded; the second time nothing is new."""
    checked = upload_ballots(office, round_)
    assert not Ballot.objects.exists(), "checking changes nothing"
    office.send(checked, checked.form(action=reverse("reports:load_checked", args=[Job.objects.first().pk])))
    assert Ballot.objects.count() == 7
    marks = Mark.objects.count()
    again = upload_ballots(office, round_)
    office.send(again, again.form(action=reverse("reports:load_checked", args=[Job.objects.first().pk])))
    assert Ballot.objects.count() == 7
    assert Mark.objects.count() == marks, "a sheet that the workbook does not have is left as it is"
    assert not Job.objects.exclude(state="done").exists()


def upload_ballots(office: Visitor, round_: Round) -> Page:
    page = office.get(reverse("reports:workbook", args=[round_.pk]))
    upload = next(form for form in page.forms if "allow_missing" in form.fields)
    file = SimpleUploadedFile("选票.xlsx", ballot_workbook())
    job = office.send(page, upload, file=file)
    assert Job.objects.first().state == "done", job.text
    return job


# ---------------------------------------------------------------- result


def compute(office: Visitor, round_: Round) -> None:
    page = office.get(reverse("scoring:ranking", args=[round_.pk]))
    job = office.send(page, page.form(action=reverse("reports:compute", args=[round_.pk])))
    assert job.address == reverse("reports:job", args=[Job.objects.first().pk])
    assert any(href == reverse("scoring:ranking", args=[round_.pk]) for href, _words in job.links), job.text
    computation = Computation.objects.get(is_current=True)
    assert not computation.provisional, computation.summary


def the_ranking_says_what_was_worked_out_by_hand(office: Visitor, round_: Round) -> None:
    leader = visitor("leader")
    for one in (office, leader):
        page = one.get(reverse("scoring:ranking", args=[round_.pk]))
        rows = [row.split("</tr>")[0] for row in page.html.split("<tbody>")[-1].split("<tr>")[1:]]
        assert len(rows) == len(RANKING)
        for row, (code, (rank, total, grade)) in zip(rows, RANKING.items(), strict=True):
            for shown in (f">{rank}<", f">{SUBJECTS[code][0]}<", f">{code}<", f">{total}<", f">{grade}<"):
                assert shown in row, (code, shown)
    filtered = office.get(reverse("scoring:ranking", args=[round_.pk]) + "?category=人大机关", **{"HX-Request": "true"})
    assert "<html" not in filtered.html
    assert "区人大机关" in filtered.text
    assert "区总工会" not in filtered.text


def figures_open_down_to_what_was_entered(office: Visitor, round_: Round) -> None:
    for code, expected in EXPECTED.items():
        subject = round_.subjects.get(code=code)
        page = office.get(reverse("scoring:subject_result", args=[round_.pk, subject.pk]))
        for node, score in expected.items():
            row = page.html.split(f'id="row-{node}"')[1].split("</tr>")[0]
            shown = score.replace("-", "−") if score.replace("-", "−") in row else score
            assert f">{shown}<" in row, (code, node, score, row)
    union = round_.subjects.get(code="017")

    def figure(code: str) -> str:
        address = reverse("scoring:figure", args=[round_.pk, union.pk, code])
        return office.get(address, **{"HX-Request": "true"}).text

    assert "13.55" in figure("K21")
    assert "K21 依据台账核定" in figure("K21")
    assert "疫情防控" in figure("B")
    assert "27.375" in figure("E2"), "the rounding is shown"
    assert "不适用" in figure("K114")
    assert "7.133" in figure("K11")


# ---------------------------------------------------------------- announcing


def close_and_announce(office: Visitor, round_: Round) -> None:
    subject, other = visitor("unit-017"), visitor("unit-016")
    own = reverse("scoring:subject_result", args=[round_.pk, round_.subjects.get(code="017").pk])
    foreign = reverse("scoring:subject_result", args=[round_.pk, round_.subjects.get(code="016").pk])
    ranking = reverse("scoring:ranking", args=[round_.pk])

    def nobody_sees_it_yet() -> None:
        assert subject.client.get(own).status_code == 404
        assert subject.client.get(ranking).status_code == 403
        assert "91.89" not in subject.get(reverse("scoring:my_results")).text
        assert "91.89" not in subject.get("/").text

    nobody_sees_it_yet()
    limits = reverse("scoring:limits", args=[round_.pk])
    office.client.post(reverse("scoring:announce", args=[round_.pk]))
    page = office.get(limits)
    assert not [form for form in page.forms if form.action.endswith("/announce/")], "the input is still open"
    closing = office.get(reverse("reviews:phase", args=[round_.pk, "reviewing"]))
    office.send(closing, closing.form(having="reason"))
    assert Round.objects.get().phase == "reviewing"
    nobody_sees_it_yet()
    page = office.get(limits)
    office.send(page, page.form(action=reverse("scoring:announce", args=[round_.pk])))
    assert Round.objects.get().phase == "announced"
    assert "91.89" in subject.get(reverse("scoring:my_results")).text
    assert "良好" in subject.get(own).text
    assert subject.client.get(foreign).status_code == 404
    assert subject.client.get(ranking).status_code == 200
    assert other.client.get(own).status_code == 404
    assert "58.50" in other.get(foreign).text


def the_result_workbook_says_the_same(office: Visitor, round_: Round) -> None:
    page = office.get(reverse("reports:workbook", args=[round_.pk]))
    job = office.send(page, page.form(action=reverse("reports:export", args=[round_.pk])))
    response = office.client.get(job.link(reverse("reports:job_file", args=[Job.objects.first().pk])))
    book = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content)), data_only=True)
    header, *rows = book["排名"].iter_rows(values_only=True)
    assert header == ("名次", "类别名次", "编码", "名称", "类别", "总分", "等次", "等次说明", "标记")
    read = {row[2]: (row[0], f"{Decimal(str(row[5])):.2f}", row[6]) for row in rows}
    assert read == RANKING
    heads, *lines = book["指标得分"].iter_rows(values_only=True)
    for line in lines:
        scores = {str(head).split(" ")[0]: value for head, value in zip(heads, line, strict=True)}
        for node, score in EXPECTED.get(str(line[0]), {}).items():
            assert Decimal(str(scores[node])) == Decimal(score), (line[0], node)


# ---------------------------------------------------------------- sealed


def seal(office: Visitor, round_: Round) -> None:
    page = office.get(reverse("scoring:limits", args=[round_.pk]))
    office.send(page, page.form(action=reverse("scoring:seal", args=[round_.pk])))
    assert Round.objects.get().phase == "sealed"


def state() -> dict[str, Any]:
    models = (Round, Subject, Mark, NotApplicable, Event, Ballot, Computation, SubjectResult, AuditEntry)
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in models}


def nothing_can_be_changed_any_more(office: Visitor, round_: Round) -> None:
    """Everyone who could write before tries every way in; the database stays as it is."""
    before = state()
    assessor = visitor(assessor_account("K21"))
    union = round_.subjects.get(code="017")
    event = Event.objects.first()
    sheet = assessor.get(sheet_address(round_, "K21"))
    assert not [form for form in sheet.forms if f"seen-{union.pk}" in form.fields], "no fields on a sealed sheet"
    values = {f"seen-{union.pk}": "", f"was-{union.pk}": "", f"value-{union.pk}": "1", f"note-{union.pk}": "x"}
    attempts: list[tuple[Visitor, str, list[Any], dict[str, Any]]] = [
        (assessor, "reviews:mark_sheet", [round_.pk, round_.assignments.get(indicator="K21").pk], values),
        (office, "reviews:event_add", [round_.pk], {"subject": "017", "entry": "B|B-3", "value": "1"}),
        (office, "reviews:event_decide", [round_.pk],
         {"event": f"{event.pk}.{event.version}", "status": "rejected", "reason": "x"}),
        (office, "reviews:event_detail", [round_.pk, event.pk],
         {"do": "withdraw", "reason": "x", "seen": str(event.version)}),
        (office, "reviews:deadline", [round_.pk], {"deadline": "2027-01-01", "reason": "x"}),
        (office, "reviews:phase", [round_.pk, "collecting"], {"reason": "x"}),
        (office, "reviews:phase", [round_.pk, "reviewing"], {"reason": "x"}),
        (office, "reviews:subject_withdraw", [round_.pk, union.pk], {"reason": "x", "confirmed": "on"}),
        (office, "reviews:assign", [round_.pk, round_.assignments.get(indicator="K21").pk], {"unit": ""}),
        (office, "reports:compute", [round_.pk], {}),
        (office, "scoring:announce", [round_.pk], {}),
        (office, "scoring:seal", [round_.pk], {}),
        (office, "scoring:decide", [round_.pk, union.pk],
         {"grade": "优秀", "reason": "x", "document": "x", "seen": "0"}),
    ]  # fmt: skip
    for one, name, args, data in attempts:
        one.client.handler.enforce_csrf_checks = False
        response = one.client.post(reverse(name, args=args), data)
        assert response.status_code < 500, name
        assert state() == before, name
    page = office.get(reverse("reports:workbook", args=[round_.pk]))
    assert not [form for form in page.forms if "allow_missing" in form.fields]
    file = SimpleUploadedFile("选票.xlsx", ballot_workbook())
    jobs = Job.objects.count()
    office.client.post(reverse("reports:workbook", args=[round_.pk]), {"file": file})
    assert Job.objects.count() == jobs
    assert state() == before
