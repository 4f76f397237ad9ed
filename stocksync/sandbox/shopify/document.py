"""Documents: read and checked against the schema, once for each text."""

import re
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
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
# Each message of the library, and what the API says in its place.
_SAID = [
    (
        r"Cannot query field '(\w+)' on type '(\w+)'\.",
        "Field '{0}' doesn't exist on type '{1}'",
        ("undefinedField", {"fieldName": 0, "typeName": 1}),
    ),
    (
        r"Unknown argument '(\w+)' on field '\w+\.(\w+)'\.",
        "Field '{1}' doesn't accept argument '{0}'",
        ("argumentNotAccepted", {"name": 1, "argumentName": 0}),
    ),
    (
        r"Argument '\w+\.(\w+)\((\w+):\)' of type '.+' is required, but it was not provided\.",
        "Field '{0}' is missing required arguments: {1}",
        ("missingRequiredArguments", {"name": 0, "arguments": 1}),
    ),
    (
        r"Field '(\w+)' of type '(.+)' must have a selection of subfields\.",
        "Field must have selections (field '{0}' returns {1} but has no selections.)",
        ("selectionMismatch", {"nodeName": 0, "typeName": 1}),
    ),
    (
        r"Variable '\$(\w+)' is not defined by operation '(\w+)'\.",
        "Variable ${0} is used by {1} but not declared",
        ("variableNotDefined", {"variableName": 0, "operationName": 1}),
    ),
    (
        r"Variable '\$(\w+)' is never used in operation '(\w+)'\.",
        "Variable ${0} is declared by {1} but not used",
        ("variableNotUsed", {"variableName": 0, "operationName": 1}),
    ),
    (
        r"Variable '\$(\w+)' of type '(.+)' used in position expecting type '(.+)'\.",
        "Type mismatch on variable ${0} ({1} / {2})",
        ("variableMismatch", {"variableName": 0, "typeName": 1}),
    ),
    (
        r"Unknown type '(\w+)'\.",
        "{0} isn't a defined input type",
        ("variableRequiresValidType", {"typeName": 0}),
    ),
    (
        r"Unknown directive '@(\w+)'\.",
        "Directive @{0} is not defined",
        ("undefinedDirective", {"directiveName": 0}),
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


def load_schema() -> GraphQLSchema:
    """Return the part of the Admin API that this shop has."""
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
    for pattern, said, (code, names) in _SAID:
        match = re.match(pattern, error.message)
        if match is not None:
            message = said.format(*match.groups())
            extensions = {"code": code, **{key: match.group(n + 1) for key, n in names.items()}}
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
