"""What approving events would do: what the engine gives once they are approved, and why it is less than their worth."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from indicators.services import engine_plan
from reviews.models import Event, Mark, NotApplicable, NumberInput, PaperTally, Round
from reviews.services.events import EventData, add_event, decide_events
from reviews.tree import EVENTS, Tree
from scoring import engine
from scoring.effects import COMPARING, effects_of
from scoring.load import load_inputs
from scoring.models import Computation
from tests.factories import client_for, district_round, make_user
from units.models import Role

pytestmark = pytest.mark.django_db


class World:
    def __init__(self, plan="district-2020", subjects=2, name="2020"):
        self.round = district_round(subjects, plan=plan, name=name)
        self.office = make_user(Role.OFFICE)
        self.subject = self.round.subjects.first()

    def add(self, leaf, item="", value=None, matter="", count=1, subject=None):
        worth = None if value is None else Decimal(value)
        data = EventData(leaf, item, Decimal(count), worth, matter)
        return add_event(subject=subject or self.subject, data=data, by=self.office)

    def mark(self):
        """A mark, so that the total stands above nothing."""
        sheet = self.round.assignments.get(indicator="K22")
        Mark.objects.create(subject=self.subject, indicator="K22", assessor=sheet.assessor, value=9)

    def approve(self, *events, status="approved"):
        seen = [(event.pk, Event.objects.get(pk=event.pk).version) for event in events]
        decide_events(round=self.round, seen=seen, status=status, reason="会议研究", by=self.office)

    def effects(self, *events):
        return effects_of(self.round, list(Event.objects.filter(pk__in=[e.pk for e in events]).order_by("id")))

    def one(self, *events):
        (effect,) = self.effects(*events)
        return effect


def scores(round_: Round) -> dict[str, engine.score]:
    plan = engine_plan(round_.plan_version)
    return {result.subject: result for result in engine.score(plan, load_inputs(round_, plan)).results}


def test_each_alone_and_all_together_with_the_cap():
    world = World()
    world.mark()
    three = world.add("B", "B-1", "3", "甲")
    four = world.add("B", "B-2", "4", "乙")
    off = world.add("D", "D-1", "1.5", "丙", count=2)
    effect = world.one(three, four, off)
    assert [(e.leaf.now, e.leaf.then, e.total.difference) for e in effect.events] == [
        (0, 3, 3),
        (0, 4, 4),
        (0, -3, -3),
    ]
    assert [(node.code, step.now, step.then) for node, step, _words in effect.leaves] == [("B", 0, 5), ("D", 0, -3)]
    assert ["5" in "".join(words) for _node, _step, words in effect.leaves] == [True, False]
    assert effect.total.difference == 2
    assert effect.missing > 0
    assert all(not e.words for e in effect.events)


def test_nothing_is_stored():
    world = World()
    event = world.add("B", "B-1", "3", "甲")
    world.round.refresh_from_db()
    before = world.round.input_version
    world.effects(event)
    world.round.refresh_from_db()
    event.refresh_from_db()
    assert (event.status, event.version, world.round.input_version) == ("pending", 1, before)
    assert not Computation.objects.exists()


def test_the_same_matter_higher_means_no_effect_and_lower_takes_the_difference():
    world = World()
    world.approve(world.add("B", "B-1", "3", "甲"))
    lower, higher = world.add("B", "B-1", "2", "甲"), world.add("B", "B-1", "4.5", "甲")
    effect = world.one(lower, higher)
    assert [(e.leaf.difference, len(e.words)) for e in effect.events] == [(0, 1), (Decimal("1.5"), 1)]


def test_a_cap_that_is_reached_already_is_named():
    world = World()
    world.mark()
    world.approve(world.add("B", "B-1", "5", "甲"), world.add("D", "D-1", "5", "丁"))
    bonus, penalty = world.one(world.add("B", "B-2", "1", "乙"), world.add("D", "D-2", "1", "丙")).events
    assert (bonus.leaf.now, bonus.leaf.then, bonus.total.difference) == (5, 5, 0)
    assert (penalty.leaf.now, penalty.leaf.then) == (-5, -5)
    assert ["5" in "".join(one.words) for one in (bonus, penalty)] == [True, True]


def test_a_total_does_not_fall_below_nothing():
    world = World()
    (event,) = world.one(world.add("D", "D-1", "1", "甲")).events
    assert (event.leaf.difference, event.total.now, event.total.then) == (-1, 0, 0)
    assert len(event.words) == 1


def test_an_approved_event_is_looked_at_as_undone():
    world = World()
    event = world.add("B", "B-1", "3", "甲")
    world.approve(event)
    (effect,) = world.one(event).events
    assert (effect.undone, effect.leaf.now, effect.leaf.then) == (True, 3, 0)


def test_a_rejected_event_is_looked_at_as_approved():
    world = World()
    event = world.add("B", "B-1", "3", "甲")
    world.approve(event, status="rejected")
    (effect,) = world.one(event).events
    assert (effect.undone, effect.leaf.now, effect.leaf.then) == (False, 0, 3)


def test_a_deduction_stops_at_nothing():
    world = World("party-building-quality", 1)
    world.approve(world.add("D", value="18", matter="甲"))
    over = world.add("D", value="5", matter="乙")
    (effect,) = world.one(over).events
    assert (effect.leaf.now, effect.leaf.then, len(effect.words)) == (2, 0, 1)
    world.approve(over)
    (effect,) = world.one(world.add("D", value="1", matter="丙")).events
    assert (effect.leaf.now, effect.leaf.then, len(effect.words)) == (0, 0, 1)


def test_what_cannot_be_computed_is_said():
    world = World()
    event = world.add("B", "B-1", "3", "甲")
    NotApplicable.objects.create(subject=world.subject, indicator="B")
    effect = world.one(event)
    assert effect.events == []
    assert len(effect.refused) == 1


@pytest.mark.parametrize("plan", ["district-2020", "finance-points", "party-building-quality", "subdistrict-quarterly"])
def test_the_effect_is_what_approving_really_gives(plan):
    """Events at random; the effect announced is the difference of two whole computations."""
    world = World(plan, 3)
    tree = Tree(engine_plan(world.round.plan_version))
    leaves = tree.of(EVENTS)
    chance = random.Random(plan)
    subjects = list(world.round.subjects.all())
    events = []
    for _n in range(24):
        node = chance.choice(leaves)
        item = chance.choice(node.catalogue) if node.catalogue else None
        values = item.values if item else ()
        value = None if len(values) == 1 else chance.choice(values or (Decimal("0.5"), Decimal(3), Decimal("7.25")))
        count = 1 if node.method == "bonus" else chance.randint(1, 3)
        code = item.code if item else ""
        events.append(world.add(node.code, code, value, chance.choice("甲乙丙"), count, chance.choice(subjects)))
    _compared_inputs(world, tree, subjects)
    world.approve(*events[:8])
    looked_at = events[8:16]
    now = scores(world.round)
    announced = {effect.subject.code: effect for effect in world.effects(*looked_at)}
    assert set(announced) == {event.subject.code for event in looked_at}
    world.approve(*looked_at)
    then = scores(world.round)
    for code, effect in announced.items():
        assert (effect.total.now, effect.total.then) == (now[code].total, then[code].total)
        for node, step, _words in effect.leaves:
            assert step.now == now[code].scores[node.code].value
            assert step.then == then[code].scores[node.code].value


def _compared_inputs(world, tree, subjects):
    """Votes and numbers on the leaves that compare subjects with each other; one subject has none of them."""
    for node in tree.of(COMPARING):
        for place, subject in enumerate(subjects[:2]):
            if node.ballot is None:
                NumberInput.objects.create(subject=subject, indicator=node.code, value=place + 1)
                continue
            answer = node.ballot.options[place].title if node.ballot.options else str(80 + place)
            for each in node.ballot.classes:
                PaperTally.objects.create(
                    subject=subject, indicator=node.code, voter_class=each.code, answer=answer, count=3
                )
    if tree.of(COMPARING):
        NotApplicable.objects.create(subject=subjects[2], indicator=tree.of(COMPARING)[0].code)


@pytest.mark.parametrize("plan", ["district-2020", "finance-points", "subdistrict-annual", "yinhai-2016"])
def test_inputs_of_some_subjects_are_those_of_all(plan):
    world = World(plan, 4)
    Mark.objects.create(subject=world.subject, indicator="K", assessor="", value=1)
    some = list(world.round.subjects.all())[:2]
    engine_of = engine_plan(world.round.plan_version)
    whole = load_inputs(world.round, engine_of)
    part = load_inputs(world.round, engine_of, only={subject.pk for subject in some})
    assert [one.key for one in part.subjects] == [subject.code for subject in some]
    assert list(part.subjects) == list(whole.subjects)[:2]
    assert part.known_sets == whole.known_sets


def test_queries_grow_neither_with_events_nor_with_subjects():
    counts = []
    for subjects in (1, 3):
        world = World(subjects=subjects, name=str(2020 + subjects))
        events = [
            world.add("B", "B-1", "1", f"第{n}项", subject=s) for s in world.round.subjects.all() for n in range(3)
        ]
        given = list(Event.objects.filter(pk__in=[e.pk for e in events]).select_related("subject"))
        round_ = Round.objects.select_related("plan_version").get(pk=world.round.pk)
        with CaptureQueriesContext(connection) as queries:
            assert len(effects_of(round_, given)) == subjects
        counts.append(len(queries))
    assert counts[0] == counts[1]


# ---------------------------------------------------------------- the page


def test_the_page_shows_the_effect_and_knows_only_its_round():
    world = World()
    event = world.add("B", "B-1", "3", "甲项工作")
    elsewhere = World(name="2021")
    other = elsewhere.add("B", "B-1", "2", "乙项工作")
    address = reverse("scoring:event_effects", args=[world.round.pk])
    client = client_for(world.office)
    html = client.get(address, {"event": [f"{event.pk}.1", str(other.pk), "x"]}).content.decode()
    assert "甲项工作" in html
    assert "乙项工作" not in html
    assert "0.00 → 3.00" in html
    posted = client.post(address, {"event": [f"{event.pk}.1"]}, HTTP_HX_REQUEST="true").content.decode()
    assert "0.00 → 3.00" in posted
    assert "<html" not in posted
    assert "请勾选事项" in client.get(address).content.decode()


@pytest.mark.parametrize("role", [Role.ADMIN, Role.ASSESSOR, Role.SUBJECT])
def test_totals_are_not_for_everybody(role):
    world = World()
    address = reverse("scoring:event_effects", args=[world.round.pk])
    assert client_for(make_user(role)).get(address).status_code == 403
    assert client_for(make_user(Role.LEADER)).get(address).status_code == 200
