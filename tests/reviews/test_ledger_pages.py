"""Pages of the rectification ledger: lists, one item, findings, carrying on, reminding; the home page."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from reviews.models import LedgerItem, Reminder, Round, Subject
from reviews.services import ledger
from reviews.words import today
from tests.factories import client_for, make_user
from units.models import Person, Role, User

from .duty import again, duty_round, subject_of, writer_of
from .ledger_stage import DAY, add, commentary, late, now, plan, report, reported

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


def url(name: str, *args: Any) -> str:
    return reverse(f"reviews:{name}", args=args)


def page(user: User, address: str, status: int = 200) -> str:
    response = client_for(user).get(address)
    assert response.status_code == status
    return str(response.content.decode())


def post(user: User, address: str, status: int = 302, **data: Any) -> str:
    response = client_for(user).post(address, data)
    assert response.status_code == status, response.content.decode()[:3000]
    return str(response.content.decode())


def queries(user: User, address: str) -> int:
    client = client_for(user)
    client.get(address)
    with CaptureQueriesContext(
        connection,
    ) as found:
        assert client.get(address).status_code == 200
    return len(found)


# ---------------------------------------------------------------- the list


def test_the_ledger_says_what_is_late_in_words_and_red(round_, subject, office):
    item = late(add(subject, office), 3)
    html = page(office, url("ledger", round_.pk))
    assert item.code in html
    assert "已逾期3天" in html
    assert 'class="kp-fall fw-semibold"' in html
    assert item.code in page(office, url("ledger", round_.pk) + "?state=overdue")
    ledger.put_off(item=item, deadline=today() + DAY, reason="x", seen=now(item).version, by=office)
    assert 'class="kp-fall fw-semibold"' not in page(office, url("ledger", round_.pk))


def test_filters_and_search(round_, subject, writer, office):
    first = add(subject, office, "制度不落实")
    second = reported(subject_of(round_, 1), writer_of(subject_of(round_, 1)), office, "开会太多")
    remark = commentary(round_, subject)
    third = add(subject, office, "调研太少", finding=f"commentary.{remark.pk}")
    expected = {
        "state=open": {first, second, third},
        "state=reported": {second},
        "state=overdue": set(),
        "state=nonsense": {first, second, third},
        "source=commentary": {third},
        f"subject={second.subject.code}": {second},
        "q=开会": {second},
        "q=2025-003": {third},
        f"q={subject.name}+太少": {third},
        "q=没有的": set(),
    }
    for query, items in expected.items():
        html = page(office, f"{url('ledger', round_.pk)}?{query}")
        found = {one for one in (first, second, third) if f"/ledger/{one.pk}/" in html}
        assert found == items, query


def test_the_responsible_side_sees_its_own_items_only(round_, subject, writer, office):
    mine, other = add(subject, office, "我的问题"), add(subject_of(round_, 1), office, "他的问题")
    html = page(writer, url("ledger", round_.pk))
    assert mine.problem in html
    assert other.problem not in html
    page(writer, url("ledger_item", round_.pk, other.pk), 404)
    assert "半年通报" not in html
    page(make_user(Role.ASSESSOR), url("ledger", round_.pk), 403)
    page(make_user(Role.ADMIN), url("ledger", round_.pk), 403)
    html = page(make_user(Role.LEADER), url("ledger", round_.pk))
    assert mine.problem in html
    assert other.problem in html


def test_an_item_is_not_found_in_the_ledger_of_another_round(round_, subject, office):
    item = add(subject, office)
    later = again(round_, "2026")
    page(office, url("ledger_item", later.pk, item.pk), 404)
    post(office, url("ledger_carry", later.pk), item=[item.pk, "9" * 30, "x"])
    assert item.problem in page(office, url("ledger_item", later.pk, item.pk))
    html = page(office, url("ledger", later.pk))
    assert item.code in html
    assert "结转" in html
    assert "已结转到 2026" in page(office, url("ledger", round_.pk))


def test_empty_ledgers_say_what_happens_next(round_, writer, office):
    assert "待列入台账的问题" in page(office, url("ledger", round_.pk))
    assert "考核办把问题列入台账后" in page(writer, url("ledger", round_.pk))
    assert "没有符合筛选条件" in page(office, url("ledger", round_.pk) + "?q=x")
    assert "没有待列入的问题" in page(office, url("ledger_findings", round_.pk))
    assert "没有可结转的问题" in page(office, url("ledger_carry", round_.pk))
    assert "无须催办" in page(office, url("ledger_remind", round_.pk) + "?which=late")


def many(round_: Round, number: int, office: User) -> None:
    for place in range(number):
        subject = round_.subjects.create(
            code=f"N{place:03}{number}",
            name=f"李{place}",
            category=subject_of(round_).category,
            person=Person.objects.create(
                code=f"N{place:03}{number}", name=f"李{place}", unit=subject_of(round_).person.unit
            ),
        )
        late(add(subject, office))
        commentary(round_, subject, key=f"k{number}")


@pytest.mark.parametrize("name", ["ledger", "ledger_findings", "ledger_remind"])
def test_the_number_of_queries_does_not_grow(round_, office, name):
    address = url(name, round_.pk) + "?which=late"
    many(round_, 2, office)
    few = queries(office, address)
    many(round_, 9, office)
    assert queries(office, address) == few


def test_nor_where_items_are_carried_on(round_, office):
    many(round_, 2, office)
    later = again(round_, "2026")
    few = queries(office, url("ledger_carry", later.pk))
    many(round_, 9, office)
    assert queries(office, url("ledger_carry", later.pk)) == few
    post(office, url("ledger_carry", later.pk), item=list(LedgerItem.objects.values_list("pk", flat=True)))
    listed = queries(office, url("ledger", later.pk))
    assert LedgerItem.objects.count() == 11
    LedgerItem.objects.filter(number__gt=2).update(state="withdrawn")
    assert queries(office, url("ledger", later.pk)) <= listed


def test_nor_on_the_home_pages_or_with_the_history_of_an_item(round_, subject, writer, office):
    item = add(subject, office)
    homes = [queries(user, reverse("reports:home")) for user in (writer, office)]
    one = queries(office, url("ledger_item", round_.pk, item.pk))
    for number in range(6):
        ledger.add_progress(item=item, text=str(number), by=make_user(Role.SUBJECT, person=subject.person))
        late(add(subject, office))
    assert queries(office, url("ledger_item", round_.pk, item.pk)) == one
    assert [queries(user, reverse("reports:home")) for user in (writer, office)] == homes


# ---------------------------------------------------------------- one item


def test_the_pages_of_one_item_from_the_measures_to_the_end(round_, subject, writer, office):
    item = add(subject, office)
    address = url("ledger_item", round_.pk, item.pk)
    assert 'value="report"' not in page(writer, address), "not before there are measures"
    post(writer, address, do="measures", measures="每月走访", seen=1)
    post(writer, address, do="progress", text="走访三户")
    post(writer, address, do="report", text="全部走访", seen=2)
    html = page(writer, address)
    assert 'name="do"' not in html
    assert "走访三户" in html
    assert 'value="strike"' in page(office, address)
    post(office, address, do="return", reason="缺照片", seen=3)
    assert "缺照片" in page(writer, address)
    post(writer, address, do="report", text="补齐", seen=4)
    post(office, address, do="strike", note="核实", seen=5)
    html = page(make_user(Role.AUDITOR), address)
    for words in ("已销号", "核验销号", "缺照片", "填写整改措施", "补齐"):
        assert words in html
    assert now(item).state == "struck_off"


def test_what_is_sent_to_an_item_settled_meanwhile_is_not_lost(round_, subject, writer, office):
    item = plan(add(subject, office), writer)
    ledger.take_out(item=item, reason="错列", seen=item.version, by=office)
    html = post(writer, url("ledger_item", round_.pk, item.pk), 422, do="report", text="写了很久的情况", seen=2)
    assert "写了很久的情况" in html
    assert "已撤销" in html


def test_steps_that_are_not_for_an_account_are_refused(round_, subject, writer, office):
    item = reported(subject, writer, office)
    address = url("ledger_item", round_.pk, item.pk)
    for do in ("strike", "return", "put_off", "take_out"):
        post(writer, address, 403, do=do, seen=item.version, reason="x", deadline="2099-01-01")
    for user in (make_user(Role.LEADER), make_user(Role.AUDITOR)):
        post(user, address, 403, do="progress", text="x")
        post(user, address, 403)
    post(writer_of(subject_of(round_, 1)), address, 404, do="progress", text="x")
    assert now(item).version == item.version


def test_an_office_account_that_worked_on_it_is_told_to_leave_it_to_another(round_, subject, office):
    item = report(plan(add(subject, office), office), office)
    address = url("ledger_item", round_.pk, item.pk)
    assert "须由考核办其他人员核验" in page(office, address)
    assert 'value="strike"' not in page(office, address)
    html = post(office, address, 422, do="strike", note="自查", seen=item.version)
    assert "不能核验本项" in html
    assert "自查" in html
    assert 'value="strike"' in page(make_user(Role.OFFICE), address)


def test_an_office_account_that_answers_for_it_is_offered_no_change_of_it(round_, subject, writer, office):
    item = add(subject, office)
    address, edit = url("ledger_item", round_.pk, item.pk), url("ledger_edit", round_.pk, item.pk)
    offers = ('value="put_off"', 'value="take_out"', edit)
    assert all(offer in page(office, address) for offer in offers)
    writer.role_grants.create(role=Role.OFFICE)
    html = page(writer, address)
    assert 'value="measures"' in html
    assert not any(offer in html for offer in offers)
    page(writer, edit, 403)
    for do in ("put_off", "take_out"):
        post(writer, address, 403, do=do, seen=item.version, reason="x", deadline="2099-01-01")


def test_what_was_typed_stays_when_it_is_refused_and_can_be_sent_over_what_another_did(round_, subject, writer, office):
    item = add(subject, office)
    address = url("ledger_item", round_.pk, item.pk)
    plan(item, make_user(Role.SUBJECT, person=subject.person, name="张同事"))
    html = post(writer, address, 422, do="measures", measures="我的措施", seen=1)
    assert "我的措施" in html
    assert "张同事" in html
    assert "整改中" in html
    assert 'name="seen" value="2"' in html
    post(writer, address, do="measures", measures="我的措施", seen=2)
    html = post(office, address, 422, do="put_off", deadline="昨天", reason="理由在此", seen=3)
    assert "理由在此" in html
    post(office, address, 422, do="progress", text="")
    post(office, address, 422, do="nonsense")
    post(office, address, 422, do="strike", seen="x")
    assert now(item).measures == "我的措施"


# ---------------------------------------------------------------- the office


def test_a_problem_is_entered_by_hand(round_, subject, office):
    address = url("ledger_add", round_.pk)
    assert subject.name in page(office, address)
    html = post(office, address, 422, subject=subject.pk, problem="问题甲", deadline="2020-01-01")
    assert "问题甲" in html
    assert "不能早于今天" in html
    unit = subject.person.unit
    day = today().isoformat()
    post(office, address, subject=subject.pk, problem="问题甲", deadline=day, unit=unit.code, responsible="张三")
    item = LedgerItem.objects.get()
    assert (item.problem, item.unit, item.responsible, item.source) == ("问题甲", unit, "张三", "hand")
    html = post(office, url("ledger_edit", round_.pk, item.pk), problem="问题乙", seen=1)
    assert now(item).problem == "问题乙"
    post(office, url("ledger_edit", round_.pk, item.pk), 422, problem="问题丙", seen=1)
    assert now(item).problem == "问题乙"


def test_a_commentary_is_taken_in_from_the_minutes(round_, subject, office):
    remark = commentary(round_, subject, "谈心谈话少")
    talk = remark.talk
    html = page(office, reverse("reviews:talk_record", args=[round_.pk, talk.meeting_id, talk.pk]))
    address = f"{url('ledger_add', round_.pk)}?from=commentary.{remark.pk}"
    assert address in html
    assert "谈心谈话少" in page(office, address)
    post(office, address, problem="谈心谈话少", deadline=today().isoformat())
    item = LedgerItem.objects.get()
    assert item.source_id == str(remark.pk)
    html = page(office, reverse("reviews:talk_record", args=[round_.pk, talk.meeting_id, talk.pk]))
    assert f"/ledger/{item.pk}/" in html
    assert client_for(office).get(address).status_code == 302
    assert (
        "/ledger/"
        not in page(make_user(Role.LEADER), reverse("reviews:talk_record", args=[round_.pk, talk.meeting_id, talk.pk]))
        .split("<main")[1]
        .split("nav-tabs")[1]
        .split("</ul>", 1)[1]
    )


def test_findings_are_ticked_and_taken_in_and_a_mistake_loses_nothing(round_, subject, office):
    remarks = [commentary(round_, subject_of(round_, place), f"点评{place}") for place in (0, 1)]
    address = url("ledger_findings", round_.pk)
    first, second = (f"commentary.{remark.pk}" for remark in remarks)
    day = today().isoformat()
    data = {
        "finding": [first, second],
        f"problem-{first}": "改写甲",
        f"deadline-{first}": day,
        f"problem-{second}": "改写乙",
        f"deadline-{second}": "昨天",
    }
    html = post(office, address, 422, **data)
    assert "改写甲" in html
    assert "改写乙" in html
    assert html.count("kp-row-error") == 1
    assert not LedgerItem.objects.exists()
    assert "至少勾选一个" in post(office, address, 422, **{f"problem-{first}": "x"})
    post(office, address, **(data | {f"deadline-{second}": day}))
    assert set(LedgerItem.objects.values_list("problem", flat=True)) == {"改写甲", "改写乙"}


def test_several_are_struck_off_in_the_list(round_, subject, writer, office):
    items = [reported(subject, writer, office, problem) for problem in ("甲", "乙")]
    ticks = [f"{item.pk}.{item.version}" for item in items]
    assert ticks[0] in page(office, url("ledger", round_.pk))
    post(
        office,
        url("ledger_strike", round_.pk),
        item=[*ticks, "x", "1.y", "9" * 30 + ".1"],
        note="抽查属实",
        query="state=reported",
    )
    assert {now(item).state for item in items} == {"struck_off"}
    client = client_for(office)
    response = client.post(url("ledger_strike", round_.pk), {"item": ticks}, follow=True)
    assert "他人刚修改了此项，未作覆盖" in response.content.decode()
    post(writer, url("ledger_strike", round_.pk), 403, item=ticks)


def test_reminding_what_is_overdue(round_, subject, writer, office):
    item = late(add(subject, office, "逾期问题甲"))
    address = url("ledger_remind", round_.pk)
    assert f"{address}?which=late" in page(office, url("ledger", round_.pk))
    assert "逾期问题甲" in page(office, f"{address}?which=late"), "the message as it will go out"
    post(office, address, do="send", subject="催办", text="{问题}", chosen=str(item.pk))
    assert Reminder.objects.get().messages.get().account == writer
    assert "催办" in page(make_user(Role.AUDITOR), url("ledger_reminders", round_.pk))


def test_the_home_page_says_what_waits_whatever_the_round(round_, subject, writer, office):
    late(add(subject, office))
    reported(subject, writer, office)
    Round.objects.filter(pk=round_.pk).update(phase="sealed")
    assert "1 项问题待整改" in page(writer, reverse("reports:home"))
    html = page(office, reverse("reports:home"))
    assert "1 项问题已报整改完成" in html
    assert "1 项问题逾期未整改" in html
    assert "整改" not in page(writer_of(subject_of(round_, 1)), reverse("reports:home"))
