"""`/orders`, their refunds and their batches."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from stocksync.sandbox.woocommerce import money
from stocksync.sandbox.woocommerce.asked import Asked, Page, Reply, batch_of, whole
from stocksync.sandbox.woocommerce.desk import Desk
from stocksync.sandbox.woocommerce.errors import RestError, invalid
from stocksync.sandbox.woocommerce.knobs import Knobs
from stocksync.sandbox.woocommerce.orders import Order, Refund, Status, Wanted
from stocksync.sandbox.woocommerce.record import Log

INVALID = "woocommerce_rest_shop_order_invalid_id"
ORDERINGS = ("date", "id", "include", "title", "slug", "modified")


class OrderRoutes:
    """Answers calls about orders. The caller holds the shop's lock."""

    def __init__(
        self, *, desk: Desk, clock: Callable[[], datetime], knobs: Knobs, log: Log
    ) -> None:
        self._desk = desk
        self._clock = clock
        self._knobs = knobs
        self._log = log

    def listing(self, asked: Asked) -> Reply:
        """List orders as the order index shows them: drafts among them, the trash left out."""
        page = Page.of(asked)
        statuses = _statuses(asked)
        include, exclude = asked.ids("include"), asked.ids("exclude") or []
        after, before = asked.moment("modified_after"), asked.moment("modified_before")
        made_after, made_before = asked.moment("after"), asked.moment("before")
        rows = [
            body
            for body in map(self._indexed, self._desk.orders)
            if body is not None
            and body["status"] in statuses
            and (not include or body["id"] in include)
            and body["id"] not in exclude
            and _within(body["date_modified_gmt"], after, before)
            and _within(body["date_created_gmt"], made_after, made_before)
        ]
        by = asked.choice("orderby", "date", ORDERINGS)
        key = {"modified": "date_modified_gmt", "date": "date_created_gmt"}.get(by, "id")
        down = asked.choice("order", "desc", ("asc", "desc")) == "desc"
        rows.sort(key=lambda body: (body[key], body["id"]), reverse=down)
        headers = page.headers(len(rows), self._desk.home.at("orders"))
        return Reply(body=[self._full(body) for body in page.cut(rows)], headers=headers)

    def one(self, asked: Asked, order_id: int) -> Reply:
        """Read, save or delete one order; a read sees the present, whatever the index shows."""
        order = self._order(order_id, writing=asked.method in ("PUT", "POST", "PATCH"))
        if asked.method == "GET":
            return Reply(body=self._desk.order_bodies.order(order))
        if asked.method == "DELETE":
            return Reply(body=self._delete(order, force=asked.flag("force")))
        return Reply(body=self._update(order, asked.fields))

    def create(self, asked: Asked) -> Reply:
        """Make an order; nobody looks at the shelf."""
        return Reply(body=self._create(asked.fields), status=201)

    def batch(self, asked: Asked) -> Reply:
        """Do each item in turn; one that fails says so, and the rest goes on."""
        parts = batch_of(asked, self._knobs.batch_max)
        done: dict[str, list[Any]] = {}
        acts: dict[str, Callable[[Any], Any]] = {
            "create": self._create,
            "update": lambda item: self._update(self._order(_id_of(item), writing=True), item),
            "delete": lambda item: self._delete(
                self._order(_id_of(item), writing=False), force=True
            ),
        }
        for name, act in acts.items():
            for item in parts[name]:
                try:
                    answer = act(item)
                except RestError as e:
                    answer = {"id": _id_of(item), "error": e.body()}
                done.setdefault(name, []).append(answer)
        return Reply(body=done)

    def refunds(self, asked: Asked, order_id: int) -> Reply:
        """List or make refunds of an order."""
        order = self._order(order_id, writing=False)
        if asked.method != "GET":
            return Reply(body=self._refund(order, asked.fields), status=201)
        page = Page.of(asked)
        rows = [self._desk.order_bodies.refund(order, one) for one in reversed(order.refunds)]
        headers = page.headers(len(rows), self._desk.home.at(asked.route))
        return Reply(body=page.cut(rows), headers=headers)

    def refund(self, asked: Asked, order_id: int, refund_id: int) -> Reply:
        """Read or delete one refund."""
        order = self._order(order_id, writing=False)
        found = _refund_of(order, refund_id)
        body = self._desk.order_bodies.refund(order, found)
        if asked.method == "DELETE":
            if not asked.flag("force"):
                raise RestError(
                    "woocommerce_rest_trash_not_supported",
                    "Refunds do not support trashing. Set force=true to delete.",
                    501,
                )
            self._desk.delete_refund(order, found)
        return Reply(body=body)

    def _order(self, order_id: int, *, writing: bool) -> Order:
        order = self._desk.orders.get(order_id)
        if order is None:
            raise RestError(INVALID, "Invalid ID.", 400 if writing else 404)
        return order

    def _indexed(self, order_id: int) -> Mapping[str, Any] | None:
        lag_s = self._knobs.order_index_lag_s
        if not lag_s:
            return _brief(self._desk.orders[order_id])
        shown_until = self._clock() - timedelta(seconds=lag_s)
        versions = self._desk.versions[order_id]
        return next((body for at, body in reversed(versions) if at <= shown_until), None)

    def _full(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        if self._knobs.order_index_lag_s:
            return body
        return self._desk.order_bodies.order(self._desk.orders[body["id"]])

    def _create(self, told: Mapping[str, Any]) -> dict[str, Any]:
        paid = told.get("set_paid") is True
        status = _status(told.get("status", "processing" if paid else "pending"))
        wanted = [self._wanted(line) for line in told.get("line_items") or []]
        order = self._desk.create(
            wanted,
            status=status,
            via="rest-api",
            fees=[
                (str(fee.get("name", "")), money.cents(fee.get("total")) or 0)
                for fee in told.get("fee_lines") or []
            ],
            note=str(told.get("customer_note", "")),
            payment_method=str(told.get("payment_method", "")),
            paid=paid,
        )
        for one in wanted:
            product = self._desk.catalogue.get(one.product_id)
            if product is not None:
                self._log.sold[product.sku] += one.quantity
        return self._desk.order_bodies.order(order)

    def _update(self, order: Order, told: Mapping[str, Any]) -> dict[str, Any]:
        quantities: dict[int, int] = {}
        added = []
        for line in told.get("line_items") or []:
            if "id" not in line:
                added.append(self._wanted(line))
            elif line.get("product_id", 0) is None or line.get("quantity") == 0:
                quantities[whole("id", line["id"])] = 0
            elif "quantity" in line:
                quantities[whole("id", line["id"])] = whole("quantity", line["quantity"])
        self._desk.save(
            order,
            status=None if told.get("status") is None else _status(told["status"]),
            note=told.get("customer_note"),
            quantities=quantities,
            added=added,
        )
        return self._desk.order_bodies.order(order)

    def _delete(self, order: Order, *, force: bool) -> dict[str, Any]:
        shown = self._desk.order_bodies.order(order)
        if force:
            self._desk.force_delete(order)
        elif order.status is Status.TRASH:
            raise RestError(
                "woocommerce_rest_already_trashed", "The order has already been deleted.", 410
            )
        else:
            self._desk.trash(order)
            shown = self._desk.order_bodies.order(order)
        return shown

    def _refund(self, order: Order, told: Mapping[str, Any]) -> dict[str, Any]:
        units, totals = {}, {}
        for line in told.get("line_items") or []:
            line_id = whole("id", line.get("id"))
            units[line_id] = whole("quantity", line.get("quantity", 0))
            totals[line_id] = money.cents(line.get("refund_total", 0)) or 0
        amount = money.cents(told.get("amount"))
        if amount is None:
            amount = sum(totals.values())
        refund = self._desk.refund(
            order,
            units=units,
            totals=totals,
            amount_cents=amount,
            restock=told.get("api_restock", True) is not False,
            reason=str(told.get("reason", "")),
        )
        return self._desk.order_bodies.refund(order, refund)

    def _wanted(self, line: Mapping[str, Any]) -> Wanted:
        product_id = line.get("variation_id") or line.get("product_id") or 0
        if not product_id and not line.get("sku"):
            raise RestError(
                "woocommerce_rest_required_product_reference",
                "Product ID or SKU is required.",
                400,
            )
        if not product_id:
            found = self._desk.catalogue.find(str(line["sku"]))
            product_id = 0 if found is None else found.id
        total = money.cents(line.get("total"))
        return Wanted(
            product_id=whole("product_id", product_id),
            quantity=whole("quantity", line.get("quantity", 1)),
            total_cents=total,
            name=str(line.get("name", "")),
        )


def _brief(order: Order) -> Mapping[str, Any]:
    return {
        "id": order.id,
        "status": order.status.value,
        "date_modified_gmt": order.modified_at.replace(microsecond=0),
        "date_created_gmt": order.created_at.replace(microsecond=0),
    }


def _within(told: Any, after: datetime | None, before: datetime | None) -> bool:
    if after is None and before is None:
        return True
    at = told if isinstance(told, datetime) else datetime.fromisoformat(told).replace(tzinfo=UTC)
    return (after is None or at > after) and (before is None or at < before)


def _statuses(asked: Asked) -> set[str]:
    told = asked.words("status") or ["any"]
    for one in told:
        if one not in ("any", *Status):
            raise invalid("status", f"status[0] is not one of any, {', '.join(Status)}.")
    if "any" in told:
        return {status.value for status in Status if status is not Status.TRASH}
    return set(told)


def _status(told: Any) -> Status:
    try:
        return Status(told)
    except ValueError as e:
        raise invalid("status", f"status is not one of {', '.join(Status)}.") from e


def _refund_of(order: Order, refund_id: int) -> Refund:
    for refund in order.refunds:
        if refund.id == refund_id:
            return refund
    raise RestError("woocommerce_rest_shop_order_refund_invalid_id", "Invalid ID.", 404)


def _id_of(item: Any) -> int:
    told = item.get("id") if isinstance(item, dict) else item
    return told if isinstance(told, int) and not isinstance(told, bool) else 0
