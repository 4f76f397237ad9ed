import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stocksync.channels.errors import Unreadable
from tests.channels.woocommerce.shop import channel, facts_of, line, order, signed

ORDER = json.dumps(order("processing", line(taken="3")))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"webhook_id=9",
        b"[]",
        b"null",
        b"41",
        b'"text"',
        b'{"id":41',
        b'{"id":41} trailing',
        b'{"id":41}{"id":42}',
        b'{"id":41,"id":42}',
        b'{"id":NaN}',
        b'{"id":-Infinity}',
        b'{"id":' + b"9" * 5000 + b"}",
        b'{"id":"\xff\xfe"}',
        b"\xef\xbb\xbf" + b'{"id":41}',
        '{"id":41}'.encode("utf-16"),
        b'{"id":' + b"[" * 200_000 + b"]" * 200_000 + b"}",
        b'{"id":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001,
        b"{}",
        b'{"hello":"world"}',
        b'{"id":41,"name":"customer"}',
        b'{"id":1,"line_items":{"a":1}}',
        b'{"id":1,"line_items":{}}',
        b'{"id":1,"line_items":"none"}',
    ],
    ids=lambda body: f"{body[:16]!r}-{len(body)}",
)
def test_what_is_no_body_of_a_shop_is_parked_with_a_fingerprint(body: bytes) -> None:
    with pytest.raises(Unreadable) as refused:
        channel().minimise(signed(body))

    assert refused.value.status == 200
    assert refused.value.kept is not None
    assert set(json.loads(refused.value.kept.body)) == {"bytes", "sha256"}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("id", None),
        ("id", 0),
        ("id", -1),
        ("id", True),
        ("id", 2**63),
        ("status", None),
        ("status", "two words"),
        ("date_modified_gmt", None),
        ("date_modified_gmt", "2026-13-27T10:30:00"),
        ("date_modified_gmt", "2026-11-27T10:30:00Z"),
        ("date_created_gmt", "9999-12-31T23:59:59"),
        ("date_created_gmt", 1795352986),
    ],
)
def test_an_order_that_lacks_its_bones_is_parked(key: str, value: Any) -> None:
    with pytest.raises(Unreadable) as refused:
        facts_of({**order("processing", line(taken="3")), key: value})

    assert refused.value.code == "order-incomplete"
    assert key in refused.value.detail


@pytest.mark.parametrize(
    "lines",
    [[None], ["x"], [[]], [{}], [line(0)], [{**line(), "id": "7"}], [line(7), line(7)]],
    ids=["null", "text", "list", "empty", "zero", "text-id", "twins"],
)
def test_a_line_that_cannot_be_told_from_others_parks_the_order(lines: list[Any]) -> None:
    body = order("processing")
    body["line_items"] = lines

    with pytest.raises(Unreadable) as refused:
        facts_of(body)

    assert refused.value.code == "order-lines"


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=12)
    | st.sampled_from(["2", "-7", "1.5", "parent", "_reduced_stock", "2026-11-27T10:00:00"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)
keys = st.sampled_from(
    [*order("x"), "stock_quantity", "manage_stock", "parent_id", "code", "data", "action", "sku"]
)
lines = st.lists(
    anything
    | st.fixed_dictionaries(
        {},
        optional={
            "id": st.integers(0, 9) | anything,
            "product_id": st.integers(0, 9) | anything,
            "variation_id": anything,
            "sku": anything,
            "quantity": anything,
            "meta_data": anything
            | st.lists(
                st.fixed_dictionaries(
                    {
                        "key": st.sampled_from(["_reduced_stock", "_restock_refunded_items"]),
                        "value": anything,
                    }
                ),
                max_size=3,
            ),
        },
    ),
    max_size=3,
)
bodies = (
    anything
    | st.dictionaries(keys, anything)
    | st.builds(
        lambda status, some, other: {**order(status), "line_items": some, **other},
        st.sampled_from(["processing", "completed", "pending", "checkout-draft", "trash"]),
        lines,
        st.dictionaries(keys, anything, max_size=2),
    )
)
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=200)


@patient
@given(body=bodies, topic=st.sampled_from(["order.deleted", "product.deleted", ""]))
def test_on_any_json_there_are_facts_or_unreadable_and_nothing_else(body: Any, topic: str) -> None:
    web = channel(decimals=2)
    raw = signed(json.dumps(body).encode(), topic)

    with suppress(Unreadable):
        web.translate(raw)
    with suppress(Unreadable):
        (kept,) = web.minimise(raw)
        web.translate(kept)


@patient
@given(st.binary())
def test_on_any_bytes_there_are_facts_or_unreadable_and_nothing_else(body: bytes) -> None:
    with pytest.raises(Unreadable):
        channel().minimise(signed(body))
    with pytest.raises(Unreadable):
        channel().translate(signed(body))


@patient
@given(st.integers(0, len(ORDER) - 1), st.characters())
def test_a_broken_order_is_an_order_or_unreadable(at: int, other: str) -> None:
    broken = (ORDER[:at] + other + ORDER[at + 1 :]).encode("utf-8", "surrogatepass")

    with suppress(Unreadable):
        (kept,) = channel().minimise(signed(broken))
        channel().translate(kept)
