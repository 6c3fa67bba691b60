"""Tallies as they may be shown: nothing from which a single voter's vote could be worked out."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from scoring.engine.types import ABSTAIN, BallotForm, Option, VoterClass
from scoring.tallies import class_lines

CLASSES = (VoterClass("a", "基层", Decimal("0.5")), VoterClass("b", "群众", Decimal("0.5")))


def test_votes_mean_and_counts_of_each_class():
    form = BallotForm(classes=CLASSES)
    one, two = class_lines(form, {"a": {"90": 2, "80": 1, ABSTAIN: 4}}, 1)
    assert (one.title, one.votes, one.mean, one.abstained) == ("基层", 3, Fraction(260, 3), 4)
    assert one.answers == (("90", 2), ("80", 1))
    assert (two.votes, two.mean, two.withheld) == (0, None, "")


def test_options_count_by_their_values_and_trimming_is_the_engines():
    form = BallotForm(options=(Option("好", Decimal(90)), Option("差", Decimal(0))), trim=1)
    (line,) = class_lines(form, {"staff": {"差": 1, "好": 3}}, 1)
    assert (line.votes, line.mean) == (4, 90)
    assert line.answers == (("好", 3), ("差", 1))


@pytest.mark.parametrize("votes", [{"80": 1}, {"80": 2}])
def test_one_class_below_the_minimum_withholds_all_of_the_leaf(votes):
    lines = class_lines(BallotForm(classes=CLASSES), {"a": {"90": 50}, "b": votes}, 3)
    assert all(line.withheld for line in lines)
    assert all((line.votes, line.mean, line.answers) == (0, None, ()) for line in lines)


def test_a_class_without_any_vote_withholds_nothing():
    one, _two = class_lines(BallotForm(classes=CLASSES), {"a": {"90": 3}, "b": {ABSTAIN: 1}}, 3)
    assert (one.votes, one.withheld) == (3, "")


def test_exactly_the_minimum_is_shown():
    one, two = class_lines(BallotForm(classes=CLASSES), {"a": {"90": 3}, "b": {"80": 3}}, 3)
    assert (one.votes, two.votes) == (3, 3)
