"""Fit what a file says into a model, and say each misfit in kind words."""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from stocksync.channels.settings import OneSecret, Secrets
from stocksync.config.mistakes import Trail, did_you_mean, listed, shown
from stocksync.config.secrets import Vault
from stocksync.config.tree import Items, Node, Scalar, Table, found, line_of

M = TypeVar("M", bound=BaseModel)

_A_LIST = "must be a list, such as [a, b]"
_A_TABLE = "must hold keys of its own, such as `key: value`"
_WHOLE = "must be a whole number"
_WORDS = {
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "decimal_parsing": "must be a number",
    "decimal_type": "must be a number",
    "dict_type": _A_TABLE,
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "frozen_set_type": _A_LIST,
    "int_from_float": _WHOLE,
    "int_parsing": _WHOLE,
    "int_type": _WHOLE,
    "list_type": _A_LIST,
    "mapping_type": _A_TABLE,
    "model_type": _A_TABLE,
    "set_type": _A_LIST,
    "string_pattern_mismatch": "must look like {pattern}",
    "string_too_long": "must have {max_length} characters or fewer",
    "string_too_short": "must have {min_length} characters or more",
    "string_type": "must be text",
    "too_long": "has too many entries; at most {max_length} are taken",
    "too_short": "has too few entries; write at least {min_length}",
    "tuple_type": _A_LIST,
}
_BOUNDS = {
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be {ge} or more",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be {le} or less",
}
_SECRET_MARKS = (get_args(OneSecret)[1], get_args(Secrets)[1])


def fit(
    model: type[M], values: dict[str, Any], root: Table, trail: Trail, vault: Vault
) -> M | None:
    """Return the values as the model, or None after noting every misfit.

    `values` are those of `root` at `trail`, with secrets filled in.
    """
    misread = dict(_misread(model, found(root, trail), trail))
    said = list(misread.items())
    fitted = None
    try:
        fitted = _validated(model, values, root, trail)
    except ValidationError as e:
        for error in _firsts(e, root, trail):
            place = trail + _trail(error, found(root, trail))
            if place not in misread and not _echoes(place, vault.broken):
                said.append((place, _words(error, model, found(root, place))))
    for place, words in said:
        vault.notebook.add(line_of(root, place), place, vault.masked(words))
    return None if said else fitted


def written_fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """Return a model's fields by the keys that merchants write."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _validated(model: type[M], values: dict[str, Any], root: Table, trail: Trail) -> M:
    """Validate; where text is wanted, a number is the text that was written."""
    try:
        return model.model_validate(values)
    except ValidationError as e:
        places = [_trail(error, found(root, trail)) for error in _of_type(e, "string_type")]
        texts = {place: _number_text(found(root, trail + place)) for place in places}
        if not any(texts.values()):
            raise
        for place, text in texts.items():
            if text is not None:
                _put(values, place, text)
    return model.model_validate(values)


def _of_type(error: ValidationError, kind: str) -> Iterator[ErrorDetails]:
    errors = error.errors(include_url=False, include_input=False)
    return (detail for detail in errors if detail["type"] == kind)


def _number_text(node: Node | None) -> str | None:
    if not isinstance(node, Scalar) or isinstance(node.value, bool):
        return None
    return node.text if isinstance(node.value, (int, Decimal)) else None


def _put(values: Any, trail: Trail, text: str) -> None:
    for step in trail[:-1]:
        values = values[step]
    values[trail[-1]] = text


def _firsts(error: ValidationError, root: Table, trail: Trail) -> Iterator[ErrorDetails]:
    """Yield one error a place: each member of a union complains by itself."""
    chosen: dict[Trail, ErrorDetails] = {}
    for detail in error.errors(include_url=False, include_input=False):
        place = _trail(detail, found(root, trail))
        # Of "must be text" and "must be a table", a single value hears the first.
        single = isinstance(found(root, trail + place), Scalar)
        if place not in chosen or (single and _WORDS.get(chosen[place]["type"]) == _A_TABLE):
            chosen[place] = detail
    yield from chosen.values()


def _trail(error: ErrorDetails, node: Node | None) -> Trail:
    """Return where an error is in the file, without pydantic's own labels."""
    steps: list[str | int] = []
    for at, step in enumerate(error["loc"], start=1):
        below = found(node, (step,)) if node is not None else None
        absent = at == len(error["loc"]) and error["type"] == "missing"
        if below is not None or absent:
            steps.append(step)
            node = below
    return tuple(steps)


