"""The round in Chromium, in Chinese, on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.urls import reverse
from playwright.sync_api import expect

from appraisal_site.lib import background
from indicators.drafts import change, start_draft
from indicators.edits import set_cell
from indicators.models import PlanDraft
from indicators.services import ensure_plan
from indicators.words import SELECTIONS
from reports.demo import ACCOUNTS, load_demo
from reports.demo.accounts import demo_password
from reports.models import Job, JobKind, JobState
from reviews.models import (
    Event,
    Mark,
    Meeting,
    NotApplicable,
    PlanChange,
    Presence,
    Publication,
    PublishedReport,
    RemarkKind,
    Round,
    RoundPlanVersion,
    Sampling,
    SelfReport,
    Subject,
    Talk,
)
from reviews.services.inspections import Finding, SampleWish, draw_sample, record_finding
from reviews.services.plan_changes import ChangeData, propose_change
from scoring.engine import RULES
from scoring.queries import current_computation
from scoring.services import run_scoring
from tests.factories import make_user
from tests.scoring.quarters import QUARTERS, opened, people, points_quarter
from tests.site.test_permissions import ADDRESSES, NONE
from units.models import Person, Role, Unit, User

from .pages import english
from .screen import Screen
from .stage import PASSWORD, SUBJECTS, assessor_account, make_stage
from .test_round import EVENTS, open_the_round, visitor

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NO_PAGES = (
    "_file",
    "_book",
    "_word",
    "_template",
    "_search",
    "_periods",
    "_bar",
    "_catalogue",
    "_matters",
    "_data",
    "_said",
    "_counts",
    "_clock",
    "sheet_history",
    "offline_mine",
    "health",
)  # downloads, fragments, and what machines ask
NAMED_ONLY = {("reviews:interviews", "assessor"), ("reviews:interviews", "subject")}  # the demo names nobody
WIDTHS = pytest.mark.parametrize("width", [1440, 390])


@pytest.fixture
def windows(chromium: Any, live_server: Any, settings: Any) -> Iterator[Any]:
    """`windows(width)` opens a window; jobs are done by the site's own threads, as with `make run`."""
    settings.TASKS_EAGER, settings.TASKS_IN_PROCESS = False, True
    opened: list[Screen] = []

    def open_window(width: int) -> Screen:
        opened.append(Screen(chromium, live_server.url, width))
        return opened[-1]

    yield open_window
    for screen in opened:
        screen.page.context.close()
    background.wait_until_idle(timeout=60)


def log_in(screen: Screen, username: str, password: str = PASSWORD) -> None:
    screen.go(reverse("units:login"))
    screen.page.fill("[name=username]", username)
    screen.page.fill("[name=password]", password)
    screen.press("main form button[type=submit]")


def test_english_words_are_found_and_codes_are_not():
    assert english("K21 接诉即办 B-1 v2 district-2020 XX区 3a21cf7f18b2 office") == []
    assert english("第 3 版 draft, See the ranking") == ["See", "draft", "ranking", "the"]


def test_a_screen_notices_what_is_wrong_with_a_page(windows):
    screen = windows(390)
    screen.go(reverse("units:login"))
    assert screen.complaints == []
    with screen.page.expect_console_message(lambda message: message.text == "broken"):
        screen.page.evaluate("""() => {
      const wide = document.createElement("div");
      wide.textContent = "untranslated ".repeat(100);
      wide.className = "text-nowrap";
      document.body.append(wide);
      wide.setAttribute("style", "color: red");
      console.error("broken");
    }""")
    screen.look()
    said = "\n".join(screen.complaints)
    for expected in ("pixels wide", "in English: ['untranslated']", "content security policy", "broken"):
        assert expected in said


@WIDTHS
def test_a_round_at_the_screen(windows, width):
    make_stage()
    round_ = open_the_round(visitor("office"))
    assessor, office = windows(width), windows(width)
    first_log_in(assessor)
    marks_by_keyboard(assessor, round_)
    log_in(office, "office")
    events_are_approved(office, round_)
    computing_shows_how_far_it_is(office, round_)
    the_ranking_filters_and_figures_open(office, round_)
    the_language_changes_and_comes_back(office)
    assert assessor.complaints + office.complaints == []


