"""Variables of a call, checked as the API checks them: problems first, nothing run."""

import json
from collections.abc import Mapping
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLSchema,
    OperationDefinitionNode,
    print_ast,
    type_from_ast,
)
from graphql.type import is_input_type

ARRAY_MAX = 250
INT_MAX = 2**31 - 1


def problems(
    schema: GraphQLSchema, operation: OperationDefinitionNode, told: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return the errors of values that their variables cannot have."""
    errors = []
    for one in operation.variable_definitions or ():
        name = one.variable.name.value
        kind = type_from_ast(schema, one.type)
        if not is_input_type(kind) or (name not in told and one.default_value is not None):
            continue
        value = told.get(name)
        found: list[tuple[list[str | int], str]] = []
        _check(kind, value, [], found)
        if not found:
            continue
        path, explanation = found[0]
        about = ".".join(map(str, path))
        for_what = f" for {about} ({explanation})" if path else ""
        location = one.loc.start_token if one.loc is not None else None
        errors.append(
            {
                "message": f"Variable ${name} of type {print_ast(one.type)} was provided "
                f"invalid value{for_what}",
                "locations": []
                if location is None
                else [{"line": location.line, "column": location.column}],
                "extensions": {
                    "code": "INVALID_VARIABLE",
                    "value": value,
                    "problems": [{"path": list(p), "explanation": e} for p, e in found],
                },
            }
        )
    return errors


def oversized(value: Any) -> int | None:
    """Return the length of an array that is too long, if there is one."""
    if isinstance(value, list):
        if len(value) > ARRAY_MAX:
            return len(value)
        return next((n for n in map(oversized, value) if n), None)
    if isinstance(value, dict):
        return next((n for n in map(oversized, value.values()) if n), None)
    return None


def _check(
    kind: GraphQLInputType,
    value: Any,
    path: list[str | int],
    found: list[tuple[list[str | int], str]],
) -> None:
    if isinstance(kind, GraphQLNonNull):
        if value is None:
            found.append((path, "Expected value to not be null"))
            return
        kind = kind.of_type
    if value is None:
        return
    match kind:
        case GraphQLList():
            for place, one in enumerate(value if isinstance(value, list) else [value]):
                _check(kind.of_type, one, [*path, place], found)
        case GraphQLInputObjectType():
            if not isinstance(value, dict):
                found.append((path, f"Expected {json.dumps(value)} to be a key-value object."))
                return
            found += [
                ([*path, name], f"Field is not defined on {kind.name}")
                for name in value
                if name not in kind.fields
            ]
            for name, field in kind.fields.items():
                if name in value or isinstance(field.type, GraphQLNonNull):
                    _check(field.type, value.get(name), [*path, name], found)
        case GraphQLEnumType():
            if value not in kind.values:
                allowed = ", ".join(kind.values)
                said = f"Expected {json.dumps(value)} to be one of: {allowed}"
                found.append((path, said))
        case GraphQLScalarType():
            if not _fits(kind.name, value):
                said = f"Could not coerce value {json.dumps(value)} to {kind.name}"
                found.append((path, said))


def _fits(scalar: str, value: Any) -> bool:
    if scalar == "Int":
        whole = isinstance(value, int) and not isinstance(value, bool)
        return whole and -INT_MAX - 1 <= value <= INT_MAX
    if scalar == "Boolean":
        return isinstance(value, bool)
    if scalar == "ID":
        return isinstance(value, str | int) and not isinstance(value, bool)
    return isinstance(value, str)
