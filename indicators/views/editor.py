"""The plan editor: its frame, the tree of indicators, the form of one indicator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from scoring.engine.text import gettext_noop
from scoring.engine.types import Text
from units import access
from units.guards import require

from .. import drafts, edits, outline, shape
from ..editor.conditions import preview
from ..editor.inputs import inputs
from ..editor.kinds import keys_for
from ..editor.names import names_of
from ..editor.reading import check, read_post
from ..edits import Changed, Edit, Refused
from ..models import PlanDraft
from ..rendering import render as words
from ..schema import Record

SECTIONS = (
    ("basics", gettext_lazy("Basics")),
    ("tree", gettext_lazy("Indicators")),
    ("facts", gettext_lazy("Facts")),
    ("rules", gettext_lazy("Grades and rules")),
    ("use", gettext_lazy("Use of the results")),
    ("procedure", gettext_lazy("Procedure")),
    ("check", gettext_lazy("Check and publish")),
)

THEIRS = gettext_noop(
    "Somebody else changed this to “%(theirs)s” meanwhile. Enter in this place takes yours, Esc takes theirs."
)
STATE = "indicators/editor/_tree_state.html"


def get_draft(request: HttpRequest, pk: int) -> PlanDraft:
    """The draft, for the office alone: 403 for others."""
    require(access.may_manage_plans(request.user))
    return get_object_or_404(PlanDraft.objects.select_related("plan", "base", "updated_by"), pk=pk)


def section_url(draft: PlanDraft, section: str) -> str:
    if section in ("tree", "check"):
        return reverse(f"indicators:draft_{section}", args=[draft.pk])
    return reverse("indicators:draft_section", args=[draft.pk, section])


def frame(draft: PlanDraft, section: str) -> dict[str, Any]:
    """What every page of the editor shows: sections with their problems, undo and redo. One query."""
    checked = drafts.checked(draft)
    places = [outline.place_of(problem, draft.document) for problem in checked.problems]
    undoable, redoable = drafts.history(draft)
    counts = {key: sum(place.section == key and not place.problem.warning for place in places) for key, _l in SECTIONS}
    return {
        "draft": draft,
        "checked": checked,
        "places": places,
        "errors": sum(counts.values()),
        "warnings": sum(place.problem.warning for place in places),
        "section": section,
        "sections": [(key, label, section_url(draft, key), counts[key]) for key, label in SECTIONS],
        "undoable": undoable and words(drafts.step_words(undoable)),
        "undoable_by": undoable.by if undoable and undoable.by_id != draft.created_by_id else None,
        "redoable": redoable and words(drafts.step_words(redoable)),
        "trial_url": trial_url(draft),
    }


def preview_url(draft: PlanDraft) -> str:
    """Where a condition under work is put into words."""
    return reverse("indicators:draft_condition", args=[draft.pk])


def trial_url(draft: PlanDraft) -> str:
    """Where the draft is tried on inputs: the page belongs to an app above this one."""
    try:
        return f"{reverse('scoring:trial')}?draft={draft.pk}"
    except NoReverseMatch:
        return ""


def require_right(record: Record, raw: Mapping[str, Any], place: str) -> None:
    """Refuse what a form gave where it is wrong in itself, each mistake at its input. Raises `Refused`."""
    _typed, errors = check(record, raw, place=place)
    if errors:
        raise Refused(*[(path, text) for path, texts in errors.items() for text in texts])


def seen_after(refused: Refused | None, posted: str | None, stored: Any) -> str:
    """The state that a form names when it is sent again: what its page showed, until a conflict was told."""
    if isinstance(refused, Changed):
        return edits.fingerprint(refused.theirs)
    return posted or edits.fingerprint(stored)


@require_POST
def draft_condition(request: HttpRequest, pk: int) -> HttpResponse:
    """A condition under work, in words: a fragment that stands below its inputs."""
    draft = get_draft(request, pk)
    form = preview(request.POST, names_of(draft.document, preview_url=preview_url(draft)))
    return render(request, "indicators/editor/_input_words.html", {"form": form})


# ------------------------------------------------------------------------------ the tree


def _tree_context(draft: PlanDraft) -> dict[str, Any]:
    context = frame(draft, "tree")
    return context | {
        "rows": outline.tree(draft.document, context["checked"].problems),
        "methods": [(key, words(title)) for key, title in outline.method_choices()],
    }


def _tree_page(request: HttpRequest, draft: PlanDraft, focus: str = "", refused: str = "") -> HttpResponse:
    """The table alone for htmx, the page for a browser. `focus`: the indicator on which work goes on."""
    context = _tree_context(draft) | {"focus": focus, "refused": refused}
    name = "indicators/editor/_tree_exchange.html" if request.htmx else "indicators/editor/tree.html"  # type: ignore[attr-defined]
    return render(request, name, context)


@require_http_methods(["GET", "POST"])
def draft_tree(request: HttpRequest, pk: int) -> HttpResponse:
    """POST: do = add, copy, delete, move (parent, before), up, down, in, out; code = the indicator."""
    draft = get_draft(request, pk)
    if request.method != "POST":
        return _tree_page(request, draft)
    code, do = request.POST.get("code", ""), request.POST.get("do", "")
    focus, refused = code, ""
    made: list[str] = []
    after = _after(draft, code) if do == "delete" else code
    try:
        draft = drafts.change(draft=draft, edit=_tree_edit(request, do, code, made), by=request.user)  # type: ignore[arg-type]
        focus = made[0] if made else after
    except Refused as error:
        refused = words(error.text)
    if request.htmx:  # type: ignore[attr-defined]
        return _tree_page(request, draft, focus, refused)
    if refused:
        messages.error(request, refused)
    if focus and do != "delete":
        return redirect("indicators:draft_indicator", draft.pk, focus)
    return redirect("indicators:draft_tree", draft.pk)


def _tree_edit(request: HttpRequest, do: str, code: str, made: list[str]) -> Edit:
    """The edit that a command of the tree means; codes of new indicators are left in `made`."""
    post = request.POST

    def edit(document: dict[str, Any]) -> Any:
        if do in ("add", "below"):
            row = edits.find(document, code)
            parent = code if do == "below" or row.get("parent") is None else str(row["parent"])
            new, text = edits.add_indicator(document, parent, after=None if parent == code else code)
            made.append(new)
            return text
        if do == "copy":
            new, text = edits.copy_indicator(document, code)
            made.append(new)
            return text
        if do == "delete":
            return edits.delete_indicator(document, code)
        if do == "move":
            return edits.move_indicator(document, code, post.get("parent", ""), post.get("before") or None)
        return edits.step_indicator(document, code, do)

    return edit


def _after(draft: PlanDraft, code: str) -> str:
    """Where work goes on when this indicator is deleted: the next of its siblings, else the one before, else above."""
    row = next((row for row in edits.indicators(draft.document) if row.get("code") == code), {})
    siblings = [str(each.get("code")) for each in edits.children(draft.document, row.get("parent"))]
    at = siblings.index(code) if code in siblings else 0
    near = [*siblings[at + 1 : at + 2], *siblings[max(at - 1, 0) : at]]
    return near[0] if near else str(row.get("parent") or "")


@require_POST
def draft_cell(request: HttpRequest, pk: int) -> HttpResponse:
    """One value of the tree's table: code, key, value, seen, position. Answers with what changed around it.

    JSON: `value` as it is stored, `message` (why it was not stored), `theirs` (what somebody else stored),
    `bar` and `states` (code → HTML of the bar and of each line's sums and mistakes), `position`, and `anew`: the
    table has to be fetched again.
    """
    draft = get_draft(request, pk)
    code, key, raw = (request.POST.get(name, "") for name in ("code", "key", "value"))
    message, value, theirs = "", raw, None
    if key not in edits.CELLS:
        return HttpResponseBadRequest()
    known = request.POST.get("position") == str(draft.position)
    try:
        draft = drafts.change(
            draft=draft,
            edit=lambda document: edits.set_cell(document, code, key, raw, request.POST.get("seen")),
            by=request.user,  # type: ignore[arg-type]
        )
        value = edits.shown(edits.find(draft.document, raw.strip() if key == "code" else code).get(key))
    except Changed as error:
        theirs, message = error.theirs, words(Text(THEIRS, {"theirs": error.theirs or "—"}))
    except Refused as error:
        message = words(error.text)
    context = _tree_context(draft)
    return JsonResponse(
        {
            "value": value,
            "theirs": theirs,
            "message": message,
            "position": draft.position,
            "bar": render_to_string("indicators/editor/_bar.html", context, request),
            "states": {row.code: render_to_string(STATE, {"row": row}) for row in context["rows"]},
            # Other lines show codes, and a method may have come or gone; or somebody else works here too.
            "anew": not known or (not message and key in ("code", "method")),
        }
    )


@require_http_methods(["GET", "POST"])
def draft_paste(request: HttpRequest, pk: int) -> HttpResponse:
    """A list out of a spreadsheet or a document: read, shown, then added."""
    draft = get_draft(request, pk)
    context: dict[str, Any] = {"parents": outline.tree(draft.document), "parent": request.GET.get("below", "")}
    status = 200
    if request.method == "POST":
        text, parent = request.POST.get("text", ""), request.POST.get("parent", "")
        lines = outline.read_lines(text, outline.method_names())
        context |= {"text": text, "parent": parent, "lines": lines}
        if "add" in request.POST:
            try:
                drafts.change(draft=draft, edit=lambda doc: outline.paste(doc, parent, lines), by=request.user)  # type: ignore[arg-type]
            except Refused as error:
                context["refused"] = [(path[0] if path else "", words(reason)) for path, reason in error.problems]
                status = 422
            else:
                return redirect("indicators:draft_tree", draft.pk)
    return render(request, "indicators/editor/paste.html", frame(draft, "tree") | context, status=status)


# ------------------------------------------------------------------------------ one indicator


@require_http_methods(["GET", "POST"])
def draft_indicator(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """All that an indicator says, in a form; beside the tree or as a page of its own.

    POST with `refresh`: the form for another method, nothing is stored.
    """
    draft = get_draft(request, pk)
    try:
        row = edits.find(draft.document, code)
    except Refused as error:
        messages.error(request, words(error.text))
        return redirect("indicators:draft_tree", draft.pk)
    raw: dict[str, Any] = {key: value for key, value in row.items() if key != "parent"}
    refused: Refused | None = None
    saved = False
    if request.method == "POST":
        raw = read_post(shape.INDICATOR, request.POST, keys=_indicator_keys(draft, code, request.POST.get("method")))
        if "refresh" not in request.POST:
            try:
                require_right(shape.INDICATOR, raw, "indicators")
                drafts.change(
                    draft=draft,
                    edit=lambda document: edits.replace_indicator(document, code, raw, request.POST.get("seen")),
                    by=request.user,  # type: ignore[arg-type]
                )
            except Refused as error:
                refused = error
            else:
                if not request.htmx:  # type: ignore[attr-defined]
                    messages.success(request, _("Saved."))
                    return redirect("indicators:draft_indicator", draft.pk, raw["code"])
                draft.refresh_from_db()
                code, saved = raw["code"], True
                row = edits.find(draft.document, code)
                raw = {key: value for key, value in row.items() if key != "parent"}
    seen = seen_after(refused, None if saved else request.POST.get("seen"), row)
    htmx = bool(request.htmx)  # type: ignore[attr-defined]
    context = _indicator_context(draft, code, raw, refused) | {"seen": seen, "saved": saved, "in_panel": htmx}
    name = "indicators/editor/_indicator.html" if htmx else "indicators/editor/indicator.html"
    if not htmx:
        context = frame(draft, "tree") | context
    response = render(request, name, context, status=200 if htmx or not refused else 422)
    if saved:
        response["HX-Trigger"] = "tree-changed"
    return response


def _indicator_keys(draft: PlanDraft, code: str, method: str | None) -> list[str]:
    """The values that an indicator of this method has; one with others below it has no method."""
    is_sum = bool(edits.children(draft.document, code))
    keys = keys_for("indicators", {"method": None if is_sum else method})
    left_out = {"parent", "method"} if is_sum else {"parent"}
    return [key for key in keys if key not in left_out]


def _indicator_context(draft: PlanDraft, code: str, raw: dict[str, Any], refused: Refused | None) -> dict[str, Any]:
    errors: dict[Any, list[Any]] = {}
    for path, text in refused.problems if refused else ():
        errors.setdefault(path, []).append(text)
    rows = {row.code: row for row in outline.tree(draft.document, drafts.checked(draft).problems)}
    node = rows[code]
    return {
        "draft": draft,
        "node": node,
        "above": rows.get(str(node.row.get("parent"))),
        "inputs": inputs(
            shape.INDICATOR,
            raw,
            names_of(draft.document, preview_url=preview_url(draft)),
            keys=_indicator_keys(draft, code, raw.get("method")),
            errors=errors,
        ),
        "refused": [words(text) for text in errors.get((), [])],
        "wrong": bool(refused),
    }
