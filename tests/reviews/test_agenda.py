"""The order of the talks: stages, strokes, lot, list; and by hand."""

from __future__ import annotations

import hashlib

import pytest
from django.urls import reverse

from reviews.agenda import Rule, Speaker, Stage, arrange, holds
from reviews.models import CharacterStrokes, Talk, TalkMode
from reviews.queries.meetings import order_seen, talks_of
from reviews.services import agenda as service
from reviews.services import errors
from reviews.services.meetings import MeetingClosed, cancel_meeting, open_meeting
from tests.factories import client_for, make_user
from units.models import AuditEntry, Role

from .meeting_stage import own_account, people_round, planned, subjects_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def office():
    return make_user(Role.OFFICE)


@pytest.fixture
def meeting(office):
    return planned(people_round(), office)


def names(meeting) -> list[str]:
    return [talk.subject.name for talk in talks_of(meeting)]


def order(meeting, by, **values):
    return service.order_talks(meeting=meeting, rule=Rule(**values), seen=order_seen(talks_of(meeting)), by=by)


# ---------------------------------------------------------------- plain data

HEADS = Stage("正职", posts=("正职", "书记"))
DEPUTIES = Stage("副职", posts=("副职", "副书记"))


def made(rows, rule=None, stages=(), known=None):
    speakers = [Speaker(code, name, *rest) for code, name, *rest in rows]
    return [placed.code for placed in arrange(speakers, rule or Rule(), stages, known or {}).places]


@pytest.mark.parametrize(
    ("post", "word", "held"),
    [
        ("党委书记", "书记", True),
        ("党委副书记", "书记", False),
        ("党委副书记", "副书记", True),
        ("副书记、党支部书记", "书记", True),
        ("", "书记", False),
        ("书记", "", False),
    ],
)
def test_a_deputy_is_no_head(post, word, held):
    assert holds(post, word) is held


def test_heads_first_then_deputies_then_the_others():
    rows = [
        ("a", "张三", "", "副书记"),
        ("b", "李四", "", "书记"),
        ("c", "王五", "", "科员"),
        ("d", "丁一", "", "副职"),
    ]
    assert made(rows, Rule("posts"), [HEADS, DEPUTIES]) == ["b", "a", "d", "c"]
    assert made(rows, Rule("posts", "strokes"), [HEADS, DEPUTIES]) == ["b", "d", "a", "c"]


def test_a_stage_fits_in_everything_it_states():
    stage = Stage("x", categories=("甲",), fact="head", posts=("正职",))
    yes = Speaker("a", "张三", "甲", "正职", {"head": "true"})
    assert stage.fits(yes)
    for other in (
        Speaker("a", "张三", "乙", "正职", {"head": "true"}),
        Speaker("a", "张三", "甲", "正职", {"head": "false"}),
        Speaker("a", "张三", "甲", "副职", {"head": "true"}),
        Speaker("a", "张三", "甲", "正职"),
    ):
        assert not stage.fits(other)
    assert Stage("好", fact="f", value="好").fits(Speaker("a", "张三", facts={"f": "好"}))


def test_a_lot_follows_from_its_seed_alone():
    rows = [(f"S{number}", "张三") for number in range(20)]
    by_hand = sorted(
        (code for code, _name in rows), key=lambda code: hashlib.sha256(f"12-31|{code}|1".encode()).hexdigest()
    )
    assert made(rows, Rule(within="lot", seed="12-31")) == by_hand
    assert made(reversed(rows), Rule(within="lot", seed="12-31")) == by_hand
    assert made(rows, Rule(within="lot", seed="other")) != by_hand


def test_all_unknown_characters_are_asked_for_at_once():
    rows = [("a", "龘一", "甲"), ("b", "王一", "甲"), ("c", "靐二", "乙"), ("d", "王二", "乙")]
    stages = [Stage("甲", ("甲",)), Stage("乙", ("乙",))]
    with pytest.raises(LookupError) as caught:
        made(rows, Rule("category", "strokes"), stages)
    assert caught.value.args == ("龘", "靐")


# ---------------------------------------------------------------- services


