"""Reports published to an audience: who reads them when, from every role; comments; nothing by itself."""

from __future__ import annotations

import datetime

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from reviews.models import Publication, PublishedReport, ReportComment, ReportReading, SelfReport, Talk
from reviews.queries.audience import audience_accounts, open_for, publishable, published_for
from reviews.services import audience, errors, meetings
from reviews.services.audience import PublicationData
from tests.factories import client_for, make_unit, make_user
from units.models import AuditEntry, Notification, Role, RoleGrant

from .meeting_stage import own_account, people_round, planned, subjects_of

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
DAY = datetime.timedelta(days=1)


@pytest.fixture
def office():
    return make_user(Role.OFFICE)


@pytest.fixture
def round_(office):
    """Everybody's report is accepted, nobody has a meeting."""
    made = people_round()
    for subject in subjects_of(made):
        write(subject, office)
    return made


def write(subject, by, state="accepted"):
    report = SelfReport.objects.create(subject=subject, text="x", state=state)
    report.submissions.create(number=1, text=f"{subject.name}的述职报告", state=state, submitted_by=by)


def shown(round_, by, **values):
    """Published to one unit of its own unless said otherwise."""
    if not {"units", "roles", "accounts", "everyone"} & values.keys():
        values["units"] = [make_unit()]
    data = {"title": "述职报告公开", "starts": TODAY, "ends": TODAY + 5 * DAY, "subjects": subjects_of(round_)[:2]}
    return audience.publish(round=round_, data=PublicationData(**(data | values)), by=by)


def reader(unit):
    return make_user(Role.ASSESSOR, unit)


def sees(user, publication) -> int:
    report = publication.reports.first()
    address = reverse("reviews:published_report", args=[publication.round_id, report.pk])
    return client_for(user).get(address).status_code


# ---------------------------------------------------------------- who reads it


def test_only_the_audience_and_only_in_its_time_tried_from_every_role(round_, office):
    unit = make_unit()
    publication = shown(round_, office, units=[unit])
    first, second, third = subjects_of(round_)[:3]
    inside = {"of the unit": reader(unit), "its subject": own_account(first)}
    above = {"office": office, "auditor": make_user(Role.AUDITOR), "leader": make_user(Role.LEADER)}
    outside = {
        "assessor": make_user(Role.ASSESSOR),
        "another subject": own_account(second),
        "a third": own_account(third),
        "administrator": make_user(Role.ADMIN),
    }
    nobody = make_user()

    def found():
        return {name: sees(user, publication) for name, user in (inside | above | outside).items()}

    assert found() == dict.fromkeys(inside | above, 200) | dict.fromkeys(outside, 404)
    assert sees(nobody, publication) == 403
    over = {"of the unit": 404, "its subject": 200} | dict.fromkeys(above, 200) | dict.fromkeys(outside, 404)
    for starts, ends in ((TODAY + DAY, TODAY + 2 * DAY), (TODAY - 2 * DAY, TODAY - DAY)):
        Publication.objects.update(starts=starts, ends=ends)
        assert found() == over
    Publication.objects.update(starts=TODAY, ends=TODAY)
    assert found()["of the unit"] == 200, "the last day itself is in time"
    audience.withdraw_publication(publication=publication, reason="个人信息未隐去", by=office)
    assert found() == over


@pytest.mark.parametrize("kind", ["roles", "units", "accounts", "everyone"])
def test_each_kind_of_audience(round_, office, kind):
    unit, person_unit = make_unit(), subjects_of(round_)[4].unit
    chosen = make_user(Role.ASSESSOR)
    values = {
        "roles": {"roles": ["assessor"]},
        "units": {"units": [unit, person_unit]},
        "accounts": {"accounts": [chosen]},
        "everyone": {"everyone": True, "document": "党组〔2026〕8号", "decision": "党组会研究同意"},
    }[kind]
    publication = shown(round_, office, **values)
    assert {
        "assessor": sees(chosen, publication) == 200,
        "of the unit": sees(make_user(Role.SUBJECT, unit), publication) == 200,
        "a person of the other": sees(own_account(subjects_of(round_)[4]), publication) == 200,
        "administrator": sees(make_user(Role.ADMIN), publication) == 200,
    } == {
        "assessor": kind in {"roles", "accounts", "everyone"},
        "of the unit": kind in {"units", "everyone"},
        "a person of the other": kind in {"units", "everyone"},
        "administrator": kind == "everyone",
    }