def _echoes(place: Trail, broken: Sequence[Trail]) -> bool:
    return any(place == known[: len(place)] or known == place[: len(known)] for known in broken)


def _words(error: ErrorDetails, model: type[BaseModel], node: Node | None) -> str:
    kind, facts = error["type"], error.get("ctx", {})
    if kind == "missing":
        return _missing(model, error["loc"])
    if kind == "extra_forbidden":
        return _unknown(model, error["loc"])
    if isinstance(node, Scalar) and node.value is None:
        return "is empty; write a value, or delete the line"
    given = shown(node.text) if isinstance(node, Scalar) else ""
    if kind in _BOUNDS:
        return f"{_BOUNDS[kind].format_map(facts)}, not {given}"
    if kind in {"enum", "literal_error"}:
        choices = re.findall(r"'([^']*)'", str(facts["expected"]))
        given = given or "a list or table"
        return f"must be {listed(choices)}, not {given}{did_you_mean(given, choices)}"
    if kind in {"value_error", "assertion_error"}:
        return str(facts["error"])
    if kind in _WORDS:
        return _WORDS[kind].format_map(facts)
    return error["msg"].replace("Input should be", "must be")


def _missing(model: type[BaseModel], loc: Sequence[str | int]) -> str:
    owner, name = _model_at(model, tuple(loc[:-1])), str(loc[-1])
    field = written_fields(owner).get(name) if owner else None
    secret = field is not None and any(mark in field.metadata for mark in _SECRET_MARKS)
    return f"is missing; add `{name}: {'{env: NAME}' if secret else '...'}`"


def _unknown(model: type[BaseModel], loc: Sequence[str | int]) -> str:
    owner, name = _model_at(model, tuple(loc[:-1])), str(loc[-1])
    if owner is None:
        return "no such setting; delete it"
    later: frozenset[str] = getattr(owner, "later", frozenset())
    if name in later:
        return "not available yet; delete it until a coming version brings it"
    near = did_you_mean(name, {*written_fields(owner), *later})
    known = f"; there is {', '.join(written_fields(owner))}"
    return f"no such setting{near or known}"


def _model_at(annotation: Any, loc: Trail) -> type[BaseModel] | None:
    """Return the model that an error's place lies in; labels of unions count as steps."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if not loc:
            return annotation
        field = written_fields(annotation).get(str(loc[0]))
        return _model_at(field.annotation, loc[1:]) if field else None
    for inner in get_args(annotation):
        for rest in (loc, loc[1:]):
            owner = _model_at(inner, rest)
            if owner is not None:
                return owner
    return None


def _misread(wanted: Any, node: Node | None, trail: Trail) -> Iterator[tuple[Trail, str]]:
    """Yield what pydantic would take too kindly: yes as true, true as 1, "030" as 30."""
    inner = [arg for arg in get_args(wanted) if arg not in (None, type(None), Ellipsis)]
    match node:
        case Scalar(value=str() | int() as value) if wanted is bool:
            if not isinstance(value, bool):
                yield trail, "must be true or false, without quotes"
        case Scalar(value=str() | bool()) if wanted is int:
            yield trail, f"{_WHOLE}, without quotes or leading zeros"
        case Table() if isinstance(wanted, type) and issubclass(wanted, BaseModel):
            for key, below in node.entries.items():
                field = written_fields(wanted).get(key)
                if field is not None and not _reads_itself(field.metadata):
                    yield from _misread(field.annotation, below, (*trail, key))
        case _ if get_origin(wanted) is Annotated:
            if not _reads_itself(inner[1:]):
                yield from _misread(inner[0], node, trail)
        case _ if get_origin(wanted) in (Union, UnionType):
            if len(inner) == 1:
                yield from _misread(inner[0], node, trail)
        case Items() if len(inner) == 1:
            for at, item in enumerate(node.items):
                yield from _misread(inner[0], item, (*trail, at))
        case Table() if len(inner) == 2:
            for key, below in node.entries.items():
                yield from _misread(inner[1], below, (*trail, key))
        case _:
            pass


def _reads_itself(metadata: Sequence[Any]) -> bool:
    """Return whether a field has its own way of reading what is written."""
    return any(isinstance(mark, BeforeValidator) for mark in metadata)