def test_the_banks_order_is_made_by_its_plan(meeting, office):
    order(meeting, office, group="plan", within="strokes")
    assert names(meeting) == ["王五", "李四", "丁一", "王小五", "张三"]
    stages = [talk.stage for talk in talks_of(meeting)]
    assert stages == ["正职（包括副职牵头）"] * 2 + ["副职"] * 3
    entry = AuditEntry.objects.get(action="order talks")
    assert entry.changes["order within"] == [None, "strokes"]


def test_a_lot_is_kept_and_can_be_drawn_again(meeting, office):
    order(meeting, office, group="none", within="lot", seed="")
    meeting.refresh_from_db()
    assert len(meeting.order_rule["seed"]) == 32
    talks = talks_of(meeting)
    assert service.drawn_again(meeting, talks) == [talk.subject.code for talk in talks]
    moved = [talk.pk for talk in talks]
    moved[0], moved[1] = moved[1], moved[0]
    service.move_talks(meeting=meeting, order=moved, seen=order_seen(talks), by=office)
    meeting.refresh_from_db()
    assert service.drawn_again(meeting, talks_of(meeting)) is None
    assert [talk.pk for talk in talks_of(meeting)] == moved


def test_unknown_strokes_are_entered_once(office):
    meeting = planned(people_round(rows=(("龘一", 0, ""), ("王二", 0, ""))), office)
    with pytest.raises(service.StrokesMissing) as caught:
        order(meeting, office, group="none", within="strokes")
    assert caught.value.characters == ["龘"]
    assert names(meeting) == ["龘一", "王二"]
    for wrong in ({"龘": "678"}, {"A": "1"}):
        with pytest.raises(errors.InvalidInput):
            service.enter_strokes(entered=wrong, by=office)
    service.enter_strokes(entered={"龘": "4143 1"}, by=office)
    assert CharacterStrokes.objects.get().strokes == "41431"
    order(meeting, office, group="none", within="strokes")
    assert names(meeting) == ["王二", "龘一"]


def test_moving_needs_the_order_that_was_seen(meeting, office):
    talks = talks_of(meeting)
    keys = [talk.pk for talk in talks]
    seen = order_seen(talks)
    service.move_talks(meeting=meeting, order=keys[::-1], seen=seen, by=office)
    with pytest.raises(errors.Conflict):
        service.move_talks(meeting=meeting, order=keys, seen=seen, by=office)
    for wrong in (keys[1:], [*keys, 999], [keys[0], *keys]):
        with pytest.raises(errors.InvalidInput):
            service.move_talks(meeting=meeting, order=wrong, seen=order_seen(talks_of(meeting)), by=office)


def test_who_has_begun_keeps_the_place(meeting, office):
    open_meeting(meeting=meeting, by=office)
    talks = talks_of(meeting)
    Talk.objects.filter(pk=talks[0].pk).update(state="done")
    keys = [talk.pk for talk in talks]
    with pytest.raises(errors.InvalidInput):
        service.move_talks(meeting=meeting, order=keys[::-1], seen=order_seen(talks), by=office)
    service.move_talks(meeting=meeting, order=[keys[0], *keys[:0:-1]], seen=order_seen(talks), by=office)
    with pytest.raises(MeetingClosed):
        order(meeting, office, group="none", within="list")
    with pytest.raises(MeetingClosed):
        service.remove_talk(talk=talks[1], by=office)


def test_who_does_not_come_needs_a_reason(meeting, office):
    [talk, other, *_rest] = talks_of(meeting)
    with pytest.raises(errors.InvalidInput):
        service.set_mode(talk=talk, mode="absent", reason=" ", by=office)
    service.set_mode(talk=talk, mode="absent", reason="出差", by=office)
    service.set_mode(talk=other, mode="written", reason="", minutes=5, by=office)
    talk.refresh_from_db()
    other.refresh_from_db()
    assert (talk.mode, talk.mode_reason) == ("absent", "出差")
    assert (other.mode, other.minutes) == ("written", 5)
    with pytest.raises(errors.InvalidInput):
        service.set_mode(talk=other, mode="sings", reason="", by=office)
    with pytest.raises(errors.InvalidInput):
        service.set_mode(talk=other, mode="speaks", reason="", minutes=0, by=office)


