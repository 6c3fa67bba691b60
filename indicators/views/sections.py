"""The editor's other sections: what stands on top of the plan, facts, rules, use of the results, procedure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from scoring.engine import RULES, rule_words
from scoring.engine.types import Text

from .. import document_rest, drafts, edits, edits_parts, outline
from .. import words as plan_words
from ..editor.inputs import inputs
from ..editor.kinds import keys_for
from ..editor.labels import label_of
from ..editor.names import names_of
from ..editor.reading import read_post
from ..edits import Edit, Refused
from ..edits_parts import BASICS, LISTS
from ..models import PlanDraft
from ..rendering import render as words
from .editor import frame, get_draft, preview_url, require_right, section_url, seen_after

# Section → its parts in the order of the page.
PARTS: dict[str, tuple[str, ...]] = {
    "basics": ("basics", "sets"),
    "facts": ("facts",),
    "rules": ("rules",),
    "use": ("selections", "payout", "follow_ups"),
    "procedure": ("process", "announcement", "objection", "voting", "duty_report", "meeting"),
}
TITLES = {
    "basics": gettext_lazy("Basics of the plan"),
    "sets": gettext_lazy("Sets of earlier rounds"),
    "facts": gettext_lazy("Facts that rules read"),
    "rules": gettext_lazy("Grade rules, carried out in this order"),
    "selections": gettext_lazy("Selections made from the result"),
    "payout": gettext_lazy("Payout"),
    "follow_ups": gettext_lazy("Follow-up"),
    "process": gettext_lazy("Steps of the process"),
    "announcement": gettext_lazy("Announcement"),
    "objection": gettext_lazy("Objection"),
    "voting": gettext_lazy("Ballots"),
    "duty_report": gettext_lazy("Duty report"),
    "meeting": gettext_lazy("Review meeting"),
}
EMPTY = {
    "facts": gettext_lazy(
        "No facts yet. A rule such as a veto needs one: yes or no, a number or a choice for each subject."
    ),
    "rules": gettext_lazy(
        "No rules yet. Begin with lowest totals of the grades or with fixed shares; limits come after."
    ),
    "selections": gettext_lazy("Nothing is selected from the result: no focus list, no exclusion from awards."),
    "follow_ups": gettext_lazy("No follow-up is laid down for any grade."),
    "process": gettext_lazy("No steps yet."),
    "sets": gettext_lazy("This plan reads no earlier rounds. A year made of four quarters needs a set."),
}
# The value by which a row says what kind it is.
KIND_KEYS = {"rules": "rule", "selections": "kind"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a list: its place, what it says, what is wrong with it."""

    index: int
    title: str
    sentence: str
    note: str
    problems: tuple[Any, ...]
    is_last: bool


# ------------------------------------------------------------------------------ a section


@require_http_methods(["GET", "POST"])
def draft_section(request: HttpRequest, pk: int, section: str) -> HttpResponse:
    """Lists with their rows; tables with their forms. POST: part, seen and the part's values."""
    draft = get_draft(request, pk)
    if section not in PARTS:
        raise Http404
    refused: Refused | None = None
    posted = request.POST.get("part", "") if request.method == "POST" else ""
    raw: dict[str, Any] = {}
    if posted:
        if posted not in PARTS[section] or posted in LISTS:
            raise Http404
        raw = read_post(
            edits_parts.record_of(posted), request.POST, keys=_keys(posted, {}), prefix=posted, place=_place(posted)
        )
        try:
            require_right(edits_parts.record_of(posted), raw, _place(posted))
            drafts.change(draft=draft, edit=_part_edit(posted, raw, request.POST.get("seen")), by=request.user)  # type: ignore[arg-type]
        except Refused as error:
            refused = error
        else:
            messages.success(request, _("Saved."))
            return redirect(section_url(draft, section))
    context = frame(draft, section)
    context["parts"] = [_part(draft, part, context) for part in PARTS[section]]
    if refused is not None:
        place = PARTS[section].index(posted)
        context["parts"][place] |= _refused_part(draft, posted, raw, refused, request.POST.get("seen"))
    return render(request, "indicators/editor/section.html", context, status=422 if refused else 200)


def _part_edit(part: str, raw: dict[str, Any], seen: str | None) -> Edit:
    if part == "basics":
        return lambda document: edits_parts.set_basics(document, raw, seen)
    return lambda document: edits_parts.set_part(document, part, raw, seen)


def _keys(part: str, raw: Mapping[str, Any]) -> list[str]:
    return list(BASICS) if part == "basics" else keys_for(part, raw)


