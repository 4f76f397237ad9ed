"""Foreign bodies: a path per field turns another program's document into an event.

    mapping: {type: {const: sale.completed}, id: doc.uuid, receipt_id: doc.number, ...}

Only what the rules name is ever kept of such a document.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from stocksync.channels.till.shape import FORMS

_PATH = re.compile(r"[^.\s][^.]*(\.[^.\s][^.]*)*")
_MISSING = object()

# These are text in our contract, and numbers in many programs.
_TEXTS = frozenset(
    {"id", "type", "receipt_id", "count_id", "document_id", "original_receipt_id", "po_number"}
    | {"location", "register", "from_location", "to_location", "line_id", "barcode"}
)


class Const(BaseModel):
    """A value that is the same in every document."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    const: str | bool | int


def _path(value: Any) -> Any:
    path = isinstance(value, str) and _PATH.fullmatch(value)
    if not path and not isinstance(value, (dict, Const)):
        raise ValueError("write a path such as doc.number, or {const: value}")
    return value


def _options(value: Any) -> Any:
    return value if isinstance(value, (list, tuple)) else (value,)


Source = Annotated[Const | str, BeforeValidator(_path)]


class LineRule(BaseModel):
    """Where the fields of one line stand, seen from the line."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sku: Source
    quantity: Source
    line_id: Source | None = None
    barcode: Source | None = None
    restock: Source | None = None


class Rule(BaseModel):
    """Which documents are events of which type, and where each field stands."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: Source
    occurred_at: Source
    id: Source | None = None
    receipt_id: Source | None = None
    count_id: Source | None = None
    document_id: Source | None = None
    original_receipt_id: Source | None = None
    original_occurred_at: Source | None = None
    po_number: Source | None = None
    location: Source | None = None
    # Every model has a method `register`, so in Python the field needs a name of its own.
    till_register: Source | None = Field(default=None, alias="register")
    revision: Source | None = None
    reason: Source | None = None
    scope: Source | None = None
    stage: Source | None = None
    from_location: Source | None = None
    to_location: Source | None = None
    expected_at: Source | None = None
    lines: str | None = None
    line: LineRule | None = None
    only_if: Mapping[str, Annotated[tuple[str | bool | int, ...], BeforeValidator(_options)]] = {}

    @field_validator("type")
    @classmethod
    def _type_is_known(cls, value: Const | str) -> Const | str:
        known = [name for name in FORMS if name != "ping"]
        if isinstance(value, Const) and value.const not in known:
            raise ValueError(f"{value.const} is no type of event; write one of {', '.join(known)}")
        return value

    @field_validator("line")
    @classmethod
    def _lines_say_where(cls, value: LineRule | None, info: Any) -> LineRule | None:
        if value is not None and not info.data.get("lines"):
            raise ValueError("`lines` must say where the list of lines stands")
        return value

    def matches(self, document: Any) -> bool:
        """Return whether this rule is for such a document."""
        return all(
            _shown(_at(document, path)) in {_shown(option) for option in options}
            for path, options in self.only_if.items()
        )

    def event(self, document: Any) -> dict[str, Any]:
        """Return the document as an event of our contract; `shape` judges it."""
        data = dict(_taken(self, _DATA, document))
        if self.lines and self.line:
            listed = _at(document, self.lines)
            if isinstance(listed, list):
                data["lines"] = [dict(_taken(self.line, _LINE, line)) for line in listed]
            elif listed is not _MISSING:
                data["lines"] = None
        return {**dict(_taken(self, _ENVELOPE, document)), "data": data}

    def paths(self) -> Iterator[str]:
        """Return every path this rule reads, those of lines from the top."""
        sources = [getattr(self, attribute) for attribute in (*_ENVELOPE, *_DATA)]
        yield from (source for source in sources if isinstance(source, str))
        yield from self.only_if
        if self.lines and self.line:
            inner = [getattr(self.line, attribute) for attribute in _LINE]
            yield from (f"{self.lines}.{one}" for one in inner if isinstance(one, str))


def _names(model: type[BaseModel]) -> dict[str, str]:
    """Return what each attribute is called in an event."""
    return {attribute: field.alias or attribute for attribute, field in model.model_fields.items()}


_LINE = _names(LineRule)
_ENVELOPE = {"type": "type", "id": "id"}
_DATA = {
    attribute: name
    for attribute, name in _names(Rule).items()
    if name not in {*_ENVELOPE, "lines", "line", "only_if"}
}


def apply(rules: Sequence[Rule], document: Any) -> dict[str, Any] | None:
    """Return the event of the first rule that is for this document, or None."""
    for rule in rules:
        if rule.matches(document):
            return rule.event(document)
    return None


def prune(rules: Sequence[Rule], document: Any) -> Any:
    """Return the document with nothing in it but what the rules name."""
    wanted: dict[str, Any] = {}
    for rule in rules:
        for path in rule.paths():
            branch = wanted
            for part in path.split("."):
                branch = branch.setdefault(part, {})
    return _pruned(document, wanted)


def _pruned(value: Any, wanted: Mapping[str, Any]) -> Any:
    if not wanted:
        return None if isinstance(value, (dict, list)) else value
    if isinstance(value, dict):
        return {key: _pruned(value[key], wanted[key]) for key in wanted if key in value}
    if isinstance(value, list):
        return [_pruned(one, wanted.get(str(at), wanted)) for at, one in enumerate(value)]
    return None


def _taken(rule: BaseModel, names: Mapping[str, str], document: Any) -> Iterator[tuple[str, Any]]:
    for attribute, name in names.items():
        source = getattr(rule, attribute)
        if source is None:
            continue
        value = source.const if isinstance(source, Const) else _at(document, source)
        if value is not None and value is not _MISSING:
            yield name, _shown(value) if name in _TEXTS else value


def _at(document: Any, path: str) -> Any:
    value = document
    for part in path.split("."):
        if isinstance(value, dict):
            value = value.get(part, _MISSING)
        elif isinstance(value, list) and part.isascii() and part.isdigit():
            value = value[int(part)] if int(part) < len(value) else _MISSING
        else:
            return _MISSING
    return value


def _shown(value: Any) -> Any:
    """Return a scalar as the text a person would compare; anything else as it is."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) or (isinstance(value, Decimal) and value == value.to_integral()):
        return str(int(value))
    return value if isinstance(value, (str, Decimal)) else None
