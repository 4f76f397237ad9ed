"""The first import: one file of everything, or none at all."""

import json
import random
from datetime import UTC, datetime
from typing import Any

import pytest

from stocksync.channels.errors import CallError, Refused, Shut, Transient
from stocksync.channels.shopify.bulk import Importer
from stocksync.channels.shopify.documents import BULK_IMPORT
from tests.channels.shopify.stand import Call, Reply, Stand, data, open_shop

OPERATION = "gid://shopify/BulkOperation/1"
BEGAN = "2026-11-27T12:00:00Z"


def variant(number: int, item: int, **more: Any) -> dict[str, Any]:
    return {
        "id": f"gid://shopify/ProductVariant/{number}",
        "sku": f"SKU-{number}",
        "inventoryItem": {"id": f"gid://shopify/InventoryItem/{item}", "tracked": True},
        **more,
    }


def level(item: int, location: int, available: int) -> dict[str, Any]:
    return {
        "id": f"gid://shopify/InventoryLevel/{location}?inventory_item_id={item}",
        "isActive": True,
        "item": {"id": f"gid://shopify/InventoryItem/{item}"},
        "location": {"id": f"gid://shopify/Location/{location}"},
        "quantities": [{"name": "available", "quantity": available}],
        "__parentId": "gid://shopify/ProductVariant/1",
    }


def jsonl(*rows: Any) -> Reply:
    return Reply("\n".join(json.dumps(row) for row in rows).encode() + b"\n")


def started(*complaints: Any) -> Reply:
    began = None if complaints else {"id": OPERATION, "status": "CREATED", "createdAt": BEGAN}
    return data(bulkOperationRunQuery={"bulkOperation": began, "userErrors": list(complaints)})


def is_(status: str, **more: Any) -> Reply:
    told = {"id": OPERATION, "status": status, "createdAt": BEGAN, "objectCount": "3", **more}
    return data(bulkOperation=told)


BUSY = {
    "code": "OPERATION_IN_PROGRESS",
    "field": None,
    "message": "A bulk query operation for this app and shop is already in progress: 77.",
}


class Works:
    """Answers starts and polls, each in turn; `{url}` is where the file stands."""

    def __init__(self, polls: list[Reply], starts: list[Reply] | None = None) -> None:
        self.polls = polls
        self.starts = starts or [started()]
        self.shop: Stand | None = None

    def __call__(self, call: Call) -> Reply:
        if call.document == "StocksyncBulkStart":
            assert call.variables == {"q": BULK_IMPORT.text}
            return self.starts.pop(0) if len(self.starts) > 1 else self.starts[0]
        assert call.variables == {"id": OPERATION}
        said = self.polls.pop(0) if len(self.polls) > 1 else self.polls[0]
        assert self.shop is not None
        text = json.dumps(said.value).replace("{url}", f"{self.shop.url}/file.jsonl")
        return Reply(json.loads(text), said.status)


DONE = is_("COMPLETED", url="{url}")


def importer(shop: Stand, **more: Any) -> Importer:
    return Importer(
        shop.api(),
        allow_private=True,
        allow_insecure=True,
        sleep=shop.slept.append,
        seconds=lambda: sum(shop.slept),
        **more,
    )


def run(works: Works, file: Reply | None = None, **more: Any) -> tuple[Any, Stand]:
    with open_shop(works, file=file or jsonl()) as shop:
        works.shop = shop
        return importer(shop, **more).run(), shop


def failing(works: Works, file: Reply | None = None, **more: Any) -> CallError:
    with pytest.raises(CallError) as failed:
        run(works, file, **more)
    return failed.value


def test_items_come_with_their_variants_and_levels_however_far_these_stand_in_the_file() -> None:
    rows = [
        variant(1, 11),
        variant(2, 12),
        variant(3, 11),
        level(11, 1, 7),
        level(11, 2, 0),
        level(11, 2, 0) | {"__parentId": "gid://shopify/ProductVariant/3"},
        level(12, 1, -2),
        {"id": "gid://shopify/Other/1", "__parentId": "x"},
    ]
    shuffled = [*rows]
    random.Random(7).shuffle(shuffled)
    for order in (rows, [*reversed(rows)], shuffled):
        got, _ = run(Works([DONE]), jsonl(*order))

        found = {
            row.item["id"].rpartition("/")[2]: (
                {one["sku"] for one in row.variants},
                sorted(one["location"]["id"].rpartition("/")[2] for one in row.levels),
            )
            for row in got.rows
        }
        assert found == {"11": ({"SKU-1", "SKU-3"}, ["1", "2"]), "12": ({"SKU-2"}, ["1"])}
        assert got.created_at == datetime(2026, 11, 27, 12, 0, tzinfo=UTC)


def test_the_operation_is_waited_for_with_growing_pauses() -> None:
    works = Works([is_("CREATED"), is_("RUNNING"), is_("RUNNING"), is_("RUNNING"), DONE])

    got, shop = run(works, jsonl(variant(1, 11)))

    assert len(got.rows) == 1
    assert shop.slept == [1.0, 1.5, 2.25, 3.375]


