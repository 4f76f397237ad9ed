"""The shop's webhooks: seven for us, mended where they can be."""

from datetime import UTC, datetime
from typing import Any

import pytest

from stocksync.channels.base import Finding, Health
from stocksync.channels.errors import Shut
from stocksync.channels.settings import Secret
from stocksync.channels.woocommerce.hooks import TOPICS, unreachable
from tests.channels.woocommerce.stand import Stand

HOOK = "https://stock.example/hooks/m/web"


def by_code(findings: Any) -> dict[str, Finding]:
    told = {one.code: one for one in findings}
    assert len(told) == len(findings)
    return told


def hook(number: int, topic: str, **other: Any) -> dict[str, Any]:
    return {
        "id": number,
        "name": f"stocksync web {topic}",
        "topic": topic,
        "status": "active",
        "delivery_url": HOOK,
        **other,
    }


def all_of_them(stand: Stand) -> None:
    stand.hooks |= {number: hook(number, topic) for number, topic in enumerate(TOPICS, start=1)}


def test_a_shop_without_webhooks_gets_all_seven_with_our_newest_secret(stand: Stand) -> None:
    old = Secret(value="old", origin="OLD", not_after=datetime(2026, 12, 1, tzinfo=UTC))
    new = Secret(value="new", origin="NEW")
    web = stand.channel(old, new)

    told = by_code(web.watch(HOOK))

    assert [told[f"webhook-{topic}"].health for topic in TOPICS] == [Health.HEALED] * 7
    assert [one["topic"] for one in stand.hooks.values()] == list(TOPICS)
    assert stand.hooks[2] == {
        "id": 2,
        "name": "stocksync web order.updated",
        "topic": "order.updated",
        "delivery_url": HOOK,
        "secret": "new",
        "status": "active",
    }
    assert "new" not in str(told)


def test_what_is_well_is_left_alone(stand: Stand) -> None:
    all_of_them(stand)
    stand.hooks[3] = hook(3, "order.deleted", name="made by hand", delivery_url=HOOK + "/")

    told = stand.channel().watch(HOOK)

    assert {one.health for one in told} == {Health.WELL}
    assert stand.paths == ["GET webhooks"]


@pytest.mark.parametrize("status", ["paused", "disabled"])
def test_a_webhook_that_sleeps_is_woken(stand: Stand, status: str) -> None:
    all_of_them(stand)
    stand.hooks[2]["status"] = status

    told = by_code(stand.channel().watch(HOOK))

    assert told["webhook-order.updated"].health is Health.HEALED
    assert told["webhook-order.updated"].words == (
        f"the webhook order.updated is {status}: switched on again"
    )
    assert stand.hooks[2]["status"] == "active"
    assert len(stand.hooks) == 7


def test_a_webhook_that_failed_again_after_it_was_woken_is_made_anew(stand: Stand) -> None:
    all_of_them(stand)
    stand.hooks[2]["status"] = "disabled"
    stand.channel().watch(HOOK)
    stand.hooks[2]["status"] = "disabled"

    told = by_code(stand.channel().watch(HOOK))  # another process: nothing is remembered

    assert "made anew" in told["webhook-order.updated"].words
    assert 2 not in stand.hooks
    assert stand.hooks[8]["topic"] == "order.updated"
    assert stand.hooks[8]["status"] == "active"


def test_an_active_one_beside_a_disabled_one_is_enough(stand: Stand) -> None:
    all_of_them(stand)
    stand.hooks[8] = hook(8, "order.updated", status="disabled")

    assert {one.health for one in stand.channel().watch(HOOK)} == {Health.WELL}


def test_webhooks_of_ours_that_lead_elsewhere_are_told_and_not_touched(stand: Stand) -> None:
    all_of_them(stand)
    stand.hooks[8] = hook(8, "order.updated", delivery_url="https://old.example/hooks/m/web?t=1")
    stand.hooks[9] = hook(9, "order.updated", name="a bookkeeper's", delivery_url="https://b.test")

    told = by_code(stand.channel().watch(HOOK))

    assert told["webhooks-elsewhere"].health is Health.TROUBLE
    assert "8 (old.example)" in told["webhooks-elsewhere"].words
    assert "b.test" not in told["webhooks-elsewhere"].words
    assert len(stand.hooks) == 9


def test_a_webhook_that_the_shop_does_not_want_hinders_no_other(stand: Stand) -> None:
    odd = {"code": "woocommerce_rest_shop_webhook_invalid_topic", "message": "Not this."}
    stand.odd = lambda call: (
        (400, odd) if (call.body or {}).get("topic") == "order.restored" else None
    )

    told = by_code(stand.channel().watch(HOOK))

    assert told["webhook-order.restored"].health is Health.TROUBLE
    assert "Not this." in told["webhook-order.restored"].words
    assert len(stand.hooks) == 6


def test_a_shop_that_shut_its_door_is_no_finding(stand: Stand) -> None:
    stand.odd = lambda _: (401, {"code": "woocommerce_rest_cannot_view"})

    with pytest.raises(Shut):
        stand.channel().watch(HOOK)


def test_without_an_address_the_shop_is_only_polled(stand: Stand) -> None:
    [told] = stand.channel().watch(None)

    assert told.health is Health.WELL
    assert stand.heard == []


def test_where_the_shop_would_never_send_no_webhook_is_made(stand: Stand) -> None:
    [told] = stand.channel().watch("https://stock.example:5000/hooks/m/web")

    assert (told.code, told.health) == ("delivery-url", Health.TROUBLE)
    assert "5000" in told.words
    assert stand.heard == []


@pytest.mark.parametrize(
    "refused",
    [
        "https://stock.example:5000/h",
        "http://192.168.1.7/h",
        "http://127.0.0.1:8080/h",
        "http://[::1]/h",
        "http://stockbox/h",
        "http://stockbox.local/h",
        "https://me:word@stock.example/h",
    ],
)
def test_what_woocommerce_refuses_to_call_is_known(refused: str) -> None:
    assert unreachable(refused, "https://shop.example") is not None


@pytest.mark.parametrize(
    "fine",
    ["https://stock.example/h", "http://stock.example:8080/h", "https://93.184.215.14/h"],
)
def test_an_open_address_is_fine(fine: str) -> None:
    assert unreachable(fine, "https://shop.example") is None


def test_a_shop_may_call_its_own_machine() -> None:
    assert unreachable("http://127.0.0.1:5000/h", "http://127.0.0.1:8000/shop") is None
