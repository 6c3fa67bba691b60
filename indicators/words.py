"""The words in which pages speak of a plan: names of values, and sentences about methods and rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from scoring.engine.text import gettext_noop, percent
from scoring.engine.types import Text

Words = str | Promise

SUBJECTS: Mapping[str, Words] = {"units": _("Units"), "people": _("People")}
PERIODS: Mapping[str, Words] = {
    "month": _("Monthly"),
    "quarter": _("Quarterly"),
    "year": _("Yearly"),
}
RANKINGS: Mapping[str, Words] = {
    "overall": _("One list of all subjects"),
    "category": _("A list for each category"),
}
OWN_UNIT_MARKS: Mapping[str, Words] = {
    "allow": _("allowed, and marked as such"),
    "forbid": _("forbidden: the other assessors mark, or the office"),
}
VOTERS: Mapping[str, Words] = {
    "units": _("one ballot for each unit"),
    "leaders": _("leaders"),
    "staff": _("staff"),
    "list": _("people on a list"),
    "public": _("the public"),
}
FACT_TYPES: Mapping[str, Words] = {
    "boolean": _("yes or no"),
    "number": _("number"),
    "choice": _("one of"),
}
SELECTIONS: Mapping[str, Words] = {
    "focus_list": _("Focus list"),
    "award_exclusion": _("Not eligible for awards"),
    "award_quota": _("Places for awards"),
    "differential_veto": _("Differential veto"),
}
TALK_ORDERS: Mapping[str, Words] = {
    "strokes": _("by the strokes of the surname"),
    "lot": _("by lot"),
    "list": _("as in the list of subjects"),
}
COMMENTARIES: Mapping[str, Words] = {
    "each": _("after each talk"),
    "end": _("one by one after all talks"),
}
# Names of values as `defaults` lists them; what is not here is shown as it is written.
VALUES: Mapping[str, Words] = {
    "points": _("full points"),
    "weight": _("weight"),
    "method": _("method"),
    "assessors": _("assessors"),
    "catalogue": _("catalogue"),
    "values": _("points of the entry"),
    "cap": _("cap of the entry"),
    "zero_at": _("count for zero"),
    "scale": _("scale"),
    "step": _("step of the scale"),
    "options": _("values of the options"),
    "classes": _("weights of the voter classes"),
    "trim": _("trimmed votes"),
    "bands": _("bands"),
    "uncapped": _("without a cap"),
    "rule": _("the whole rule"),
    "minimums": _("lowest totals"),
    "minimum": _("lowest total"),
    "shares": _("shares"),
    "share": _("share"),
    "scope": _("scope"),
    "grade": _("grade"),
    "if": _("condition"),
    "prefer": _("preference"),
    "decimals": _("decimals"),
    "ranking": _("ranking"),
    "grades": _("grades"),
    "rules": _("grade rules"),
    "tie_breakers": _("tie-breakers"),
    "categories": _("categories"),
    "notes_required": _("notes of marks"),
    "own_unit_marks": _("marks for the own unit"),
    "minimum_votes": _("least number of votes"),
    "period": _("period"),
    "note": _("explanation"),
    "action": _("action"),
    "least_share": _("smallest share"),
    "most_share": _("largest share"),
    "most_characters": _("most characters"),
    "least_characters": _("fewest characters"),
    "required": _("that it must be written"),
    "topics": _("topics"),
    "amounts": _("amounts"),
    "plan": _("plan"),
    "rounds": _("number of rounds"),
    "minutes": _("minutes of the talk"),
    "stages": _("stages of the talks"),
    "order": _("order within a stage"),
    "questions": _("questions from the floor"),
    "commentary": _("commentary"),
    "quorum": _("quorum"),
    "attendees": _("who attends"),
    "working_days": _("working days"),
}


INVALID_BALLOTS: dict[str, Words] = {
    "all_same": _("every subject got the same answer"),
    "all_best": _("every subject got the best answer"),
    "incomplete": _("rated in part only"),
}


def named(table: Mapping[str, Words], keys: Iterable[str]) -> list[str]:
    """The words of some keys; a key without words is shown as it is."""
    return [str(table.get(key, key)) for key in keys]


def default_names(part: Mapping[str, Any]) -> list[str]:
    """What of this part the original document does not state, in words."""
    return named(VALUES, part.get("defaults", ()))


def selection_sentence(row: Mapping[str, Any]) -> Text:
    """What is selected from the results, by the rules of selections."""
    if row["kind"] == "differential_veto":
        values = {"ratio": row.get("ratio", 1), "against": row.get("against", "—")}
        return Text(
            gettext_noop(
                "For n places the first n × %(ratio)s of this result are candidates; those of them who are "
                "best in “%(against)s” keep the places, the others are vetoed."
            ),
            values,
        )
    if row["kind"] == "focus_list":
        return _focus_sentence(row)
    values = {"share": percent(row.get("share", 0))}
    if row["kind"] == "award_quota":
        sentences = {
            "category": gettext_noop("At most %(share)s of each category."),
            "all": gettext_noop("At most %(share)s of all."),
        }
        return Text(sentences.get(row.get("scope", ""), gettext_noop("At most %(share)s of each unit.")), values)
    sentences = {
        "category": gettext_noop("The last %(share)s of each category, rounded up, with all who are tied."),
        "unit": gettext_noop("The last %(share)s of each unit, rounded up, with all who are tied."),
    }
    everyone = gettext_noop("The last %(share)s of all, rounded up, with all who are tied.")
    return Text(sentences.get(row.get("scope", ""), everyone), values)


def _focus_sentence(row: Mapping[str, Any]) -> Text:
    shares = [f"{name} {percent(share)}" for name, share in row.get("shares", {}).items()]
    values = {"share": percent(row.get("share", 0)), "others": shares}
    if shares and not row.get("share"):
        return Text(
            gettext_noop("The last of these categories: %(others)s, rounded up, with all who are tied."), values
        )
    if shares:
        return Text(
            gettext_noop("The last %(share)s of each category (%(others)s), rounded up, with all who are tied."), values
        )
    return Text(gettext_noop("The last %(share)s of each category, rounded up, with all who are tied."), values)
