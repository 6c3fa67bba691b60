"""Who may open which page, how often a page asks the database, and what a form does."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from reviews.models import Event, Mark, NotApplicable, Phase, Round
from reviews.queries.inputs import count_words
from reviews.services.events import EventData, add_event
from reviews.services.rounds import change_phase
from tests.factories import assessor_of, client_for, district_round, make_unit, make_user
from tests.scoring.rows import fill
from units.audit_words import target_words
from units.models import AuditEntry, Role
from units.templatetags.kaoping import aside

pytestmark = pytest.mark.django_db

ALL = frozenset(Role)
OFFICE = frozenset({Role.OFFICE})
WATCH = frozenset({Role.OFFICE, Role.AUDITOR, Role.ADMIN})
READ = frozenset({Role.OFFICE, Role.AUDITOR})
MARKS = READ | {Role.ASSESSOR}


class World:
    """A round with one event; the assessor of K22 is not the one of K111."""

    def __init__(self, subjects=3, **kwargs):
        self.round = district_round(subjects=subjects, **kwargs)
        self.sheet = self.round.assignments.select_related("unit").get(indicator="K22")
        self.office = make_user(Role.OFFICE)
        self.assessor = assessor_of(self.round, "K22", name="张一")
        self.subject = self.round.subjects.first()
        self.event = add_event(subject=self.subject, data=EventData("B", "B-1", value=2, matter="经验"), by=self.office)

    def user(self, role):
        return self.assessor if role == Role.ASSESSOR else make_user(role)

    def url(self, name, *args):
        return reverse(f"reviews:{name}", args=[self.round.pk, *args])


@pytest.fixture
def world():
    return World()


PAGES = {
    "round_list": (lambda w: reverse("reviews:round_list"), ALL),
    "round_open": (lambda w: reverse("reviews:round_open"), OFFICE),
    "round_detail": (lambda w: w.url("round_detail"), ALL),
    "phase": (lambda w: w.url("phase", "reviewing"), OFFICE),
    "deadline": (lambda w: w.url("deadline"), OFFICE),
    "subject_list": (lambda w: w.url("subject_list"), WATCH),
    "subject_add": (lambda w: w.url("subject_add"), OFFICE),
    "subject_detail": (lambda w: w.url("subject_detail", w.subject.pk), WATCH),
    "subject_withdraw": (lambda w: w.url("subject_withdraw", w.subject.pk), OFFICE),
    "assign": (lambda w: w.url("assign", w.sheet.pk), OFFICE),
    "progress": (lambda w: w.url("progress"), WATCH),
    "progress_leaf": (lambda w: w.url("progress_leaf", "K22"), WATCH),
    "progress_ballots": (lambda w: w.url("progress_leaf", "E1"), WATCH),
    "progress_subjects": (lambda w: w.url("progress_subjects"), WATCH),
    "my_marks": (lambda w: w.url("my_marks"), MARKS),
    "mark_sheet": (lambda w: w.url("mark_sheet", w.sheet.pk), MARKS),
    "cell": (
        lambda w: f"{w.url('history')}?assignment={w.sheet.pk}&subject={w.subject.pk}",
        MARKS,
    ),
    "event_list": (lambda w: w.url("event_list"), READ),
    "event_add": (lambda w: w.url("event_add"), OFFICE),
    "event_detail": (lambda w: w.url("event_detail", w.event.pk), READ),
    "event_history": (lambda w: f"{w.url('history')}?event={w.event.pk}", READ),
    "history": (lambda w: w.url("history"), WATCH),
}


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("page", list(PAGES))
def test_every_role_on_every_page(world, page, role):
    address, allowed = PAGES[page]
    response = client_for(world.user(role)).get(address(world))
    assert (response.status_code == 200) == (role in allowed), response.status_code
    if role not in allowed:
        assert response.status_code in {403, 404}


@pytest.mark.parametrize("page", list(PAGES))
def test_strangers_are_sent_to_the_log_in_and_accounts_without_a_role_refused(world, page, client):
    address = PAGES[page][0](world)
    assert client.get(address).status_code == 302
    assert client_for(make_user()).get(address).status_code == 403


def test_the_sheet_of_another_unit_is_not_there(world):
    stranger = client_for(make_user(Role.ASSESSOR))
    assert stranger.get(world.url("mark_sheet", world.sheet.pk)).status_code == 404
    cell = f"?assignment={world.sheet.pk}&subject={world.subject.pk}"
    assert stranger.get(world.url("history") + cell).status_code == 404
    response = stranger.post(world.url("mark_sheet", world.sheet.pk), row(world.subject, "10"))
    assert response.status_code == 404
    assert not Mark.objects.exists()


def test_the_assessor_of_one_leaf_sees_no_other(world):
    other = world.round.assignments.exclude(unit=world.sheet.unit).first()
    client = client_for(world.assessor)
    assert client.get(world.url("mark_sheet", other.pk)).status_code == 404
    page = client.get(world.url("my_marks")).content.decode()
    assert "街道吹哨部门报到" in page
    assert "信息" not in page.split("<main", 1)[1]


@pytest.mark.parametrize("role", [Role.OFFICE, Role.AUDITOR])
def test_readers_of_a_sheet_cannot_write_it(world, role):
    client = client_for(make_user(role))
    page = client.get(world.url("mark_sheet", world.sheet.pk)).content.decode()
    assert f'name="value-{world.subject.pk}"' not in page
    response = client.post(world.url("mark_sheet", world.sheet.pk), row(world.subject, "10"))
    assert response.status_code == 403
    assert not Mark.objects.exists()


@pytest.mark.parametrize("role", [Role.ADMIN, Role.AUDITOR, Role.LEADER, Role.SUBJECT, Role.ASSESSOR])
def test_nobody_but_the_office_posts(world, role):
    client = client_for(world.user(role))
    posts = {
        world.url("phase", "reviewing"): {},
        world.url("assign", world.sheet.pk): {"unit": ""},
        world.url("deadline"): {"deadline": "2020-12-31", "reason": "x"},
        world.url("subject_add"): {},
        world.url("subject_detail", world.subject.pk): {"exclude": "K1"},
        world.url("subject_withdraw", world.subject.pk): {"reason": "x"},
        world.url("event_decide"): {"event": f"{world.event.pk}.1", "status": "approved"},
        world.url("event_add"): {},
        world.url("event_detail", world.event.pk): {"do": "withdraw", "reason": "x", "seen": "1"},
        reverse("reviews:round_open"): {},
        reverse("reviews:round_open_subjects"): {"do": "all"},
        reverse("reviews:round_open_assessors"): {},
        reverse("reviews:round_open_confirm"): {},
    }
    for address, data in posts.items():
        # Whether there is an event is not for everybody to know.
        refused = 404 if address == world.url("event_detail", world.event.pk) and role != Role.AUDITOR else 403
        assert client.post(address, data).status_code == refused, address
    world.event.refresh_from_db()
    world.round.refresh_from_db()
    assert (world.event.status, world.round.phase) == ("pending", Phase.COLLECTING)
    assert not NotApplicable.objects.exists()


def test_objects_of_another_round_are_not_there(world):
    other = World(name="2021")
    client = client_for(world.office)
    for address in (
        world.url("mark_sheet", other.sheet.pk),
        world.url("event_detail", other.event.pk),
        world.url("assign", other.sheet.pk),
        world.url("subject_detail", other.subject.pk),
        world.url("subject_withdraw", other.subject.pk),
        f"{world.url('history')}?event={other.event.pk}",
        f"{world.url('history')}?assignment={world.sheet.pk}&subject={other.subject.pk}",
        f"{world.url('progress_leaf', 'K22')}?assignment={other.sheet.pk}",
        world.url("progress_leaf", "NOPE"),
    ):
        assert client.get(address).status_code == 404, address
    posted = client_for(world.assessor).post(world.url("mark_sheet", world.sheet.pk), row(other.subject, "10"))
    assert posted.status_code == 404
    assert not Mark.objects.exists()


def test_facts_have_no_page_where_the_plan_has_none(world):
    client = client_for(world.office)
    assert client.get(world.url("fact_table")).status_code == 404
    assert world.url("fact_table") not in client.get(world.url("round_detail")).content.decode()


# ---------------------------------------------------------------- queries


QUERIES = {
    "round_list": 6,
    "round_detail": 16,
    "subject_list": 8,
    "subject_detail": 22,
    "progress": 14,
    "progress_leaf": 8,
    "progress_subjects": 15,
    "my_marks": 13,
    "mark_sheet": 22,
    "event_list": 12,
    "event_detail": 13,
    "event_add": 7,
    "history": 7,
}


@pytest.mark.parametrize("subjects", [1, 3])
@pytest.mark.parametrize("page", list(QUERIES))
def test_queries_do_not_grow_with_rows(page, subjects, django_assert_num_queries):
    world = World(subjects=subjects)
    for subject in world.round.subjects.all()[1:]:
        add_event(subject=subject, data=EventData("B", "B-2", value=1), by=world.office)
    client = client_for(world.office)
    with django_assert_num_queries(QUERIES[page]):
        assert client.get(PAGES[page][0](world)).status_code == 200


# ---------------------------------------------------------------- the sheet


def row(subject, value="", *, na=False, note="说明", seen="", was="", **more):
    pk = subject.pk
    data = {f"value-{pk}": value, f"note-{pk}": note, f"seen-{pk}": seen, f"was-{pk}": was}
    if na:
        data[f"na-{pk}"] = "on"
    return data | {f"{name}-{pk}": text for name, text in more.items()}


def hidden(page, subject):
    """The hidden fields of a row as the page holds them."""
    html = page.content.decode()
    found = {}
    for name in ("seen", "was", "newer"):
        start = html.find(f'name="{name}-{subject.pk}" value="')
        if start >= 0:
            found[name] = html[start:].split('value="', 1)[1].split('"', 1)[0]
    return found


def test_a_sheet_is_saved_and_a_second_save_changes_nothing(world):
    client, address = client_for(world.assessor), world.url("mark_sheet", world.sheet.pk)
    first, second, third = world.round.subjects.all()
    data = row(first, "１４．５") | row(second, "", na=True, note="") | row(third, "", note="")
    response = client.post(address, data, follow=True)
    assert response.redirect_chain
    assert "已保存 2 处更改" in response.content.decode()
    assert str(Mark.objects.get().value) == "14.5"
    assert NotApplicable.objects.get().subject == second
    entries = AuditEntry.objects.count()
    data = row(first, "14.5", **hidden(response, first))
    assert "没有更改" in client.post(address, data, follow=True).content.decode()
    assert AuditEntry.objects.count() == entries


def test_wrong_rows_stay_as_typed_and_right_ones_are_saved(world):
    client, address = client_for(world.assessor), world.url("mark_sheet", world.sheet.pk)
    first, second, third = world.round.subjects.all()
    data = row(first, "12") | row(second, "16") | row(third, "abc")
    response = client.post(address, data)
    html = response.content.decode()
    assert response.status_code == 200
    assert Mark.objects.count() == 1
    assert 'value="16"' in html
    assert 'value="abc"' in html
    assert "已保存 1" in html
    assert html.count("kp-row-message") == 2
    data = row(second, "15", **hidden(response, second)) | row(third, "", note="")
    client.post(address, data)
    assert Mark.objects.count() == 2


def test_a_note_is_demanded_at_its_row(world):
    client, address = client_for(world.assessor), world.url("mark_sheet", world.sheet.pk)
    html = client.post(address, row(world.subject, "12", note="")).content.decode()
    assert "评分说明" in html
    assert not Mark.objects.exists()


def test_a_mark_is_cleared(world):
    client, address = client_for(world.assessor), world.url("mark_sheet", world.sheet.pk)
    page = client.post(address, row(world.subject, "12"), follow=True)
    client.post(address, row(world.subject, "", **hidden(page, world.subject)))
    assert not Mark.objects.exists()
    history = client.get(
        f"{world.url('history')}?assignment={world.sheet.pk}&subject={world.subject.pk}",
        headers={"HX-Request": "true"},
    ).content.decode()
    assert "<html" not in history
    assert history.count("<li>") == 2


@pytest.mark.parametrize("mine_is_na", [False, True])
def test_two_sessions_see_both_values_and_choose(world, mine_is_na):
    """A row that both have before them empty: the second sees the first one's mark and chooses."""
    address = world.url("mark_sheet", world.sheet.pk)
    two = client_for(make_user(Role.ASSESSOR, world.sheet.unit, name="李二"))
    before = hidden(two.get(address), world.subject)
    client_for(world.assessor).post(address, row(world.subject, "12", note="甲说"))
    mine = {"value": "" if mine_is_na else "9", "na": mine_is_na, "note": "" if mine_is_na else "乙说"}
    page = two.post(address, row(world.subject, **mine, **before))
    html = page.content.decode()
    assert "12" in html
    assert "张一" in html
    assert "甲说" in html
    assert Mark.objects.get().value == 12
    again = hidden(page, world.subject)
    kept = two.post(address, row(world.subject, **mine, **again), follow=True)  # no choice made
    assert "kp-choice" in kept.content.decode()
    two.post(address, row(world.subject, **mine, **again, resolve="theirs"))
    assert Mark.objects.get().value == 12
    two.post(address, row(world.subject, **mine, **again, resolve="mine"))
    if mine_is_na:
        assert not Mark.objects.exists()
        assert NotApplicable.objects.exists()
    else:
        assert Mark.objects.get().value == 9


