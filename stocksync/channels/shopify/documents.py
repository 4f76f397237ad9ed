"""Everything that is ever sent to the Admin API of version 2026-10, and what it costs.

Requested points by the model that fits what was observed: a mutation 10 with the first objects
of its payload; any other object 1; scalars and `pageInfo` 0; a plain list is one object;
a connection 2 + f(first) x (1 + child), where f is 5 for 20 to 49, 7 for 50, 9 for 100 and 11
for 250. No single query may ask for more than 1000.

    D-ORDERS   2 + 5 x (1 + retail 1 + lines 23 + refunds 24 + fulfilments 18) = 337
    D-ORDER    1 + retail 1 + lines 35 + refunds 36 + fulfilments 26 = 99
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

VERSION: Final = "2026-10"
ORDERS_PAGE: Final = 25
REFUNDS_CUT: Final = 20
"""As many refunds or fulfilments in a row of D-ORDERS mean that there may be more."""
LIST_MAX: Final = 250
"""The most entries of one list, one page or one array of ids."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One text of the API: `cost` is what it asks for, in points."""

    name: str
    text: str
    cost: int
    is_mutation: bool


_ALL: dict[str, Document] = {}


def _document(cost: int, text: str) -> Document:
    kind, name, _ = re.split(r"\W+", text.strip(), maxsplit=2)
    one = Document(name=name, text=text.strip(), cost=cost, is_mutation=kind == "mutation")
    _ALL[one.name] = one
    return one


def all_documents() -> Mapping[str, str]:
    """Return every text that can be sent, by its name."""
    return {name: one.text for name, one in _ALL.items()}


SHOP: Final = _document(
    5,
    """
query StocksyncShop {
  shop { id name myshopifyDomain plan { publicDisplayName } }
  currentAppInstallation { accessScopes { handle } }
  publicApiVersions { handle supported }
}
""",
)

LOCATIONS: Final = _document(
    9,
    """
query StocksyncLocations($after: String) {
  locations(first: 50, after: $after, includeInactive: true, includeLegacy: true) {
    nodes { id legacyResourceId name isActive fulfillsOnlineOrders isFulfillmentService }
    pageInfo { hasNextPage endCursor } }
}
""",
)

LEVELS: Final = _document(
    3,
    """
query StocksyncLevels($ids: [ID!]!, $loc: ID!) {
  nodes(ids: $ids) {
    id
    ... on InventoryItem {
      sku tracked
      inventoryLevel(locationId: $loc, includeInactive: true) {
        id isActive updatedAt
        quantities(names: ["available", "committed", "on_hand"]) { name quantity updatedAt } } } }
}
""",
)

LEVELS_ALL: Final = _document(
    30,
    """
query StocksyncLevelsAllLocations($ids: [ID!]!) {
  nodes(ids: $ids) {
    id
    ... on InventoryItem {
      sku tracked duplicateSkuCount
      variants(first: 10) { nodes { id inventoryPolicy requiresComponents } }
      inventoryLevels(first: 50, includeInactive: true) {
        nodes {
          id isActive location { id isActive }
          quantities(names: [
            "available", "committed", "on_hand", "incoming",
            "reserved", "damaged", "safety_stock", "quality_control"
          ]) { name quantity } }
        pageInfo { hasNextPage endCursor } } } }
}
""",
)

ITEMS: Final = _document(
    42,
    """
query StocksyncItems($ids: [ID!]!) {
  nodes(ids: $ids) {
    id
    ... on InventoryItem {
      tracked
      variants(first: 10) {
        nodes { id sku inventoryPolicy requiresComponents }
        pageInfo { hasNextPage endCursor } }
      inventoryLevels(first: 250, includeInactive: true) {
        nodes {
          id isActive location { id }
          quantities(names: ["available"]) { name quantity } }
        pageInfo { hasNextPage endCursor } } } }
}
""",
)

SET: Final = _document(
    13,
    """
mutation StocksyncSet($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { id createdAt changes { name delta item { id } location { id } } }
    userErrors { code field message } }
}
""",
)

ORDERS: Final = _document(
    337,
    """
query StocksyncOrdersSince($q: String!, $after: String) {
  orders(first: 25, query: $q, sortKey: UPDATED_AT, after: $after) {
    nodes {
      id legacyResourceId name createdAt updatedAt processedAt cancelledAt cancelReason closedAt
      confirmed edited test sourceName displayFinancialStatus displayFulfillmentStatus
      retailLocation { id }
      lineItems(first: 50) {
        nodes {
          id sku quantity currentQuantity unfulfilledQuantity nonFulfillableQuantity isGiftCard
          variant { id inventoryItem { id tracked } } }
        pageInfo { hasNextPage endCursor } }
      refunds(first: 20) {
        id legacyResourceId createdAt updatedAt
        refundLineItems(first: 50) {
          nodes { id quantity restockType restocked location { id } lineItem { id } }
          pageInfo { hasNextPage endCursor } } }
      fulfillments(first: 20) {
        id legacyResourceId status createdAt updatedAt location { id }
        fulfillmentLineItems(first: 50) {
          nodes { id quantity lineItem { id } }
          pageInfo { hasNextPage endCursor } } } }
    pageInfo { hasNextPage endCursor } }
}
""",
)

