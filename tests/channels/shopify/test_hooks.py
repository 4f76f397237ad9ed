"""The subscriptions: complete, at our address, and mended when the shop dropped some."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from stocksync.channels.base import Finding, Health
from stocksync.channels.errors import Shut
from stocksync.channels.shopify.hooks import ORDER_FIELDS, TOPICS, Hooks, unreachable
from stocksync.core.names import ChannelName
from tests.channels.shopify.samples import channel, secret
from tests.channels.shopify.stand import Call, Reply, Stand, data, error, open_shop

HERE = "https://sync.example.com/hooks/m/web"


@dataclass
class Office:
    """The subscriptions of a shop, by the rules that it keeps."""

    hooks: dict[str, dict[str, Any]] = field(default_factory=dict)
    page: int = 100
    made: int = 0
    odd: Callable[[Call], Reply | None] = lambda _: None

    def says(self, call: Call) -> Reply:
        told = call.variables
        odd = self.odd(call)
        if odd is not None:
            return odd
        match call.document:
            case "StocksyncHookList":
                at = int(told["after"] or 0)
                rows = list(self.hooks.values())
                more = at + self.page < len(rows)
                info = {"hasNextPage": more, "endCursor": str(at + self.page)}
                listed = {"nodes": rows[at : at + self.page], "pageInfo": info}
                return data(webhookSubscriptions=listed)
            case "StocksyncHookCreate":
                self.made += 1
                gid = f"gid://shopify/WebhookSubscription/{self.made + 100}"
                wrong = self._wrong(told["topic"], told["hook"], gid)
                if not wrong:
                    self.hooks[gid] = {"id": gid, "topic": told["topic"], **told["hook"]}
                return data(webhookSubscriptionCreate={"userErrors": wrong})
            case "StocksyncHookUpdate":
                there = self.hooks[told["id"]]
                wrong = self._wrong(there["topic"], told["hook"], told["id"])
                if not wrong:
                    there |= told["hook"]
                return data(webhookSubscriptionUpdate={"userErrors": wrong})
            case "StocksyncHookDelete":
                self.hooks.pop(told["id"])
                return data(webhookSubscriptionDelete={"userErrors": []})
            case other:
                raise AssertionError(other)

    def _wrong(self, topic: str, hook: dict[str, Any], gid: str) -> list[dict[str, Any]]:
        others = [one for name, one in self.hooks.items() if name != gid]
        words = []
        if any(one["topic"] == topic and one["uri"] == hook["uri"] for one in others):
            words.append("Address for this topic has already been taken")
        if any(str(one["name"]).lower() == hook["name"].lower() for one in others):
            words.append("Name already exists, no duplicate allowed")
        return [{"field": ["webhookSubscription"], "message": one} for one in words]

    def add(self, topic: str, number: int = 1, **more: Any) -> dict[str, Any]:
        gid = f"gid://shopify/WebhookSubscription/{number}"
        self.hooks[gid] = {
            "id": gid,
            "topic": topic,
            "uri": HERE,
            "name": f"stocksync-web-{topic.lower().replace('_', '-')}",
            "format": "JSON",
            "filter": None,
            "includeFields": list(ORDER_FIELDS) if topic.startswith("ORDERS_C") else [],
            **more,
        }
        return self.hooks[gid]

    def complete(self) -> None:
        with open_shop(self.says) as shop:
            hooks(shop).mend()


def hooks(shop: Stand, url: str | None = HERE) -> Hooks:
    return Hooks(shop.api(), channel=ChannelName("web"), hook_url=url)


def states(found: Any) -> dict[str, Health]:
    return {one.code: one.health for one in found}


def one(found: Any, code: str) -> Finding:
    (finding,) = [x for x in found if x.code == code]
    assert isinstance(finding, Finding)
    return finding


def test_every_topic_gets_a_subscription_of_its_own_name_at_our_address() -> None:
    office = Office()
    with open_shop(office.says) as shop:
        found = hooks(shop).mend()
        again = hooks(shop).mend()

    assert len(office.hooks) == len(TOPICS) == 15
    assert {x["uri"] for x in office.hooks.values()} == {HERE}
    assert {x["format"] for x in office.hooks.values()} == {"JSON"}
    names = {x["topic"]: x["name"] for x in office.hooks.values()}
    assert names["ORDERS_CREATE"] == "stocksync-web-orders-create"
    assert names["INVENTORY_LEVELS_UPDATE"] == "stocksync-web-inventory-levels-update"
    assert states(found)["webhook-orders-create"] is Health.HEALED
    assert set(states(again).values()) == {Health.WELL}


def test_the_order_topics_send_no_customer_and_always_their_version() -> None:
    office = Office()
    office.complete()
    fields = {x["topic"]: x["includeFields"] for x in office.hooks.values()}

    for topic in ("ORDERS_CREATE", "ORDERS_UPDATED", "ORDERS_CANCELLED"):
        assert "updated_at" in fields[topic]
        assert not {"customer", "email", "billing_address", "shipping_address"} & set(fields[topic])
    assert {"order_id", "refund_line_items"} <= set(fields["REFUNDS_CREATE"])
    for topic in ("FULFILLMENTS_CREATE", "FULFILLMENTS_UPDATE"):
        assert {"order_id", "line_items", "updated_at"} <= set(fields[topic])
        assert not {"email", "destination"} & set(fields[topic])
    assert "email" not in (fields["APP_UNINSTALLED"] or ["email"])
    assert fields["INVENTORY_LEVELS_UPDATE"] == []


def test_the_doctor_looks_and_changes_nothing() -> None:
    office = Office()
    office.complete()
    office.hooks = {name: x for name, x in office.hooks.items() if x["topic"] != "REFUNDS_CREATE"}
    office.add("PRODUCTS_UPDATE", 7, name="left over")
    before = dict(office.hooks)
    with open_shop(office.says) as shop:
        found = hooks(shop).findings()

    assert shop.documents == ["StocksyncHookList"]
    assert office.hooks == before
    troubled = {code for code, health in states(found).items() if health is not Health.WELL}
    assert troubled == {"webhook-refunds-create", "webhook-strangers"}
    assert all(x.way_out for x in found if x.health is not Health.WELL)


def test_those_that_the_shop_dropped_are_made_again_and_said_to_be_healed() -> None:
    office = Office()
    office.complete()
    dropped = [name for name, x in office.hooks.items() if x["topic"].startswith("ORDERS")]
    for name in dropped:
        office.hooks.pop(name)
    with open_shop(office.says) as shop:
        found = states(hooks(shop).mend())

    assert {code for code, health in found.items() if health is Health.HEALED} == {
        "webhook-orders-create",
        "webhook-orders-updated",
        "webhook-orders-cancelled",
        "webhook-orders-edited",
    }
    assert len(office.hooks) == 15


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"uri": "https://old.example/hooks"}, "another address (old.example)"),
        ({"includeFields": ["id"]}, "other fields"),
        ({"includeFields": [], "name": None}, "other fields"),
        ({"filter": "id:1"}, "has a filter"),
        ({"format": "XML"}, "something else than JSON"),
    ],
    ids=["address", "fields", "by-hand", "filter", "format"],
)
def test_one_that_is_wrong_is_corrected(more: dict[str, Any], words: str) -> None:
    office = Office()
    office.add("ORDERS_CREATE", 1, **more)
    with open_shop(office.says) as shop:
        found = one(hooks(shop).mend(), "webhook-orders-create")
        after = hooks(shop).findings()

    assert found.health is Health.HEALED
    assert words in found.words
    assert set(states(after).values()) == {Health.WELL}
    (there,) = [x for x in office.hooks.values() if x["topic"] == "ORDERS_CREATE"]
    assert (there["uri"], there["includeFields"]) == (HERE, list(ORDER_FIELDS))


def test_strangers_at_our_own_address_are_deleted_and_those_elsewhere_are_left_alone() -> None:
    office = Office()
    office.add("PRODUCTS_UPDATE", 7, name="left over")
    office.add("ORDERS_PAID", 8, name="another app's", uri="https://elsewhere.example/")
    with open_shop(office.says) as shop:
        found = one(hooks(shop).mend(), "webhook-strangers")

    assert found.health is Health.HEALED
    assert "PRODUCTS_UPDATE" in found.words
    assert not [x for x in office.hooks.values() if x["topic"] == "PRODUCTS_UPDATE"]
    assert [x for x in office.hooks.values() if x["topic"] == "ORDERS_PAID"]


def test_a_second_one_of_a_topic_gives_way_to_the_one_of_our_name() -> None:
    office = Office()
    office.add("REFUNDS_CREATE", 1, uri="https://old.example/")
    office.add("REFUNDS_CREATE", 2, name="by hand")
    with open_shop(office.says) as shop:
        hooks(shop).mend()

    (left,) = [x for x in office.hooks.values() if x["topic"] == "REFUNDS_CREATE"]
    assert (left["id"], left["uri"]) == ("gid://shopify/WebhookSubscription/1", HERE)


def test_many_subscriptions_are_listed_to_the_end() -> None:
    office = Office(page=3)
    office.complete()
    with open_shop(office.says) as shop:
        assert set(states(hooks(shop).findings()).values()) == {Health.WELL}

    assert len(shop.heard) == 5


def failing_for(topic: str, reply: Reply) -> Office:
    return Office(
        odd=lambda call: reply if str(call.variables.get("topic")).startswith(topic) else None
    )


def test_a_topic_that_the_app_may_not_have_leaves_the_others_as_they_should_be() -> None:
    denied = error(
        "ACCESS_DENIED",
        "You do not have `read_inventory`",
        data={"webhookSubscriptionCreate": None},
    )
    office = failing_for("INVENTORY_LEVELS_UPDATE", denied)
    with open_shop(office.says) as shop:
        found = hooks(shop).mend()

    assert one(found, "webhook-inventory-levels-update").health is Health.TROUBLE
    assert "read_inventory" in one(found, "webhook-inventory-levels-update").words
    assert len(office.hooks) == 14


def test_a_shop_that_breaks_in_the_middle_does_not_hide_what_was_mended() -> None:
    office = failing_for("REFUNDS_CREATE", Reply(b"", 502))
    with open_shop(office.says) as shop:
        found = states(hooks(shop).mend())

    assert found["webhook-refunds-create"] is Health.TROUBLE
    assert found["webhook-orders-create"] is Health.HEALED
    assert found["webhook-app-uninstalled"] is Health.HEALED


def test_a_topic_that_only_tells_sooner_is_done_without_where_it_is_not_to_be_had() -> None:
    denied = error("ACCESS_DENIED", data={"webhookSubscriptionCreate": None})
    office = failing_for("FULFILLMENTS", denied)
    with open_shop(office.says) as shop:
        found = [*hooks(shop).mend(), *hooks(shop).findings()]

    told = [x for x in found if x.code == "webhook-fulfillments-create"]
    assert [x.health for x in told] == [Health.WELL] * 2
    assert "ORDERS_UPDATED tells the same" in told[0].words
    assert len(office.hooks) == 13


def test_a_shop_that_is_shut_is_no_finding() -> None:
    with open_shop(lambda _: Reply({}, 402)) as shop, pytest.raises(Shut):
        hooks(shop).mend()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://sync.example.com/hooks/m/web", "https://"),
        ("https://127.0.0.1/hooks", "private"),
        ("https://sync.local/hooks", "private"),
        ("https://sync/hooks", "private"),
    ],
)
def test_an_address_that_the_shop_would_refuse_is_told_and_nothing_is_made(
    url: str, words: str
) -> None:
    office = Office()
    with open_shop(office.says) as shop:
        (found,) = hooks(shop, url).mend()

    assert (found.code, found.health) == ("delivery-url", Health.TROUBLE)
    assert words in found.words
    assert office.hooks == {}


def test_a_shop_in_a_private_network_sends_into_it() -> None:
    office = Office()
    with open_shop(office.says) as shop:
        url = "http://127.0.0.1:8080/hooks/m/web"
        api = shop.api()
        Hooks(api, channel=ChannelName("web"), hook_url=url, allow_private=True).mend()

    assert len(office.hooks) == 15


def test_without_an_address_we_live_by_polling() -> None:
    with open_shop(Office().says) as shop:
        found = [*hooks(shop, None).findings(), *hooks(shop, None).mend()]

    assert [(x.code, x.health) for x in found] == [("delivery-url", Health.WELL)] * 2
    assert shop.heard == []


def test_a_public_address_is_reachable() -> None:
    assert unreachable(HERE) is None


def test_a_shop_whose_webhooks_nobody_could_prove_is_only_polled() -> None:
    polled = channel(client_id=None, client_secret=None, access_token=secret("shpat_0123"))

    (finding,) = polled.watch(HERE)

    assert (finding.code, finding.health) == ("delivery-url", Health.WELL)
    assert "polled" in finding.words