def test_a_row_left_alone_never_overwrites(world):
    """Two sessions on different rows of one sheet do not meet."""
    address = world.url("mark_sheet", world.sheet.pk)
    first, second, _third = world.round.subjects.all()
    one, two = client_for(world.assessor), client_for(make_user(Role.ASSESSOR, world.sheet.unit))
    page = two.get(address)
    one.post(address, row(first, "12"))
    untouched = row(first, "", note="", **hidden(page, first))
    response = two.post(address, untouched | row(second, "7", **hidden(page, second)))
    assert response.status_code == 302
    assert {m.subject_id: m.value for m in Mark.objects.all()} == {first.pk: 12, second.pk: 7}


def test_a_closed_round_keeps_what_was_typed_on_the_screen(world):
    change_phase(round=world.round, to=Phase.REVIEWING, by=world.office)
    address = world.url("mark_sheet", world.sheet.pk)
    response = client_for(world.assessor).post(address, row(world.subject, "11.25"))
    assert response.status_code == 409
    assert "11.25" in response.content.decode()
    assert not Mark.objects.exists()


def test_missing_only_and_search(world):
    client, address = client_for(world.assessor), world.url("mark_sheet", world.sheet.pk)
    client.post(address, row(world.subject, "12"))
    html = client.get(address + "?show=missing").content.decode()
    assert f'id="row-{world.subject.pk}"' not in html
    assert html.count('id="row-') == 2
    html = client.get(address + f"?q={world.subject.code}").content.decode()
    assert html.count('id="row-') == 1


