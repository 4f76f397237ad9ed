"""Bulk operations: what their query may be, their file, and how long it can be had."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from graphql import (
    FieldNode,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    SelectionSetNode,
    execute,
    get_named_type,
)

from stocksync.sandbox.dice import HEX, Dice
from stocksync.sandbox.shopify.api_errors import user_error
from stocksync.sandbox.shopify.asking import Asking
from stocksync.sandbox.shopify.bulk_operation import BulkOperation
from stocksync.sandbox.shopify.document import BadDocument, Document, Library
from stocksync.sandbox.shopify.house import House
from stocksync.sandbox.shopify.shelf_views import Info, View, gid, moment

AT_ONCE_MAX = 5
CONNECTIONS_MAX = 5
DEPTH_MAX = 2
BYTES_MAX = 65_535
PREFIX = gid("BulkOperation", 0)[:-1]

Row = dict[str, Any]
# A root row with the rows below it.
Family = tuple[Row, list[Row]]


@dataclass(slots=True, kw_only=True)
class _Run:
    operation: BulkOperation
    document: Document
    asking: Asking
    due: datetime
    early: list[Family]

    def written(self, now: datetime) -> list[Family]:
        """Return what is listed so far: it grows evenly until all is."""
        whole, gone = self.due - self.operation.created_at, now - self.operation.created_at
        return self.early[: int(len(self.early) * gone / whole)] if whole else []


class Bulk:
    """Runs bulk operations. The caller holds the shop's lock."""

    def __init__(
        self,
        house: House,
        schema: GraphQLSchema,
        library: Library,
        dice: Dice,
        locked: Callable[[Callable[[], None]], Callable[[], None]],
    ) -> None:
        self.root: Mapping[str, Any] = {}
        self._house = house
        self._schema = schema
        self._library = library
        self._dice = dice
        self._locked = locked
        self._operations: dict[int, BulkOperation] = {}
        self._runs: dict[int, _Run] = {}

    def start(self, info: Info, *, query: str, groupObjects: bool = False) -> View:  # noqa: N803
        """Begin an operation, unless too many run or the query may not be one."""
        running = [gid("BulkOperation", one.id) for one in self._operations.values() if one.running]
        if len(running) >= AT_ONCE_MAX:
            said = "A bulk query operation for this app and shop is already in progress: "
            return _refused(said + ", ".join(running), "OPERATION_IN_PROGRESS")
        wrong = self._wrong(query)
        if wrong is not None:
            return _refused(wrong, "INVALID")
        now = info.context.now
        operation = BulkOperation(
            id=self._house.ids.new("bulk"),
            query=query,
            created_at=now,
            secret=self._dice.word(40, HEX),
        )
        self._operations[operation.id] = operation
        run = _Run(
            operation=operation,
            document=self._library.read(query),
            asking=Asking(now=now, scopes=info.context.scopes, bulk=True),
            due=now + timedelta(seconds=self._house.knobs.bulk_takes_s),
            early=[],
        )
        run.early = self._families(run)
        self._runs[operation.id] = run
        self._house.agenda.at(run.due, self._locked(lambda: self._finish(operation.id)))
        view = self._view(operation, info.context)
        operation.status = "RUNNING"
        return {"bulkOperation": view, "userErrors": []}

    def poll(self, info: Info, *, id: str) -> View | None:  # noqa: A002  - the API's own word
        """Show how far an operation is."""
        number = id.removeprefix(PREFIX)
        found = self._operations.get(int(number)) if number.isdecimal() else None
        if found is None:
            return None
        run = self._runs.get(found.id)
        if run is not None and run.due <= info.context.now:
            self._finish(found.id)
        return self._view(found, info.context)

    def file(self, secret: str) -> str | None:
        """Return the text behind a link; None once the link is too old."""
        for one in self._operations.values():
            if one.secret == secret and one.completed_at is not None:
                lives = timedelta(seconds=self._house.knobs.bulk_link_lives_s)
                fresh = self._house.clock() < one.completed_at + lives
                return "".join(f"{line}\n" for line in one.lines) if fresh else None
        return None

    def _finish(self, number: int) -> None:
        """Write the file: the first half as it was at the start, the rest as it is now."""
        run = self._runs.pop(number, None)
        if run is None:
            return
        early = run.early[: (len(run.early) + 1) // 2]
        known = {root.get("id") for root, _ in early}
        late = [family for family in self._families(run) if family[0].get("id") not in known]
        families = early + late
        roots = [root for root, _ in families]
        children = [child for _, below in families for child in below]
        self._dice.shuffle(children)
        operation = run.operation
        rows = [*roots, *children]
        failed = self._house.knobs.bulk_fails
        kept = rows[: len(rows) // 2] if failed else rows
        operation.lines = tuple(json.dumps(one, separators=(",", ":")) for one in kept)
        operation.root_count = sum(1 for one in kept if "__parentId" not in one)
        operation.status = "FAILED" if failed else "COMPLETED"
        operation.error_code = "INTERNAL_SERVER_ERROR" if failed else None
        operation.completed_at = self._house.clock()
        act = self._house.act()
        act.add("bulk_operations/finish", operation)
        self._house.tell(act)

    def _families(self, run: _Run) -> list[Family]:
        run.asking.now = self._house.clock()
        done = execute(
            self._schema, run.document.node, root_value=self.root, context_value=run.asking
        )
        data = getattr(done, "data", None) or {}
        families: list[Family] = []
        for told in data.values():
            for edge in (told or {}).get("edges", ()):
                below: list[Row] = []
                families.append((_row(edge["node"], None, below), below))
        return families

    def _view(self, one: BulkOperation, asking: Asking) -> View:
        url = f"{asking.base}bulk/{one.secret}.jsonl" if one.lines else None
        run = self._runs.get(one.id)
        roots, objects = one.root_count, len(one.lines)
        if run is not None:
            written = run.written(asking.now)
            roots, objects = len(written), sum(1 + len(below) for _, below in written)
        size = sum(len(line.encode()) + 1 for line in one.lines)
        return {
            "__typename": "BulkOperation",
            "id": gid("BulkOperation", one.id),
            "status": one.status,
            "type": one.type,
            "errorCode": one.error_code,
            "createdAt": moment(one.created_at),
            "completedAt": moment(one.completed_at),
            "objectCount": str(objects),
            "rootObjectCount": str(roots),
            "fileSize": str(size) if one.lines else None,
            "query": one.query,
            "url": url if one.status == "COMPLETED" else None,
            "partialDataUrl": url if one.status == "FAILED" else None,
        }

    def _wrong(self, query: str) -> str | None:
        if len(query.encode()) > BYTES_MAX:
            return f"Bulk queries cannot be larger than {BYTES_MAX} bytes."
        try:
            document = self._library.read(query)
        except BadDocument as e:
            return f"Invalid bulk query: {e}"
        if document.writes:
            return "Invalid bulk query: only queries can be run."
        seen = _Seen()
        kind = self._schema.query_type
        assert kind is not None  # noqa: S101  - the schema has one
        seen.walk(document.operation.selection_set, kind, 0, in_list=False, top=True)
        if seen.wrong is None and seen.connections == 0:
            return "Bulk queries must contain at least one connection."
        if seen.connections > CONNECTIONS_MAX:
            return f"Bulk queries cannot contain more than {CONNECTIONS_MAX} connections."
        return seen.wrong


class _Seen:
    """What a walk through a bulk query came upon."""

    def __init__(self) -> None:
        self.connections = 0
        self.wrong: str | None = None

    def walk(
        self,
        selections: SelectionSetNode,
        kind: GraphQLObjectType,
        depth: int,
        *,
        in_list: bool,
        top: bool = False,
        named: bool = True,
    ) -> None:
        """Look at the fields of one object; `named` says whether the row it is in has an id."""
        fields = [one for one in selections.selections if isinstance(one, FieldNode)]
        for one in fields:
            name = one.name.value
            if top and name in ("node", "nodes"):
                self._say("Bulk queries cannot contain a top level `node` field.")
            if one.selection_set is None or name not in kind.fields:
                continue
            of = kind.fields[name].type
            below = get_named_type(of)
            if not isinstance(below, GraphQLObjectType):
                continue
            if below.name.endswith("Connection"):
                self._connection(one.selection_set, below, depth + 1, in_list=in_list)
                if not named:
                    self._say("The parent 'node' field for a nested connection must select 'id'.")
                continue
            plain = of.of_type if isinstance(of, GraphQLNonNull) else of
            lists = in_list or isinstance(plain, GraphQLList)
            self.walk(one.selection_set, below, depth, in_list=lists, named=named)

    def _connection(
        self, selections: SelectionSetNode, kind: GraphQLObjectType, depth: int, *, in_list: bool
    ) -> None:
        self.connections += 1
        if in_list:
            self._say(
                "Queries that contain a connection field within a list field are not supported."
            )
        if depth > DEPTH_MAX:
            self._say(
                f"Bulk queries cannot contain connections with a nesting depth over {DEPTH_MAX}."
            )
        for one in selections.selections:
            if not isinstance(one, FieldNode) or one.selection_set is None:
                continue
            if one.name.value == "nodes":
                self._say("Bulk queries can only use `edges { node {} }`, not `nodes`.")
            if one.name.value != "edges":
                continue
            edge = get_named_type(kind.fields["edges"].type)
            for inner in one.selection_set.selections:
                if isinstance(inner, FieldNode) and inner.selection_set is not None:
                    node = get_named_type(edge.fields["node"].type)
                    assert isinstance(node, GraphQLObjectType)  # noqa: S101  - of a connection
                    fields = inner.selection_set.selections
                    named = any(isinstance(f, FieldNode) and f.name.value == "id" for f in fields)
                    self.walk(inner.selection_set, node, depth, in_list=False, named=named)

    def _say(self, wrong: str) -> None:
        self.wrong = self.wrong or wrong


def _row(node: Row, parent: str | None, below: list[Row]) -> Row:
    """Return a node's own row, and put those of its connections below it."""
    row = _without_connections(node, node.get("id"), below)
    if parent is not None:
        row["__parentId"] = parent
    return row


def _without_connections(node: Row, parent: str | None, below: list[Row]) -> Row:
    row: Row = {}
    for name, value in node.items():
        if isinstance(value, dict) and "edges" in value:
            below += [_row(edge["node"], parent, below) for edge in value["edges"]]
        elif isinstance(value, dict):
            row[name] = _without_connections(value, parent, below)
        else:
            row[name] = value
    return row


def _refused(said: str, code: str) -> View:
    return {"bulkOperation": None, "userErrors": [user_error(said, ("query",), code)]}