def first_log_in(screen: Screen) -> None:
    username = assessor_account("K21")
    User.objects.filter(username=username).update(must_change_password=True)
    log_in(screen, username)
    assert screen.page.url.endswith(reverse("units:password"))
    screen.go("/")
    assert screen.page.url.endswith(reverse("units:password")), "no other page until it is changed"
    chosen = "qiu-tian-2020-kaoping"
    for name, value in (("old_password", PASSWORD), ("new_password1", chosen), ("new_password2", chosen)):
        screen.page.fill(f"[name={name}]", value)
    screen.press("main form button[type=submit]")
    assert screen.page.url == screen.address + "/"


def marks_by_keyboard(screen: Screen, round_: Round) -> None:
    """Marks and notes down the columns with Enter; leaving asks first; saving takes them all."""
    page = screen.page
    sheet = reverse("reviews:mark_sheet", args=[round_.pk, round_.assignments.get(indicator="K21").pk])
    screen.go(reverse("reviews:my_marks", args=[round_.pk]))
    screen.press(f'a[href="{sheet}"] >> nth=0')
    subjects = list(round_.subjects.order_by("order"))
    page.focus(f"[name=value-{subjects[0].pk}]")
    for place in range(len(subjects)):
        page.keyboard.type(f"{10 + place}.5")
        page.keyboard.press("Enter")
        if place + 1 < len(subjects):
            focused = page.evaluate("document.activeElement.name")
            assert focused == f"value-{subjects[place + 1].pk}", "Enter goes to the next row"
    asked = []
    page.once("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    with page.expect_event("dialog"):
        page.click(".kp-actions a")
    assert asked == ["beforeunload"]
    assert page.url.endswith(sheet)
    assert page.input_value(f"[name=value-{subjects[0].pk}]") == "10.5"
    page.focus(f"[name=note-{subjects[0].pk}]")
    for _subject in subjects:
        page.keyboard.type("按台账核定")
        page.keyboard.press("Enter")
    screen.press("#sheet button >> nth=0")
    stored = Mark.objects.filter(indicator="K21").order_by("subject__order").values_list("value", "note")
    assert [(str(value.normalize()), note) for value, note in stored] == [
        (f"{10 + place}.5", "按台账核定") for place in range(len(SUBJECTS))
    ]


def events_are_approved(screen: Screen, round_: Round) -> None:
    for code, entry, value, _count, matter, _decision in EVENTS:
        leaf, item = entry.split("|")
        subject = round_.subjects.get(code=code)
        Event.objects.create(subject=subject, indicator=leaf, item=item, count=1, value=value, matter=matter)
    screen.go(reverse("reviews:event_list", args=[round_.pk]))
    for event in Event.objects.all()[:2]:
        screen.page.check(f'[name=event][value="{event.pk}.{event.version}"]')
    screen.press('button[name=status][value="approved"]')
    assert Event.objects.filter(status="approved").count() == 2


def computing_shows_how_far_it_is(screen: Screen, round_: Round) -> None:
    """The job's page asks again by itself until the job is done."""
    ranking = reverse("scoring:ranking", args=[round_.pk])
    screen.go(ranking)
    screen.press(f'form[action="{reverse("reports:compute", args=[round_.pk])}"] button')
    assert "/jobs/" in screen.page.url
    screen.page.wait_for_selector("#job .alert-success")
    screen.look()
    job = Job.objects.get(kind=JobKind.COMPUTE)
    assert job.state == JobState.DONE
    screen.press(f'main a[href="{ranking}"] >> nth=0')


def the_ranking_filters_and_figures_open(screen: Screen, round_: Round) -> None:
    page = screen.page
    assert page.locator("#ranking tbody tr").count() == len(SUBJECTS)
    page.fill("#id_q", "工会")
    expect(page.locator("#ranking tbody tr")).to_have_count(1)
    assert "q=" in page.url, "the filtered ranking has an address"
    screen.look()
    screen.press("#ranking tbody a >> nth=0")
    page.click("#row-K21 a")
    page.wait_for_selector("#figure-K21.show >> text=按台账核定")
    screen.look()
    page.click("#row-K a >> nth=0")
    page.wait_for_selector("#figure-K.show *")
    screen.look()


def the_language_changes_and_comes_back(screen: Screen) -> None:
    for language, heading in (("en", "Ranking"), ("zh-hans", "排名")):
        if screen.width < 992:
            screen.page.click(".navbar-toggler")
            screen.page.wait_for_selector("#kp-menu.show")
        screen.page.click(".kp-account.dropdown-toggle")
        with screen.page.expect_navigation():
            screen.page.click(f'button[name=language][value="{language}"]')
        screen.look(chinese=language == "zh-hans")
        assert heading in screen.page.inner_text("main")


# ---------------------------------------------------------------- four quarters and a year


@WIDTHS
def test_the_round_of_a_year_reads_its_four_quarters(windows, width):
    """Opened, computed, one quarter removed and added again; a month without a vote."""
    office = make_user(Role.OFFICE, username="office")
    office.set_password(PASSWORD)
    office.save()
    subjects = people(3, "机关")
    for name in QUARTERS:
        run_scoring(round=points_quarter(name, subjects, [0, 3, 20]))
    ensure_plan("finance-annual")
    month = opened("finance-points", "2026-11", subjects)
    screen = windows(width)
    log_in(screen, "office")
    year = opening_a_year(screen)
    screen.press(f'form[action="{reverse("reports:compute", args=[year.pk])}"] button')
    background.wait_until_idle(timeout=60)
    assert current_computation(year).summary["missing"] == {}
    screen.go(reverse("scoring:earlier", args=[year.pk]))
    screen.page.click("main details summary >> nth=1")
    screen.page.fill("main details[open] [name=reason]", "第二季度结果复核中")
    screen.press("main details[open] button")
    assert year.set_members.count() == 3
    screen.press("main form:has([name=round][type=hidden]) button")
    assert year.set_members.count() == 4
    screen.go(reverse("scoring:earlier_subjects", args=[year.pk, "quarters"]))
    screen.go(reverse("reviews:applicability", args=[month.pk]))
    screen.press('button[name=exclude][value="M"]')
    assert NotApplicable.objects.filter(subject__round=month, indicator="M").count() == len(subjects)
    assert screen.complaints == []


def opening_a_year(screen: Screen) -> Round:
    screen.go(reverse("reviews:round_open") + "?plan=finance-points")
    page = screen.page
    expect(page.locator("#periods")).to_contain_text("月度、季度")
    page.select_option("#id_version", str(ensure_plan("finance-annual").pk))
    expect(page.locator("#periods")).to_contain_text("年度")
    page.click("#periods a >> nth=1")
    assert page.input_value("#id_name").isdecimal(), "a press fills in the year"
    page.fill("#id_name", "2026")
    for step in ("subjects", "assessors", "earlier", "confirm"):
        screen.press("main form[method=post] .btn-primary")
        assert page.url.endswith(reverse(f"reviews:round_open_{step}"))
        if step == "earlier":
            assert page.locator("main input[type=checkbox]:checked").count() == len(QUARTERS)
    screen.press("main form[method=post] .btn-primary")
    return Round.objects.get(plan__code="finance-annual")


# ---------------------------------------------------------------- every page


@WIDTHS
def test_every_page_is_chinese_fits_and_complains_of_nothing(windows, width, settings, tmp_path, monkeypatch):
    """The demo round, page by page: all addresses that the office, the administrator and a subject may read."""
    monkeypatch.setattr("reports.demo.accounts.PASSWORD_FILE", tmp_path / "password")
    round_ = load_demo()
    known = known_objects(round_)
    screens = {}
    for username, role in (
        ("office", "office"),
        ("admin", "admin"),
        ("unit", "subject"),
        ("assessor", "assessor"),
        ("leader", "leader"),
    ):
        screens[username] = screen = windows(width)
        log_in(screen, username, demo_password())
        for name, address in ADDRESSES.items():
            served = address.answer == 200 and not name.endswith(NO_PAGES) and (name, role) not in NAMED_ONLY
            if role in (address.read or NONE) and served and not set(address.args) - known.keys():
                screen.go(reverse(name, args=[known[arg] for arg in address.args]))
    other_states(screens, round_)
    opening_a_round(screens["office"])
    complaints = [complaint for screen in screens.values() for complaint in screen.complaints]
    assert complaints == []
    assert django_settings.LANGUAGE_CODE == "zh-hans"


def other_states(screens: dict[str, Screen], round_: Round) -> None:
    """Filters that find nothing, print views, the pages of an announced round."""
    found = known_objects(round_)
    ranking = reverse("scoring:ranking", args=[round_.pk])
    result = reverse("scoring:subject_result", args=[round_.pk, found["subject"]])
    sheet = reverse("reviews:mark_sheet", args=[round_.pk, found["assignment"]])
    for path in (
        f"{ranking}?q=zzz", f"{ranking}?print=1", f"{ranking}?sort=-name&grade=良好", f"{result}?print=1",
        f"{sheet}?show=missing", f"{sheet}?q=zzz", reverse("reviews:event_list", args=[round_.pk]) + "?q=zzz",
        reverse("reviews:progress", args=[round_.pk]) + "?order=plan",
        reverse("reviews:remind", args=[round_.pk]) + "?which=open",
        reverse("reviews:chase", args=[round_.pk]) + "?only=missing", reverse("units:notifications") + "?only=unread",
        reverse("units:unit_list") + "?q=zzz",
        reverse("units:person_list") + "?q=zzz", reverse("units:audit_list") + "?q=zzz",
    ):  # fmt: skip
        screens["office"].go(path)
    parts_of_the_editor(screens["office"], the_draft(round_))
    Round.objects.filter(pk=round_.pk).update(phase="announced")
    for path in (ranking, result, reverse("scoring:my_results"), "/"):
        screens["unit"].go(path)
    for path in (reverse("scoring:limits", args=[round_.pk]), reverse("reviews:round_detail", args=[round_.pk])):
        screens["office"].go(path)
    screens["assessor"].go(sheet)


def parts_of_the_editor(screen: Screen, draft: PlanDraft) -> None:
    """Each section, the form of each kind of row, an indicator of each kind, and all of it with a mistake."""

    def visit(name: str, *args: Any, query: str = "") -> None:
        screen.go(reverse(f"indicators:draft_{name}", args=[draft.pk, *args]) + query)

    for section in ("facts", "rules", "use", "procedure"):
        visit("section", section)
    for kind in RULES:
        visit("row_add", "rules", query=f"?kind={kind}")
    for kind in SELECTIONS:
        visit("row_add", "selections", query=f"?kind={kind}")
    for part in ("facts", "process", "follow_ups", "sets"):
        visit("row_add", part)
    office = User.objects.get(username="office")
    for code in ("R", "K21", "E2", "B"):
        visit("indicator", code)
    change(draft=draft, edit=lambda document: set_cell(document, "K21", "points", "14"), by=office)
    for name in ("tree", "check"):
        visit(name)
    visit("indicator", "K2")


def opening_a_round(screen: Screen) -> None:
    """Plan and period, subjects, assessors, confirmation."""
    screen.go(reverse("reviews:round_open") + "?plan=district-2020")
    screen.page.fill("[name=name]", "2021")
    for step in ("subjects", "assessors", "confirm"):
        screen.press("main form[method=post] .btn-primary")
        assert screen.page.url.endswith(reverse(f"reviews:round_open_{step}"))
    screen.press("main form[method=post] .btn-primary")
    assert Round.objects.filter(name="2021").exists()


def known_objects(round_: Round) -> dict[str, Any]:
    subject = round_.subjects.get(name="区总工会")
    report_of(subject)
    sampling = sampling_of(subject)
    asked, taken = plan_change_of(subject)
    talk, published = meeting_of(subject)
    return {
        "meeting": talk.meeting_id,
        "talk": talk.pk,
        "publication": published.publication_id,
        "published_report": published.pk,
        "round": round_.pk,
        "subject": subject.pk,
        "assignment": round_.assignments.get(indicator="K121").pk,
        "event": Event.objects.filter(subject=subject).first().pk,
        "files_key": f"mark.{subject.pk}.{round_.assignments.get(indicator='K121').pk}",
        "evidence": 0,  # what it answers with is no page
        "sampling": sampling.pk,
        "inspection": sampling.inspections.order_by("order")[0].pk,
        "plan_change": asked.pk,
        "plan_version_change": taken.pk,
        "leaf": "K21",
        "phase": "reviewing",
        "plan": "district-2020",
        "version": round_.plan_version_id,
        "unit": Unit.objects.get(name="区总工会").pk,
        "person": Person.objects.first().pk,
        "account": User.objects.get(username=ACCOUNTS[2][0]).pk,
        "draft": the_draft(round_).pk,
        "section": "basics",
        "part": "rules",
        "index": 0,
    }


def meeting_of(subject: Subject) -> tuple[Talk, PublishedReport]:
    """A meeting under way at which everything was said once, and a report that is shown to the subjects."""
    office = User.objects.get(username="office")
    talk = Talk.objects.filter(subject=subject).first()
    if talk is None:
        drawn = {"group": "category", "within": "lot", "seed": "7", "fact": "", "posts": [], "ties": [["余", "佘"]]}
        meeting = Meeting.objects.create(
            round=subject.round,
            number=1,
            title="述职评议会",
            date="2026-12-10",
            state="running",
            quorum="2/3",
            order_rule=drawn,
        )
        talk = meeting.talks.create(subject=subject, order=1, state="done", spoken=485_000, summary="全年工作。")
        for kind in RemarkKind.values:
            talk.remarks.create(key=kind, kind=kind, who="张三", text="如何整改？", answer="月底完成。")
        for number, presence in enumerate(Presence.values, start=1):
            meeting.attendees.create(
                number=number, name=f"张{number}", presence=presence, reason="出差", group="党员代表"
            )
        made = Publication.objects.create(
            round=subject.round,
            number=1,
            title="述职报告公开",
            starts="2020-01-01",
            ends="2099-01-01",
            roles=["subject"],
            comments="named",
            created_by=office,
        )
        report = made.reports.create(subject=subject, sections=[["成绩", "全年工作。"]])
        report.comments.create(author=office, text="写得实在", day="2026-12-11", state="shown")
    return talk, PublishedReport.objects.get(subject=subject)


def report_of(subject: Subject) -> None:
    """A self-summary that was handed in and sent back: its pages, and writing it again."""
    report, new = SelfReport.objects.get_or_create(
        subject=subject, defaults={"text": "全年工作总结。", "state": "returned"}
    )
    if new:
        office = User.objects.get(username="office")
        said = {"K21": {"score": "9", "text": "已完成"}}
        report.submissions.create(
            number=1,
            text="全年总结。",
            leaves=said,
            state="returned",
            reason="补充数据",
            submitted_by=office,
            decided_by=office,
        )


def sampling_of(subject: Subject) -> Sampling:
    """A sample that the subject sees, with a record that was found not to be true."""
    office = User.objects.get(username="office")
    found = Sampling.objects.filter(round=subject.round).first()
    if found is None:
        wish = SampleWish("年终核验", {subject.category: "100%"}, ["K21", "K22"], seed="7 12 31", shown=True)
        found = draw_sample(round=subject.round, wish=wish, by=office)
        for record in found.inspections.filter(subject=subject):
            data = Finding(found.made_at.date(), "核验组", "台账", "全部完成", "部分未完成", "partly")
            record_finding(inspection=record, data=data, seen=1, by=office)
    return found


def plan_change_of(subject: Subject) -> tuple[PlanChange, RoundPlanVersion]:
    """An application that waits, and a change of the round's plan that has been made."""
    office = User.objects.get(username="office")
    round_ = subject.round
    asked = PlanChange.objects.filter(round=round_).first()
    if asked is None:
        data = ChangeData(kind="not_applicable", indicator="K21", reason="职能划转")
        asked = propose_change(round=round_, subject=subject, data=data, by=office)
    version = round_.plan_version
    taken, _made = RoundPlanVersion.objects.get_or_create(
        round=round_,
        number=1,
        defaults={"before": version, "after": version, "reason": "职能划转", "codes": {"K21": "changed"}, "by": office},
    )
    return asked, taken


def the_draft(round_: Round) -> PlanDraft:
    return start_draft(version=round_.plan_version, by=User.objects.get(username="office"))