def test_before_each_pause_the_shop_is_known_to_have_listed_so_many_objects() -> None:
    polls = [
        is_("CREATED", objectCount="0"),
        is_("RUNNING", objectCount="1200"),
        is_("RUNNING", objectCount="40117"),
        is_("COMPLETED", url="{url}", objectCount="41000"),
    ]
    works = Works(polls, [started(BUSY), started()])
    with open_shop(works, file=jsonl(variant(1, 11))) as shop:
        works.shop = shop
        told = [(step.objects, len(shop.slept)) for step in importer(shop).steps()]

    assert told == [(0, 0), (0, 1), (1200, 2), (40117, 3)]


@pytest.mark.parametrize("odd", [None, "", "-3", "many", 7.5, "9" * 5000])
def test_a_count_that_is_none_stops_nothing(odd: object) -> None:
    works = Works([is_("RUNNING", objectCount=odd), DONE])
    with open_shop(works, file=jsonl(variant(1, 11))) as shop:
        works.shop = shop
        told = [step.objects for step in importer(shop).steps()]

    assert told == [0]


def test_a_large_catalogue_comes_in_pages() -> None:
    got, _ = run(Works([DONE]), jsonl(*(variant(one, one) for one in range(1, 602))))

    assert [len(page) for page in got.pages()] == [250, 250, 101]


def test_an_empty_catalogue_has_no_file() -> None:
    got, _ = run(Works([is_("COMPLETED", url=None, objectCount="0")]))

    assert list(got.pages()) == []


def test_objects_without_a_file_are_not_an_empty_catalogue() -> None:
    failed = failing(Works([is_("COMPLETED", url=None, objectCount="12")]))

    assert (type(failed), failed.code) == (Transient, "odd-file")


def test_a_shop_that_is_busy_with_other_operations_is_waited_for() -> None:
    got, shop = run(Works([DONE], [started(BUSY), started(BUSY), started()]), jsonl(variant(1, 1)))

    assert len(got.rows) == 1
    assert shop.slept == [1.0, 1.5]


def test_a_shop_that_stays_busy_is_left_for_later() -> None:
    failed = failing(Works([DONE], [started(BUSY)]))

    assert (type(failed), failed.code) == (Transient, "bulk-busy")


def test_a_partial_file_is_not_used_and_another_one_asked_for() -> None:
    half = is_("FAILED", errorCode="TIMEOUT", partialDataUrl="{url}")

    got, shop = run(Works([half, DONE]), jsonl(variant(1, 1), variant(2, 2)))

    assert len(got.rows) == 2
    assert shop.documents.count("StocksyncBulkStart") == 2


def test_a_file_that_cannot_be_written_is_left_for_later_after_three_tries() -> None:
    works = Works([is_("FAILED", errorCode="INTERNAL_SERVER_ERROR", partialDataUrl="{url}")])
    with open_shop(works, file=jsonl(variant(1, 1))) as shop:
        works.shop = shop
        with pytest.raises(Transient, match="INTERNAL_SERVER_ERROR"):
            importer(shop).run()

    assert shop.documents.count("StocksyncBulkStart") == 3


def test_a_catalogue_that_may_not_be_read_shuts_the_channel_and_names_the_scopes() -> None:
    failed = failing(Works([is_("FAILED", errorCode="ACCESS_DENIED")]))

    assert isinstance(failed, Shut)
    assert "read_products" in failed.detail


@pytest.mark.parametrize("status", [403, 404, 400])
def test_an_expired_link_asks_for_another_file(status: int) -> None:
    failed = failing(Works([DONE]), Reply(b"<Error>expired</Error>", status))

    assert (type(failed), failed.code) == (Transient, "link-expired")


def test_a_file_that_was_cut_is_not_taken_for_a_whole_one() -> None:
    whole = jsonl(variant(1, 1), variant(2, 2)).value
    failed = failing(Works([DONE]), Reply(whole[:-40]))

    assert (type(failed), failed.code) == (Transient, "odd-file")


def test_a_file_above_the_limit_is_refused() -> None:
    failed = failing(Works([DONE]), jsonl(variant(1, 1), variant(2, 2)), file_max=100)

    assert (type(failed), failed.code) == (Refused, "answer-too-large")


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/file", "https://10.0.0.1/file", "ftp://shop.example/file", "file"]
)
def test_a_link_into_a_private_network_is_not_followed(url: str) -> None:
    works = Works([is_("COMPLETED", url=url)])
    with open_shop(works) as shop:
        works.shop = shop
        guarded = Importer(
            shop.api(),
            allow_private=False,
            allow_insecure=False,
            sleep=shop.slept.append,
            seconds=lambda: 0.0,
        )
        with pytest.raises(Shut):
            guarded.run()


def test_a_text_that_the_shop_refuses_is_our_defect() -> None:
    wrong = {"code": "INVALID", "field": ["query"], "message": "Too many connections."}

    failed = failing(Works([DONE], [started(wrong)]))

    assert (type(failed), failed.code) == (Refused, "bulk-refused")
    assert "Too many connections." in failed.detail