def test_a_subject_stands_in_one_meeting(meeting, office):
    round_ = meeting.round
    with pytest.raises(errors.InvalidInput):
        planned(round_, office)
    cancel_meeting(meeting=meeting, reason="改期", by=office)
    again = planned(round_, office, subjects_of(round_)[:2])
    service.add_talks(meeting=again, subjects=subjects_of(round_)[2:3], by=office)
    service.remove_talk(talk=talks_of(again)[0], by=office)
    assert names(again) == ["李四", "丁一"]


def test_the_plans_written_ones_do_not_speak(office):
    round_ = people_round()
    version = round_.plan_version
    document = version.document
    document["meeting"]["stages"].insert(0, {"title": "书面", "posts": ["副职"], "written": True})
    type(version).objects.filter(pk=version.pk).update(document=document)
    meeting = planned(type(round_).objects.get(pk=round_.pk), office)
    order(meeting, office, group="plan", within="list")
    modes = {talk.subject.name: talk.mode for talk in talks_of(meeting)}
    assert modes == {
        "张三": TalkMode.WRITTEN,
        "丁一": TalkMode.WRITTEN,
        "王小五": TalkMode.WRITTEN,
        "李四": TalkMode.SPEAKS,
        "王五": TalkMode.SPEAKS,
    }


def test_nobody_but_the_office_orders(meeting):
    for role in (Role.AUDITOR, Role.LEADER, Role.ADMIN):
        with pytest.raises(errors.NotAllowed):
            order(meeting, make_user(role), group="none", within="list")
    recorder = make_user(Role.AUDITOR)
    meeting.recorder_account = recorder
    meeting.save()
    talks = talks_of(meeting)
    with pytest.raises(errors.NotAllowed):
        order(meeting, recorder, group="none", within="list")
    service.move_talks(meeting=meeting, order=[t.pk for t in talks][::-1], seen=order_seen(talks), by=recorder)


# ---------------------------------------------------------------- pages


def test_the_page_orders_moves_and_asks_for_strokes(office):
    meeting = planned(people_round(rows=(("龘一", 0, ""), ("王二", 1, ""), ("丁三", 1, ""))), office)
    client, args = client_for(office), [meeting.round_id, meeting.pk]
    address = reverse("reviews:meeting_agenda", args=args)
    page = client.get(address)
    seen = page.context["seen"]
    sent = {"do": "rule", "group": "none", "within": "strokes", "seen": seen}
    asked = client.post(address, sent)
    assert asked.status_code == 302
    assert asked.url.startswith(reverse("reviews:meeting_strokes", args=args))
    strokes_page = client.get(asked.url)
    assert [row["character"] for row in strokes_page.context["rows"]] == ["龘"]
    wrong = client.post(asked.url, {"character": "龘", "strokes-龘": "9"})
    assert wrong.status_code == 422
    assert 'value="9"' in wrong.content.decode()
    assert client.post(asked.url, {"character": "龘", "strokes-龘": "414311"}).status_code == 302
    assert client.post(address, sent).status_code == 302
    assert names(meeting) == ["丁三", "王二", "龘一"]
    assert client.get(address, {"verify": "1"}).context["again"]["same"] is True
    talks = talks_of(meeting)
    assert client.post(address, {"do": f"down-{talks[0].pk}", "seen": order_seen(talks)}).status_code == 302
    assert names(meeting) == ["王二", "丁三", "龘一"]
    late = client.post(address, {"do": "order", "order": "1,2,3", "seen": order_seen(talks)})
    assert late.status_code == 422
    assert "王二" in late.context["error"]
    key = talks[0].pk
    sent = {"do": f"mode-{key}", f"mode-{key}": "absent", f"reason-{key}": ""}
    assert client.post(address, sent).status_code == 422
    assert client.post(address, sent | {f"reason-{key}": "病假"}).status_code == 302


def test_a_subject_sees_when_it_speaks_and_nothing_else(meeting, office):
    first = subjects_of(meeting.round)[0]
    client = client_for(own_account(first))
    page = client.get(reverse("reviews:own_meeting", args=[meeting.round_id])).content.decode()
    assert "三楼会议室" in page
    assert "李四" in page  # the order of the talks is no secret
    assert client.get(reverse("reviews:meeting", args=[meeting.round_id, meeting.pk])).status_code == 404
    assert client.get(reverse("reviews:meetings", args=[meeting.round_id])).status_code == 403