def test_those_appraised_are_those_of_the_round(round_, office):
    publication = shown(round_, office, roles=[Role.SUBJECT])
    third, elsewhere = own_account(subjects_of(round_)[2]), make_user(Role.SUBJECT, make_unit())
    assert [sees(user, publication) for user in (third, elsewhere)] == [200, 404]
    assert [bool(open_for(user)) for user in (third, elsewhere)] == [True, False]
    told = set(audience_accounts(publication))
    assert third in told
    assert elsewhere not in told


def test_no_longer_active_accounts_read_nothing(round_, office):
    unit = make_unit()
    publication = shown(round_, office, units=[unit])
    user = reader(unit)
    assert published_for(user, round_)
    user.is_active = False
    assert published_for(user, round_) == []
    assert open_for(user) == []
    assert sees(reader(unit), publication) == 200


# ---------------------------------------------------------------- publishing


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"title": " "}, "title"),
        ({"ends": TODAY - DAY}, "ends"),
        ({"starts": TODAY + 9 * DAY}, "ends"),
        ({"units": []}, "audience"),
        ({"roles": ["public"]}, "audience"),
        ({"everyone": True}, "document"),
        ({"everyone": True, "document": "8号"}, "decision"),
        ({"subjects": []}, "subjects"),
        ({"comments": "loud"}, "comments"),
    ],
)
def test_what_cannot_be_published(round_, office, values, field):
    with pytest.raises(errors.InvalidInput) as caught:
        shown(round_, office, **({"units": [make_unit()]} | values))
    assert caught.value.field == field
    assert not Publication.objects.exists()


def test_the_database_wants_a_document_for_everybody(round_, office):
    with pytest.raises(IntegrityError), transaction.atomic():
        Publication.objects.create(
            round=round_, number=1, title="x", starts=TODAY, ends=TODAY, everyone=True, created_by=office
        )


def test_no_report_before_its_meeting_is_closed_nor_one_that_is_not_approved(office):
    round_ = people_round()
    first, second, third = subjects_of(round_)[:3]
    write(first, office)
    write(second, office)
    write(third, office, state="submitted")
    meeting = planned(round_, office, [first])
    assert [row.lacks for row in publishable(round_)] == ["meeting", "meeting", "text", "text", "text"]
    for subjects in ([first], [third]):
        with pytest.raises(errors.InvalidInput) as caught:
            shown(round_, office, subjects=subjects)
        assert subjects[0].name in str(caught.value)
    meetings.open_meeting(meeting=meeting, by=office, reason="x")
    Talk.objects.update(state="done")
    meetings.close_meeting(meeting=meeting, by=office)
    publication = shown(round_, office, subjects=[first])
    assert publication.reports.get().sections == [["", "张三的述职报告"]]


def test_what_was_published_stays_as_it_was(round_, office):
    publication = shown(round_, office)
    SelfReport.objects.get(subject=subjects_of(round_)[0]).submissions.update(text="改过")
    assert publication.reports.first().sections == [["", "张三的述职报告"]]


def test_the_audience_is_told_and_the_trail_knows(round_, office):
    unit = make_unit()
    one, other = reader(unit), make_user(Role.ASSESSOR)
    publication = shown(round_, office, units=[unit], comments="named")
    assert Notification.objects.filter(account=one).exists()
    assert not Notification.objects.filter(account=other).exists()
    changes = AuditEntry.objects.get(action="publish reports").changes
    assert changes["units"] == [None, unit.name]
    assert changes["comments"] == [None, "named"]
    audience.extend_publication(
        publication=publication, ends=TODAY + 9 * DAY, seen=publication.ends, reason="群众要求", by=office
    )
    with pytest.raises(errors.Conflict):
        audience.extend_publication(
            publication=publication, ends=TODAY + 8 * DAY, seen=publication.ends, reason="x", by=office
        )
    for wrong in ({"reason": " "}, {"ends": TODAY - DAY}):
        with pytest.raises(errors.InvalidInput):
            audience.extend_publication(
                **({"publication": publication, "ends": TODAY, "seen": TODAY, "reason": "x", "by": office} | wrong)
            )
    with pytest.raises(errors.InvalidInput):
        audience.withdraw_publication(publication=publication, reason="", by=office)
    audience.withdraw_publication(publication=publication, reason="有误", by=office)
    with pytest.raises(errors.InvalidInput):
        audience.withdraw_publication(publication=publication, reason="再次", by=office)


