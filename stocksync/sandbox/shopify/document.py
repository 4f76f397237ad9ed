"""Documents: read and checked against the schema, once for each text."""

import re
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    InlineFragmentNode,
    Node,
    OperationDefinitionNode,
    build_schema,
    parse,
    validate,
)

KEPT = 256
# Each message of the library, what the API says in its place, and its code; the named groups
# are told in the error's extensions.
_SAID = [
    (
        r"Cannot query field '(?P<fieldName>\w+)' on type '(?P<typeName>\w+)'\.",
        "Field '{fieldName}' doesn't exist on type '{typeName}'",
        "undefinedField",
    ),
    (
        r"Unknown argument '(?P<argumentName>\w+)' on field '\w+\.(?P<name>\w+)'\.",
        "Field '{name}' doesn't accept argument '{argumentName}'",
        "argumentNotAccepted",
    ),
    (
        r"Argument '\w+\.(?P<name>\w+)\((?P<arguments>\w+):\)' of type '.+' is required, "
        r"but it was not provided\.",
        "Field '{name}' is missing required arguments: {arguments}",
        "missingRequiredArguments",
    ),
    (
        r"Field '(?P<nodeName>\w+)' of type '(?P<typeName>.+)' "
        r"must have a selection of subfields\.",
        "Field must have selections (field '{nodeName}' returns {typeName} but has no selections.)",
        "selectionMismatch",
    ),
    (
        r"Variable '\$(?P<variableName>\w+)' is not defined "
        r"by operation '(?P<operationName>\w+)'\.",
        "Variable ${variableName} is used by {operationName} but not declared",
        "variableNotDefined",
    ),
    (
        r"Variable '\$(?P<variableName>\w+)' is never used "
        r"in operation '(?P<operationName>\w+)'\.",
        "Variable ${variableName} is declared by {operationName} but not used",
        "variableNotUsed",
    ),
    (
        r"Variable '\$(?P<variableName>\w+)' of type '(?P<typeName>.+)' used in position "
        r"expecting type '(.+)'\.",
        "Type mismatch on variable ${variableName} ({typeName} / {2})",
        "variableMismatch",
    ),
    (
        r"Unknown type '(?P<typeName>\w+)'\.",
        "{typeName} isn't a defined input type",
        "variableRequiresValidType",
    ),
    (
        r"Unknown directive '@(?P<directiveName>\w+)'\.",
        "Directive @{directiveName} is not defined",
        "undefinedDirective",
    ),
]


class BadDocument(Exception):
    """Raised for a text that the schema does not take; `errors` are what the API answers."""

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__(errors[0]["message"])
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Document:
    """A text that the schema takes, with the operation that is to be run."""

    node: DocumentNode
    operation: OperationDefinitionNode

    @property
    def name(self) -> str:
        """Return the name of the operation, or nothing."""
        return self.operation.name.value if self.operation.name is not None else ""

    @property
    def writes(self) -> bool:
        """Return whether it is a mutation."""
        return self.operation.operation.value == "mutation"


@cache
def load_schema() -> GraphQLSchema:
    """Return the part of the Admin API that every such shop has; it never changes."""
    return build_schema((Path(__file__).parent / "admin.graphql").read_text("utf-8"))


class Library:
    """Reads and checks each text once; the oldest of many texts are forgotten."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._known: OrderedDict[tuple[str, str | None], Document | BadDocument] = OrderedDict()

    def read(self, text: str, name: str | None = None) -> Document:
        """Return the document of a text, or raise `BadDocument`."""
        found = self._known.get((text, name))
        if found is None:
            try:
                found = self._read(text, name)
            except BadDocument as e:
                found = e
            self._known[text, name] = found
            if len(self._known) > KEPT:
                self._known.popitem(last=False)
        if isinstance(found, BadDocument):
            raise found
        return found

    def _read(self, text: str, name: str | None) -> Document:
        try:
            node = parse(text)
        except GraphQLSyntaxError as e:
            where = [{"line": one.line, "column": one.column} for one in e.locations or ()]
            raise BadDocument([{"message": e.message, "locations": where}]) from e
        found = [one for one in node.definitions if isinstance(one, OperationDefinitionNode)]
        errors = validate(self._schema, node)
        if errors:
            raise BadDocument([_told(one, node) for one in errors])
        for one in found:
            if len(found) == 1 or (one.name is not None and one.name.value == name):
                return Document(node, one)
        raise BadDocument([{"message": "An operation name is required"}])


def _told(error: GraphQLError, document: DocumentNode) -> dict[str, Any]:
    message, extensions = error.message, {"code": "invalidDocument"}
    for pattern, said, code in _SAID:
        match = re.match(pattern, error.message)
        if match is not None:
            message = said.format(*match.groups(), **match.groupdict())
            extensions = {"code": code, **match.groupdict()}
            break
    told: dict[str, Any] = {
        "message": message,
        "locations": [{"line": one.line, "column": one.column} for one in error.locations or ()],
        "path": next(_paths(document, (error.nodes or [document])[0], []), []),
        "extensions": extensions,
    }
    return told


def _paths(here: Node, wanted: Node, path: list[str]) -> Iterator[list[str]]:
    """Find a node, and say by which fields one comes to it."""
    match here:
        case OperationDefinitionNode():
            name = f" {here.name.value}" if here.name is not None else ""
            path = [*path, f"{here.operation.value}{name}"]
        case FieldNode():
            path = [*path, here.alias.value if here.alias is not None else here.name.value]
        case InlineFragmentNode() if here.type_condition is not None:
            path = [*path, f"... on {here.type_condition.name.value}"]
        case _:
            pass
    if here is wanted:
        yield path
        return
    for key in here.keys:
        child = getattr(here, key, None)
        for one in child if isinstance(child, tuple | list) else (child,):
            if isinstance(one, Node):
                yield from _paths(one, wanted, path)
