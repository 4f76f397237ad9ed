"""What we send is what the published API takes, and costs what it is said to cost."""

import re
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    FieldNode,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    get_variable_values,
    parse,
    validate,
)
from graphql.type import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    get_named_type,
)
from graphql.validation import NoDeprecatedCustomRule

from stocksync.channels.shopify import api, documents
from stocksync.channels.shopify.documents import Document, all_documents
from stocksync.channels.shopify.hooks import ORDER_FIELDS, TOPICS
from tests.channels.shopify import schema

NAMES = sorted(all_documents())
ADAPTER = Path(api.__file__).parent
ITEM, LOCATION = "gid://shopify/InventoryItem/48513488879001", "gid://shopify/Location/75596366001"
HOOK = {
    "uri": "https://sync.example.com/hooks/m/web",
    "format": "JSON",
    "name": "stocksync-web-orders-create",
    "includeFields": list(ORDER_FIELDS),
}
SAMPLES: dict[str, dict[str, Any]] = {
    "StocksyncShop": {},
    "StocksyncLocations": {"after": None},
    "StocksyncLevels": {"ids": [ITEM], "loc": LOCATION},
    "StocksyncLevelsAllLocations": {"ids": [ITEM]},
    "StocksyncItems": {"ids": [ITEM]},
    "StocksyncSet": {
        "input": {
            "name": "available",
            "reason": "correction",
            "referenceDocumentUri": "gid://stocksync/Push/push_1",
            "quantities": [
                {
                    "inventoryItemId": ITEM,
                    "locationId": LOCATION,
                    "quantity": 5,
                    "changeFromQuantity": 7,
                }
            ],
        },
        "key": "push_1",
    },
    "StocksyncOrdersSince": {"q": "updated_at:>='2026-11-22T14:50:00Z'", "after": "abc"},
    "StocksyncOrder": {"id": "gid://shopify/Order/6749596057001", "linesAfter": None},
    "StocksyncOldestOrder": {},
    "StocksyncRefund": {"id": "gid://shopify/Refund/1", "after": "abc"},
    "StocksyncFulfilment": {"id": "gid://shopify/Fulfillment/1", "after": "abc"},
    "StocksyncHookList": {"after": None},
    "StocksyncHookCreate": {"topic": "ORDERS_CREATE", "hook": HOOK},
    "StocksyncHookUpdate": {"id": "gid://shopify/WebhookSubscription/1", "hook": HOOK},
    "StocksyncHookDelete": {"id": "gid://shopify/WebhookSubscription/1"},
    "StocksyncBulkStart": {"q": all_documents()["StocksyncBulkImport"]},
    "StocksyncBulkPoll": {"id": "gid://shopify/BulkOperation/1"},
    "StocksyncBulkImport": {},
}
GUARDED = {
    "inventorySetQuantities",
    "inventoryAdjustQuantities",
    "inventoryActivate",
    "inventoryMoveQuantities",
}
"""The mutations that Shopify refuses without a key."""

FREE = {"PageInfo", "ApiVersion"}
PAGES = {20: 5, 25: 5, 50: 7, 100: 9, 250: 11, 10: 4, 1: 1}


@pytest.fixture
def published() -> GraphQLSchema:
    return schema.published()


def operation(text: str) -> OperationDefinitionNode:
    (one,) = parse(text).definitions
    assert isinstance(one, OperationDefinitionNode)
    return one


@pytest.mark.shopify_schema
@pytest.mark.parametrize("name", NAMES)
def test_the_published_api_takes_every_document_and_calls_nothing_of_it_old(
    name: str, published: GraphQLSchema
) -> None:
    document = parse(all_documents()[name])

    assert validate(published, document) == []
    assert validate(published, document, [NoDeprecatedCustomRule]) == []


@pytest.mark.shopify_schema
@pytest.mark.parametrize("name", NAMES)
def test_the_published_api_takes_real_variables_of_every_document(
    name: str, published: GraphQLSchema
) -> None:
    definitions = operation(all_documents()[name]).variable_definitions

    values = get_variable_values(published, definitions or (), SAMPLES[name])

    assert not isinstance(values, list), values


@pytest.mark.shopify_schema
@pytest.mark.parametrize("topic", TOPICS)
def test_every_topic_is_one_of_the_api(topic: str, published: GraphQLSchema) -> None:
    definitions = operation(documents.HOOK_CREATE.text).variable_definitions

    values = get_variable_values(published, definitions or (), {"topic": topic, "hook": HOOK})

    assert not isinstance(values, list), values


