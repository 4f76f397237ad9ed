"""What the shop shows now, in few calls, and its whole catalogue."""

from collections.abc import Iterator
from typing import Any

import pytest

from stocksync.channels.base import Listed, Target
from stocksync.channels.errors import Transient
from stocksync.channels.woocommerce.oauth import signed
from stocksync.core.belief import Way
from stocksync.core.facts import CatalogueEntry
from stocksync.core.names import ListingId
from tests.channels.woocommerce.stand import BASIC, KEY, PAIR, Call, Stand


def target(number: int, parent: int | None = None, sku: str | None = "") -> Target:
    return Target(
        listing=ListingId(str(number)),
        parent=None if parent is None else ListingId(str(parent)),
        sku=f"SKU-{number}" if sku == "" else sku,
    )


def test_sixty_numbers_of_products_and_variations_come_in_one_call(stand: Stand) -> None:
    for number in range(60):
        stand.product(number, stock=number, parent_id=900 + number if number % 2 else 0)
    wanted = [target(number, 900 + number if number % 2 else None) for number in range(60)]

    shown = stand.channel().read(wanted)

    assert shown == {str(number): number for number in range(60)}
    assert stand.paths == ["GET products"]


def test_a_number_that_is_none_is_left_out(stand: Stand) -> None:
    stand.product(1, stock=None)
    stand.product(2, stock=5, manage_stock=False)
    stand.product(3, stock=5, manage_stock="parent", parent_id=9)
    stand.product(4, stock=2.5)
    stand.product(5, stock=-2)
    stand.product(6, sku="SKU-5", stock=9)  # the same SKU on another product
    wanted = [target(1), target(2), target(3, 9), target(4), target(5), target(7)]

    assert stand.channel().read(wanted) == {"5": -2}
    assert stand.channel(decimals=1).read([target(4)]) == {"4": 25}


def test_one_without_a_sku_of_use_is_asked_for_by_its_id(stand: Stand) -> None:
    for number in (1, 2, 3):
        stand.product(number, stock=number, sku="A,B")
    for number in (13, 14):
        stand.product(number, stock=number, parent_id=12, sku="")
    wanted = [
        target(1, sku="A,B"), target(2, sku=None), target(3, sku="OLD"),
        target(13, 12, sku=None), target(14, 12, sku=" x"),
    ]  # fmt: skip

    assert stand.channel().read(wanted) == {"1": 1, "2": 2, "3": 3, "13": 13, "14": 14}
    asked = [(call.path, call.query.get("sku"), call.query.get("include")) for call in stand.heard]
    assert asked == [
        ("products", "OLD", None),
        ("products", None, "1,2,3"),
        ("products/12/variations", None, "13,14"),
    ]


def test_long_skus_are_asked_for_in_addresses_that_every_host_bears(stand: Stand) -> None:
    for number in range(60):
        stand.product(number, sku=f"{number:02}-" + "ש" * 30)
    wanted = [target(number, sku=f"{number:02}-" + "ש" * 30) for number in range(60)]
    lengths: list[int] = []
    stand.raw = lambda path: lengths.append(len(path))

    assert len(stand.channel().read(wanted)) == 60
    assert max(lengths) < 2000


def test_an_answer_that_is_no_list_is_none(stand: Stand) -> None:
    answers: Iterator[Any] = iter([{"code": "x"}, ["x"], b"<html>"])
    stand.odd = lambda _: (200, next(answers))

    for _ in range(3):
        with pytest.raises(Transient):
            stand.channel().read([target(1)])


def test_the_catalogue_names_every_kind_of_entry(stand: Stand) -> None:
    stand.product(10, stock=8)
    stand.product(11, stock=None, manage_stock=False)
    stand.product(12, stock=None, manage_stock=False, type="variable")
    stand.product(13, stock=9, parent_id=12, backorders="notify")
    stand.product(15, stock=30, type="variable")
    stand.product(16, stock=30, parent_id=15, manage_stock="parent")
    stand.product(17, manage_stock="odd")

    listed = [one for page in stand.channel().catalogue() for one in page]

    def entry(number: int, shown: int | None, **other: Any) -> Listed:
        told = CatalogueEntry(
            listing=ListingId(str(number)),
            sku=f"SKU-{number}",
            version="2026-11-27T10:30:00",
            **{"owner": ListingId(str(number)), "managed": True, **other},
        )
        return Listed(entry=told, shown=shown)

    assert listed == [
        entry(10, 8),
        entry(11, None, managed=False),
        entry(12, None, managed=False),
        entry(15, 30),
        entry(13, 9, parent="12", unlimited=True),
        entry(16, None, parent="15", owner="15"),
    ]


