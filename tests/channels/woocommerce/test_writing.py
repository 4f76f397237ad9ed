"""Numbers into the shop: what is sent, and what each answer means."""

from typing import Any

import pytest

from stocksync.channels.base import Batch, Ended, Outcome, Target, Write
from stocksync.channels.errors import CallError, Refused, Shut, Transient, Unknown
from stocksync.channels.woocommerce import WooCommerce
from stocksync.channels.woocommerce.writing import Writer
from stocksync.core.names import ListingId
from tests.channels.woocommerce.shop import NOON, channel
from tests.channels.woocommerce.stand import Call, Reply, Stand

PAGE = (200, b"<html>Please verify that you are human</html>")


def write(listing: int | str, number: int, parent: int | None = None, expected: int = 8) -> Write:
    above = None if parent is None else ListingId(str(parent))
    target = Target(listing=ListingId(str(listing)), parent=above, sku=f"SKU-{listing}")
    return Write(target=target, number=number, expected=expected, sequence=1)


def pushed(web: WooCommerce, *writes: Write) -> dict[str, Ended]:
    ended = web.push(Batch(key="k", sent_at=NOON, writes=writes))
    assert len(ended) == len(writes)
    return {one.listing: one for one in ended}


def failing(web: WooCommerce, *writes: Write) -> CallError:
    with pytest.raises(CallError) as failed:
        web.push(Batch(key="k", sent_at=NOON, writes=writes))
    return failed.value


def answering(reply: Reply, path: str = "products/batch") -> Any:
    return lambda call: reply if call.path == path else None


def test_products_go_together_and_variations_by_their_parent(stand: Stand) -> None:
    for number in (10, 11, 12, 20):
        stand.product(number)
    for number in (13, 14):
        stand.product(number, parent_id=12)
    stand.product(21, parent_id=20)

    ended = pushed(
        stand.channel(),
        write(13, 3, parent=12),
        write(10, 5),
        write(21, 7, parent=20),
        write(14, 4, parent=12),
        write(11, 0),
    )

    assert [(call.path, call.body) for call in stand.heard] == [
        (
            "products/12/variations/batch",
            {"update": [{"id": 13, "stock_quantity": 3}, {"id": 14, "stock_quantity": 4}]},
        ),
        (
            "products/batch",
            {"update": [{"id": 10, "stock_quantity": 5}, {"id": 11, "stock_quantity": 0}]},
        ),
        ("products/20/variations/batch", {"update": [{"id": 21, "stock_quantity": 7}]}),
    ]
    assert {one.outcome for one in ended.values()} == {Outcome.CONFIRMED}
    assert {listing: one.shown for listing, one in ended.items()} == {
        "13": 3, "10": 5, "21": 7, "14": 4, "11": 0,
    }  # fmt: skip


def test_a_number_below_zero_is_never_sent(stand: Stand) -> None:
    stand.product(10)

    ended = pushed(stand.channel(), write(10, -3))

    assert stand.products[10]["stock_quantity"] == 0
    assert (ended["10"].outcome, ended["10"].shown) == (Outcome.CONFIRMED, 0)


def test_a_call_holds_no_more_than_the_batch_size(stand: Stand) -> None:
    for number in range(1, 8):
        stand.product(number)

    pushed(stand.channel(batch_size=3), *(write(number, 5) for number in range(1, 8)))

    assert [len(call.body["update"]) for call in stand.heard] == [3, 3, 1]


def test_units_of_a_merchant_with_decimals_are_whole_numbers_in_the_shop(stand: Stand) -> None:
    stand.product(10)
    stand.product(11)

    ended = pushed(stand.channel(decimals=3), write(10, 4000), write(11, 2500))

    assert stand.products[10]["stock_quantity"] == 4
    assert (ended["10"].outcome, ended["10"].shown) == (Outcome.CONFIRMED, 4000)
    assert ended["11"].outcome is Outcome.REFUSED
    assert "cannot show 2.500" in ended["11"].words
    assert stand.products[11]["stock_quantity"] == 8


def test_a_difference_is_sent_and_the_number_after_it_comes_back(stand: Stand) -> None:
    stand.product(10, stock=7)  # we believe 8: one was just sold

    ended = pushed(stand.channel(write_mode="delta"), write(10, 5, expected=8))

    assert stand.heard[0].body == {"update": [{"id": 10, "inventory_delta": -3}]}
    assert (ended["10"].outcome, ended["10"].shown) == (Outcome.CONFIRMED, 4)