OLDEST_ORDER: Final = _document(
    3,
    """
query StocksyncOldestOrder {
  orders(first: 1, sortKey: ID) { nodes { id } }
}
""",
)

ORDER: Final = _document(
    99,
    """
query StocksyncOrder($id: ID!, $linesAfter: String) {
  order(id: $id) {
    id legacyResourceId name createdAt updatedAt processedAt cancelledAt cancelReason closedAt
    confirmed edited test sourceName displayFinancialStatus displayFulfillmentStatus
    retailLocation { id }
    lineItems(first: 250, after: $linesAfter) {
      nodes {
        id sku quantity currentQuantity unfulfilledQuantity nonFulfillableQuantity isGiftCard
        variant { id inventoryItem { id tracked } } }
      pageInfo { hasNextPage endCursor } }
    refunds(first: 250) {
      id legacyResourceId createdAt updatedAt
      refundLineItems(first: 250) {
        nodes { id quantity restockType restocked location { id } lineItem { id } }
        pageInfo { hasNextPage endCursor } } }
    fulfillments(first: 250) {
      id legacyResourceId status createdAt updatedAt location { id }
      fulfillmentLineItems(first: 250) {
        nodes { id quantity lineItem { id } }
        pageInfo { hasNextPage endCursor } } } }
}
""",
)

REFUND: Final = _document(
    36,
    """
query StocksyncRefund($id: ID!, $after: String) {
  refund(id: $id) {
    refundLineItems(first: 250, after: $after) {
      nodes { id quantity restockType restocked location { id } lineItem { id } }
      pageInfo { hasNextPage endCursor } } }
}
""",
)

FULFILMENT: Final = _document(
    25,
    """
query StocksyncFulfilment($id: ID!, $after: String) {
  fulfillment(id: $id) {
    fulfillmentLineItems(first: 250, after: $after) {
      nodes { id quantity lineItem { id } }
      pageInfo { hasNextPage endCursor } } }
}
""",
)

HOOK_LIST: Final = _document(
    11,
    """
query StocksyncHookList($after: String) {
  webhookSubscriptions(first: 100, after: $after) {
    nodes {
      id topic uri name format filter includeFields createdAt updatedAt apiVersion { handle } }
    pageInfo { hasNextPage endCursor } }
}
""",
)

HOOK_CREATE: Final = _document(
    10,
    """
mutation StocksyncHookCreate($topic: WebhookSubscriptionTopic!, $hook: WebhookSubscriptionInput!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $hook) {
    webhookSubscription { id topic uri name format filter includeFields apiVersion { handle } }
    userErrors { field message } }
}
""",
)

HOOK_UPDATE: Final = _document(
    10,
    """
mutation StocksyncHookUpdate($id: ID!, $hook: WebhookSubscriptionInput!) {
  webhookSubscriptionUpdate(id: $id, webhookSubscription: $hook) {
    webhookSubscription { id topic uri includeFields }
    userErrors { field message } }
}
""",
)

HOOK_DELETE: Final = _document(
    10,
    """
mutation StocksyncHookDelete($id: ID!) {
  webhookSubscriptionDelete(id: $id) {
    deletedWebhookSubscriptionId
    userErrors { field message } }
}
""",
)

BULK_START: Final = _document(
    10,
    """
mutation StocksyncBulkStart($q: String!) {
  bulkOperationRunQuery(query: $q, groupObjects: false) {
    bulkOperation { id status createdAt }
    userErrors { code field message } }
}
""",
)

BULK_POLL: Final = _document(
    1,
    """
query StocksyncBulkPoll($id: ID!) {
  bulkOperation(id: $id) {
    id status errorCode createdAt completedAt objectCount rootObjectCount fileSize
    url partialDataUrl }
}
""",
)

BULK_IMPORT: Final = _document(
    0,
    """
query StocksyncBulkImport {
  productVariants {
    edges {
      node {
        id sku barcode inventoryPolicy requiresComponents
        product { id title status }
        inventoryItem {
          id tracked duplicateSkuCount
          inventoryLevels {
            edges {
              node {
                id isActive
                item { id }
                location { id }
                quantities(names: ["available", "committed", "on_hand", "incoming"]) {
                  name quantity } } } } } } } }
}
""",
)