def test_forms_carry_a_token(world):
    client = client_for(world.assessor)
    client.handler.enforce_csrf_checks = True
    address = world.url("mark_sheet", world.sheet.pk)
    assert client.post(address, row(world.subject, "12")).status_code == 403


# ---------------------------------------------------------------- events, subjects, rounds


def test_an_event_is_entered_approved_and_withdrawn_in_the_browser(world):
    client = client_for(world.office)
    data = {"subject": world.subject.code, "entry": "D|D-2", "value": "1.5", "matter": "通报", "count": "1"}
    bad = client.post(world.url("event_add"), data | {"value": "0", "subject": "nobody"})
    assert bad.status_code == 422
    assert "通报" in bad.content.decode()
    client.post(world.url("event_add"), data)
    event = Event.objects.get(indicator="D")
    assert event.status == "pending"
    decide = {"event": f"{event.pk}.1", "status": "approved", "query": "status=pending"}
    response = client.post(world.url("event_decide"), decide)
    assert response.url.endswith("?status=pending")
    event.refresh_from_db()
    assert event.status == "approved"
    page = client.post(world.url("event_detail", event.pk), data | {"value": "2", "seen": "1"})
    assert page.status_code == 409
    assert 'value="2"' in page.content.decode()
    client.post(world.url("event_detail", event.pk), data | {"value": "2", "seen": "2"})
    event.refresh_from_db()
    assert (event.value, event.status, event.version) == (2, "pending", 3)
    client.post(world.url("event_detail", event.pk), {"do": "withdraw", "reason": "误", "seen": "3"})
    assert not Event.objects.filter(pk=event.pk).exists()


