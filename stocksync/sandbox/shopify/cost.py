"""What a call costs in points, by the model that fits what was observed, and the bucket.

A mutation is 10 with the first objects of its payload; any other object is 1, a plain list is
one object; scalars, `pageInfo`, `apiVersion` and `userErrors` are free; a connection is
2 + f(first) x (1 + what each node holds); of `nodes` only the dearest type counts, once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
)

from stocksync.sandbox.shopify.document import Document
from stocksync.sandbox.shopify.knobs import Knobs

MUTATION = 10
FREE = frozenset({"pageInfo", "apiVersion", "userErrors"})
_STEPS = ((0, 0), (1, 1), (2, 2), (5, 3), (10, 4), (20, 5), (50, 7), (100, 9), (250, 11))


def page_factor(first: int) -> int:
    """Return what a page of so many costs for each point of one node."""
    for (low, below), (high, above) in pairwise(_STEPS):
        if first <= high:
            return below + (first - low) * (above - below) // (high - low)
    return _STEPS[-1][1]


class Costs:
    """Counts the points of documents."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema

    def requested(self, document: Document, variables: Mapping[str, Any]) -> int:
        """Return what a call asks for."""
        return self._count(document, variables, None)

    def actual(self, document: Document, variables: Mapping[str, Any], data: Any) -> int:
        """Return what came back."""
        return self._count(document, variables, data or {})

    def _count(self, document: Document, variables: Mapping[str, Any], data: Any) -> int:
        kind = self._schema.mutation_type if document.writes else self._schema.query_type
        walk = _Walk(self._schema, document, variables, estimates=data is None)
        total = 0
        for field, of in walk.fields(document.operation.selection_set, kind):
            told = None if data is None else data.get(_key(field))
            if document.writes:
                total += MUTATION + walk.payload(field, of, told)
            else:
                total += walk.field(field, of, told)
        return total


@dataclass(frozen=True, slots=True)
class _Walk:
    schema: GraphQLSchema
    document: Document
    variables: Mapping[str, Any]
    estimates: bool

    def field(self, field: FieldNode, parent: GraphQLObjectType, told: Any) -> int:
        name = field.name.value
        if field.selection_set is None or name in FREE or (not self.estimates and told is None):
            return 0
        kind = get_named_type(parent.fields[name].type)
        if isinstance(kind, GraphQLObjectType) and kind.name.endswith("Connection"):
            return self._connection(field, kind, told)
        if isinstance(kind, GraphQLInterfaceType):
            return self._dearest(field, kind, told)
        assert isinstance(kind, GraphQLObjectType)  # noqa: S101  - the schema has no unions
        return 1 + self._inside(field.selection_set, kind, told)

    def payload(self, field: FieldNode, parent: GraphQLObjectType, told: Any) -> int:
        """Count what lies below the first objects of a mutation's payload."""
        kind = get_named_type(parent.fields[field.name.value].type)
        if field.selection_set is None or not isinstance(kind, GraphQLObjectType):
            return 0
        below = 0
        for one, of in self.fields(field.selection_set, kind):
            below += max(0, self.field(one, of, (told or {}).get(_key(one))) - 1)
        return below

    def fields(
        self, selections: SelectionSetNode, kind: Any
    ) -> list[tuple[FieldNode, GraphQLObjectType]]:
        found: list[tuple[FieldNode, GraphQLObjectType]] = []
        for one in selections.selections:
            if isinstance(one, FieldNode):
                if one.name.value in getattr(kind, "fields", {}):
                    found.append((one, kind))
            elif isinstance(one, InlineFragmentNode):
                name = one.type_condition.name.value if one.type_condition else kind.name
                if name == kind.name:
                    found += self.fields(one.selection_set, kind)
            elif isinstance(one, FragmentSpreadNode):
                for there in self.document.node.definitions:
                    if getattr(getattr(there, "name", None), "value", "") == one.name.value:
                        found += self.fields(there.selection_set, kind)  # type: ignore[attr-defined]
        return found

    def _inside(self, selections: SelectionSetNode, kind: GraphQLObjectType, told: Any) -> int:
        if self.estimates:
            return sum(self.field(one, of, None) for one, of in self.fields(selections, kind))
        rows = told if isinstance(told, list) else [told]
        return max(
            (
                sum(
                    self.field(one, of, row.get(_key(one)))
                    for one, of in self.fields(selections, kind)
                )
                for row in rows
                if row is not None
            ),
            default=0,
        )

    def _dearest(self, field: FieldNode, kind: GraphQLInterfaceType, told: Any) -> int:
        assert field.selection_set is not None  # noqa: S101  - a field of objects has one
        found = [
            self._inside(field.selection_set, one, told)
            for one in self.schema.get_possible_types(kind)
        ]
        return 1 + max(found)

    def _connection(self, field: FieldNode, kind: GraphQLObjectType, told: Any) -> int:
        assert field.selection_set is not None  # noqa: S101  - a field of objects has one
        node = get_named_type(kind.fields["nodes"].type)
        assert isinstance(node, GraphQLObjectType)  # noqa: S101  - of a connection
        child, rows = 0, 0
        for one, _ in self.fields(field.selection_set, kind):
            name, part = one.name.value, None if told is None else told.get(_key(one))
            if name not in ("nodes", "edges") or one.selection_set is None:
                continue
            rows = max(rows, len(part or ()))
            if name == "nodes":
                child = max(child, self._inside(one.selection_set, node, part))
                continue
            edge = get_named_type(kind.fields["edges"].type)
            for inner, _ in self.fields(one.selection_set, edge):
                if inner.name.value == "node" and inner.selection_set is not None:
                    parts = None if part is None else [row[_key(inner)] for row in part]
                    child = max(child, self._inside(inner.selection_set, node, parts))
        first = self._first(field) if self.estimates else rows
        return 2 + page_factor(first) * (1 + child)

    def _first(self, field: FieldNode) -> int:
        for argument in field.arguments or ():
            if argument.name.value == "first":
                if isinstance(argument.value, IntValueNode):
                    return int(argument.value.value)
                if isinstance(argument.value, VariableNode):
                    return int(self.variables.get(argument.value.name.value) or 0)
        return 0


def _key(field: FieldNode) -> str:
    return field.alias.value if field.alias is not None else field.name.value


class Bucket:
    """Points that come back with time; what a call did not use, it gets back."""

    def __init__(self, knobs: Knobs, clock: Callable[[], datetime]) -> None:
        self._knobs = knobs
        self._clock = clock
        self._spent = 0.0
        self._at = clock()

    def take(self, points: float) -> bool:
        """Reserve points; return whether there were enough."""
        self._restore()
        if points > self._knobs.bucket_points - self._spent:
            return False
        self._spent += points
        return True

    def give_back(self, points: float) -> None:
        """Return what was reserved and not used."""
        self._spent = max(0.0, self._spent - points)

    def empty(self) -> None:
        """Let another app have used all of it."""
        self._restore()
        self._spent = self._knobs.bucket_points

    def status(self) -> dict[str, float]:
        """Return how full it is."""
        self._restore()
        return {
            "maximumAvailable": self._knobs.bucket_points,
            "currentlyAvailable": int(max(0.0, self._knobs.bucket_points - self._spent)),
            "restoreRate": self._knobs.restore_points,
        }

    def _restore(self) -> None:
        now = self._clock()
        passed_s = max(0.0, (now - self._at).total_seconds())
        self._spent = max(0.0, self._spent - passed_s * self._knobs.restore_points)
        self._at = now
