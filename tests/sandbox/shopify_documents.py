"""The documents of the Admin API that stocksync needs, and what each asks for."""

SHOP = """
query StocksyncShop {
  shop { id name myshopifyDomain plan { publicDisplayName } }
  currentAppInstallation { accessScopes { handle } }
  publicApiVersions { handle supported }
}
"""

LOCATIONS = """
query StocksyncLocations($after: String) {
  locations(first: 50, after: $after, includeInactive: true, includeLegacy: true) {
    nodes { id legacyResourceId name isActive fulfillsOnlineOrders isFulfillmentService }
    pageInfo { hasNextPage endCursor } }
}
"""

VARIANTS_BY_SKU = """
query StocksyncVariantsBySku($q: String!, $after: String) {
  productVariants(first: 100, query: $q, after: $after) {
    nodes {
      id legacyResourceId sku barcode inventoryPolicy requiresComponents
      product { id title status }
      inventoryItem { id legacyResourceId sku tracked duplicateSkuCount } }
    pageInfo { hasNextPage endCursor } }
}
"""

LEVELS = """
query StocksyncLevels($ids: [ID!]!, $loc: ID!) {
  nodes(ids: $ids) {
    id
    ... on InventoryItem {
      sku tracked
      inventoryLevel(locationId: $loc, includeInactive: true) {
        id isActive updatedAt
        quantities(names: ["available", "committed", "on_hand"]) { name quantity updatedAt } } } }
}
"""

LEVELS_ALL_LOCATIONS = """
query StocksyncLevelsAllLocations($ids: [ID!]!) {
  nodes(ids: $ids) {
    id
    ... on InventoryItem {
      sku tracked duplicateSkuCount
      variants(first: 10) { nodes { id inventoryPolicy requiresComponents } }
      inventoryLevels(first: 50, includeInactive: true) {
        nodes {
          id isActive location { id isActive }
          quantities(names: ["available", "committed", "on_hand", "incoming",
            "reserved", "damaged", "safety_stock", "quality_control"]) { name quantity } }
        pageInfo { hasNextPage endCursor } } } }
}
"""

SET = """
mutation StocksyncSet($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { id createdAt changes { name delta item { id } location { id } } }
    userErrors { code field message } }
}
"""

ADJUST = """
mutation StocksyncAdjust($input: InventoryAdjustQuantitiesInput!, $key: String!) {
  inventoryAdjustQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { id createdAt changes { name delta item { id } location { id } } }
    userErrors { code field message } }
}
"""

ACTIVATE = """
mutation StocksyncActivate($item: ID!, $loc: ID!, $key: String!) {
  inventoryActivate(inventoryItemId: $item, locationId: $loc) @idempotent(key: $key) {
    inventoryLevel { id isActive quantities(names: ["available", "on_hand"]) { name quantity } }
    userErrors { field message } }
}
"""

TRACK = """
mutation StocksyncTrack($id: ID!) {
  inventoryItemUpdate(id: $id, input: { tracked: true }) {
    inventoryItem { id tracked }
    userErrors { field message } }
}
"""

HOOK_CREATE = """
mutation StocksyncHookCreate($topic: WebhookSubscriptionTopic!, $hook: WebhookSubscriptionInput!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $hook) {
    webhookSubscription { id topic uri name format filter includeFields apiVersion { handle } }
    userErrors { field message } }
}
"""

HOOK_LIST = """
query StocksyncHookList($after: String) {
  webhookSubscriptions(first: 100, after: $after) {
    nodes {
      id topic uri name format filter includeFields createdAt updatedAt apiVersion { handle } }
    pageInfo { hasNextPage endCursor } }
}
"""

HOOK_UPDATE = """
mutation StocksyncHookUpdate($id: ID!, $hook: WebhookSubscriptionInput!) {
  webhookSubscriptionUpdate(id: $id, webhookSubscription: $hook) {
    webhookSubscription { id topic uri includeFields }
    userErrors { field message } }
}
"""

HOOK_DELETE = """
mutation StocksyncHookDelete($id: ID!) {
  webhookSubscriptionDelete(id: $id) {
    deletedWebhookSubscriptionId
    userErrors { field message } }
}
"""

ORDERS_SINCE = """
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
          pageInfo { hasNextPage endCursor } } } }
    pageInfo { hasNextPage endCursor } }
}
"""

ORDER = """
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
        pageInfo { hasNextPage endCursor } } } }
}
"""

ORDER_LOCATIONS = """
query StocksyncOrderLocations($id: ID!) {
  order(id: $id) {
    id
    fulfillmentOrders(first: 50) {
      nodes {
        id status requestStatus updatedAt
        assignedLocation { location { id } }
        lineItems(first: 100) {
          nodes { id totalQuantity remainingQuantity inventoryItemId lineItem { id } } } }
      pageInfo { hasNextPage endCursor } } }
}
"""

BULK_START = """
mutation StocksyncBulkStart($q: String!) {
  bulkOperationRunQuery(query: $q, groupObjects: false) {
    bulkOperation { id status createdAt }
    userErrors { code field message } }
}
"""

BULK_POLL = """
query StocksyncBulkPoll($id: ID!) {
  bulkOperation(id: $id) {
    id status errorCode createdAt completedAt objectCount rootObjectCount fileSize
    url partialDataUrl }
}
"""

BULK_IMPORT = """
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
"""

# In points, as requested.
COSTS = {
    SHOP: 5,
    LOCATIONS: 9,
    VARIANTS_BY_SKU: 29,
    LEVELS: 3,
    LEVELS_ALL_LOCATIONS: 30,
    SET: 13,
    ADJUST: 13,
    ACTIVATE: 11,
    TRACK: 10,
    HOOK_CREATE: 10,
    HOOK_LIST: 11,
    HOOK_UPDATE: 10,
    HOOK_DELETE: 10,
    ORDERS_SINCE: 247,
    ORDER: 73,
    ORDER_LOCATIONS: 164,
    BULK_START: 10,
    BULK_POLL: 1,
}
