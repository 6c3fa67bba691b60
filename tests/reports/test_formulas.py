"""The formula of a composite: how far it rounds before it rounds to the plan's decimals."""

import pytest

from reports.workbook.formulas import node_formula
from scoring.engine import score
from tests.engine.build import composite, event, inputs, leaf, plan, subject


def formula(points, *, decimals=2, penalty="1"):
    """Of a composite of one mark, weighted, with an inspection."""
    inner = composite("K", points, leaf("L", points, weight="0.333"), leaf("V", 5, "inspection"), weight=1)
    built = plan(composite("R", 10, inner), decimals=decimals)
    given = subject(marks={"L": 0}, events={"V": [event(penalty)]})
    scores = score(built, inputs(given)).results[0].scores
    return node_formula(built, inner, scores, lambda code: code)


@pytest.mark.parametrize(
    ("points", "decimals", "penalty", "expected"),
    [
        (100, 2, "1", "ROUND(100*(0.333*L/100)/0.333+V,11),2)"),
        (1000, 4, "1", "ROUND(1000*(0.333*L/1000)/0.333+V,10),4)"),
        ("0.8", 6, "0.5", "ROUND(0.8*(0.333*L/0.8)/0.333+V,13),6)"),
        # what is taken off is larger than the points: the digits are those of the larger figure
        (10, 2, "1234", "ROUND(10*(0.333*L/10)/0.333+V,10),2)"),
        # never fewer than one digit more than the plan's decimals
        (10, 6, "123456789", "ROUND(10*(0.333*L/10)/0.333+V,7),6)"),
    ],
)
def test_it_rounds_to_fourteen_digits_first(points, decimals, penalty, expected):
    assert formula(points, decimals=decimals, penalty=penalty) == f"=ROUND({expected}"
