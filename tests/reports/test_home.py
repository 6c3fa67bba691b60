"""The home page while many rounds are open: everybody finds the own work, in whichever round it lies."""

from __future__ import annotations

import pytest
from django.urls import reverse

from reviews.models import DutyReviewer
from tests.factories import client_for, make_user
from tests.reviews.meeting_stage import own_account, people_round, planned, subjects_of
from units.models import Role

pytestmark = pytest.mark.django_db
OTHERS = ("farm-two-duties", "education-secretary", "college-branch-secretary", "community-secretary")
ONE = (("赵六", 0, "书记"),)


@pytest.fixture
def oldest():
    """A round, and four more that were opened after it for other people."""
    found = people_round("bank-midlevel")
    for plan in OTHERS:
        people_round(plan, ONE)
    return found


def home(user) -> str:
    return client_for(user).get(reverse("reports:home")).content.decode()


def test_the_writer_finds_the_report_of_the_oldest_round(oldest):
    subject = subjects_of(oldest)[0]
    assert reverse("reviews:duty_edit", args=[oldest.pk, subject.pk]) in home(own_account(subject))


def test_the_reviewer_and_the_recorder_find_theirs(oldest):
    somebody = make_user(Role.ASSESSOR, subjects_of(oldest)[0].unit)
    assert reverse("reviews:duty_list", args=[oldest.pk]) not in home(somebody)
    DutyReviewer.objects.create(round=oldest, account=somebody)
    meeting = planned(oldest, make_user(Role.OFFICE))
    meeting.recorder_account = somebody
    meeting.save()
    page = home(somebody)
    assert reverse("reviews:duty_list", args=[oldest.pk]) in page
    assert reverse("reviews:meeting", args=[oldest.pk, meeting.pk]) in page


def test_more_rounds_cost_no_more_queries(oldest, django_assert_max_num_queries):
    user = own_account(subjects_of(oldest)[0])
    client = client_for(user)
    with django_assert_max_num_queries(30):
        client.get(reverse("reports:home"))
    people_round("system-party-secretary", ONE)
    with django_assert_max_num_queries(30):
        client.get(reverse("reports:home"))
