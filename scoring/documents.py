"""A subject's result as the JSON that is stored, and back.

Shape of a document, written without spaces and without anything that can be left out:

    {"v": 1, "subject": "01", "total": "93.25", "rank": 1, "category_rank": 1, "grade": "优秀" or null,
     "scores": {code: [status, value, incomplete, detail]},   value a string or null, incomplete 0 or 1
     "reasons": [[rule or null, key, before, after, values]],
     "flags": [[key, values]],
     "missing": [code]}

Numbers of the result are strings. What a detail or the values of a reason hold beyond plain JSON is
tagged, so that reading gives back what was written: {"$decimal": "0.5"}, {"$fraction": "1/3"},
{"$text": [message, values]}. Tuples come back as lists.

Who is tied with whom stands once in the limit's report and not in the flag of each of them: 5,000
subjects that are all tied would otherwise hold 25 million codes. Reading puts it back.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from decimal import Decimal
from fractions import Fraction
from typing import Any

from .engine.types import Flag, LimitReport, NodeScore, Reason, Result, Status, Text

SHAPE = 1
TIED = "subjects"  # of a tie's flag: the codes of all who are tied


def pack(value: Any) -> Any:
    """Plain JSON for a value out of a detail; refuses what it could not give back."""
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, str):
        return str(value)  # a StrEnum too
    if isinstance(value, Decimal):
        return {"$decimal": str(value)}
    if isinstance(value, Fraction):
        return {"$fraction": str(value)}
    if isinstance(value, Text):
        return {"$text": [value.message, pack(value.values)]}
    if isinstance(value, Mapping):
        return {str(key): pack(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [pack(part) for part in value]
    raise TypeError(f"a result cannot hold a {type(value).__name__}")


def unpack(value: Any) -> Any:
    if isinstance(value, list):
        return [unpack(part) for part in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        if "$decimal" in value:
            return Decimal(value["$decimal"])
        if "$fraction" in value:
            return Fraction(value["$fraction"])
        if "$text" in value:
            message, values = value["$text"]
            return Text(message, unpack(values))
    return {key: unpack(part) for key, part in value.items()}


def _number(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def encode(result: Result) -> dict[str, Any]:
    """The document of a result (see the top of this module)."""
    return {
        "v": SHAPE,
        "subject": result.subject,
        "total": str(result.total),
        "rank": result.rank,
        "category_rank": result.category_rank,
        "grade": result.grade,
        "scores": {
            code: [str(score.status), _number(score.value), int(score.incomplete), pack(score.detail)]
            for code, score in result.scores.items()
        },
        "reasons": [
            [reason.rule, reason.key, reason.before, reason.after, pack(reason.values)] for reason in result.reasons
        ],
        "flags": [[flag.key, pack({k: v for k, v in flag.values.items() if k != TIED})] for flag in result.flags],
        "missing": list(result.missing),
    }


def decode_score(part: list[Any]) -> NodeScore:
    status, value, incomplete, detail = part
    return NodeScore(
        status=Status(status),
        value=None if value is None else Decimal(value),
        incomplete=bool(incomplete),
        detail=unpack(detail),
    )


def decode(document: Mapping[str, Any], limits: Sequence[LimitReport] = ()) -> Result:
    """The result that `encode` wrote; with the computation's `limits` its ties are complete.

    ValueError if the document has another shape.
    """
    if document.get("v") != SHAPE:
        raise ValueError(f"unknown shape of a stored result: {document.get('v')!r}")
    return Result(
        subject=document["subject"],
        total=Decimal(document["total"]),
        rank=document["rank"],
        category_rank=document["category_rank"],
        grade=document["grade"],
        scores={code: decode_score(part) for code, part in document["scores"].items()},
        reasons=decode_reasons(document),
        flags=tuple(_flag(key, unpack(values), limits) for key, values in document["flags"]),
        missing=tuple(document["missing"]),
    )


def decode_reasons(document: Mapping[str, Any]) -> tuple[Reason, ...]:
    """The rules that made the grade, of a document of this shape."""
    return tuple(
        Reason(rule=rule, key=key, before=before, after=after, values=unpack(values))
        for rule, key, before, after, values in document["reasons"]
    )


def _flag(key: str, values: dict[str, Any], limits: Sequence[LimitReport]) -> Flag:
    if key == "tie":
        place = (values["rule"], values["scope"], values["grade"])
        for report in limits:
            if (report.rule, report.scope, report.grade) == place:
                values[TIED] = report.tied
    return Flag(key=key, values=values)


# ---------------------------------------------------------------- limits


def encode_limit(report: LimitReport) -> dict[str, Any]:
    return {field.name: pack(getattr(report, field.name)) for field in fields(report)}


def decode_limit(document: Mapping[str, Any]) -> LimitReport:
    values = {name: unpack(value) for name, value in document.items()}
    for name in ("holders", "cut", "tied", "decided"):
        values[name] = tuple(values.get(name, ()))
    return LimitReport(**values)


# ---------------------------------------------------------------- digest


def canonical(value: Any) -> bytes:
    """One spelling of a JSON value: sorted keys, no spaces, UTF-8."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def digest(plan_digest: str, engine_version: str, documents: Iterable[Mapping[str, Any]]) -> str:
    """SHA-256 in hex over the plan, the engine and every result, in the order of the subjects' codes.

    Which rows of which database the events were is left out: the same inputs give the same digest anywhere.
    """
    total = hashlib.sha256(f"{plan_digest}\n{engine_version}\n".encode())
    for document in sorted(documents, key=lambda each: str(each["subject"])):
        total.update(canonical(_without_rows(document)))
        total.update(b"\n")
    return total.hexdigest()


def rows_digest(documents: Iterable[Mapping[str, Any]]) -> str:
    """SHA-256 in hex over what `digest` leaves out: the events' rows, per subject and node."""
    rows = sorted(
        [document["subject"], code, detail["events"]]
        for document in documents
        for code, (_status, _value, _incomplete, detail) in document["scores"].items()
        if detail.get("events")
    )
    return hashlib.sha256(canonical(rows)).hexdigest()


def _without_rows(document: Mapping[str, Any]) -> dict[str, Any]:
    scores = {
        code: part if "events" not in part[3] else [*part[:3], {k: v for k, v in part[3].items() if k != "events"}]
        for code, part in document["scores"].items()
    }
    return {**document, "scores": scores}
