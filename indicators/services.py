"""Plans in the library: from preset files and plan files to versions, and to the engine's `Plan`."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from scoring.engine.types import Plan as EnginePlan
from units import access, audit
from units.models import User

from . import document as documents
from . import plan_file
from .models import Plan, PlanVersion

PRESETS = Path(__file__).resolve().parent / "presets"

_CACHED_PLANS = 64
_plans: OrderedDict[str, EnginePlan] = OrderedDict()
_plans_lock = Lock()


class UnknownPlan(LookupError):
    """No plan of this code, neither in the database nor among the presets."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class ChangedPlan(RuntimeError):
    """A stored document does not have the digest that was stored with it: somebody changed the row."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What loading a preset did: "new", "updated", "unchanged", or "kept" (people have changed it)."""

    code: str
    outcome: str
    version: PlanVersion


# ------------------------------------------------------------------------------ reading


def engine_plan(version: PlanVersion) -> EnginePlan:
    """The plan that the engine computes with; built once per document and process.

    Raises `ChangedPlan` if the document is not the one whose digest was stored.
    """
    with _plans_lock:
        found = _plans.get(version.digest)
        if found is not None:
            _plans.move_to_end(version.digest)
            return found
    if documents.digest(version.document) != version.digest:
        raise ChangedPlan(f"Plan version {version.pk}: the document does not match its digest.")
    plan = documents.parse(version.document)
    with _plans_lock:
        _plans[version.digest] = plan
        while len(_plans) > _CACHED_PLANS:
            _plans.popitem(last=False)
    return plan


def preset_codes() -> list[str]:
    """Codes of the plans that ship with the product."""
    return sorted(path.stem for path in PRESETS.glob("*.toml"))


def preset_text(code: str) -> str:
    """The preset file of this code. Raises `UnknownPlan`."""
    if code not in preset_codes():
        raise UnknownPlan(code)
    return (PRESETS / f"{code}.toml").read_text(encoding="utf-8")


def export_text(version: PlanVersion) -> str:
    """The version as a plan file: the preset itself, with its comments, where it is that."""
    if version.plan.preset == version.digest and version.plan.code in preset_codes():
        text = preset_text(version.plan.code)
        if documents.digest(documents.normalise(plan_file.load(text))) == version.digest:
            return text
    return plan_file.dump(documents.read_stored(version.document))


# ------------------------------------------------------------------------------ writing


def ensure_plan(code: str) -> PlanVersion:
    """The newest version of a plan in the database; else its preset, which is loaded; else `UnknownPlan`."""
    version = PlanVersion.objects.filter(plan__code=code).select_related("plan").first()
    return version if version is not None else load_preset(code).version


def load_preset(code: str) -> Loaded:
    """Bring the library up to a preset file. Safe to repeat.

    A changed file becomes a new version only while the newest version is the one that an earlier
    file gave: what people changed stays the newest. Raises `UnknownPlan`, `NotToml`, `DocumentErrors`.
    """
    normal = documents.normalise(plan_file.load(preset_text(code)))
    fingerprint = documents.digest(normal)
    plan, is_new = Plan.objects.get_or_create(code=code, defaults={"title": normal["title"], "preset": fingerprint})
    newest = plan.versions.first()
    if newest is not None and newest.digest == fingerprint:
        outcome = "unchanged"
    elif newest is not None and newest.digest != plan.preset:
        return Loaded(code, "kept", newest)
    else:
        outcome = "new" if newest is None else "updated"
        newest = _add_version(plan, normal, by=None, note="")
    if plan.preset != fingerprint or plan.title != normal["title"]:
        Plan.objects.filter(pk=plan.pk).update(preset=fingerprint, title=normal["title"])
    return Loaded(code, "new" if is_new else outcome, newest)


def save_version(*, plan: Plan, document: Mapping[str, Any], by: User | None, note: str = "") -> PlanVersion:
    """Store a document as the plan's newest version and give it back.

    A document equal to the newest version is that version: nothing is stored twice. The plan takes
    over the document's title; the audit trail gets an entry. Raises `PermissionDenied`,
    `DocumentErrors` (also where the document's code is not the plan's).
    """
    if by is not None and not access.may_manage_plans(by):
        raise PermissionDenied
    normal = documents.normalise(document)
    if normal["code"] != plan.code:
        raise documents.DocumentErrors([("code", documents.other_code(normal["code"], plan.code))])
    newest = plan.versions.first()
    if newest is not None and newest.digest == documents.digest(normal):
        return newest
    return _add_version(plan, normal, by=by, note=note)


def import_plan(*, document: Mapping[str, Any], by: User | None, note: str = "") -> tuple[PlanVersion, bool]:
    """Store a plan file's document under its own code, as a new plan or a new version.

    Gives the version and whether it is new. Raises `PermissionDenied`, `DocumentErrors`.
    """
    if by is not None and not access.may_manage_plans(by):
        raise PermissionDenied
    normal = documents.normalise(document)
    plan, _is_new = Plan.objects.get_or_create(code=normal["code"], defaults={"title": normal["title"]})
    last = plan.versions.aggregate(last=Max("number"))["last"] or 0
    version = save_version(plan=plan, document=normal, by=by, note=note)
    return version, version.number > last


def freeze_version(version: PlanVersion) -> PlanVersion:
    """Mark a version as used by a round: it never changes again. Frozen before: nothing happens."""
    PlanVersion.objects.filter(pk=version.pk, frozen_at=None).update(frozen_at=timezone.now())
    version.refresh_from_db(fields=["frozen_at"])
    return version


def _add_version(plan: Plan, normal: dict[str, Any], *, by: User | None, note: str) -> PlanVersion:
    """The next version, unless it would repeat the newest one. Writers of one plan wait for each other."""
    fingerprint = documents.digest(normal)
    with transaction.atomic():
        locked = Plan.objects.select_for_update().get(pk=plan.pk)
        newest = locked.versions.first()
        if newest is not None and newest.digest == fingerprint:
            return newest
        version = PlanVersion.objects.create(
            plan=locked,
            number=newest.number + 1 if newest else 1,
            document=normal,
            digest=fingerprint,
            note=note,
            created_by=by,
        )
        if locked.title != normal["title"]:
            locked.title = normal["title"]
            locked.save(update_fields=["title"])
        audit.record(
            by,
            "save plan version",
            version,
            label=f"{locked.title} v{version.number}",
            changes={"digest": (None, fingerprint)},
            reason=note,
        )
    return version