def test_a_difference_is_sent_in_the_units_of_the_shop(stand: Stand) -> None:
    stand.product(10, stock=8)

    ended = pushed(stand.channel(decimals=1, write_mode="delta"), write(10, 50, expected=80))

    assert stand.heard[0].body == {"update": [{"id": 10, "inventory_delta": -3}]}
    assert ended["10"].shown == 50


@pytest.mark.parametrize(
    ("product", "parent", "words"),
    [
        (None, None, "10 is not in the shop any more"),
        (None, 12, "10 is not in the shop any more"),
        ({"parent_id": 12}, None, "10 is a variation in the shop"),
        ({"manage_stock": False, "stock": None}, None, "switch on its stock management"),
        ({"manage_stock": "parent", "parent_id": 12}, 12, "the stock of its parent 12"),
    ],
    ids=["gone", "variation-gone", "moved", "unmanaged", "parent"],
)
def test_one_that_needs_a_person_is_refused_with_the_way_out_and_the_others_go_on(
    stand: Stand, product: dict[str, Any] | None, parent: int | None, words: str
) -> None:
    stand.product(99, parent_id=parent or 0)
    if product is not None:
        stand.product(10, **{"stock": 5, **product})

    ended = pushed(stand.channel(), write(10, 5, parent), write(99, 6, parent))

    assert ended["10"].outcome is Outcome.REFUSED
    assert words in ended["10"].words
    assert ended["99"].outcome is Outcome.CONFIRMED


@pytest.mark.parametrize(
    ("row", "outcome", "words"),
    [
        ({"error": {"code": "x_odd", "message": "<b>Not</b> today", "data": {"status": 400}}},
         Outcome.REFUSED, "Not today"),
        ({"error": {"code": "x_odd", "message": "Oops", "data": {"status": 500}}},
         Outcome.UNKNOWN, "Oops"),
        ({"manage_stock": True, "stock_quantity": None}, Outcome.REFUSED, "its stock management"),
        ({"error": {"code": "x_odd"}}, Outcome.UNKNOWN, "x_odd"),
        ({"error": "Oops"}, Outcome.UNKNOWN, "an error without words"),
        ({"manage_stock": True, "stock_quantity": 6}, Outcome.UNKNOWN, "was told 5 for 10"),
        ({"manage_stock": True, "stock_quantity": 4.5}, Outcome.UNKNOWN, "something else"),
        ({"stock_quantity": 5}, Outcome.UNKNOWN, "something else"),
    ],
    ids=["said-no", "broke", "null", "no-status", "odd", "other-number", "fraction", "mute"],
)  # fmt: skip
def test_each_row_of_an_answer_is_believed_only_as_far_as_it_goes(
    stand: Stand, row: dict[str, Any], outcome: Outcome, words: str
) -> None:
    stand.odd = answering((200, {"update": [{"id": 10, **row}]}))

    ended = pushed(stand.channel(), write(10, 5))

    assert ended["10"].outcome is outcome
    assert words in ended["10"].words


def test_one_that_the_answer_leaves_out_is_unknown(stand: Stand) -> None:
    row = {"id": 10, "manage_stock": True, "stock_quantity": 5}
    stand.odd = answering((200, {"update": [row, {"id": 77}, "odd"]}))

    ended = pushed(stand.channel(), write(10, 5), write(11, 5))

    assert ended["10"].outcome is Outcome.CONFIRMED
    assert ended["11"].outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (PAGE, Unknown),
        ((200, b""), Unknown),
        ((200, b"null"), Unknown),
        ((200, []), Unknown),
        ((200, {"update": 5}), Unknown),
        ((0, b""), Unknown),
        ((500, b"<html>"), Unknown),
        ((503, b"<html>"), Unknown),
        ((504, b"<html>"), Unknown),
        ((429, b""), Transient),
        ((400, {"code": "rest_invalid_param", "message": "Odd"}), Refused),
        ((413, b"<html>"), Refused),
        ((413, {"code": "woocommerce_rest_request_entity_too_large"}), Refused),
        ((401, {"code": "woocommerce_rest_authentication_error"}), Shut),
        ((401, {"code": "woocommerce_rest_cannot_edit"}), Shut),
        ((401, b"<html>"), Shut),
        ((403, b"<html>"), Shut),
        ((404, {"code": "rest_no_route"}), Shut),
        ((404, b"<html>"), Shut),
    ],
    ids=str,
)
def test_the_answer_to_a_whole_call_says_what_is_next(
    stand: Stand, reply: Reply, kind: type[CallError]
) -> None:
    stand.product(10)
    stand.odd = answering(reply)

    failed = failing(stand.channel(), write(10, 5))

    assert type(failed) is kind
    assert len(stand.heard) == 1
    assert "canary" not in failed.detail


