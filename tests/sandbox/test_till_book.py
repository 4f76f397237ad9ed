"""A till's own book: what each receipt and document took, and goods that come back."""

from datetime import UTC, datetime
from decimal import Decimal

from stocksync.sandbox.till import Till

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)


def till() -> Till:
    return Till(
        "till",
        webhook_secret="whsec_" + "c2VjcmV0" * 5,
        push_secret="whsec_" + "cHVzaA" * 6,
        clock=lambda: NOON,
    )


def test_goods_come_back_without_a_receipt() -> None:
    one = till()
    one.put({"MUG": 1})

    one.take_back(None, {"MUG": 2}, restock=True)

    assert one.shows("MUG") == 3
    assert one.truth() == {("R-1", "MUG"): Decimal(-2)}
    assert one.waiting == 1


def test_its_book_holds_what_was_taken_and_what_is_on_the_shelf_again() -> None:
    one = till()
    one.put({"MUG": 20})
    first, second = one.sell({"MUG": 4}) or "", one.sell({"MUG": 3, "CUP": 0}) or ""

    one.take_back(first, {"MUG": 1}, restock=True)
    one.take_back(first, {"MUG": 1})
    one.void(second)
    one.receive({"MUG": 5})
    one.adjust({"MUG": -2}, "damaged")

    taken = {key: int(much) for key, much in one.truth().items()}
    assert taken == {
        ("R-1", "MUG"): 4,
        ("R-3", "MUG"): -1,
        ("GR-5", "MUG"): -5,
        ("ADJ-6", "MUG"): 2,
    }
    assert one.shows("MUG") == 20 - sum(taken.values())