def test_nobody_but_the_office_publishes(round_, office):
    for role in (Role.AUDITOR, Role.LEADER, Role.ADMIN):
        with pytest.raises(errors.NotAllowed):
            shown(round_, make_user(role))
    type(round_).objects.update(phase="sealed")
    with pytest.raises(errors.RoundClosed):
        shown(round_, office)


# ---------------------------------------------------------------- readers and comments


def test_readers_are_counted_once_and_nothing_says_who(round_, office):
    unit = make_unit()
    publication = shown(round_, office, units=[unit])
    report = publication.reports.select_related("publication", "subject").first()
    one, other = reader(unit), reader(unit)
    for user in (one, one, other, office, make_user(Role.ASSESSOR)):
        audience.count_reading(report=report, by=user)
    assert report.readings.count() == 2
    marks = " ".join(ReportReading.objects.values_list("mark", flat=True))
    assert all(len(mark) == 64 for mark in marks.split())
    assert {field.name for field in ReportReading._meta.fields} == {"id", "report", "mark"}
    other_report = publication.reports.select_related("publication", "subject").last()
    audience.count_reading(report=other_report, by=one)
    assert ReportReading.objects.values("mark").distinct().count() == 3, "the same reader has another mark elsewhere"


def comment(publication, by, text="写得实在"):
    report = publication.reports.select_related("publication", "subject").first()
    return audience.add_comment(report=report, text=text, by=by)


def test_a_comment_is_seen_once_the_office_has_looked_at_it(round_, office):
    unit = make_unit()
    publication = shown(round_, office, units=[unit], comments="named")
    one, subject = reader(unit), own_account(subjects_of(round_)[0])
    made = comment(publication, one)
    address = reverse("reviews:published_report", args=[round_.pk, made.report_id])

    def read_by(user):
        return "写得实在" in client_for(user).get(address).content.decode()

    assert (read_by(office), read_by(one), read_by(subject)) == (True, False, False)
    with pytest.raises(errors.InvalidInput):
        audience.decide_comment(comment=made, state="hidden", seen="waiting", by=office)
    audience.decide_comment(comment=made, state="shown", seen="waiting", by=office)
    with pytest.raises(errors.Conflict):
        audience.decide_comment(comment=made, state="hidden", seen="waiting", reason="x", by=office)
    assert (read_by(one), read_by(subject)) == (True, True)
    assert one.name in client_for(subject).get(address).content.decode()
    audience.decide_comment(comment=made, state="hidden", seen="shown", reason="与报告无关", by=office)
    assert not read_by(subject)
    with pytest.raises(errors.NotAllowed):
        audience.decide_comment(comment=made, state="shown", seen="hidden", by=make_user(Role.AUDITOR))


def test_without_names_nothing_knows_whose_it_is(round_, office):
    unit = make_unit()
    publication = shown(round_, office, units=[unit], comments="unnamed")
    one = reader(unit)
    before = AuditEntry.objects.count()
    made = comment(publication, one)
    assert made.author is None
    assert AuditEntry.objects.count() == before
    assert not [each for each in ReportComment._meta.fields if each.name in {"created_at", "session", "address"}]
    audience.decide_comment(comment=made, state="shown", seen="waiting", by=office)
    address = reverse("reviews:published_report", args=[round_.pk, made.report_id])
    assert one.name not in client_for(own_account(subjects_of(round_)[0])).get(address).content.decode()


def test_who_may_not_comment(round_, office):
    unit = make_unit()
    closed = shown(round_, office, units=[unit])
    one = reader(unit)
    with pytest.raises(errors.NotAllowed):
        comment(closed, one)
    publication = shown(round_, office, units=[unit, subjects_of(round_)[0].unit], comments="named")
    for stranger in (office, make_user(Role.ASSESSOR), own_account(subjects_of(round_)[0])):
        with pytest.raises(errors.NotAllowed):
            comment(publication, stranger)
    for text in (" ", "字" * 2001):
        with pytest.raises(errors.InvalidInput):
            comment(publication, one, text)
    Publication.objects.update(starts=TODAY - 2 * DAY, ends=TODAY - DAY)
    with pytest.raises(errors.NotAllowed):
        comment(publication, one)


# ---------------------------------------------------------------- pages