def test_a_throttled_shop_says_when_to_come_back(stand: Stand) -> None:
    stand.odd = answering((429, b""))

    failed = failing(stand.channel(), write(10, 5))

    assert failed.retry_after is not None
    assert failed.retry_after.total_seconds() == 30


def two_calls(stand: Stand, reply: Reply) -> tuple[WooCommerce, list[Write]]:
    """Return three writes of three calls, of which the second is answered like this."""
    stand.product(10)
    stand.product(11, parent_id=12)
    stand.product(13, parent_id=14)
    stand.odd = answering(reply, "products/12/variations/batch")
    return stand.channel(), [write(10, 5), write(11, 6, 12), write(13, 7, 14)]


@pytest.mark.parametrize(
    ("reply", "endings"),
    [
        ((504, b""), ["confirmed", "unknown", "later"]),
        ((0, b""), ["confirmed", "unknown", "later"]),
        (PAGE, ["confirmed", "unknown", "later"]),
        ((429, b""), ["confirmed", "later", "later"]),
        ((401, {"code": "woocommerce_rest_cannot_edit"}), ["confirmed", "later", "later"]),
        ((400, {"code": "rest_invalid_param"}), ["confirmed", "refused", "confirmed"]),
        ((413, b""), ["confirmed", "refused", "confirmed"]),
        ((404, {"code": "woocommerce_rest_product_invalid_id"}),
         ["confirmed", "refused", "confirmed"]),
    ],
    ids=str,
)  # fmt: skip
def test_what_was_answered_before_a_failing_call_stays_answered(
    stand: Stand, reply: Reply, endings: list[str]
) -> None:
    web, writes = two_calls(stand, reply)

    ended = pushed(web, *writes)

    assert [str(ended[listing].outcome) for listing in ("10", "11", "13")] == endings


def test_an_unknown_call_says_nothing_of_those_not_tried(stand: Stand) -> None:
    web, writes = two_calls(stand, (504, b""))

    ended = pushed(web, *writes[1:])

    assert [str(ended[listing].outcome) for listing in ("11", "13")] == ["unknown", "later"]


def test_a_throttled_first_call_is_no_ending_of_anything(stand: Stand) -> None:
    web, writes = two_calls(stand, (429, b""))

    assert isinstance(failing(web, *writes[1:]), Transient)


def test_a_refused_part_is_halved_until_the_odd_one_stands_alone(stand: Stand) -> None:
    stand.product(10)
    for number in range(20, 28):
        stand.product(number, parent_id=12)

    def odd(call: Call) -> Reply | None:
        ids = [item["id"] for item in call.body["update"]]
        return (400, {"code": "rest_invalid_param", "message": "Odd"}) if 25 in ids else None

    stand.odd = odd
    ended = pushed(
        stand.channel(), write(10, 5), *(write(number, 5, 12) for number in range(20, 28))
    )

    refused = [listing for listing, one in ended.items() if one.outcome is Outcome.REFUSED]
    assert refused == ["25"]
    assert sum(one.outcome is Outcome.CONFIRMED for one in ended.values()) == 8


def test_a_call_that_was_too_much_is_smaller_next_time_and_grows_back_slowly(
    stand: Stand,
) -> None:
    for number in range(1, 9):
        stand.product(number)
    web = stand.channel(batch_size=8)
    writes = [write(number, 5) for number in range(1, 9)]
    stand.odd = answering((504, b""))

    failing(web, *writes)
    stand.odd = lambda _: None
    for _ in range(3):
        pushed(web, *writes)

    assert [len(call.body["update"]) for call in stand.heard] == [8, 4, 4, 6, 2, 8]


def test_a_slow_shop_does_not_hold_a_batch_past_its_life(stand: Stand) -> None:
    _, writes = two_calls(stand, (429, b""))
    stand.odd = lambda _: None
    moments = iter([0.0, 19.0, 21.0])
    slow = Writer(stand.api(), decimals=0, by_delta=False, most=25, seconds=lambda: next(moments))

    ended = slow.push(Batch(key="k", sent_at=NOON, writes=tuple(writes)))

    assert [str(one.outcome) for one in ended] == ["confirmed", "confirmed", "later"]
    assert len(stand.heard) == 2


def test_an_id_that_is_none_is_refused_unsent(stand: Stand) -> None:
    ended = pushed(stand.channel(), write("gid://1", 5))

    assert ended["gid://1"].outcome is Outcome.REFUSED
    assert stand.heard == []


def test_a_channel_without_keys_writes_nothing() -> None:
    listening = channel()

    assert listening.reach is None
    assert isinstance(failing(listening, write(10, 5)), Shut)