@pytest.mark.shopify_schema
@pytest.mark.parametrize(
    "document",
    [
        one
        for one in vars(documents).values()
        if isinstance(one, Document) and one is not documents.BULK_IMPORT
    ],
    ids=lambda one: str(one.name),
)
def test_a_document_asks_for_as_many_points_as_it_says_and_never_for_a_thousand(
    document: Document, published: GraphQLSchema
) -> None:
    one = operation(document.text)
    if one.operation is OperationType.MUTATION:
        root = published.mutation_type
        asked = 10 + sum(
            cost(inner, published) - 1 for inner in payloads(one, published) if inner is not None
        )
    else:
        root = published.query_type
        assert root is not None
        asked = objects(one.selection_set, root, published)

    assert asked == document.cost
    assert document.cost < 1000


def payloads(
    one: OperationDefinitionNode, published: GraphQLSchema
) -> list[tuple[FieldNode, GraphQLObjectType] | None]:
    """Return the fields of a mutation's payload that cost something."""
    assert published.mutation_type is not None
    (field,) = one.selection_set.selections
    assert isinstance(field, FieldNode)
    payload = get_named_type(published.mutation_type.fields[field.name.value].type)
    assert isinstance(payload, GraphQLObjectType)
    assert field.selection_set is not None
    return [
        (inner, payload)
        for inner in field.selection_set.selections
        if isinstance(inner, FieldNode)
        and inner.selection_set is not None
        and inner.name.value != "userErrors"
    ]


def cost(at: tuple[FieldNode, GraphQLObjectType], published: GraphQLSchema) -> int:
    """Return the points of one field of an object, by the model that fits what was seen."""
    field, parent = at
    if field.selection_set is None:
        return 0
    kind = get_named_type(parent.fields[field.name.value].type)
    if not isinstance(kind, (GraphQLObjectType, GraphQLInterfaceType)) or kind.name in FREE:
        return 1 if kind.name == "ApiVersion" and parent.name == "QueryRoot" else 0
    if kind.name.endswith("Connection"):
        (first,) = [x.value for x in field.arguments or () if x.name.value == "first"]
        assert isinstance(first, IntValueNode)
        child = nodes_of(field.selection_set, kind, published)
        return 2 + PAGES[int(first.value)] * (1 + child)
    return 1 + objects(field.selection_set, kind, published)


def nodes_of(selections: SelectionSetNode, kind: Any, published: GraphQLSchema) -> int:
    (nodes,) = [
        x for x in selections.selections if isinstance(x, FieldNode) and x.name.value == "nodes"
    ]
    assert nodes.selection_set is not None
    return objects(nodes.selection_set, get_named_type(kind.fields["nodes"].type), published)


def objects(selections: SelectionSetNode, kind: Any, published: GraphQLSchema) -> int:
    """Return the points of what is selected of one object."""
    total = 0
    for one in selections.selections:
        if isinstance(one, InlineFragmentNode):
            assert one.type_condition is not None
            inner = published.type_map[one.type_condition.name.value]
            total += objects(one.selection_set, inner, published)
        elif isinstance(one, FieldNode):
            total += cost((one, kind), published)
    return total


def test_every_document_has_its_sample() -> None:
    assert set(SAMPLES) == set(all_documents())


def test_what_the_adapter_sends_is_written_in_one_place_only() -> None:
    kept = {one.name for one in vars(documents).values() if isinstance(one, Document)}
    elsewhere = [
        path.name
        for path in ADAPTER.glob("*.py")
        if path.name != "documents.py"
        and re.search(r"Document\(|(query|mutation)\s+\w+\s*[({]", path.read_text())
    ]

    assert kept == set(all_documents())
    assert elsewhere == []


@pytest.mark.parametrize("name", NAMES)
def test_a_mutation_that_needs_a_key_carries_it(name: str) -> None:
    one = operation(all_documents()[name])
    if one.operation is not OperationType.MUTATION:
        return
    (field,) = one.selection_set.selections
    assert isinstance(field, FieldNode)
    keyed = [x.name.value for x in field.directives or ()] == ["idempotent"]

    assert keyed is (field.name.value in GUARDED)


def test_the_list_of_the_catalogue_keeps_the_rules_of_bulk_operations() -> None:
    text = documents.BULK_IMPORT.text

    assert len(text.encode()) <= 65_535
    assert "nodes" not in text
    assert text.count("edges {") == 2
    assert text.count("node {") == 2
    assert text.count("id") >= 2
