"""The rectification ledger: where items come from, what is done about them, who finds it done."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction

from reviews.findings import actions_beside, all_findings, beside_findings, open_findings
from reviews.meeting_actions import Action, actions_on
from reviews.models import BallotComment, BallotCount, Inspection, LedgerItem, Poll, Round, Sampling, Subject
from reviews.queries.duty_reports import layout_for
from reviews.queries.evidence import files_of_round, find_place, may_read_file, visible_files
from reviews.queries.ledger import asked_of, earlier_ledgers, ledger_of, ledger_seen_by, state_counts
from reviews.services import errors, ledger, ledger_intake
from reviews.services.evidence import add_evidence, withdraw_evidence
from reviews.services.ledger_intake import ItemData, Wanted
from reviews.services.ledger_reminders import LEDGER
from reviews.services.reminders import Choice, RemindedRecently, send_reminder
from reviews.services.subjects import withdraw_subject
from reviews.words import today
from tests.factories import make_unit, make_user
from units import access
from units.models import AuditEntry, Notification, Person, Role, RoleGrant, User

from .duty import again, duty_round, subject_of, writer_of
from .ledger_stage import DAY, add, commentary, late, now, plan, report, reported, strike

pytestmark = pytest.mark.django_db


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


@pytest.fixture
def second() -> User:
    """A second person of the office."""
    return make_user(Role.OFFICE)


def keys(round_: Round, user: User) -> list[str]:
    return [finding.key for finding in open_findings(round_, user)]


# ---------------------------------------------------------------- taking in


def test_an_item_by_hand_gets_the_next_number_and_its_people_are_told(round_, subject, writer, office):
    first, item = add(subject, office), add(subject, office, "谈心谈话走过场")
    assert (first.code, item.code) == ("2025-001", "2025-002")
    assert (item.responsible, item.person, item.unit) == (subject.name, subject.person, subject.person.unit)
    assert (item.state, item.first_deadline) == ("open", item.deadline)
    entry = AuditEntry.objects.get(action="add ledger item", target_id=str(item.pk))
    assert (entry.round_id, entry.changes["problem"]) == (round_.pk, [None, "谈心谈话走过场"])
    told = Notification.objects.filter(account=writer).order_by("pk").values_list("title", flat=True)
    assert list(told) == ["有新的整改事项 (2025-001)", "有新的整改事项 (2025-002)"]
    assert not Notification.objects.exclude(account=writer).exists()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"data": ItemData(" \r\n ")}, "problem"),
        ({"data": ItemData("长" * 2001)}, "problem"),
        ({"deadline": today() - DAY}, "deadline"),
    ],
)
def test_an_item_that_says_too_little_is_refused(subject, office, values, field):
    with pytest.raises(errors.InvalidInput) as refused:
        add(subject, office, **values)
    assert refused.value.field == field
    assert not LedgerItem.objects.exists()


def test_a_subject_of_another_round_is_refused(subject, office):
    other = duty_round(name="2024")
    data = ItemData("x")
    with pytest.raises(errors.InvalidInput) as refused:
        ledger_intake.add_item(round=other, subject=subject, data=data, deadline=today(), by=office)
    assert refused.value.field == "subject"


def test_only_the_office_takes_in(subject, writer):
    for user in (writer, make_user(Role.LEADER), make_user(Role.AUDITOR), make_user(Role.ASSESSOR)):
        with pytest.raises(errors.NotAllowed):
            add(subject, user)
        with pytest.raises(errors.NotAllowed):
            ledger_intake.take_in(round=subject.round, wanted=[Wanted("x", "x", today())], by=user)


def test_a_commentary_is_taken_in_once_and_says_where_it_comes_from(round_, subject, office):
    remark = commentary(round_, subject)
    assert [action.label for action in actions_on([remark], office)[remark.pk]] == ["列入台账"]
    [finding] = open_findings(round_, office)
    assert (finding.text, finding.words) == ("联系群众不够", "述职评议会 · 王书记")
    [item] = ledger_intake.take_in(round=round_, wanted=[Wanted(finding.key, "联系群众少", today())], by=office)
    assert (item.source, item.source_id, item.problem) == ("commentary", str(remark.pk), "联系群众少")
    assert item.source_url == finding.url
    assert keys(round_, office) == []
    [action] = actions_on([remark], office)[remark.pk]
    assert item.code in action.label
    assert action.url.endswith(f"/ledger/{item.pk}/")
    with pytest.raises(errors.InvalidInput, match="已列入台账"):
        ledger_intake.take_in(round=round_, wanted=[Wanted(finding.key, "又一次", today())], by=office)
    with pytest.raises(errors.InvalidInput, match="已列入台账"):
        add(subject, office, finding=finding.key)
    assert actions_on([remark], make_user(Role.LEADER)) == {}


def test_the_database_itself_takes_a_finding_only_once(round_, subject, office):
    fields: dict[str, Any] = {"subject": subject, "round": round_, "source": "commentary", "source_id": "7"}
    days = {"deadline": today(), "first_deadline": today()}
    LedgerItem.objects.create(number=1, problem="x", **fields, **days)
    with pytest.raises(IntegrityError), transaction.atomic():
        LedgerItem.objects.create(number=2, problem="x", **fields, **days)
    LedgerItem.objects.update(state="withdrawn")
    LedgerItem.objects.create(number=2, problem="x", **fields, **days)


def test_several_findings_are_taken_in_together_or_not_at_all(round_, subject, office):
    remarks = [commentary(round_, subject_of(round_, place), f"问题{place}") for place in (0, 1)]
    wanted = [Wanted(f"commentary.{remark.pk}", remark.text, today()) for remark in remarks]
    bad = [wanted[0], Wanted(wanted[1].key, " ", today())]
    with pytest.raises(errors.InvalidInput) as refused:
        ledger_intake.take_in(round=round_, wanted=bad, by=office)
    assert refused.value.field == f"{wanted[1].key}.problem"
    with pytest.raises(errors.InvalidInput) as refused:
        ledger_intake.take_in(round=round_, wanted=[Wanted(wanted[0].key, "x", None)], by=office)
    assert refused.value.field == f"{wanted[0].key}.deadline"
    with pytest.raises(errors.InvalidInput):
        ledger_intake.take_in(round=round_, wanted=[], by=office)
    assert not LedgerItem.objects.exists()
    items = ledger_intake.take_in(round=round_, wanted=wanted, by=office)
    assert [item.number for item in items] == [1, 2]


def test_a_finding_that_is_gone_is_refused(round_, subject, office):
    remark = commentary(round_, subject)
    remark.text = ""
    remark.save()
    with pytest.raises(errors.InvalidInput, match="已不在"):
        ledger_intake.take_in(round=round_, wanted=[Wanted(f"commentary.{remark.pk}", "x", today())], by=office)


def test_visits_that_found_something_wrong_are_findings(round_, subject, office):
    leaf = "T1"
    sampling = Sampling.objects.create(round=round_, number=1, title="年中察访", reason="x", made_by=office)
    inspections = [
        sampling.inspections.create(
            subject=subject_of(round_, place), indicator=leaf, found="台账不实", conclusion=said
        )
        for place, said in enumerate(("false", "true"))
    ]
    [finding] = open_findings(round_, office)
    assert finding.key == f"inspection.{inspections[0].pk}"
    assert finding.text == "台账不实"
    assert finding.words == "年中察访 · T1 抓基层党建工作责任"
    Inspection.objects.filter(pk=inspections[1].pk).update(conclusion="partly")
    assert len(keys(round_, office)) == 2


def test_comments_of_voters_are_findings_only_where_they_are_shown(round_, subject, office):
    terms = {"leaves": [], "abstain": False, "comments": True, "limits": {}, "invalid": [], "minimum": 3}
    poll = Poll.objects.create(round=round_, voter_class="a", state="counted", terms=terms)
    comment = BallotComment.objects.create(poll=poll, subject=subject, text="开会多，落实少")
    BallotComment.objects.create(poll=poll, subject=subject_of(round_, 1), text="作风硬")
    for place, votes in ((0, 5), (1, 2)):
        BallotCount.objects.create(
            poll=poll, subject=subject_of(round_, place), indicator="T1", voter_class="a", answer="好", count=votes
        )
    assert keys(round_, office) == [], "not before the result is announced"
    Round.objects.filter(pk=round_.pk).update(phase="announced")
    round_.refresh_from_db()
    [finding] = open_findings(round_, office)
    assert (finding.source, finding.text, finding.subject) == ("comment", "开会多，落实少", subject)
    assert str(comment.pk) not in finding.key
    assert open_findings(round_, make_user(Role.AUDITOR)) == []
    item = add(subject, office, "重会议轻落实", finding=finding.key)
    assert str(comment.pk) not in repr(LedgerItem.objects.values().get())
    said = repr(list(AuditEntry.objects.filter(target_id=str(item.pk)).values("label", "changes")))
    assert "重会议" not in said, "the log is read by more people than comments are"
    auditor = make_user(Role.AUDITOR)
    assert not access.may_read_item(auditor, item)
    assert not ledger_seen_by(auditor, round_).exists()
    assert ledger_seen_by(make_user(Role.LEADER), round_).get() == item


def quoting(subject: Subject, office: User) -> LedgerItem:
    """An item that came from what a voter wrote."""
    LedgerItem.objects.filter(pk=add(subject, office, "原话").pk).update(source="comment", source_id="x")
    AuditEntry.objects.all().delete()
    return LedgerItem.objects.select_related("round", "subject").get(source="comment")


def test_the_log_says_that_texts_of_such_an_item_changed_and_not_what_they_say(subject, writer, office):
    item = plan(quoting(subject, office), writer, "针对“原话”")
    ledger.add_progress(item=item, text="说的“原话”已改", by=writer)
    item = ledger.put_off(item=item, deadline=item.deadline + DAY, reason="等上级批复", seen=item.version, by=office)
    item = report(item, writer, "“原话”已改")
    item = ledger.send_back(item=item, reason="“原话”未改", seen=item.version, by=office)
    strike(report(item, writer, "“原话”改了"), office, "“原话”属实")
    ledger.take_out(item=quoting_another(subject, office), reason="“原话”重复", seen=1, by=office)
    said = AuditEntry.objects.order_by("pk")
    assert "原话" not in repr(list(said.values("label", "changes", "reason")))
    assert [entry.action for entry in said][:3] == [
        "set ledger measures",
        "write ledger progress",
        "put off ledger item",
    ]
    assert (said[0].changes, said[2].reason) == ({"item state": ["open", "planned"]}, "等上级批复")


def quoting_another(subject: Subject, office: User) -> LedgerItem:
    item = add(subject, office, "x")
    LedgerItem.objects.filter(pk=item.pk).update(source="comment", source_id="y")
    return now(item)


def test_files_of_such_an_item_are_not_for_auditors(round_, subject, writer, office):
    place = find_place(round_, f"ledger.{plan(quoting(subject, office), writer).pk}")
    plain = find_place(round_, f"ledger.{plan(add(subject, office), writer).pk}")
    assert place is not None
    assert plain is not None
    file = add_evidence(place=place, file=ContentFile("原话".encode(), name="x.txt"), by=writer)
    other = add_evidence(place=plain, file=ContentFile(b"text", name="y.txt"), by=writer)
    auditor = make_user(Role.AUDITOR)
    for _withdrawn in (False, True):
        assert [may_read_file(user, file) for user in (office, auditor)] == [True, False]
        assert may_read_file(auditor, other)
        assert set(files_of_round(office, round_)) == {file, other}
        assert list(files_of_round(auditor, round_)) == [other]
        if not _withdrawn:
            withdraw_evidence(evidence=file, reason="x", by=writer)
            file.refresh_from_db()


def test_what_voters_wrote_is_neither_in_the_next_report_nor_in_mail(round_, subject, writer, office):
    item = quoting(subject, office)
    later = again(round_, "2026")
    [question] = layout_for(later, subject_of(later)).questions
    assert question.text == item.get_source_display()
    assert "原话" not in repr(question)
    late(item)
    [message] = remind(round_, office).messages.all()
    assert "原话" not in message.text
    assert item.code in message.text


def test_what_else_follows_from_a_finding_stands_beside_it(round_, subject, office, monkeypatch):
    monkeypatch.setattr("reviews.findings._beside", [])
    remark = commentary(round_, subject)
    beside_findings(lambda found, _user: {one.key: Action("约谈", "/x/") for one in found})
    found = actions_beside(all_findings(round_, office), office)
    assert [action.label for action in found[f"commentary.{remark.pk}"]] == ["约谈"]


# ---------------------------------------------------------------- measures, progress, report


def test_from_the_measures_to_the_struck_off_item(subject, writer, office):
    item = plan(add(subject, office), writer)
    assert (item.state, item.measures) == ("planned", "每月走访一次")
    ledger.add_progress(item=item, text="走访了3户", by=writer)
    item = report(item, writer)
    assert (item.state, item.reported_by, item.in_time) == ("reported", writer, True)
    item = strike(item, office, "现场核实")
    assert (item.state, item.struck_off_by, item.state_words) == ("struck_off", office, "现场核实")
    assert [note.is_report for note in item.notes.all()] == [False, True]
    done = AuditEntry.objects.filter(target="reviews.ledgeritem", target_id=str(item.pk)).order_by("pk")
    assert [entry.action for entry in done] == [
        "add ledger item",
        "set ledger measures",
        "write ledger progress",
        "report ledger item",
        "strike off ledger item",
    ]
    assert done[4].changes == {"item state": ["reported", "struck_off"]}


def test_strangers_can_neither_work_on_it_nor_read_it(round_, subject, office):
    item = add(subject, office)
    other = writer_of(subject_of(round_, 1))
    for user in (other, make_user(Role.ASSESSOR), make_user(Role.LEADER), make_user(Role.AUDITOR)):
        with pytest.raises(errors.NotAllowed):
            plan(item, user)
        with pytest.raises(errors.NotAllowed):
            ledger.add_progress(item=item, text="x", by=user)
        with pytest.raises(errors.NotAllowed):
            report(item, user)
    assert not access.may_read_item(other, item)
    assert not ledger_seen_by(other, round_).exists()
    assert access.may_read_item(make_user(Role.LEADER), item)


def test_the_responsible_person_and_unit_see_it_as_the_subject_does(round_, subject, office):
    unit = make_unit("责任单位")
    person = Person.objects.create(code="R1", name="李四", unit=make_unit())
    item = add(subject, office, data=ItemData("x", person=person, unit=unit))
    assert item.responsible == "李四"
    for user in (make_user(Role.SUBJECT, person=person), make_user(Role.SUBJECT, unit)):
        assert ledger_seen_by(user, round_).get() == item
        plan(item, user)


def test_measures_come_before_the_report(subject, writer, office):
    item = add(subject, office)
    with pytest.raises(errors.InvalidInput) as refused:
        report(item, writer)
    assert refused.value.field == "measures"
    for text, field in ((" ", "measures"), ("长" * 4001, "measures")):
        with pytest.raises(errors.InvalidInput) as refused:
            plan(item, writer, text)
        assert refused.value.field == field


def test_what_waits_to_be_verified_is_not_changed(subject, writer, office):
    item = reported(subject, writer, office)
    with pytest.raises(errors.InvalidInput, match="待核验"):
        plan(item, writer)
    with pytest.raises(errors.InvalidInput, match="待核验"):
        ledger.add_progress(item=item, text="x", by=writer)
    with pytest.raises(errors.InvalidInput, match="待核验"):
        report(item, writer)


def test_who_saw_an_older_state_is_told_what_it_is_now(subject, writer, office):
    item = add(subject, office)
    seen = item.version
    plan(item, writer)
    with pytest.raises(errors.Conflict) as clash:
        ledger.set_measures(item=item, measures="另一套", seen=seen, by=writer)
    assert (clash.value.theirs.value, clash.value.theirs.by) == ("整改中", writer)
    assert now(item).measures == "每月走访一次"
    ledger.set_measures(item=item, measures="另一套", seen=int(clash.value.theirs.seen), by=writer)
    assert now(item).measures == "另一套"


# ---------------------------------------------------------------- verified by another


def refused_to_strike(item: LedgerItem, by: User) -> None:
    with pytest.raises(errors.InvalidInput, match="不能核验本项"):
        strike(item, by)
    with pytest.raises(errors.InvalidInput, match="不能核验本项"):
        ledger.send_back(item=now(item), reason="x", seen=now(item).version, by=by)
    assert now(item).state == "reported"


def test_whoever_reported_it_does_not_strike_it_off(subject, writer, office, second):
    item = add(subject, second)
    plan(item, writer)
    report(item, office)
    refused_to_strike(item, office)
    assert strike(item, second).state == "struck_off"


def test_whoever_set_the_measures_or_wrote_the_progress_does_not_either(subject, writer, office, second):
    third = make_user(Role.OFFICE)
    item = plan(add(subject, third), office)
    ledger.add_progress(item=item, text="x", by=second)
    report(item, writer)
    refused_to_strike(item, office)
    refused_to_strike(item, second)
    assert strike(item, third).state == "struck_off"


def test_whoever_brought_a_proof_does_not_either(round_, subject, writer, office, second):
    item = plan(add(subject, second), writer)
    place = find_place(round_, item.files_key)
    assert place is not None
    add_evidence(place=place, file=ContentFile(b"text", name="x.txt"), by=office)
    report(item, writer)
    refused_to_strike(item, office)


def test_an_office_account_that_answers_for_it_does_not_either(subject, office, second):
    item = add(subject, second)
    RoleGrant.objects.create(user=office, role=Role.SUBJECT, person=subject.person)
    helper = make_user(Role.SUBJECT, person=subject.person)
    plan(item, helper)
    report(item, helper)
    refused_to_strike(item, User.objects.get(pk=office.pk))


def test_only_the_office_strikes_off(subject, writer, office):
    item = reported(subject, writer, office)
    for user in (writer, make_user(Role.LEADER), make_user(Role.AUDITOR)):
        with pytest.raises(errors.NotAllowed):
            strike(item, user)


def test_the_database_itself_wants_two_people(subject, writer, office):
    item = reported(subject, writer, office)
    rows = LedgerItem.objects.filter(pk=item.pk)
    for values in (
        {"state": "struck_off", "struck_off_by": writer},
        {"state": "struck_off"},
        {"state": "struck_off", "struck_off_by": office, "reported_by": None},
        {"state": "struck_off", "struck_off_by": office, "measures_by": office},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**values)
    rows.update(state="struck_off", struck_off_by=office)


def test_several_are_struck_off_together_or_not_at_all(round_, subject, writer, office):
    items = [reported(subject, writer, office, problem) for problem in ("甲", "乙")]
    other = reported(subject_of(round_, 1), writer_of(subject_of(round_, 1)), office)
    ledger.send_back(item=other, reason="x", seen=other.version, by=office)
    seen = [(item.pk, item.version) for item in items]
    with pytest.raises(errors.ReviewError):
        ledger.strike_off(items=[*seen, (other.pk, now(other).version)], note="", by=office)
    assert {now(item).state for item in items} == {"reported"}
    assert len(ledger.strike_off(items=seen, note="", by=office)) == 2
    with pytest.raises(errors.Conflict):
        ledger.strike_off(items=seen, note="", by=office)


def test_sent_back_with_reason_it_is_worked_on_again(subject, writer, office):
    item = reported(subject, writer, office)
    with pytest.raises(errors.InvalidInput) as refused:
        ledger.send_back(item=item, reason=" ", seen=item.version, by=office)
    assert refused.value.field == "reason"
    item = ledger.send_back(item=item, reason="没有照片", seen=item.version, by=office)
    assert (item.state, item.state_words, item.reported_by) == ("returned", "没有照片", None)
    assert "没有照片" in Notification.objects.filter(account=writer).latest("pk").text
    report(item, writer, "补了照片")
    assert strike(item, office).state == "struck_off"


# ---------------------------------------------------------------- deadline, correction, taking out


def test_the_deadline_is_put_off_with_a_reason_and_only_to_a_later_day(subject, writer, office):
    item = late(add(subject, office))
    assert item.is_overdue
    for day, reason, field in (
        (item.deadline, "x", "deadline"),
        (item.deadline + DAY, "x", "deadline"),  # still past
        (today() + DAY, " ", "reason"),
    ):
        with pytest.raises(errors.InvalidInput) as refused:
            ledger.put_off(item=item, deadline=day, reason=reason, seen=item.version, by=office)
        assert refused.value.field == field
    with pytest.raises(errors.NotAllowed):
        ledger.put_off(item=item, deadline=today() + DAY, reason="x", seen=item.version, by=writer)
    first = item.first_deadline
    item = ledger.put_off(item=item, deadline=today() + DAY, reason="等上级批复", seen=item.version, by=office)
    assert (item.deadline, item.first_deadline, item.is_overdue) == (today() + DAY, first, False)
    assert AuditEntry.objects.get(action="put off ledger item").reason == "等上级批复"


def test_an_item_is_corrected_and_the_log_keeps_both(subject, writer, office):
    item = add(subject, office)
    with pytest.raises(errors.NotAllowed):
        ledger_intake.change_item(item=item, data=ItemData("x"), seen=item.version, by=writer)
    ledger_intake.change_item(item=item, data=ItemData("改后", "张外人"), seen=item.version, by=office)
    assert (now(item).problem, now(item).responsible) == ("改后", "张外人")
    assert AuditEntry.objects.get(action="change ledger item").changes["problem"] == ["制度不落实", "改后"]
    with pytest.raises(errors.Conflict):
        ledger_intake.change_item(item=item, data=ItemData("y"), seen=1, by=office)


def test_a_wrong_item_is_taken_out_and_its_finding_is_free_again(round_, subject, writer, office):
    remark = commentary(round_, subject)
    item = add(subject, office, finding=f"commentary.{remark.pk}")
    with pytest.raises(errors.NotAllowed):
        ledger.take_out(item=item, reason="x", seen=item.version, by=writer)
    item = ledger.take_out(item=item, reason="张冠李戴", seen=item.version, by=office)
    assert (item.state, item.state_words) == ("withdrawn", "张冠李戴")
    assert keys(round_, office) == [f"commentary.{remark.pk}"]
    assert add(subject, office, finding=f"commentary.{remark.pk}").number == 2
    assert state_counts(ledger_of(round_))["all"] == 1


def test_a_subject_in_the_ledger_stays_in_the_round(subject, office):
    add(subject, office)
    with pytest.raises(errors.InvalidInput, match="整改台账"):
        withdraw_subject(subject=subject, by=office, reason="x", confirmed=True)


def test_an_office_account_that_answers_for_it_neither_rewords_nor_puts_off_nor_takes_out(subject, office, second):
    item = add(subject, second)
    RoleGrant.objects.create(user=office, role=Role.SUBJECT, person=subject.person)
    himself = User.objects.get(pk=office.pk)
    with pytest.raises(errors.NotAllowed):
        ledger.take_out(item=item, reason="x", seen=item.version, by=himself)
    with pytest.raises(errors.NotAllowed):
        ledger.put_off(item=item, deadline=item.deadline + DAY, reason="x", seen=item.version, by=himself)
    with pytest.raises(errors.NotAllowed):
        ledger_intake.change_item(item=item, data=ItemData("轻一点"), seen=item.version, by=himself)
    assert now(item).version == item.version
    ledger.take_out(item=item, reason="x", seen=item.version, by=second)


# ---------------------------------------------------------------- files


def test_proofs_are_kept_as_long_as_the_item_is_worked_on_whatever_the_round(round_, subject, writer, office):
    item = plan(add(subject, office), writer)
    Round.objects.filter(pk=round_.pk).update(phase="announced")
    place = find_place(Round.objects.get(pk=round_.pk), f"ledger.{item.pk}")
    assert place is not None
    file = add_evidence(place=place, file=SimpleUploadedFile("照片.txt", "现场".encode()), by=writer)
    assert (file.item, file.from_subject, place.key) == (item, True, item.files_key)
    other = writer_of(subject_of(round_, 1))
    with pytest.raises(errors.NotAllowed):
        add_evidence(place=place, file=ContentFile(b"x", name="x.txt"), by=other)
    assert [may_read_file(user, file) for user in (writer, office, make_user(Role.LEADER), other)] == [
        True,
        True,
        True,
        False,
    ]
    assert list(visible_files(writer, place)) == [file]
    report(item, writer)
    with pytest.raises(errors.RoundClosed, match="不在整改中"):
        add_evidence(place=place, file=ContentFile(b"y", name="y.txt"), by=writer)
    with pytest.raises(errors.RoundClosed):
        withdraw_evidence(evidence=file, reason="x", by=writer)
    ledger.send_back(item=now(item), reason="x", seen=now(item).version, by=office)
    withdraw_evidence(evidence=file, reason="不清楚", by=writer)
    assert list(visible_files(office, place)) == []


# ---------------------------------------------------------------- from round to round


def test_open_items_go_on_under_their_numbers(round_, subject, writer, office):
    item, done = add(subject, office), reported(subject, writer, office, "已完成")
    strike(done, office)
    later = again(round_, "2026")
    assert [(one.pk, one.waiting) for one in earlier_ledgers(later)] == [(round_.pk, 1)]
    assert ledger_intake.carry_on(round=later, items=[item.pk, done.pk], by=office) == 1
    carried = ledger_of(later).get()
    assert (carried.code, carried.round) == ("2025-001", round_)
    assert earlier_ledgers(later) == []
    with pytest.raises(errors.InvalidInput):
        ledger_intake.carry_on(round=later, items=[item.pk], by=office)
    with pytest.raises(errors.NotAllowed):
        ledger_intake.carry_on(round=later, items=[item.pk], by=writer)
    assert add(subject_of(later), office).code == "2026-001"
    assert [one.code for one in ledger_of(later)] == ["2025-001", "2026-001"]
    assert ledger_of(round_).count() == 2
    last = again(round_, "2027")
    assert ledger_intake.carry_on(round=last, items=[item.pk], by=office) == 1
    assert ledger_of(round_).filter(pk=item.pk).count() == 1, "an item carried twice stands once"


def test_the_next_report_answers_what_is_open_and_what_was_struck_off_since(round_, subject, writer, office):
    open_, done, wrong = (add(subject, office, words) for words in ("仍未整改", "已整改", "错列"))
    add(subject_of(round_, 1), office, "别人的")
    ledger.take_out(item=wrong, reason="x", seen=1, by=office)
    plan(done, writer)
    report(done, writer)
    strike(done, office)
    assert asked_of(subject) == [], "not in the round in which it was found"
    later = again(round_, "2026")
    layout = layout_for(later, subject_of(later))
    asked = [(one.key, one.text, one.source) for one in layout.questions]
    assert asked == [
        (f"ledger.{open_.pk}", "仍未整改", "2025-001 · 手工录入 · 待定措施"),
        (f"ledger.{done.pk}", "已整改", "2025-002 · 手工录入 · 已销号"),
    ]
    last = again(round_, "2027")
    assert [item.problem for item in asked_of(subject_of(last))] == ["仍未整改"]
    other_plan = duty_round("bank-midlevel", name="2028")
    assert asked_of(subject_of(other_plan)) == []


# ---------------------------------------------------------------- reminders


def remind(round_: Round, by: User, **values: Any) -> Any:
    values = {"subject": "{round}", "text": "{name}\n{问题}", "choice": Choice(late=True)} | values
    return send_reminder(occasion=LEDGER, round=round_, by=by, **values)


def test_one_message_reminds_of_all_that_is_overdue_with_one_subject(round_, subject, writer, office):
    items = [late(add(subject, office, words)) for words in ("甲问题", "乙问题")]
    other = add(subject, office, "未到期")
    late(reported(subject, writer, office, "已申报"))
    Round.objects.filter(pk=round_.pk).update(phase="sealed")
    reminder = remind(round_, office)
    assert set(reminder.ledger_items.all()) == set(items)
    [message] = reminder.messages.all()
    assert message.account == writer
    assert "甲问题" in message.text
    assert "乙问题" in message.text
    assert "未到期" not in message.text
    assert "已申报" not in message.text
    told = Notification.objects.filter(account=writer).latest("pk")
    assert told.url.endswith("/ledger/?state=open")
    assert set(remind(round_, office, choice=Choice([other.pk])).ledger_items.all()) == {other}
    with pytest.raises(RemindedRecently):
        remind(round_, office)
    remind(round_, office, confirmed=True)


def test_reminders_are_the_office_s_and_need_somebody_to_remind(round_, subject, office):
    with pytest.raises(errors.InvalidInput):
        remind(round_, office)
    late(add(subject, office))
    with pytest.raises(errors.NotAllowed):
        remind(round_, make_user(Role.LEADER))
    with pytest.raises(errors.InvalidInput) as refused:
        remind(round_, office, text="{没有}")
    assert refused.value.field == "text"
