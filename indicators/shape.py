"""What a plan document may say: its tables, their keys, and the kind of each value.

The first part is what the engine computes with; the second (selections, duty report, process …) is
what only pages and later steps of an appraisal use. Any part may carry `note` (the clause of the
original document) and `defaults` (names of its values which the original does not state).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from scoring.engine.text import gettext_noop as _

from .schema import Choice, Count, Day, Either, Field, Figure, Flag, ListOf, NamedRow, Record, TableOf, Words

ZERO, ONE = Decimal(0), Decimal(1)

CODE = Words(40, re.compile(r"[\w-]+"), _("a code consists of letters, digits, - and _"))
FACT_CODE = Words(
    40, re.compile(r"[A-Za-z_]\w*", re.ASCII), _("a fact's code consists of English letters, digits and _")
)
# Four words are addresses of the library's own pages.
PLAN_CODE = Words(
    60,
    re.compile(r"(?!(import|drafts|presets|versions)$)[a-z0-9]+(-[a-z0-9]+)*"),
    _("a plan's code consists of small English letters, digits and -; import, drafts, presets and versions are taken"),
)
NAME = Words(120)
TITLE = Words(160)
NOTE = Words(2000, lines=True)
CONDITION = Words(400)
POSITIVE = Figure(above=ZERO)
NOT_NEGATIVE = Figure(low=ZERO)
SHARE = Figure(low=ZERO, high=ONE)
NAMES = ListOf(NAME, unique=True)

VOTERS = ("units", "leaders", "staff", "list", "public")


def part(fields: Mapping[str, Field], *required: str) -> Record:
    """A part of a plan, with `note` and `defaults`; `defaults` may name any other value of it."""
    names = ListOf(Choice((*fields, "note")), unique=True)
    return Record({**fields, "note": NOTE, "defaults": names}, required)


# ------------------------------------------------------------------------------ indicators

ASSESSORS = ListOf(NamedRow(Record({"name": NAME, "weight": POSITIVE}, ("name",)), "name"))
CATALOGUE = ListOf(
    part(
        {
            "code": CODE,
            "title": TITLE,
            "values": ListOf(POSITIVE, unique=True),
            "cap": POSITIVE,
            "zero_at": POSITIVE,
        },
        "code",
        "title",
    )
)
BALLOT: dict[str, Field] = {
    "scale": POSITIVE,
    "step": POSITIVE,
    "options": ListOf(Record({"title": NAME, "value": NOT_NEGATIVE}, ("title", "value"))),
    "classes": ListOf(
        part(
            {"code": CODE, "title": TITLE, "weight": POSITIVE, "voters": Choice(VOTERS)},
            "code",
            "title",
        )
    ),
    "trim": Count(0, 1000),
    "self_vote": Flag(),
}
BANDS = ListOf(Record({"upto": Figure(above=ZERO, high=ONE), "value": NOT_NEGATIVE}, ("upto", "value")), least=1)
TABLE = ListOf(Record({"rank": Count(1, 100_000), "value": NOT_NEGATIVE}, ("rank", "value")), least=1)

# Method → the keys that it has beside those of every indicator.
METHOD_FIELDS: dict[str, dict[str, Field]] = {
    "composite": {},
    "marks": {"assessors": ASSESSORS},
    "deduct": {"assessors": ASSESSORS, "catalogue": CATALOGUE, "daily": Flag()},
    "bonus": {"assessors": ASSESSORS, "catalogue": CATALOGUE, "daily": Flag()},
    "penalty": {"assessors": ASSESSORS, "catalogue": CATALOGUE, "daily": Flag(), "uncapped": Flag()},
    "inspection": {"assessors": ASSESSORS, "catalogue": CATALOGUE, "daily": Flag()},
    "attainment": {"assessors": ASSESSORS},
    "ballot": BALLOT,
    "rank_band": {**BALLOT, "bands": BANDS},
    "ballot_deduct": {
        **BALLOT,
        "last": Count(1, 100_000),
        "option": NAME,
        "votes": Count(0, 100_000),
        "value": POSITIVE,
    },
    "carried": {"assessors": ASSESSORS, "set": CODE, "fallback": Choice(("marks",))},
    "rank_points": {"assessors": ASSESSORS, "table": TABLE, "scale": POSITIVE},
    "ratio_to_best": {"assessors": ASSESSORS, "lower_is_better": Flag()},
    "per_unit": {
        "assessors": ASSESSORS,
        "base": Figure(),
        "value": Figure(),
        "threshold": Figure(),
        "floor": Figure(),
        "sign": Choice((1, -1)),
        "fractions": Flag(),
    },
}
METHOD_REQUIRED: dict[str, tuple[str, ...]] = {
    "rank_band": ("bands",),
    "ballot_deduct": ("last", "option", "votes", "value"),
    "carried": ("set",),
    "rank_points": ("table",),
    "per_unit": ("value",),
}
NODE_FIELDS: dict[str, Field] = {
    "code": CODE,
    "parent": CODE,
    "title": TITLE,
    "points": POSITIVE,
    "weight": NOT_NEGATIVE,
    "method": Choice(tuple(METHOD_FIELDS)),
}
_EVERY_FIELD = {key: kind for fields in METHOD_FIELDS.values() for key, kind in fields.items()}
# `value` and `scale` mean the same kind of thing in every method but are bounded by each on its own.
INDICATOR = part({**NODE_FIELDS, **_EVERY_FIELD}, "code", "title", "points")

# ------------------------------------------------------------------------------ facts, rules

FACT = part(
    {"code": FACT_CODE, "title": TITLE, "type": Choice(("boolean", "number", "choice")), "choices": NAMES},
    "code",
    "title",
    "type",
)
SCOPE = Either(Choice(("category", "group", "all")), ListOf(NAME, unique=True, least=1))
_LIMIT: dict[str, Field] = {
    "grade": NAME,
    "share": SHARE,
    "scope": SCOPE,
    "rounding": Choice(("floor", "half_up", "ceil")),
    "at_least": Count(0, 100_000),
}
RULE_FIELDS: dict[str, dict[str, Field]] = {
    "exclude": {"if": CONDITION},
    "thresholds": {"minimums": TableOf(Figure()), "otherwise": NAME},
    "distribute": {"shares": TableOf(SHARE), "scope": Choice(("category", "group", "all"))},
    "floor_grade": {"minimum": Figure(), "grade": NAME},
    "cap": {"if": CONDITION, "grade": NAME},
    "set": {"if": CONDITION, "grade": NAME},
    "lower": {"if": CONDITION, "by": Count(1, 100)},
    # limit_within is of the grade's holders, among whom nobody is without a grade.
    "limit": {**_LIMIT, "of_participants": Flag(), "prefer": CONDITION},
    "limit_within": {**_LIMIT, "if": CONDITION},
}
RULE_REQUIRED: dict[str, tuple[str, ...]] = {
    "exclude": ("if",),
    "thresholds": ("minimums",),
    "distribute": ("shares",),
    "floor_grade": ("minimum", "grade"),
    "cap": ("if", "grade"),
    "set": ("if", "grade"),
    "lower": ("if",),
    "limit": ("grade", "share"),
    "limit_within": ("grade", "share", "if"),
}
RULE = part(
    {
        "rule": Choice(tuple(RULE_FIELDS)),
        **{key: kind for fields in RULE_FIELDS.values() for key, kind in fields.items()},
    },
    "rule",
)

# ------------------------------------------------------------------------------ the rest

SELECTION_FIELDS: dict[str, tuple[str, ...]] = {
    "focus_list": ("shares", "share"),
    "award_exclusion": ("share", "scope"),
    "award_quota": ("share", "scope"),
    "differential_veto": ("ratio", "against"),
}
SELECTION = part(
    {
        "kind": Choice(tuple(SELECTION_FIELDS)),
        "title": TITLE,
        "share": SHARE,
        "shares": TableOf(SHARE),  # by category, where it is not `share` for all of them
        "scope": Choice(("category", "all", "unit")),
        "ratio": Figure(low=ONE),
        "against": NAME,
    },
    "kind",
    "title",
)
LENGTH: dict[str, Field] = {"least_characters": Count(0, 100_000), "most_characters": Count(1, 100_000)}
SHARES: dict[str, Field] = {"least_share": SHARE, "most_share": SHARE}
DUTY_REPORT = part(
    {
        "required": Flag(),
        **LENGTH,
        # Whose length is another: those of a category, or those of whom a yes-or-no fact holds; else everybody.
        "roles": ListOf(part({"title": NAME, "fact": FACT_CODE, "categories": NAMES, **LENGTH}, "title")),
        # What shares of the text are about (achievements, problems, next steps), across all parts.
        "aspects": ListOf(part({"title": NAME, **SHARES}, "title")),
        "parts": ListOf(
            part(
                {
                    "title": TITLE,
                    "aspect": NAME,  # the whole part is about it
                    "by_aspect": Flag(),  # it is written in one text for each
                    "required": Flag(),
                    "answers": Flag(),  # last year's problems are answered here
                    **LENGTH,
                    **SHARES,
                },
                "title",
            )
        ),
        "topics": ListOf(part({"title": TITLE, "part": TITLE, "required": Flag()}, "title")),
        "due": Words(),
        "days_before_meeting": Count(0, 366),
        "count_working_days": Flag(),
        "reviewed_by": NAME,
        "returned_if": ListOf(Words()),
        "rewritten_if": ListOf(Words()),
        "published": Words(),
        "talk_minutes": Count(1, 600),
        "talk_order": Words(),
    }
)
# Who speaks before whom: a subject belongs to the first stage that fits it.
STAGE = part(
    {
        "title": TITLE,
        "categories": NAMES,
        "fact": FACT_CODE,
        "value": NAME,  # of a fact that is no yes or no
        "posts": NAMES,  # words of the post, for people
        "written": Flag(),
    },
    "title",
)
QUORUM = Words(
    20,
    re.compile(r">?\d{1,3}/[1-9]\d{0,2}|>?\d{1,3}(\.\d{1,4})?%|[1-9]\d{0,4}"),
    _("a quorum is a share such as 2/3 or 80%%, >1/2 for more than half, or a number of people"),
)
MEETING = part(
    {
        "minutes": Count(1, 600),
        "stages": ListOf(STAGE),
        "order": Choice(("strokes", "lot", "list")),
        "questions": Flag(),
        "commentary": Choice(("each", "end")),
        "commentary_leaf": CODE,
        "quorum": QUORUM,
        "chaired_by": NAME,
        "attendees": ListOf(part({"title": TITLE, "class": CODE, "observers": Flag()}, "title")),
    }
)
# How ballots are cast and judged; the methods of the leaves say how they are scored.
VOTING = part(
    {
        "abstain": Flag(),
        "comments": Flag(),
        "limits": TableOf(SHARE),
        "invalid": ListOf(Choice(("all_same", "all_best", "incomplete")), unique=True),
        "names_shown": Flag(),
    }
)
STEP = part({"title": TITLE, "start": Day(), "due": Day(), "when": Words(), "by": NAME}, "title")
WAITING = part({"working_days": Count(0, 366), "where": Words(), "to": NAME})
PAYOUT = part(
    {"unit": NAME, "amounts": TableOf(NOT_NEGATIVE), "otherwise": NOT_NEGATIVE, "partial_at": NAME},
    "amounts",
)
# `days`: until when it is to be done, counted from the day on which it is set in motion.
FOLLOW_UP = part({"grades": NAMES, "action": Words(400), "days": Count(1, 3660)}, "action")

PERIOD = Choice(("month", "quarter", "year"))
# A set of earlier rounds: its title, whose rounds of which period belong to it, how many are expected.
ROUND_SET = part(
    {"code": CODE, "title": TITLE, "plan": PLAN_CODE, "period": PERIOD, "rounds": Count(1, 1000)},
    "code",
    "title",
)
PLAN_FIELDS: dict[str, Field] = {
    "code": PLAN_CODE,
    "title": TITLE,
    "source": Words(300),
    "subjects": Choice(("units", "people")),
    "period": Either(PERIOD, ListOf(PERIOD, unique=True, least=1)),
    "decimals": Count(0, 6),
    "ranking": Choice(("overall", "category")),
    "notes_required": Flag(),
    "own_unit_marks": Choice(("allow", "forbid")),
    "minimum_votes": Count(1, 1000),
    "categories": NAMES,
    "groups": Flag(),
    "group_title": NAME,
    "tie_breakers": ListOf(CODE, unique=True),
    "grades": ListOf(Words(20), unique=True, least=1),
}
PLAN = part(
    {
        **PLAN_FIELDS,
        "sets": ListOf(ROUND_SET),
        "indicators": ListOf(INDICATOR, least=1),
        "facts": ListOf(FACT),
        "rules": ListOf(RULE),
        "selections": ListOf(SELECTION),
        "voting": VOTING,
        "duty_report": DUTY_REPORT,
        "meeting": MEETING,
        "process": ListOf(STEP),
        "announcement": WAITING,
        "objection": WAITING,
        "payout": PAYOUT,
        "follow_ups": ListOf(FOLLOW_UP),
    },
    "code",
    "title",
    "grades",
    "indicators",
)