def test_a_refused_decision_keeps_its_ticks_and_reason_once(world):
    client = client_for(world.office)
    other = add_event(subject=world.subject, data=EventData("B", "B-1", value=1, matter="另一"), by=world.office)
    decide = {"event": f"{world.event.pk}.1", "status": "rejected", "reason": ""}
    html = client.post(world.url("event_decide"), decide, follow=True).content.decode()
    assert f'value="{world.event.pk}.1" checked' in html
    assert f'value="{other.pk}.1" aria-label' in html
    assert " checked" not in client.get(world.url("event_list")).content.decode()
    untouched = {"status": "rejected", "reason": "依据不足"}
    html = client.post(world.url("event_decide"), untouched, follow=True).content.decode()
    assert 'value="依据不足"' in html
    world.event.refresh_from_db()
    assert world.event.status == "pending"


@pytest.mark.parametrize("phase", [Phase.REVIEWING, Phase.ANNOUNCED, Phase.SEALED])
def test_a_deadline_that_cannot_move_is_refused_at_once(world, phase):
    Round.objects.filter(pk=world.round.pk).update(phase=phase)
    html = client_for(world.office).get(world.url("deadline")).content.decode()
    assert "只有在录入阶段才能修改截止日期" in html
    assert 'name="deadline"' not in html


