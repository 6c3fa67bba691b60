"""What the templates of the editor show: inputs, rows of inputs, and the conditions' boxes."""

from __future__ import annotations

import json
from dataclasses import dataclass

from scoring.engine.types import Text


@dataclass(frozen=True)
class Offer:
    """One of the choices. `unknown`: the value is in the document, but nothing of that name is there."""

    value: str
    label: str
    selected: bool = False
    unknown: bool = False


@dataclass(frozen=True)
class FactOption:
    """One thing that can be compared. `extra`: what has to be named besides, "round" or "grade"."""

    value: str
    label: str
    type: str
    choices: tuple[str, ...] = ()
    extra: str = ""

    @property
    def choices_json(self) -> str:
        return json.dumps(self.choices, ensure_ascii=False)


@dataclass(frozen=True)
class FactGroup:
    label: str
    options: tuple[FactOption, ...]


@dataclass(frozen=True)
class FactSelect:
    """A fact of a comparison as it is chosen; `unknown`: there is no such fact."""

    value: str
    extra: str = ""
    extra_kind: str = ""
    unknown: bool = False
    spare: bool = False


@dataclass(frozen=True)
class ComparisonForm:
    """`type` decides operators and input: boolean, number, share, choice, or "" before a fact is chosen."""

    id: str
    facts: tuple[FactSelect, ...]
    operators: tuple[Offer, ...]
    type: str = ""
    value: str = ""
    choices: tuple[Offer, ...] = ()
    errors: tuple[Text, ...] = ()
    spare: bool = False


@dataclass(frozen=True)
class BoxForm:
    """Comparisons that must all hold. `blank`: a comparison to add; the box to be copied has the one for all."""

    id: str
    comparisons: tuple[ComparisonForm, ...]
    blank: ComparisonForm | None = None
    spare: bool = False


@dataclass(frozen=True)
class ConditionForm:
    """A condition as boxes, of which one must hold; or, where it cannot be read, as its `text` with the error.

    `was`: the text as it is stored; `sentence`: the condition in words, empty as long as it has errors.
    """

    name: str
    boxes: tuple[BoxForm, ...] = ()
    blank: BoxForm | None = None
    groups: tuple[FactGroup, ...] = ()
    operators_json: str = ""
    was: str = ""
    text: str = ""
    errors: tuple[Text, ...] = ()
    sentence: str = ""
    rounds: tuple[str, ...] = ()
    grades: tuple[str, ...] = ()
    preview_url: str = ""

    @property
    def id(self) -> str:
        return "id_" + self.name.replace(".", "-")


@dataclass(frozen=True)
class Mark:
    """The tick "the original document does not state this" beside a value."""

    name: str
    value: str
    checked: bool


@dataclass(frozen=True)
class Row:
    """One row of a list. `id`: in the names of its inputs; `more`: inputs that are folded away."""

    id: str
    inputs: tuple[Input, ...]
    more: tuple[Input, ...] = ()
    errors: tuple[Text, ...] = ()
    spare: bool = False

    @property
    def more_filled(self) -> bool:
        return any(each.filled for each in self.more)

    @property
    def more_wrong(self) -> bool:
        return any(each.errors for each in self.more)


@dataclass(frozen=True)
class TableLine:
    """One line of a table by name, such as a grade and its lowest total."""

    name: str
    value: str
    id: str
    errors: tuple[Text, ...] = ()


@dataclass(frozen=True)
class Input:
    """One input of a form. `kind` names its template; the fields that a kind does not need are empty.

    `order`: chosen names in the order of the document, `listed`: a list of one name (not the name alone), `stated`:
    a flag that is said to be false: a form must not lose any of this. `number` sets ids of inputs of one name apart.
    """

    kind: str
    key: str
    name: str
    label: str
    help: str = ""
    unstated: str = ""
    required: bool = False
    value: str = ""
    longest: int = 0
    checked: bool = False
    stated: bool = False
    listed: bool = False
    choices: tuple[Offer, ...] = ()
    order: tuple[str, ...] = ()
    source: str = ""
    rows: tuple[Row, ...] = ()
    blank: Row | None = None
    as_cards: bool = False
    lines: tuple[TableLine, ...] = ()
    inputs: tuple[Input, ...] = ()
    suggestions: tuple[str, ...] = ()
    condition: ConditionForm | None = None
    mark: Mark | None = None
    number: str = ""
    errors: tuple[Text, ...] = ()

    @property
    def id(self) -> str:
        return "id_" + self.name.replace(".", "-") + self.number

    @property
    def template(self) -> str:
        return f"indicators/editor/_input_{self.kind}.html"

    @property
    def is_group(self) -> bool:
        """Whether there are several controls, so that a legend names them and no label."""
        return self.kind in {"choices", "ordered", "table", "rows", "scope", "condition", "part", "defaults"}

    @property
    def is_hidden(self) -> bool:
        """Names of defaults whose ticks all stand beside their values: only their order is kept."""
        return self.kind == "defaults" and not self.choices and not self.errors

    @property
    def described_by(self) -> str:
        found = [f"{self.id}-help"] if self.help else []
        return " ".join([*found, *([f"{self.id}-error"] if self.errors else [])])

    @property
    def placeholder(self) -> str:
        return self.unstated if not self.choices else ""

    @property
    def filled(self) -> bool:
        return bool(self.value or self.checked or self.errors or any(each.selected for each in self.choices))

    @property
    def columns(self) -> tuple[Input, ...]:
        return self.blank.inputs if self.blank else ()