def test_an_older_shop_does_not_say_of_what_a_variation_is_one(stand: Stand) -> None:
    stand.product(12, type="variable", manage_stock=False, stock=None)
    stand.product(13, parent_id=12)
    variation = {"id": 13, "sku": "TS-S", "manage_stock": True, "stock_quantity": 4}
    stand.odd = lambda call: (200, [variation]) if "variations" in call.path else None

    *_, [listed] = stand.channel().catalogue()

    assert (listed.entry.parent, listed.entry.owner, listed.shown) == ("12", "13", 4)


def test_a_product_deleted_while_we_read_hides_no_other(stand: Stand) -> None:
    for number in range(1, 251):
        stand.product(number)

    def deletes(call: Call) -> None:
        stand.products.pop(5, None)

    stand.after = deletes
    seen = {one.entry.listing for page in stand.channel().catalogue() for one in page}

    assert seen == {str(number) for number in range(1, 251)}


def test_a_full_last_page_ends_the_catalogue(stand: Stand) -> None:
    for number in range(1, 201):
        stand.product(number)
    for totals in (True, False):
        stand.totals = totals

        pages = list(stand.channel().catalogue())

        assert [len(page) for page in pages] == [100, 100]


def test_keys_go_where_the_setting_says(stand: Stand) -> None:
    stand.channel().poke()
    stand.channel(auth="query").poke()
    stand.channel(auth=None).poke()

    basic, query, oauth = stand.heard
    assert basic.headers["authorization"] == BASIC
    assert "consumer_key" not in basic.query
    assert (query.query["consumer_key"], query.query["consumer_secret"]) == (KEY, PAIR)
    assert "authorization" not in query.headers
    assert oauth.query["oauth_consumer_key"] == KEY
    assert PAIR not in str(oauth)
    assert "authorization" not in oauth.headers


def test_a_signature_is_that_of_oauth() -> None:
    # The text was written by hand and signed by openssl.
    query = dict(
        signed(
            "GET",
            "http://shop.example/wp-json/wc/v3/products",
            [("sku", "A B,ש/1"), ("per_page", "100")],
            key="ck_1",
            secret="cs_2",
            nonce="n0nce",
            at=1700000000,
        )
    )

    assert query["oauth_signature"] == "hay/Du3xaukfU/zFRyQVZRYdKM6gwHOZ4giPIIKD81w="


def test_each_try_has_a_signature_of_its_own(stand: Stand) -> None:
    replies = iter([(503, b""), (200, [])])
    stand.odd = lambda _: next(replies)

    stand.api("oauth1").get("products")

    first, second = (call.query["oauth_nonce"] for call in stand.heard)
    assert first != second


def test_the_reach_follows_the_settings(stand: Stand) -> None:
    plain = stand.channel().reach
    other = stand.channel(
        write_mode="delta", timeout="90s", batch_size=7, poke_every="0",
        poll={"orders_every": "30s", "products_every": "1m", "webhooks_every": "0"},
    ).reach  # fmt: skip

    assert plain is not None
    assert other is not None
    assert (plain.way, plain.batch, plain.reads, plain.by_key) == (Way.ABSOLUTE, 25, 60, False)
    assert plain.longest_life.total_seconds() == 140
    assert (plain.sent_within.total_seconds(), plain.dead_after.total_seconds()) == (10, 150)
    assert (plain.poke_every, plain.watch_every) != (None, None)
    assert (other.way, other.batch) == (Way.DELTA, 7)
    assert other.longest_life.total_seconds() == 200
    assert (other.poke_every, other.watch_every) == (None, None)
    assert other.poll_every.total_seconds() == 30
    assert other.reconcile_every.total_seconds() == 60
