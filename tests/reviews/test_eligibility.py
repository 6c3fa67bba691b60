"""What follows from the facts, beside each person: on the table of facts and on a subject's page."""

import datetime

import pytest
from django.urls import reverse

from indicators.services import engine_plan
from reviews.eligibility import lines_of
from reviews.models import EarlierResult, SubjectFact
from reviews.services.facts import FactRow, save_facts
from tests.factories import client_for, district_round, make_user
from units.models import AuditEntry, Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def round_():
    return district_round(plan="finance-points", name="2020-11")


@pytest.fixture
def office():
    return make_user(Role.OFFICE)


def enter(round_, office, *rows):
    """(place of the subject, fact, value) …"""
    subjects = list(round_.subjects.order_by("order"))
    saved, refused = save_facts(
        round=round_, rows=[FactRow(subjects[n].pk, code, value, "") for n, code, value in rows], by=office
    )
    assert (saved, refused) == (len(rows), {})


def table(user, round_, **filters):
    return client_for(user).get(reverse("reviews:fact_table", args=[round_.pk]), filters)


def test_what_follows_stands_beside_each_person(round_, office):
    enter(round_, office, (0, "leave_days", "13"), (1, "training_missing", "true"))
    rows = table(office, round_).context["rows"]
    words = [[line.words for line in row.effects] for row in rows]
    assert words == [
        ["不定等次（“病事假工作日”大于 12，现为 13）"],
        ["最高定为良好（“网络培训学分未完成”）"],
        [],
    ]
    content = table(office, round_).content.decode()
    assert content.count("无影响") == 1
    assert "不定等次（“病事假工作日”大于 12" in content


def test_only_those_with_consequences(round_, office):
    enter(round_, office, (0, "leave_days", "12"), (1, "leave_days", "12.5"))
    assert [row.subject.code for row in table(office, round_, show="affected").context["rows"]] == ["S002"]
    assert len(table(office, round_, show="").context["rows"]) == 3
    assert table(make_user(Role.AUDITOR), round_, show="affected").status_code == 200


def test_what_is_posted_is_saved_whatever_the_filter_finds_by_then(round_, office):
    """The one whose leave is corrected drops out of the filter's list; the form still holds it."""
    enter(round_, office, (0, "leave_days", "13"))
    subject = round_.subjects.get(code="S001")
    key = f"{subject.pk}-leave_days"
    SubjectFact.objects.filter(subject=subject).update(value="1")  # by somebody else, meanwhile
    posted = {f"seen-{key}": "13", f"was-{key}": "|", f"value-{key}": "2"}
    response = client_for(office).post(reverse("reviews:fact_table", args=[round_.pk]) + "?show=affected", posted)
    assert response.status_code == 422
    assert [row.subject for row in response.context["rows"]] == [subject]
    assert "1" in response.context["rows"][0].fields[0].error


def test_basis_and_date_once_for_all_values_entered_now(round_, office):
    enter(round_, office, (2, "leave_days", "4"))
    first, second, third = round_.subjects.order_by("order")
    posted = {"basis": "请假台账第3期", "date": "2020-11-30"}
    for subject, value, basis, seen in ((first, "2", "", ""), (second, "5", "请假单", ""), (third, "4", "", "4")):
        key = f"{subject.pk}-leave_days"
        posted |= {f"seen-{key}": seen, f"was-{key}": "|", f"value-{key}": value, f"basis-{key}": basis}
    client_for(office).post(reverse("reviews:fact_table", args=[round_.pk]), posted)
    stored = {fact.subject_id: (fact.value, fact.basis, fact.date) for fact in SubjectFact.objects.all()}
    day = datetime.date(2020, 11, 30)
    assert stored == {
        first.pk: ("2", "请假台账第3期", day),
        second.pk: ("5", "请假单", day),
        third.pk: ("4", "", None),  # left alone
    }
    entry = AuditEntry.objects.filter(action="enter fact", target_id__startswith=str(first.pk)).get()
    assert entry.actor == office
    assert entry.changes["basis"] == [None, "请假台账第3期"]


def test_a_date_that_is_none_is_refused_and_stays(round_, office):
    key = f"{round_.subjects.first().pk}-leave_days"
    posted = {f"seen-{key}": "", f"was-{key}": "|", f"value-{key}": "2", f"date-{key}": "去年"}
    response = client_for(office).post(reverse("reviews:fact_table", args=[round_.pk]), posted)
    assert response.status_code == 422
    assert "“去年”不是日期" in response.content.decode()
    assert not SubjectFact.objects.exists()


@pytest.mark.parametrize("show", ["", "affected"])
@pytest.mark.parametrize("subjects", [1, 4])
def test_query_count(subjects, show, office, django_assert_num_queries):
    round_ = district_round(subjects, plan="finance-points", name="2020-10")
    enter(round_, office, *((n, "leave_days", "13") for n in range(subjects)))
    client = client_for(office)
    with django_assert_num_queries(9):
        client.get(reverse("reviews:fact_table", args=[round_.pk]), {"show": show})


def test_the_subjects_page_says_it_too(round_, office):
    enter(round_, office, (0, "refused", "true"))
    address = reverse("reviews:subject_detail", args=[round_.pk, round_.subjects.first().pk])
    content = client_for(office).get(address).content.decode()
    assert "直接定为差（“无正当理由不参加”）" in content
    # Who may not see facts sees nothing that follows from them.
    assert "直接定为差" not in client_for(make_user(Role.ADMIN)).get(address).content.decode()


def test_earlier_rounds_count_as_a_computation_reads_them(office):
    round_ = district_round(2, plan="finance-annual", name="2020")
    first, second = round_.subjects.order_by("order")
    then = {"set_name": "quarters", "round_name": "2020-Q1", "total": 50, "points": 100}
    EarlierResult.objects.create(subject=first, grade="差", **then)
    found = lines_of(round_, engine_plan(round_.plan_version), [first, second], [])
    assert [[line.certain for line in found[one.pk]] for one in (first, second)] == [[True], []]
    assert found[first.pk][0].words.startswith("最高定为称职")