def test_publishing_and_reading_on_the_pages(round_, office):
    unit = make_unit("甲单位")
    one = reader(unit)
    person = own_account(subjects_of(round_)[3])
    client, address = client_for(office), reverse("reviews:publication_add", args=[round_.pk])
    sent = {
        "title": "述职报告公开",
        "starts": str(TODAY),
        "ends": str(TODAY + DAY),
        "comments": "unnamed",
        "subjects": [str(subject.pk) for subject in subjects_of(round_)[:2]],
    }
    refused = client.post(address, sent)
    assert refused.status_code == 422
    assert refused.context["form"].errors["roles"]
    assert client.post(address, sent | {"units": "没有的单位"}).status_code == 422
    assert client.post(address, sent | {"people": "没有的人"}).status_code == 422
    assert client.post(address, sent | {"everyone": "on"}).context["form"].errors["document"]
    who = {"units": "甲单位", "people": f"{person.role_grants.get().person.name}"}
    assert client.post(address, sent | who).status_code == 302
    publication = Publication.objects.get()
    assert publication.account_ids == {person.pk}
    report = publication.reports.first()
    reading = client_for(one)
    listed = reading.get(reverse("reviews:published", args=[round_.pk]))
    assert len(listed.context["rows"][0].reports) == 2
    page = reverse("reviews:published_report", args=[round_.pk, report.pk])
    assert "张三的述职报告" in reading.get(page).content.decode()
    assert reading.post(reverse("reviews:published_read", args=[round_.pk, report.pk])).status_code == 204
    assert reading.post(page, {"text": " "}).status_code == 422
    assert reading.post(page, {"text": "<b>很好</b>"}).status_code == 302
    assert "<b>很好" not in client.get(page).content.decode()
    decide = reverse("reviews:comment_decide", args=[round_.pk, ReportComment.objects.get().pk])
    assert client.post(decide, {"state": "hidden", "seen": "waiting"}).status_code == 302
    assert ReportComment.objects.get().state == "waiting"
    client.post(decide, {"state": "shown", "seen": "waiting"})
    assert "很好" in reading.get(page).content.decode()
    own = reverse("reviews:publication", args=[round_.pk, publication.pk])
    assert "1" in client.get(own).content.decode()
    assert client.post(own, {"do": "extend", "ends": "soon", "seen": str(publication.ends)}).status_code == 422
    later = {"do": "extend", "ends": str(TODAY + 3 * DAY), "seen": str(publication.ends), "reason": "延长"}
    assert client.post(own, later).status_code == 302
    assert client.post(own, {"do": "withdraw", "reason": ""}).status_code == 422
    assert client.post(own, {"do": "withdraw", "reason": "有误"}).status_code == 302
    assert reading.get(page).status_code == 404


def test_reports_wait_on_the_home_page_of_their_readers(round_, office):
    unit = make_unit()
    shown(round_, office, units=[unit])
    home = reverse("reports:home")
    assert "述职报告公开" in client_for(reader(unit)).get(home).content.decode()
    assert "述职报告公开" not in client_for(make_user(Role.ASSESSOR)).get(home).content.decode()
    Publication.objects.update(starts=TODAY - 2 * DAY, ends=TODAY - DAY)
    assert "述职报告公开" not in client_for(reader(unit)).get(home).content.decode()


def test_queries_do_not_grow(office, django_assert_max_num_queries):
    counts = []
    for size, year in ((2, "2030"), (8, "2031")):
        made = people_round(rows=[(f"张{number}", 0, "") for number in range(size)], name=year)
        for subject in subjects_of(made):
            write(subject, office)
        unit = make_unit()
        one = reader(unit)
        for _each in range(size):
            RoleGrant.objects.create(user=make_user(), role=Role.ASSESSOR, unit=unit)
        publication = shown(made, office, units=[unit], subjects=subjects_of(made), comments="named")
        report = publication.reports.first()
        for number in range(size):
            comment(publication, one, f"意见{number}")
        ReportComment.objects.update(state="shown")
        seen = []
        for user, name, args in (
            (office, "published", [made.pk]),
            (one, "published", [made.pk]),
            (office, "publication", [made.pk, publication.pk]),
            (office, "publication_add", [made.pk]),
            (one, "published_report", [made.pk, report.pk]),
        ):
            client = client_for(user)
            with django_assert_max_num_queries(30) as context:
                assert client.get(reverse(f"reviews:{name}", args=args)).status_code == 200
            seen.append(len(context))
        counts.append(seen)
        Publication.objects.filter(pk=publication.pk).update(ends=TODAY)
    assert counts[0] == counts[1]
    assert PublishedReport.objects.count() == 10