@pytest.mark.parametrize(
    ("phase", "words"), [(Phase.REVIEWING, "核对并公布"), (Phase.ANNOUNCED, "封存归档"), (Phase.SEALED, "")]
)
def test_the_overview_leads_on(world, phase, words):
    Round.objects.filter(pk=world.round.pk).update(phase=phase)
    link = f'href="{reverse("scoring:limits", args=[world.round.pk])}">{words}</a>'
    html = client_for(world.office).get(world.url("round_detail")).content.decode()
    assert (link in html) == bool(words)
    watching = client_for(make_user(Role.AUDITOR)).get(world.url("round_detail")).content.decode()
    assert reverse("scoring:limits", args=[world.round.pk]) not in watching


@pytest.mark.parametrize(
    ("role", "title"), [(Role.OFFICE, "评分表"), (Role.AUDITOR, "评分表"), (Role.ASSESSOR, "我的评分")]
)
def test_the_list_of_sheets_is_named_for_who_reads_it(world, role, title):
    html = client_for(world.user(role)).get(world.url("my_marks")).content.decode()
    assert f"<h1>{title}</h1>" in html
    assert f'href="{world.url("my_marks")}">{title}</a>' in html


def test_nobody_is_sent_to_look_for_what_is_not_missing(world):
    client = client_for(world.office)
    link = "查看尚缺哪些评分"
    assert link in client.get(world.url("round_detail")).content.decode()
    fill(world.round)
    html = client.get(world.url("round_detail")).content.decode()
    assert "100%" in html
    assert link not in html


def test_chinese_text_has_chinese_punctuation(world):
    assert aside("还剩 3 天") == "（还剩 3 天）"
    assert count_words({"评分": 13, "加减分事项": 1}) == "评分：13、加减分事项：1"
    assert target_words("reviews.mark") == "评分"
    Round.objects.filter(pk=world.round.pk).update(deadline=timezone.localdate() + datetime.timedelta(days=14))
    assert "（还剩 14 天）" in client_for(world.office).get(world.url("round_detail")).content.decode()
    with translation.override("en"):
        assert aside("3 days left") == " (3 days left)"
        assert count_words({"marks": 13, "events": 1}) == "marks: 13, events: 1"


def test_a_mark_has_a_label_where_the_sheet_has_no_head(world):
    html = client_for(world.assessor).get(world.url("mark_sheet", world.sheet.pk)).content.decode()
    pk = world.subject.pk
    assert f'for="value-{pk}">得分（0–15）</label>' in html
    assert f'id="value-{pk}"' in html


