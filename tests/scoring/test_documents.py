"""A stored document gives back the result that was put in."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction

import pytest

from scoring import documents
from scoring.engine.types import Flag, LimitReport, NodeScore, Reason, Result, Status, Text

RESULT = Result(
    subject="S001",
    total=Decimal("93.20"),
    rank=1,
    category_rank=1,
    grade=None,
    scores={
        "R": NodeScore(Status.SCORED, Decimal("93.20"), incomplete=True, detail={"sum": "93.2"}),
        "K1": NodeScore(Status.MISSING, None),
        "K2": NodeScore(Status.NOT_APPLICABLE, None),
        "B": NodeScore(Status.SCORED, Decimal("0.00"), detail={"kept": ["7"], "n": 2, "none": None, "yes": True}),
    },
    reasons=(
        Reason(0, "thresholds", None, "优秀", {"total": Decimal("93.20"), "share": Fraction(1, 3)}),
        Reason(None, "decision", "优秀", None, {"why": Text("because of %(it)s", {"it": ["a", Decimal(2)]})}),
    ),
    flags=(Flag("missing", {"codes": ["K1"]}),),
    missing=("K1",),
)


def test_a_result_comes_back_through_json():
    stored = json.loads(json.dumps(documents.encode(RESULT)))
    assert documents.decode(stored) == RESULT


def test_missing_not_applicable_and_zero_stay_apart():
    scores = documents.decode(documents.encode(RESULT)).scores
    assert [(s.status, s.value) for s in scores.values()] == [
        (Status.SCORED, Decimal("93.20")),
        (Status.MISSING, None),
        (Status.NOT_APPLICABLE, None),
        (Status.SCORED, Decimal("0.00")),
    ]


def test_figures_are_strings_and_never_binary_floats():
    assert documents.encode(RESULT)["total"] == "93.20"
    with pytest.raises(TypeError, match="float"):
        documents.pack({"x": 0.1})


def test_another_shape_is_refused():
    with pytest.raises(ValueError, match="shape"):
        documents.decode(documents.encode(RESULT) | {"v": 99})


def test_limits_come_back():
    report = LimitReport(1, "limit", "", "优秀", 25, Decimal("0.30"), 7, ("a", "b"), ("c",), ("c",))
    stored = json.loads(json.dumps(documents.encode_limit(report)))
    assert documents.decode_limit(stored) == report


def test_the_digest_looks_at_everything_but_the_order():
    one, two = documents.encode(RESULT), documents.encode(RESULT) | {"subject": "S002"}
    digest = documents.digest("plan", "1", [one, two])
    assert digest == documents.digest("plan", "1", [two, one])
    assert digest != documents.digest("plan", "2", [one, two])
    assert digest != documents.digest("plan2", "1", [one, two])
    assert digest != documents.digest("plan", "1", [one, two | {"grade": "良好"}])
