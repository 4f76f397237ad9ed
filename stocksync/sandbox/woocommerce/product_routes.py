"""`/products`, their variations and their batches."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from stocksync.sandbox.woocommerce import money
from stocksync.sandbox.woocommerce.asked import Asked, Page, Reply, batch_of, whole
from stocksync.sandbox.woocommerce.catalogue import Product, Type
from stocksync.sandbox.woocommerce.desk import Desk
from stocksync.sandbox.woocommerce.errors import RestError, invalid
from stocksync.sandbox.woocommerce.knobs import Knobs
from stocksync.sandbox.woocommerce.record import Log, Write

STATUSES = ("any", "draft", "pending", "private", "publish", "future", "trash")
ORDERINGS = ("date", "id", "include", "title", "slug", "modified", "menu_order", "price")
BACKORDERS = ("no", "notify", "yes")


class ProductRoutes:
    """Answers calls about products. The caller holds the shop's lock."""

    def __init__(
        self, *, desk: Desk, clock: Callable[[], datetime], knobs: Knobs, log: Log
    ) -> None:
        self.race_hook: Callable[[int], None] | None = None
        self._desk = desk
        self._clock = clock
        self._knobs = knobs
        self._log = log
        self._read: set[int] = set()  # ids a client has read since it last wrote them

    def listing(self, asked: Asked) -> Reply:
        """List products; with `sku` also variations, and only then."""
        skus = asked.words("sku")
        found = [
            one
            for one in self._desk.catalogue
            if (one.type is not Type.VARIATION if skus is None else one.sku in skus)
        ]
        kinds = ("any", *Type)
        kind = asked.choice("type", "any", kinds)
        return self._listed(asked, [one for one in found if kind in ("any", one.type)])

    def variations(self, asked: Asked, parent_id: int) -> Reply:
        """List the variations of one product."""
        parent = self._product(parent_id, writing=False)
        found = [self._desk.catalogue.get(one) for one in parent.variations]
        skus = asked.words("sku")
        return self._listed(
            asked, [one for one in found if one is not None and (not skus or one.sku in skus)]
        )

    def one(self, asked: Asked, product_id: int, parent_id: int = 0) -> Reply:
        """Read, save or delete one product, or one variation below its parent."""
        product = self._product(product_id, writing=asked.method != "GET", parent_id=parent_id)
        if asked.method == "GET":
            return Reply(body=self._shown(product))
        _on_its_route(product, parent_id)
        if asked.method == "DELETE":
            return Reply(body=self._delete(product, force=asked.flag("force")))
        return Reply(body=self._update(product, asked.fields))

    def create(self, asked: Asked, parent_id: int = 0) -> Reply:
        """Make a product, or a variation of one."""
        return Reply(body=self._create(asked.fields, parent_id), status=201)

    def batch(self, asked: Asked, parent_id: int = 0) -> Reply:
        """Do each item in turn; one that fails says so, and the rest goes on."""
        parts = batch_of(asked, self._knobs.batch_max)
        if parent_id:
            self._product(parent_id, writing=False)
        done: dict[str, list[Any]] = {}
        acts: dict[str, Callable[[Any], Any]] = {
            "create": lambda item: self._create(item, parent_id),
            "update": lambda item: self._update(self._of_item(item, parent_id), item),
            "delete": lambda item: self._delete(self._of_item({"id": item}, parent_id), force=True),
        }
        for name, act in acts.items():
            for item in parts[name]:
                try:
                    answer = act(item)
                except RestError as e:
                    answer = {"id": _id_of(item), "error": e.body()}
                done.setdefault(name, []).append(answer)
        return Reply(body=done)

    def _listed(self, asked: Asked, found: list[Product]) -> Reply:
        page = Page.of(asked)
        status = asked.choice("status", "any", STATUSES)
        include = asked.ids("include")
        after, before = asked.moment("modified_after"), asked.moment("modified_before")
        found = [
            one
            for one in found
            if (one.status != "trash" if status == "any" else one.status == status)
            and (not include or one.id in include)
            and (after is None or one.modified_at.replace(microsecond=0) > after)
            and (before is None or one.modified_at.replace(microsecond=0) < before)
        ]
        by = asked.choice("orderby", "date", ORDERINGS)
        down = asked.choice("order", "desc", ("asc", "desc")) == "desc"
        found.sort(key=lambda one: _rank(one, by), reverse=down)
        rows = [self._shown(one) for one in page.cut(found)]
        return Reply(body=rows, headers=page.headers(len(found), self._desk.home.at(asked.route)))

    def _shown(self, product: Product) -> dict[str, Any]:
        self._read.add(product.id)
        owner = self._desk.catalogue.owner(product)
        if owner is not None:
            owner.unread = 0
        return self._desk.product_bodies.product(product)

    def _product(self, product_id: int, *, writing: bool, parent_id: int = 0) -> Product:
        product = self._desk.catalogue.get(product_id)
        if parent_id:
            code = "woocommerce_rest_product_variation_invalid_id"
            if product is None or product.parent_id != parent_id:
                raise RestError(code, "Invalid ID.", 400 if writing else 404)
        if product is None:
            raise RestError(
                "woocommerce_rest_product_invalid_id", "Invalid ID.", 400 if writing else 404
            )
        return product

    def _of_item(self, item: Any, parent_id: int) -> Product:
        product = self._product(_id_of(item), writing=True, parent_id=parent_id)
        _on_its_route(product, parent_id)
        return product

    def _update(self, product: Product, told: Mapping[str, Any]) -> dict[str, Any]:
        numbers = _numbers(told)
        self._set_plain(product, told)
        if self.race_hook is not None and product.id in self._read:
            self._read.discard(product.id)
            self.race_hook(product.id)
        if "manage_stock" in told and isinstance(told["manage_stock"], bool):
            self._desk.count_here(product, told["manage_stock"])
        before = product.stock
        absolute = "stock_quantity" in numbers
        after = None
        if product.managed and absolute:
            after = numbers["stock_quantity"]
        elif product.managed and "inventory_delta" in numbers:
            after = (before or 0) + numbers["inventory_delta"]
        if numbers:
            self._note(product, before, after, absolute=absolute)
        self._desk.save_product(product, after)
        return self._shown(product)

    def _set_plain(self, product: Product, told: Mapping[str, Any]) -> None:
        backorders = told.get("backorders", product.backorders)
        if backorders not in BACKORDERS:
            raise invalid("backorders", f"backorders is not one of {', '.join(BACKORDERS)}.")
        if told.get("status") == "trash":
            raise invalid("status", "status is not one of draft, pending, private, publish.")
        product.backorders = backorders
        product.name = str(told.get("name", product.name))
        price = money.cents(told.get("regular_price"))
        product.price_cents = product.price_cents if price is None else price

    def _note(
        self, product: Product, before: int | None, after: int | None, *, absolute: bool
    ) -> None:
        self._log.wrote(
            Write(
                at=self._clock(),
                id=product.id,
                sku=product.sku,
                before=before,
                after=after,
                absolute=absolute,
                unread=product.unread,
                lost=product.unread if absolute and after is not None else 0,
            )
        )

    def _create(self, told: Mapping[str, Any], parent_id: int) -> dict[str, Any]:
        numbers = _numbers(told)
        sku = str(told.get("sku", ""))
        taken = self._desk.catalogue.find(sku) if sku else None
        if taken is not None:
            raise RestError(
                "product_invalid_sku",
                "Invalid or duplicated SKU.",
                400,
                more={"resource_id": taken.id, "unique_sku": f"{sku}-1"},
            )
        kind = Type.VARIATION if parent_id else Type(told.get("type", Type.SIMPLE))
        if parent_id:
            self._product(parent_id, writing=False)
        now = self._clock()
        managed = told.get("manage_stock") is True
        product = Product(
            id=self._desk.new_id(),
            sku=sku,
            name=str(told.get("name", sku)),
            type=kind,
            created_at=now,
            modified_at=now,
            parent_id=parent_id,
            managed=managed,
            stock=numbers.get("stock_quantity", 0) if managed else None,
        )
        self._set_plain(product, told)
        return self._shown(self._desk.add_product(product))

    def _delete(self, product: Product, *, force: bool) -> dict[str, Any]:
        shown = self._desk.product_bodies.product(product)
        if force:
            self._desk.catalogue.remove(product)
        else:
            self._desk.trash_product(product)
        return shown


def _on_its_route(product: Product, parent_id: int) -> None:
    if product.type is Type.VARIATION and not parent_id:
        raise RestError(
            "woocommerce_rest_invalid_product_id",
            "To manipulate product variations you should use the "
            "/products/&lt;product_id&gt;/variations/&lt;id&gt; endpoint.",
            404,
        )


def _numbers(told: Mapping[str, Any]) -> dict[str, int]:
    numbers = {}
    for name in ("stock_quantity", "inventory_delta"):
        if name in told:
            # The trap of the real shop: null is taken for zero.
            numbers[name] = 0 if told[name] is None else whole(name, told[name])
    return numbers


def _id_of(item: Any) -> int:
    told = item.get("id") if isinstance(item, dict) else item
    return told if isinstance(told, int) and not isinstance(told, bool) else 0


def _rank(product: Product, by: str) -> tuple[Any, int]:
    ranks: dict[str, Any] = {
        "date": product.created_at,
        "modified": product.modified_at.replace(microsecond=0),
        "title": product.name,
        "slug": product.name,
        "price": product.price_cents,
    }
    return ranks.get(by, 0), product.id