def _place(part: str) -> str:
    """Where the part stands, for what its inputs are called."""
    return "plan" if part == "basics" else part


def _part(draft: PlanDraft, part: str, context: dict[str, Any]) -> dict[str, Any]:
    """A part as the page shows it: a list's rows in words, or a table's form."""
    shown: dict[str, Any] = {"part": part, "title": TITLES[part], "is_list": part in LISTS}
    if part in LISTS:
        entries = _entries(draft, part, context["places"], context["checked"].plan)
        return shown | {"entries": entries, "empty": EMPTY.get(part, ""), "kinds": _kinds(part)}
    stored = _stored(draft, part)
    return shown | {
        "seen": edits.fingerprint(stored),
        "inputs": _inputs(draft, part, stored, None, prefix=part),
        "problems": [place for place in context["places"] if _is_of(place, part)],
    }


def _refused_part(
    draft: PlanDraft, part: str, raw: dict[str, Any], refused: Refused, seen: str | None
) -> dict[str, Any]:
    """The form that was not stored, as it was typed, with its mistakes."""
    return {
        "seen": seen_after(refused, seen, _stored(draft, part)),
        "inputs": _inputs(draft, part, raw, refused, prefix=part),
        "refused": _whole(refused),
        "wrong": True,
    }


def _stored(draft: PlanDraft, part: str) -> dict[str, Any]:
    return edits_parts.basics_of(draft.document) if part == "basics" else draft.document.get(part) or {}


def _is_of(place: Any, part: str) -> bool:
    first = place.problem.path.split(".")[0]
    return bool(first == part or (part == "basics" and first in (*BASICS, "")))


def _inputs(
    draft: PlanDraft, part: str, raw: Mapping[str, Any], refused: Refused | None, prefix: str = ""
) -> list[Any]:
    errors: dict[Any, list[Text]] = {}
    for path, text in refused.problems if refused else ():
        errors.setdefault(path, []).append(text)
    record = edits_parts.record_of(part)
    names = names_of(draft.document, preview_url=preview_url(draft))
    return inputs(record, raw, names, keys=_keys(part, raw), errors=errors, prefix=prefix, place=_place(part))


def _whole(refused: Refused | None) -> list[str]:
    """Reasons that are about the whole form, not about one of its places."""
    return [words(text) for path, text in refused.problems if not path] if refused else []


# ------------------------------------------------------------------------------ rows in words


def _entries(draft: PlanDraft, part: str, places: list[Any], plan: Any) -> list[Entry]:
    rows = edits_parts.rows_of(draft.document, part)
    found = []
    for index, row in enumerate(rows):
        title, sentence = _row_words(part, row, index, plan, draft.document)
        problems = tuple(place.problem for place in places if place.target == part and place.index == index)
        found.append(Entry(index, title, sentence, str(row.get("note", "")), problems, index == len(rows) - 1))
    return found


def _row_words(
    part: str, row: Mapping[str, Any], index: int, plan: Any, document: Mapping[str, Any]
) -> tuple[str, str]:
    """What a row is called and says."""
    if part == "rules":
        kinds = dict(_kinds("rules"))
        title = kinds.get(row.get("rule", ""), str(row.get("rule", "")))
        return title, words(rule_words(plan.rules[index], plan)) if plan else _sketched(row, document)
    if part == "facts":
        kind = str(plan_words.FACT_TYPES.get(row.get("type", ""), ""))
        choices = f" {'/'.join(map(str, row['choices']))}" if row.get("choices") else ""
        return f"{row.get('title', '')}", f"{row.get('code', '')} · {kind}{choices}"
    if part == "selections" and row.get("kind") in plan_words.SELECTIONS:
        return str(row.get("title", "")), words(plan_words.selection_sentence(row))
    if part == "process":
        when = [str(row[key]) for key in ("start", "due", "when") if row.get(key)]
        return str(row.get("title", "")), " · ".join([" – ".join(when), str(row.get("by", ""))]).strip(" ·")
    if part == "follow_ups":
        return "、".join(map(str, row.get("grades", []))), str(row.get("action", ""))
    return str(row.get("title") or edits_parts.row_name(row)), _bare(row)


