"""What few voters said stays untold by every detour: another result, a pattern, old results."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from indicators.services import import_plan
from reviews.models import Poll, PollState
from reviews.services.errors import InvalidInput
from reviews.services.plan_versions import preview_plan
from reviews.services.polls.annulling import annul_poll
from reviews.services.polls.comparing import ask_to_withdraw
from scoring.models import Computation, SubjectResult
from scoring.services import run_scoring
from tests.factories import client_for, district_round, make_unit
from units.models import Person

from . import booth_stage
from .paper import count_paper, figures_of_ballots, same, to_paper
from .polls import close_poll, count_polls, office_of, open_poll, poll_for, sheets, vote, with_key

pytestmark = pytest.mark.django_db


class World:
    """Voter classes of one leaf: peers, leaders and delegates of the plan, each of some people."""

    def __init__(self, **classes: int) -> None:
        self.office, self.second = office_of(), office_of()
        self.round = district_round(3, plan="system-party-secretary")
        self.parts = with_key(self.round, self.office)
        unit = make_unit()
        self.polls: dict[str, Poll] = {}
        for name, size in classes.items():
            people = Person.objects.bulk_create(
                Person(code=f"{name}{n}", name=f"张{n}", unit=unit) for n in range(size)
            )
            poll = poll_for(self.round, name, self.office, kind="chosen_people", ids=tuple(one.pk for one in people))
            self.polls[name] = open_poll(poll=poll, by=self.office, despite_few="人少")
        self.round.polls.filter(state=PollState.PREPARED).delete()

    def vote(self, **answers: str | Mapping[int, str]) -> None:
        for name, answer in answers.items():
            for sheet in sheets(self.polls[name]):
                if not sheet.on_paper:
                    vote(sheet, answer)

    def close(self) -> None:
        for poll in self.polls.values():
            close_poll(poll=poll, by=self.office)

    def count(self) -> None:
        count_polls(round=self.round, parts=self.parts, by=self.office)
        for poll in self.polls.values():
            poll.refresh_from_db()


def test_the_class_beside_one_with_few_votes_is_not_annulled_alone():
    """Without it the leaf's score would be the mean of the few."""
    world = World(peer=1, delegate=5)
    world.vote(peer="一般", delegate="好")
    world.close()
    world.count()
    with pytest.raises(InvalidInput):
        annul_poll(poll=world.polls["delegate"], reason="重投", by=world.office)
    annul_poll(poll=world.polls["delegate"], reason="重投", by=world.office, together=True)
    assert not world.round.polls.filter(state=PollState.COUNTED).exists()


def test_the_page_asks_to_annul_together_where_the_class_beside_had_few_votes():
    world = World(peer=1, delegate=5)
    world.vote(peer="一般", delegate="好")
    world.close()
    world.count()
    page = client_for(world.office).get(f"/rounds/{world.round.pk}/polls/{world.polls['delegate'].pk}/annul/")
    assert page.context["needed"]


def test_paper_is_not_taken_out_beside_a_class_with_few_votes():
    """Who counted the paper knows what it brings in; the difference of the two results would tell the few."""
    world = World(peer=1, delegate=9)
    to_paper(world.polls["delegate"], sheets(world.polls["delegate"])[:4], world.office)
    world.vote(peer="一般", delegate="好")
    world.close()
    people = (world.office, world.second)
    count = count_paper(world.polls["delegate"], people, figures_of_ballots(same("好", world.polls["delegate"], 4)))
    world.count()
    with pytest.raises(InvalidInput):
        ask_to_withdraw(count=count, reason="票箱未封", by=world.office)


def test_no_pattern_is_told_where_somebody_was_rated_by_few():
    """The mean of all ballots, less the tallies that are shown, is the tally that is withheld."""
    world = World(peer=6)
    few, *others = [subject.pk for subject in world.round.subjects.all()]
    for number, sheet in enumerate(sheets(world.polls["peer"])):
        vote(sheet, {few: "一般" if number < 2 else "", **dict.fromkeys(others, "好")})
    world.close()
    world.count()
    assert world.polls["peer"].report["thin"]
    assert world.polls["peer"].report["patterns"] == {}


def test_annulling_a_counted_vote_leaves_nothing_of_it_in_results_either():
    """Stored results hold the tallies, and what withheld them goes with the vote."""
    world = World(peer=5)
    world.vote(peer="好")
    world.close()
    world.count()
    run_scoring(round=world.round)
    held = [str(one) for one in SubjectResult.objects.values_list("document", flat=True)]
    assert any("'peer': {'好': 5}" in one for one in held)
    annul_poll(poll=world.polls["peer"], reason="重投", by=world.office)
    assert not any("peer" in str(one) for one in SubjectResult.objects.values_list("document", flat=True))
    assert not Computation.objects.filter(round=world.round, is_current=True).exists()


def test_what_one_straight_ballot_says_of_everybody_is_not_kept():
    """Each unit has a ballot without itself: an odd figure that everybody got but one would be that one's ballot."""
    office, round_ = office_of(), district_round(6)
    parts = with_key(round_, office)
    poll = open_poll(poll=poll_for(round_, "unit", office, kind="units"), by=office)
    round_.polls.filter(state=PollState.PREPARED).delete()
    for number, sheet in enumerate(sheets(poll)):
        vote(sheet, "37" if number == 0 else "90")
    close_poll(poll=poll, by=office)
    count_polls(round=round_, parts=parts, by=office)
    poll.refresh_from_db()
    assert not poll.report["thin"]
    assert poll.report["patterns"]["straight"] == {"90": 5}
    assert poll.report["patterns"]["straight_otherwise"] == 1
    page = client_for(office).get(f"/rounds/{round_.pk}/polls/{poll.pk}/")
    assert page.context["result"]["straight_count"] == 6


def test_a_minimum_under_which_people_voted_is_not_lowered_by_another_version_of_the_plan():
    stage = booth_stage.Vote()
    document = stage.round.plan_version.document
    for fewer, obstacles in ((2, 1), (4, 0)):
        version, _new = import_plan(document=document | {"minimum_votes": fewer}, by=None)
        if fewer == 2:
            for sheet in sheets(stage.poll):
                vote(sheet, "称职")
            stage.count()
        assert len(preview_plan(round=stage.round, version=version).obstacles) == obstacles