def test_a_branch_is_left_out_and_taken_in_again(world):
    client, address = client_for(world.office), world.url("subject_detail", world.subject.pk)
    client.post(address, {"exclude": "K1", "note-K1": "无此职能"})
    assert NotApplicable.objects.get().note == "无此职能"
    assert client.get(address).status_code == 200
    client.post(address, {"include": "K1"})
    assert not NotApplicable.objects.exists()


def test_another_unit_takes_over_an_assessor(world):
    unit = make_unit("新的组织部")
    successor = client_for(make_user(Role.ASSESSOR, unit))
    address = world.url("mark_sheet", world.sheet.pk)
    assert successor.get(address).status_code == 404
    client_for(world.office).post(world.url("assign", world.sheet.pk), {"unit": unit.pk})
    assert successor.get(address).status_code == 200
    assert client_for(world.assessor).get(address).status_code == 404
    entry = AuditEntry.objects.get(action="assign assessor")
    assert entry.changes == {"unit": ["区委组织部", "新的组织部"]}


def test_closing_and_opening_the_input(world):
    client = client_for(world.office)
    assert client.post(world.url("phase", "reviewing")).status_code == 302
    assert client.post(world.url("phase", "collecting"), {"reason": ""}).status_code == 422
    assert client.post(world.url("phase", "announced")).status_code == 404
    assert client.post(world.url("phase", "collecting"), {"reason": "补录"}).status_code == 302
    world.round.refresh_from_db()
    assert world.round.phase == Phase.COLLECTING


def test_opening_a_round_page_by_page(world):
    client = client_for(world.office)
    version = world.round.plan_version_id
    start = {"version": version, "name": "2020", "title": "", "deadline": "2021-01-15"}
    assert client.post(reverse("reviews:round_open"), start).status_code == 422  # 2020 is there
    assert client.post(reverse("reviews:round_open"), start | {"name": "20"}).status_code == 422
    assert client.post(reverse("reviews:round_open"), start | {"name": "2021"}).status_code == 302
    subjects = reverse("reviews:round_open_subjects")
    assert "3" in client.get(subjects).content.decode()
    bare = make_unit("没有类别的单位")
    ticks = {"row": str(bare.pk), f"pick-{bare.pk}": "on", "do": "next"}
    response = client.post(subjects, ticks)
    assert response.url.endswith("?show=chosen")  # it has no category yet
    client.post(subjects, ticks | {f"category-{bare.pk}": "政协机关"})
    assert client.get(reverse("reviews:round_open_assessors")).status_code == 200
    assert client.get(reverse("reviews:round_open_confirm")).status_code == 200
    client.post(reverse("reviews:round_open_confirm"))
    opened = Round.objects.get(name="2021")
    assert opened.subjects.count() == 4
    assert opened.subjects.get(unit=bare).category == "政协机关"
    assert "round_draft" not in client.session


def test_candidates_and_units_stand_by_code(world):
    """`order` says the place among siblings: the first child of each would come before every second."""
    make_unit("丙单位", code="100", order=0)
    make_unit("甲单位", code="001", order=5)
    make_unit("乙单位", code="002", order=0)
    client = client_for(world.office)
    client.post(reverse("reviews:round_open"), {"version": world.round.plan_version_id, "name": "2022"})
    for page in ("round_open_subjects", "round_open_assessors"):
        html = client.get(reverse(f"reviews:{page}")).content.decode()
        assert html.index("甲单位") < html.index("乙单位") < html.index("丙单位")


def test_choosing_all_or_none_of_a_category(world):
    client = client_for(world.office)
    client.post(reverse("reviews:round_open"), {"version": world.round.plan_version_id, "name": "2022"})
    address = reverse("reviews:round_open_subjects") + "?category=政协机关"
    client.post(address, {"do": "none"})
    assert len(client.session["round_draft"]["subjects"]) == 2
    client.post(address, {"do": "all"})
    assert len(client.session["round_draft"]["subjects"]) == 3