def _sketched(row: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    """A rule in words although the plan has mistakes; as it stands where the mistake is in what it reads itself."""
    try:
        return words(document_rest.rule_sentence(row, document))
    except (LookupError, ValueError, TypeError, AttributeError):
        return _bare(row)


def _bare(row: Mapping[str, Any]) -> str:
    """A row's values as they stand, where there is no sentence for it."""
    left_out = ("rule", "kind", "title", "note", "defaults")
    shown = {key: value for key, value in row.items() if key not in left_out}
    place = "rules" if "rule" in row else ""
    return " · ".join(f"{label_of(place, '', key).label} {_flat(value)}" for key, value in shown.items())


def _flat(value: Any) -> str:
    if isinstance(value, Mapping):
        return " ".join(f"{key} {_flat(item)}" for key, item in value.items())
    if isinstance(value, list):
        return "、".join(_flat(item) for item in value)
    return _("yes") if value is True else str(value)


def _kinds(part: str) -> list[tuple[str, str]]:
    if part == "rules":
        return [(key, words(kind.title)) for key, kind in RULES.items()]
    return [(key, str(title)) for key, title in plan_words.SELECTIONS.items()] if part == "selections" else []


# ------------------------------------------------------------------------------ the form of a row


@require_http_methods(["GET", "POST"])
def draft_row(request: HttpRequest, pk: int, part: str, index: int | None = None) -> HttpResponse:
    """The form of one row; without an index, of a new one (query: kind). POST `refresh`: another kind's form."""
    draft = get_draft(request, pk)
    if part not in LISTS:
        raise Http404
    stored: dict[str, Any] = {}
    if index is not None:
        try:
            stored = edits_parts.row_at(draft.document, part, index)
        except Refused as error:
            messages.error(request, words(error.text))
            return redirect(section_url(draft, _section_of(part)))
    raw, refused, kind = dict(stored), None, KIND_KEYS.get(part, "")
    if index is None and kind and request.GET.get("kind"):
        raw[kind] = request.GET["kind"]
    if request.method == "POST":
        raw = read_post(edits_parts.record_of(part), request.POST, keys=_keys(part, {kind: request.POST.get(kind)}))
        if "refresh" not in request.POST:
            try:
                require_right(edits_parts.record_of(part), raw, part)
                drafts.change(draft=draft, edit=_row_edit(part, index, raw, request.POST.get("seen")), by=request.user)  # type: ignore[arg-type]
            except Refused as error:
                refused = error
            else:
                return redirect(f"{section_url(draft, _section_of(part))}#{part}")
    context = frame(draft, _section_of(part)) | {
        "part": part,
        "title": TITLES[part],
        "index": index,
        "is_new": index is None,
        "seen": seen_after(refused, request.POST.get("seen"), stored),
        "inputs": _inputs(draft, part, raw, refused),
        "refused": _whole(refused),
        "wrong": refused is not None,
        "kind_key": kind,
        "back": section_url(draft, _section_of(part)),
        "problems": [p.problem for p in _places_of(draft, part, index)],
    }
    return render(request, "indicators/editor/row.html", context, status=422 if refused else 200)


def _places_of(draft: PlanDraft, part: str, index: int | None) -> list[Any]:
    """The problems of one stored row."""
    if index is None:
        return []
    places = [outline.place_of(problem, draft.document) for problem in drafts.checked(draft).problems]
    return [place for place in places if place.target == part and place.index == index]


def _row_edit(part: str, index: int | None, raw: dict[str, Any], seen: str | None) -> Edit:
    if index is None:
        return lambda document: edits_parts.add_row(document, part, raw)
    return lambda document: edits_parts.replace_row(document, part, index, raw, seen)


def _section_of(part: str) -> str:
    return next(section for section, parts in PARTS.items() if part in parts)


@require_POST
def draft_rows(request: HttpRequest, pk: int, part: str) -> HttpResponse:
    """Move, copy or delete a row: do = up, down, copy, delete or to (with `to`), index."""
    draft = get_draft(request, pk)
    if part not in LISTS:
        raise Http404
    do, index = request.POST.get("do", ""), _whole_number(request.POST.get("index"))
    to = {"up": index - 1, "down": index + 1}.get(do, _whole_number(request.POST.get("to")))

    def edit(document: dict[str, Any]) -> Text:
        if do == "delete":
            return edits_parts.delete_row(document, part, index)
        if do == "copy":
            return edits_parts.copy_row(document, part, index)
        return edits_parts.move_row(document, part, index, to)

    try:
        drafts.change(draft=draft, edit=edit, by=request.user)  # type: ignore[arg-type]
    except Refused as error:
        messages.error(request, words(error.text))
    return redirect(f"{section_url(draft, _section_of(part))}#{part}")


def _whole_number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() else -1
