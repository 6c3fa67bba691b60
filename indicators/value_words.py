"""Any value of a plan document in words, with the name of the field it stands in: for pages that compare."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from appraisal_site.lib.fields import canonical
from scoring.engine import METHODS, RULES
from scoring.engine.text import gettext_noop as _
from scoring.engine.text import percent
from scoring.engine.types import Text

from . import words
from .schema import shown

Word = str | Text
SHARES = frozenset({"share", "shares", "least_share", "most_share", "upto"})
MOST_NAMES = 12

# "list.key" where a key of that list means something of its own, else the key.
FIELDS: Mapping[str, str] = {
    "code": _("code"),
    "title": _("title"),
    "note": _("explanation"),
    "defaults": _("values marked as default"),
    "source": _("original document"),
    "subjects": _("subjects"),
    "period": _("period"),
    "decimals": _("decimals"),
    "ranking": _("ranking"),
    "notes_required": _("notes of marks"),
    "own_unit_marks": _("marks for the own unit"),
    "minimum_votes": _("least number of votes"),
    "categories": _("categories"),
    "groups": _("groups"),
    "group_title": _("name of the groups"),
    "tie_breakers": _("tie-breakers"),
    "grades": _("grades"),
    "indicators": _("indicators"),
    "facts": _("facts"),
    "rules": _("grade rules"),
    "selections": _("selections"),
    "voting": _("ballots"),
    "abstain": _("abstentions"),
    "comments": _("comments"),
    "limits": _("largest share of an option"),
    "invalid": _("ballots that do not count"),
    "names_shown": _("who has not voted is shown"),
    "duty_report": _("duty report"),
    "meeting": _("review meeting"),
    "process": _("process"),
    "announcement": _("announcement"),
    "objection": _("objection"),
    "payout": _("payout"),
    "follow_ups": _("follow-up"),
    "sets": _("sets of rounds"),
    "parent": _("indicator above"),
    "children": _("indicators below"),
    "points": _("full points"),
    "weight": _("weight"),
    "method": _("method"),
    "assessors": _("assessor"),
    "assessors.name": _("name"),
    "catalogue": _("catalogue entry"),
    "values": _("points of the entry"),
    "cap": _("cap of the entry"),
    "zero_at": _("count for zero"),
    "scale": _("scale"),
    "step": _("step of the scale"),
    "options": _("option"),
    "options.value": _("value"),
    "classes": _("voter class"),
    "voters": _("voters"),
    "trim": _("trimmed votes"),
    "self_vote": _("voting on oneself"),
    "bands": _("band"),
    "upto": _("up to the share"),
    "daily": _("daily appraisal"),
    "uncapped": _("without a cap"),
    "last": _("number of the last"),
    "option": _("option of a bad vote"),
    "votes": _("number of bad votes"),
    "value": _("value"),
    "ballot_deduct.value": _("points deducted"),
    "set": _("set of rounds"),
    "fallback": _("without earlier rounds"),
    "table": _("line of the table"),
    "rank": _("rank"),
    "lower_is_better": _("lower is better"),
    "base": _("base"),
    "per_unit.value": _("points of a unit"),
    "threshold": _("threshold"),
    "floor": _("lowest score"),
    "sign": _("sign"),
    "fractions": _("fractions of a unit count"),
    "type": _("type"),
    "choices": _("choices"),
    "rule": _("kind of rule"),
    "if": _("condition"),
    "prefer": _("preference"),
    "minimums": _("lowest totals"),
    "minimum": _("lowest total"),
    "rules.otherwise": _("grade of the rest"),
    "shares": _("shares"),
    "share": _("share"),
    "scope": _("scope"),
    "grade": _("grade"),
    "category": _("category"),
    "rules.by": _("number of steps"),
    "rounding": _("rounding"),
    "at_least": _("places at least"),
    "of_participants": _("counted of all participants"),
    "kind": _("kind"),
    "ratio": _("ratio"),
    "against": _("compared with"),
    "required": _("required"),
    "least_characters": _("fewest characters"),
    "most_characters": _("most characters"),
    "roles": _("role"),
    "fact": _("fact"),
    "aspects": _("aspect"),
    "parts": _("part"),
    "aspect": _("aspect"),
    "by_aspect": _("one text for each aspect"),
    "answers": _("answers last year's problems"),
    "topics": _("topic"),
    "part": _("part"),
    "least_share": _("smallest share"),
    "most_share": _("largest share"),
    "due": _("due"),
    "days_before_meeting": _("days before the meeting"),
    "count_working_days": _("only working days are counted"),
    "reviewed_by": _("reviewed by"),
    "returned_if": _("sent back if"),
    "rewritten_if": _("to be written anew if"),
    "published": _("published"),
    "talk_minutes": _("minutes of the talk"),
    "talk_order": _("order of the talks"),
    "minutes": _("minutes of the talk"),
    "stages": _("stage of the talks"),
    "posts": _("words of the post"),
    "written": _("in writing only"),
    "order": _("order within a stage"),
    "questions": _("questions from the floor"),
    "commentary": _("commentary"),
    "commentary_leaf": _("indicator of the commentary"),
    "quorum": _("quorum"),
    "chaired_by": _("chaired by"),
    "attendees": _("attendee group"),
    "class": _("voter class"),
    "observers": _("observers, not counted"),
    "start": _("start"),
    "when": _("time"),
    "by": _("carried out by"),
    "working_days": _("working days"),
    "where": _("where announced"),
    "to": _("received by"),
    "unit": _("unit of the amount"),
    "amounts": _("amounts"),
    "otherwise": _("amount of the others"),
    "partial_at": _("grade of partial presence"),
    "action": _("action"),
    "days": _("days to do it"),
    "plan": _("plan"),
    "rounds": _("number of rounds"),
}

_SCOPES = {
    "all": Text(_("all together")),
    "category": Text(_("each category")),
    "group": Text(_("each group")),
    "unit": Text(_("each unit")),
}
_ROUNDINGS = {
    "floor": Text(_("rounded down")),
    "half_up": Text(_("rounded half up")),
    "ceil": Text(_("rounded up")),
}
_TABLES: Mapping[str, Mapping[str, words.Words | Text]] = {
    "subjects": words.SUBJECTS,
    "period": words.PERIODS,
    "ranking": words.RANKINGS,
    "own_unit_marks": words.OWN_UNIT_MARKS,
    "order": words.TALK_ORDERS,
    "commentary": words.COMMENTARIES,
    "voters": words.VOTERS,
    "type": words.FACT_TYPES,
    "kind": words.SELECTIONS,
    "scope": _SCOPES,
    "invalid": words.INVALID_BALLOTS,
    "rounding": _ROUNDINGS,
    "method": {"composite": Text(_("Composite")), **{key: each.title for key, each in METHODS.items()}},
    "fallback": {"marks": METHODS["marks"].title},
    "rule": {key: each.title for key, each in RULES.items()},
}


def field_words(key: str, part: str = "") -> Word:
    """What a field is called; `part`: the list or the method that it belongs to. An unknown one by its key."""
    message = FIELDS.get(f"{part}.{key}") or FIELDS.get(key)
    return Text(message) if message else key


def path_words(path: str) -> Word:
    """The place that a path names: "indicators.A.assessors.1.weight" is “指标 A · 考评主体 2 · 权重”."""
    parts: list[list[Word]] = []
    part = ""  # the list whose fields the next steps are
    for step in path.split(".") if path else []:
        if step in FIELDS or not parts:
            parts.append([field_words(step, part)])
            part = step
        else:
            parts[-1].append(str(int(step) + 1) if step.isdecimal() else step)
    said: Word = ""
    for name, *rows in parts:
        word = Text("%(list)s %(row)s", {"list": name, "row": " ".join(map(str, rows))}) if rows else name
        said = Text("%(outer)s · %(inner)s", {"outer": said, "inner": word}) if said else word
    return said


def value_words(key: str, value: Any) -> Word:
    """A value as it is read aloud: 30%, 是, 打分; lists joined; None is a dash."""
    if value is None:
        return "—"
    if isinstance(value, bool):
        return Text(_("yes")) if value else Text(_("no"))
    if isinstance(value, Mapping):
        return _row_words(key, value)
    if isinstance(value, (list, tuple)):
        return Text("%(list)s", {"list": [value_words(key, item) for item in value]}) if value else "—"
    if key == "defaults":
        return field_words(str(value))
    if isinstance(value, int) or (isinstance(value, Decimal) and value.is_finite()):
        return percent(value) if key in SHARES else canonical(Decimal(value))
    known = _TABLES.get(key, {}).get(str(value))
    if known is None or isinstance(known, Text):
        return known or str(value)
    return Text("%(word)s", {"word": known})


def _row_words(key: str, row: Mapping[str, Any]) -> Word:
    """A row by its name; a table of names with values as "优秀 90、良好 80"."""
    named = row_name(row)
    if named:
        return named
    parts = [Text("%(name)s %(value)s", {"name": name, "value": value_words(key, row[name])}) for name in row]
    return Text("%(list)s", {"list": parts})


def row_name(row: Mapping[str, Any]) -> str:
    """What people call a row: its code and title, or the one of them that it has."""
    if "upto" in row and "value" in row:
        return f"≤ {value_words('upto', row['upto'])}"
    parts = [row.get("code"), row.get("title") or row.get("name") or row.get("rank") or row.get("action")]
    return " ".join(shown(part) for part in parts if part)


def summary(row: Mapping[str, Any], part: str, skip: frozenset[str] = frozenset()) -> Word:
    """A whole row in one line: its values with their names, the rows inside it by theirs."""
    hidden = {"code", "title", "name", "note", "defaults", *skip}
    said: list[Text] = []
    for key, value in row.items():
        if key in hidden or value in (None, [], {}):
            continue
        shown_value: Any = value_words(key, value)
        if isinstance(value, list) and len(value) > MOST_NAMES:
            values = {"names": value_words(key, value[:MOST_NAMES]), "count": len(value)}
            shown_value = Text(_("%(names)s … (%(count)s in all)"), values)
        if key in ("rule", "kind"):
            said.append(Text("%(kind)s", {"kind": shown_value}))
            continue
        said.append(Text("%(field)s %(value)s", {"field": field_words(key, part), "value": shown_value}))
    return Text("%(list)s", {"list": said}) if said else ""
