"""Numbers into the shop: what is sent, and what each answer means."""

from typing import Any

import pytest

from stocksync.channels.base import Batch, Ended, Outcome, Target, Write
from stocksync.channels.errors import CallError, Refused, Unknown
from stocksync.channels.shopify.writing import Writer
from stocksync.core.names import ListingId
from tests.channels.shopify.samples import NOON
from tests.channels.shopify.stand import (
    Reply,
    Stand,
    always,
    data,
    in_turn,
    open_shop,
    throttled,
)

TEE, MUG, CAP = "48513488879001@75596366001", "48513488879002@75596366001", "9@75596366002"
DONE = data(inventorySetQuantities={"inventoryAdjustmentGroup": None, "userErrors": []})
STALE = "CHANGE_FROM_QUANTITY_STALE"


def write(listing: str = TEE, number: int = 5, expected: int = 7) -> Write:
    target = Target(listing=ListingId(listing))
    return Write(target=target, number=number, expected=expected, sequence=1)


def pushed(stand: Stand, *writes: Write, decimals: int = 0, key: str = "push_1") -> list[Ended]:
    writer = Writer(stand.api(), decimals=decimals)
    ended = list(writer.push(Batch(key=key, sent_at=NOON, writes=writes)))
    assert sorted(one.listing for one in ended) == sorted(one.target.listing for one in writes)
    return ended


def outcomes(ended: list[Ended]) -> list[tuple[str, Outcome]]:
    return [(one.listing, one.outcome) for one in ended]


def complaint(code: str | None, at: int | None = None, last: str = "changeFromQuantity") -> Any:
    field = None if at is None else ["input", "quantities", str(at), last]
    return {"code": code, "field": field, "message": "The shop says no."}


def wrong(*complaints: Any) -> Reply:
    payload = {"inventoryAdjustmentGroup": None, "userErrors": list(complaints)}
    return data(inventorySetQuantities=payload)


def test_a_batch_is_one_call_over_what_we_believe_under_its_key() -> None:
    with open_shop(always(DONE)) as shop:
        ended = pushed(shop, write(TEE, 5, 7), write(CAP, 0, -2))

    (call,) = shop.heard
    assert call.document == "StocksyncSet"
    assert call.variables == {
        "key": "push_1",
        "input": {
            "name": "available",
            "reason": "correction",
            "referenceDocumentUri": "gid://stocksync/Push/push_1",
            "quantities": [
                {
                    "inventoryItemId": "gid://shopify/InventoryItem/48513488879001",
                    "locationId": "gid://shopify/Location/75596366001",
                    "quantity": 5,
                    "changeFromQuantity": 7,
                },
                {
                    "inventoryItemId": "gid://shopify/InventoryItem/9",
                    "locationId": "gid://shopify/Location/75596366002",
                    "quantity": 0,
                    "changeFromQuantity": -2,
                },
            ],
        },
    }
    assert [(one.listing, one.outcome, one.shown) for one in ended] == [
        (TEE, Outcome.CONFIRMED, 5),
        (CAP, Outcome.CONFIRMED, 0),
    ]


def test_a_number_below_zero_is_never_sent() -> None:
    with open_shop(always(DONE)) as shop:
        (ended,) = pushed(shop, write(TEE, -3, 7))

    assert shop.heard[0].variables["input"]["quantities"][0]["quantity"] == 0
    assert ended.shown == 0


def test_the_shop_counts_whole_units_of_a_merchant_who_weighs() -> None:
    with open_shop(always(DONE)) as shop:
        ended = pushed(shop, write(TEE, 5000, 7000), write(MUG, 1500, 2000), decimals=3)

    assert [one["quantity"] for one in shop.heard[0].variables["input"]["quantities"]] == [5]
    assert sorted((one.listing, one.outcome, one.shown) for one in ended) == [
        (TEE, Outcome.CONFIRMED, 5000),
        (MUG, Outcome.REFUSED, None),
    ]
    assert "cannot show 1.500" in next(one.words for one in ended if one.listing == MUG)


@pytest.mark.parametrize("listing", ["31939875864001", "a@1", "1@", "0@1", "1@2@3", ""])
def test_what_is_no_level_is_refused_and_nothing_is_sent(listing: str) -> None:
    with open_shop(always(DONE)) as shop:
        (ended,) = pushed(shop, write(listing))

    assert ended.outcome is Outcome.REFUSED
    assert shop.heard == []


def test_more_than_a_call_may_hold_is_for_later() -> None:
    writes = [write(f"{item}@1") for item in range(1, 253)]
    with open_shop(always(DONE)) as shop:
        ended = pushed(shop, *writes)

    assert len(shop.heard[0].variables["input"]["quantities"]) == 250
    assert [one.outcome for one in ended].count(Outcome.LATER) == 2


