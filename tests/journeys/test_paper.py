"""Counting paper ballots in Chromium: typed by keyboard alone, saved line by line, compared, printed on A4."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.urls import reverse

from reviews.models import PaperCount, PaperFigure, Poll
from reviews.paper_figures import WHOLE, by_place
from reviews.queries.paper import entry_figures
from reviews.services.polls.tally import begin_entry
from tests.factories import district_round, make_user
from tests.reviews.paper import both_finish, figures_of_ballots, same
from tests.reviews.polls import open_poll, poll_for
from units.models import Role, User

from .booth_page import looks
from .stage import PASSWORD
from .test_browser import log_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SAVED = re.compile("已保存")


class Count:
    """A vote on paper alone, of a plan with options or with figures; two who count."""

    def __init__(self, plan: str, voter_class: str) -> None:
        self.people = tuple(self._person(name) for name in ("zhang", "li"))
        self.round = district_round(4, plan=plan)
        office = self.people[0]
        poll = poll_for(self.round, voter_class, office, kind="paper", number=6)
        self.poll: Poll = open_poll(poll=poll, by=office)
        self.subjects = list(self.round.subjects.all())

    def _person(self, username: str) -> User:
        user = make_user(Role.OFFICE, username=username)
        user.set_password(PASSWORD)
        user.save()
        return user

    def url(self, name: str, *more: int) -> str:
        return reverse(f"reviews:{name}", args=[self.round.pk, self.poll.pk, *more])


@pytest.fixture
def sit(screens):
    def at(count: Count, name: str, path: str, width: int = 1440, **options: Any) -> Any:
        screen = screens(width, **options)
        log_in(screen, name)
        screen.complaints.clear()
        screen.go(path)
        return screen

    return at


def type_cells(page: Any, cells: list[str]) -> None:
    for cell in cells:
        page.keyboard.type(cell)
        page.keyboard.press("Enter")


def saved(page: Any) -> None:
    page.locator("[data-status]", has_text=SAVED).wait_for(timeout=15_000)


@pytest.mark.parametrize("width", [1440, 390])
def test_options_are_typed_with_enter_alone_and_every_line_saves_itself(sit, width):
    count = Count("system-party-secretary", "delegate")
    entry = begin_entry(poll=count.poll, by=count.people[0])
    screen = sit(count, "zhang", count.url("paper_entry"), width)
    page = screen.page
    page.focus("#n-0-0")
    type_cells(page, ["6", "5", "1", "0"])
    type_cells(page, ["3", "1", "1", "0", ""])
    type_cells(page, ["2", "2", "1", "1", "0"])
    saved(page)
    page.wait_for_function("document.querySelectorAll('.pc-fits').length === 1")
    places = by_place(entry_figures(entry))
    assert places[WHOLE] == {"received": 6, "valid": 5, "invalid": 1, "blank": 0}
    assert sum(places[count.subjects[0].pk, page.input_value("[name=leaf]")].values()) == 5
    wrong = page.locator("tbody tr").nth(1)
    assert "合计 6" in wrong.inner_text()
    assert "5" in wrong.locator("[data-note]").inner_text()
    screen.look()
    assert screen.complaints == []


def test_figures_are_added_up_while_they_are_typed_and_a_second_window_overwrites_nothing(sit):
    count = Count("district-2020", "leader")
    entry = begin_entry(poll=count.poll, by=count.people[0])
    one = sit(count, "zhang", count.url("paper_entry"))
    two = sit(count, "zhang", count.url("paper_entry"))
    name = f"[name='t-{count.subjects[0].pk}']"
    one.page.fill(name, "90x3 85，85")
    assert one.page.locator("[data-total]").first.inner_text() == "5"
    one.page.keyboard.press("Enter")
    one.page.keyboard.press("Enter")
    saved(one.page)
    two.page.fill(name, "70×5")
    two.page.keyboard.press("Enter")
    two.page.keyboard.press("Enter")
    two.page.locator("[data-note]", has_text="85=2;90=3").wait_for(timeout=15_000)
    assert two.page.input_value(name) == "70×5", "what was typed is still there"
    found = dict(PaperFigure.objects.filter(entry=entry).values_list("answer", "count"))
    assert found == {"85": 2, "90": 3}
    one.page.fill(name, "九十")
    assert "is-invalid" in one.page.get_attribute(name, "class")


def test_what_is_typed_without_a_connection_is_sent_when_it_is_back(sit):
    count = Count("district-2020", "leader")
    begin_entry(poll=count.poll, by=count.people[0])
    screen = sit(count, "zhang", count.url("paper_entry"))
    page = screen.page
    page.context.set_offline(True)
    page.fill("#n-0-0", "6")
    page.focus(f"[name='t-{count.subjects[0].pk}']")
    page.locator("[data-status]", has_text="未保存").wait_for(timeout=15_000)
    assert not PaperFigure.objects.exists()
    page.context.set_offline(False)
    saved(page)
    assert PaperFigure.objects.get().count == 6


@pytest.mark.parametrize("width", [1440, 390])
def test_differences_are_settled_by_buttons(sit, width):
    count = Count("system-party-secretary", "delegate")
    right = figures_of_ballots(same("好", count.poll, 6))
    wrong = right.copy()
    leaf = count.poll.papers.get().places[0][1][0]
    wrong[count.subjects[0].pk, leaf, "好"], wrong[count.subjects[0].pk, leaf, "差"] = 5, 1
    made = both_finish(count.poll, count.people, right, wrong)
    screen = sit(count, "li", count.url("paper_compare", made.pk), width)
    for _each in range(2):
        screen.press("button:has-text('我记错了') >> nth=0")
        screen.page.locator("tr:has(strong)").first.wait_for()
        if made.differences.filter(value=None).exists():
            screen.page.evaluate("for (const row of document.querySelectorAll('tr:has(strong) form')) row.remove()")
    screen.press("button:has-text('提交结果')")
    assert PaperCount.objects.get().state == "submitted"
    assert screen.complaints == []


def test_ballots_and_counting_sheets_are_printed_without_the_page_around_them(sit, tmp_path):
    count = Count("civil-servant-annual", "staff")
    screen = sit(count, "zhang", count.url("paper_print") + "?each=1")
    assert screen.page.locator("article.pb").count() == 6
    for path in (count.url("paper_print"), count.url("paper_sheets")):
        screen.go(path)
        screen.page.emulate_media(media="print")
        seen = screen.page.inner_text("body")
        assert count.subjects[0].name in seen
        for around in ("工作台", "打印", "印制份数", "纸质票发放"):
            assert around not in seen
        screen.page.emulate_media(media="screen")
    assert screen.complaints == []


@pytest.mark.parametrize("width", [1440, 390])
def test_pages_are_accessible(sit, width):
    count = Count("system-party-secretary", "delegate")
    begin_entry(poll=count.poll, by=count.people[0])
    screen = sit(count, "zhang", count.url("paper"), width, bypass_csp=True)
    paths = [count.url(name) for name in ("paper", "paper_voters", "paper_print", "paper_sheets", "paper_entry")]
    paths += [reverse("reports:poll_summary", args=[count.round.pk, count.poll.pk])]
    figures = figures_of_ballots(same("好", count.poll, 6))
    for path in paths:
        screen.go(path)
        assert looks(screen.page) == [], path
    made = both_finish(count.poll, count.people, figures, figures_of_ballots(same("差", count.poll, 6)))
    screen.go(count.url("paper_compare", made.pk))
    assert looks(screen.page) == []
