"""One GraphQL call: checked, paid for, run."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    ExecutionResult,
    GraphQLSchema,
    execute,
    get_directive_values,
    get_variable_values,
)

from stocksync.sandbox.shopify.api_errors import DOCUMENTATION, ApiError
from stocksync.sandbox.shopify.asking import Asking
from stocksync.sandbox.shopify.cost import Bucket, Costs
from stocksync.sandbox.shopify.document import BadDocument, Document, Library
from stocksync.sandbox.shopify.holes import make_hole
from stocksync.sandbox.shopify.idempotency import Keys
from stocksync.sandbox.shopify.knobs import Knobs
from stocksync.sandbox.shopify.root import IDEMPOTENT
from stocksync.sandbox.shopify.variables import ARRAY_MAX, oversized, problems

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a caller sent: a text, its variables, and perhaps which operation of it."""

    text: str
    variables: Mapping[str, Any]
    operation: str | None = None


class Graph:
    """Answers documents. The caller holds the shop's lock."""

    def __init__(
        self,
        *,
        schema: GraphQLSchema,
        library: Library,
        root: Mapping[str, Callable[..., Any]],
        keys: Keys,
        knobs: Knobs,
        bucket: Bucket,
    ) -> None:
        self._schema = schema
        self._library = library
        self._root = root
        self._keys = keys
        self._knobs = knobs
        self._bucket = bucket
        self._costs = Costs(schema)

    def document(self, wish: Wish) -> Document | None:
        """Return the document of a call, where it is one."""
        try:
            return self._library.read(wish.text, wish.operation)
        except BadDocument:
            return None

    def cost(self, wish: Wish) -> int | None:
        """Return what a call asks for, in points."""
        document = self.document(wish)
        return None if document is None else self._costs.requested(document, wish.variables)

    def key(self, wish: Wish) -> str | None:
        """Return the idempotency key of a call that has one."""
        document = self.document(wish)
        if document is None or IDEMPOTENT is None:
            return None
        definitions = document.operation.variable_definitions or ()
        values = get_variable_values(self._schema, definitions, dict(wish.variables))
        if isinstance(values, list):  # they are wrong: nothing will be done under a key
            return None
        for one in document.operation.selection_set.selections:
            named = get_directive_values(IDEMPOTENT, one, values)
            if named is not None:
                return str(named["key"])
        return None

    def run(self, wish: Wish, asking: Asking, *, hole: bool = False) -> Answer:
        """Answer one call; with a `hole` something of the data is missing, and an error says so."""
        try:
            document = self._library.read(wish.text, wish.operation)
        except BadDocument as e:
            return {"errors": e.errors}
        wrong = problems(self._schema, document.operation, wish.variables)
        if wrong:
            return {"errors": wrong}
        requested = self._costs.requested(document, wish.variables)
        refused = self._too_much(wish, requested)
        if refused is not None:
            return refused
        if not self._bucket.take(requested):
            return self.throttled(requested)
        done = execute(
            self._schema,
            document.node,
            root_value=self._root,
            context_value=asking,
            variable_values=dict(wish.variables),
            operation_name=document.name or None,
        )
        assert isinstance(done, ExecutionResult)  # noqa: S101  - nothing here is awaited
        for error in done.errors or ():
            if error.original_error is not None and not isinstance(error.original_error, ApiError):
                raise error.original_error  # a defect of the shop itself
        answer: Answer = {"data": done.data}
        if done.errors:
            answer["errors"] = [one.formatted for one in done.errors]
        if hole:
            make_hole(answer)
        actual = min(requested, self._costs.actual(document, wish.variables, done.data))
        self._bucket.give_back(requested - actual)
        answer["extensions"] = {"cost": self._cost(requested, actual)}
        if asking.warnings:
            answer["extensions"]["search"] = [
                {"warnings": [{"field": one, "code": "invalid_field"} for one in asking.warnings]}
            ]
        return answer

    def throttled(self, requested: int) -> Answer:
        """Return the answer to a call that found too few points."""
        extensions = {"code": "THROTTLED", "documentation": DOCUMENTATION}
        return {
            "errors": [{"message": "Throttled", "extensions": extensions}],
            "extensions": {"cost": self._cost(requested, None)},
        }

    def _too_much(self, wish: Wish, requested: int) -> Answer | None:
        most = self._knobs.query_points_max
        if requested > most:
            said = (
                f"Query cost is {requested}, which exceeds the single query max cost limit "
                f"({most:g})."
            )
            extensions = {
                "code": "MAX_COST_EXCEEDED",
                "cost": requested,
                "maxCost": most,
                "documentation": DOCUMENTATION,
            }
            return {"errors": [{"message": said, "extensions": extensions}]}
        length = oversized(dict(wish.variables))
        if length is None:
            return None
        said = (
            f"The input array size of {length} is greater than the maximum allowed of {ARRAY_MAX}."
        )
        return {"errors": [{"message": said, "extensions": {"code": "MAX_INPUT_SIZE_EXCEEDED"}}]}

    def _cost(self, requested: int, actual: int | None) -> Answer:
        return {
            "requestedQueryCost": requested,
            "actualQueryCost": actual,
            "throttleStatus": self._bucket.status(),
        }