def test_a_stale_pair_is_stale_and_the_others_were_not_written_either() -> None:
    with open_shop(always(wrong(complaint(STALE, 1)))) as shop:
        ended = pushed(shop, write(TEE), write(MUG), write(CAP))

    assert outcomes(ended) == [
        (TEE, Outcome.LATER),
        (MUG, Outcome.STALE),
        (CAP, Outcome.LATER),
    ]
    assert {one.shown for one in ended} == {None}


def test_a_stale_pair_surely_kept_its_number_and_the_others_were_not_judged() -> None:
    with open_shop(always(wrong(complaint(STALE, 0)))) as shop:
        ended = pushed(shop, write(TEE), write(MUG))

    assert [(one.listing, one.kept, one.judged) for one in ended] == [
        (TEE, True, True),
        (MUG, False, False),
    ]


def test_a_stale_answer_that_names_no_pair_makes_all_of_them_stale() -> None:
    with open_shop(always(wrong(complaint(STALE)))) as shop:
        ended = pushed(shop, write(TEE), write(MUG))

    assert outcomes(ended) == [(TEE, Outcome.STALE), (MUG, Outcome.STALE)]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("INVALID_INVENTORY_ITEM", "not in the shop any more; read the catalogue"),
        ("INVALID_LOCATION", "correct `locations`"),
        ("NON_MUTABLE_INVENTORY_ITEM", "a bundle of others"),
        ("INVALID_QUANTITY_TOO_HIGH", "settle that in the shop"),
        (None, "The shop says no."),
    ],
)
def test_a_pair_that_needs_a_person_is_refused_in_words_beside_a_stale_one(
    code: str | None, words: str
) -> None:
    answer = wrong(complaint(code, 2, "inventoryItemId"), complaint(STALE, 0), complaint(STALE, 2))
    with open_shop(always(answer)) as shop:
        ended = pushed(shop, write(TEE), write(MUG), write(CAP))

    assert outcomes(ended) == [
        (TEE, Outcome.STALE),
        (MUG, Outcome.LATER),
        (CAP, Outcome.REFUSED),
    ]
    assert words in ended[2].words


def test_one_pair_alone_needs_no_name() -> None:
    with open_shop(always(wrong(complaint("INVALID_INVENTORY_ITEM")))) as shop:
        (ended,) = pushed(shop, write(TEE))

    assert ended.outcome is Outcome.REFUSED


def failing(reply: Reply, *writes: Write) -> CallError:
    with open_shop(always(reply)) as shop, pytest.raises(CallError) as failed:
        pushed(shop, *writes)
    return failed.value


@pytest.mark.parametrize(
    ("complained", "kind", "code"),
    [
        (complaint("INVALID_REASON"), Refused, "INVALID_REASON"),
        (complaint("INVALID_INVENTORY_ITEM"), Refused, "INVALID_INVENTORY_ITEM"),
        (complaint("IDEMPOTENCY_CONCURRENT_REQUEST"), Unknown, "in-progress"),
        (complaint("IDEMPOTENCY_KEY_PARAMETER_MISMATCH"), Unknown, "key-reused"),
    ],
    ids=["reason", "item", "concurrent", "mismatch"],
)
def test_what_names_no_pair_holds_for_the_whole_call(
    complained: Any, kind: type[CallError], code: str
) -> None:
    failed = failing(wrong(complained), write(TEE), write(MUG))

    assert (type(failed), failed.code) == (kind, code)


def test_a_try_before_that_was_turned_away_means_that_nothing_was_written() -> None:
    answer = wrong(complaint("IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"))
    with open_shop(always(answer)) as shop:
        ended = pushed(shop, write(TEE), write(MUG))

    assert outcomes(ended) == [(TEE, Outcome.STALE), (MUG, Outcome.STALE)]


@pytest.mark.parametrize(
    "payload",
    [None, {}, {"userErrors": None}, {"userErrors": "none"}, {"userErrors": [None]}, []],
)
def test_an_answer_that_does_not_say_whether_it_was_done_is_unknown(payload: Any) -> None:
    failed = failing(data(inventorySetQuantities=payload), write())

    assert isinstance(failed, Unknown)


def test_after_a_throttled_try_the_same_batch_goes_again_byte_for_byte() -> None:
    with open_shop(in_turn(throttled(left=0, asked=13), DONE)) as shop:
        (ended,) = pushed(shop, write())

    first, second = shop.heard
    assert ended.outcome is Outcome.CONFIRMED
    assert first == second


@pytest.mark.parametrize(
    "field", [["input", "quantities", "7", "quantity"], ["input", "quantities", "x"], ["input"]]
)
def test_a_place_that_is_none_of_ours_is_not_guessed(field: list[str]) -> None:
    odd = {"code": "INVALID_LOCATION", "field": field, "message": "No."}

    assert isinstance(failing(wrong(odd), write(TEE), write(MUG)), Refused)
