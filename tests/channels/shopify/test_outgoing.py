"""Our calls against a shop that is kind in nothing."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

from stocksync.channels.base import Health, Outcome
from stocksync.channels.errors import CallError, Shut, Transient, Unknown
from stocksync.channels.shopify import checkup, pulling
from stocksync.channels.shopify.documents import SHOP
from stocksync.channels.shopify.gids import gid
from stocksync.channels.shopify.hooks import TOPICS
from stocksync.core.names import PaperKey
from stocksync.sandbox.shopify import Fate
from tests.channels.shopify.market import Market, open_market

OVERLAP = timedelta(minutes=10)


@pytest.fixture
def market() -> Iterator[Market]:
    with open_market() as opened:
        yield opened


def pull(market: Market, cursor: str) -> tuple[list[int], str]:
    found: list[int] = []
    while True:
        walked = pulling.walk(market.api, pulling.read(cursor), OVERLAP, market.clock())
        found += [int(one["legacyResourceId"]) for one in walked.orders]
        cursor = walked.cursor.text()
        if walked.complete:
            return found, cursor


def start(market: Market) -> str:
    return pulling.cursor_at(market.clock(), OVERLAP).text()


# Writing


def test_a_push_shows_its_numbers_and_a_read_confirms_them(market: Market) -> None:
    ended = market.push(market.write("TEE-M", 7, 10), market.write("CAP-RED", 0, 3, "Back"))

    assert [one.outcome for one in ended] == [Outcome.CONFIRMED] * 2
    assert market.shown(market.level("TEE-M"), market.level("CAP-RED", "Back")) == {
        market.level("TEE-M"): 7,
        market.level("CAP-RED", "Back"): 0,
    }
    assert market.shop.stock("CAP-RED", "Main") == 4


def test_a_number_that_it_shows_already_is_confirmed(market: Market) -> None:
    (ended,) = market.push(market.write("TEE-M", 10, 10))

    assert ended.outcome is Outcome.CONFIRMED


@pytest.mark.parametrize("named", ["changeFromQuantity", "quantity", ""])
def test_a_sale_that_we_have_not_heard_of_is_not_put_back_on_the_shelf(
    market: Market, named: str
) -> None:
    market.shop.knobs.stale_field = named
    market.shop.buy({"TEE-M": 1})

    ended = {
        one.listing: one.outcome
        for one in market.push(market.write("TEE-M", 12, 10), market.write("MUG-01", 5, 6))
    }

    assert ended[market.level("TEE-M")] is Outcome.STALE
    assert ended[market.level("MUG-01")] in (Outcome.LATER, Outcome.STALE)
    assert (market.shop.stock("TEE-M"), market.shop.stock("MUG-01")) == (9, 6)


def test_a_sale_that_lands_while_our_write_is_on_its_way_is_not_put_back(market: Market) -> None:
    sold: list[int] = []

    def race(sku: str | None, location: str) -> None:
        if not sold:
            sold.append(market.shop.buy({"TEE-M": 1}))

    market.shop.race(race)
    (ended,) = market.push(market.write("TEE-M", 12, 10))

    assert ended.outcome is Outcome.STALE
    assert market.shop.stock("TEE-M") == 9


def test_an_item_that_is_gone_is_refused_and_the_others_go_in_the_next_call(
    market: Market,
) -> None:
    gone = market.write("MUG-01", 5, 6)
    market.shop.delete_product("MUG-01")

    ended = {one.listing: one for one in market.push(gone, market.write("TEE-M", 7, 10))}
    again = market.push(market.write("TEE-M", 7, 10), key="push_2")

    assert ended[gone.target.listing].outcome is Outcome.REFUSED
    assert "not in the shop any more" in ended[gone.target.listing].words
    assert ended[market.level("TEE-M")].outcome is Outcome.LATER
    assert [one.outcome for one in again] == [Outcome.CONFIRMED]


def test_a_bundle_takes_no_number(market: Market) -> None:
    market.shop.add_product("GIFT-SET", 0, requires_components=True)

    (ended,) = market.push(market.write("GIFT-SET", 3, 0))

    assert ended.outcome is Outcome.REFUSED
    assert "a bundle" in ended.words


@pytest.mark.parametrize("fate", [Fate.TIMED_OUT, Fate.CUT_AFTER])
def test_an_answer_that_was_lost_comes_again_under_its_key_and_writes_nothing_twice(
    market: Market, fate: Fate
) -> None:
    push = market.write("TEE-M", 7, 10)
    market.shop.fate(fate)
    with pytest.raises(Unknown):
        market.push(push)
    market.shop.buy({"TEE-M": 2})

    (ended,) = market.push(push)

    assert ended.outcome is Outcome.CONFIRMED
    assert market.shop.stock("TEE-M") == 5
    assert len(market.shop.log.writes) == 1


@pytest.mark.parametrize(
    "fate", [Fate.CUT_BEFORE, Fate.BROKEN, Fate.HTML, Fate.EMPTY, Fate.INTERNAL]
)
def test_a_write_without_a_clear_answer_is_unknown_and_ends_under_its_key(
    market: Market, fate: Fate
) -> None:
    push = market.write("TEE-M", 7, 10)
    market.shop.fate(fate)
    with pytest.raises(Unknown):
        market.push(push)

    (ended,) = market.push(push)

    assert ended.outcome is Outcome.CONFIRMED
    assert market.shop.stock("TEE-M") == 7


def test_a_write_that_lands_late_is_in_progress_until_it_has(market: Market) -> None:
    push = market.write("TEE-M", 7, 10)
    market.shop.fate(Fate.LATE)
    with pytest.raises(Unknown):
        market.push(push)
    with pytest.raises(Unknown) as working:
        market.push(push)
    market.clock.sleep(10)
    market.shop.run_due()

    (ended,) = market.push(push)

    assert working.value.code == "in-progress"
    assert ended.outcome is Outcome.CONFIRMED
    assert market.shop.stock("TEE-M") == 7


def test_a_try_that_was_turned_away_unheard_ends_as_one_that_wrote_nothing(
    market: Market,
) -> None:
    push = market.write("TEE-M", 12, 9)
    market.shop.fate(Fate.TIMED_OUT)
    with pytest.raises(Unknown):
        market.push(push)

    (ended,) = market.push(push)

    assert ended.outcome is Outcome.STALE
    assert market.shop.stock("TEE-M") == 10


def test_a_key_with_other_numbers_is_never_taken_for_written(market: Market) -> None:
    market.push(market.write("TEE-M", 7, 10))

    with pytest.raises(Unknown) as failed:
        market.push(market.write("TEE-M", 6, 7))

    assert failed.value.code == "key-reused"
    assert market.shop.stock("TEE-M") == 7


@pytest.mark.parametrize("fate", [Fate.THROTTLED, Fate.TOO_MANY, Fate.UNAUTHORIZED])
def test_a_write_that_was_turned_away_at_the_door_goes_again_at_once(
    market: Market, fate: Fate
) -> None:
    market.shop.fate(fate)

    (ended,) = market.push(market.write("TEE-M", 7, 10))

    assert ended.outcome is Outcome.CONFIRMED
    assert len(market.shop.log.writes) == 1


def test_a_shop_that_throttles_for_long_is_left_for_later_with_its_pause(market: Market) -> None:
    market.shop.knobs.too_many = 1
    market.shop.knobs.retry_after_s = 90

    with pytest.raises(Transient) as failed:
        market.push(market.write("TEE-M", 7, 10))

    assert failed.value.retry_after == timedelta(seconds=90)
    assert market.shop.stock("TEE-M") == 10


@pytest.mark.parametrize(
    ("status", "code"),
    [(402, "shop-frozen"), (403, "blocked"), (404, "no-shop"), (423, "shop-locked")],
)
def test_a_shop_that_is_shut_is_shut(market: Market, status: int, code: str) -> None:
    market.api.run(SHOP)
    market.shop.knobs.shut = status

    with pytest.raises(Shut) as shut:
        market.push(market.write("TEE-M", 7, 10))

    assert shut.value.code == code


def test_a_scope_that_was_taken_away_is_named(market: Market) -> None:
    market.shop.knobs.scopes = ("read_inventory", "read_products")

    with pytest.raises(Shut) as shut:
        market.push(market.write("TEE-M", 7, 10))

    assert "write_inventory" in shut.value.detail


# Tokens


def test_a_token_that_ran_out_is_renewed_before_the_shop_says_so(market: Market) -> None:
    market.api.run(SHOP)
    market.clock.sleep(0.9 * 86_400)
    market.api.run(SHOP)

    assert len(market.shop.tokens.granted) == 2
    assert 401 not in [call.status for call in market.shop.log.calls]


def test_two_threads_at_once_ask_for_one_token(market: Market) -> None:
    together = Barrier(2, timeout=5)

    def call(_: int) -> None:
        together.wait()
        market.api.run(SHOP)

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(call, range(2)))

    assert len(market.shop.tokens.granted) == 1


@pytest.mark.parametrize("dies", [False, True], ids=["old-tokens-live", "old-tokens-die"])
def test_under_load_one_of_many_threads_renews_the_token_of_a_process(
    market: Market, *, dies: bool
) -> None:
    market.shop.knobs.old_tokens_die = dies
    together = Barrier(4, action=lambda: market.clock.sleep(0.85 * 86_400), timeout=5)

    def work(_: int) -> None:
        for at in range(12):
            if at == 4:
                together.wait()
            market.api.run(SHOP)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(4)))

    assert len(market.shop.tokens.granted) == 2


def test_a_shop_whose_old_tokens_die_is_still_reached_by_two_processes(market: Market) -> None:
    market.shop.knobs.old_tokens_die = True
    other = market.client()
    for _ in range(3):
        market.api.run(SHOP)
        other.run(SHOP)

    assert market.calls("StocksyncShop") == 10


def test_an_app_that_was_taken_off_the_shop_is_shut_out(market: Market) -> None:
    market.api.run(SHOP)
    market.shop.uninstall()

    with pytest.raises(Shut) as shut:
        market.api.run(SHOP)

    assert shut.value.code == "key-refused"


# Reading


def test_what_does_not_sell_is_not_read(market: Market) -> None:
    mug, cap = market.level("MUG-01"), market.level("CAP-RED", "Back")
    market.shop.set_tracked("MUG-01", False)
    market.shop.deactivate("CAP-RED", "Back")

    read = market.shown(market.level("TEE-M"), mug, cap, market.level("TEE-M", "Back"))

    assert read == {market.level("TEE-M"): 10}


def test_a_number_below_zero_is_read_as_it_is(market: Market) -> None:
    market.shop.buy({"MUG-01": 8}, oversell=True)

    assert market.shown(market.level("MUG-01")) == {market.level("MUG-01"): -2}


def test_a_read_with_a_hole_in_it_is_tried_again(market: Market) -> None:
    market.shop.fate(Fate.PARTIAL)

    assert market.shown(market.level("TEE-M")) == {market.level("TEE-M"): 10}


# Pulling


def test_orders_are_pulled_over_pages_while_the_shop_sells(market: Market) -> None:
    cursor = start(market)
    market.shop.edit_stock("TEE-M", 1000)
    bought = []
    for _ in range(60):
        market.clock.sleep(2)
        bought.append(market.shop.buy({"TEE-M": 1}))
    found: list[int] = []
    complete = False
    while not complete:
        walked = pulling.walk(market.api, pulling.read(cursor), OVERLAP, market.clock())
        found += [int(one["legacyResourceId"]) for one in walked.orders]
        cursor, complete = walked.cursor.text(), walked.complete
        if len(bought) < 65:
            market.clock.sleep(2)
            market.shop.cancel(bought[len(bought) - 60 + 3])
            bought.append(market.shop.buy({"TEE-M": 1}))

    later, _ = pull(market, cursor)

    assert set(found) | set(later) == set(bought)


def test_an_order_that_the_search_learns_of_late_is_found(market: Market) -> None:
    cursor = start(market)
    market.shop.knobs.order_index_lag_s = 8
    first = market.shop.buy({"TEE-M": 1})
    market.clock.sleep(9)
    second = market.shop.buy({"TEE-M": 1})
    market.clock.sleep(1)
    at_once, cursor = pull(market, cursor)
    market.clock.sleep(20)
    market.shop.buy({"MUG-01": 1})
    after, _ = pull(market, cursor)

    assert at_once == [first]
    assert second in after


def test_cancelled_orders_come_too_and_each_shows_its_refunds_and_parcels(
    market: Market,
) -> None:
    cursor = start(market)
    cancelled, shipped = market.shop.buy({"TEE-M": 2}), market.shop.buy({"MUG-01": 2})
    market.clock.sleep(5)
    market.shop.cancel(cancelled)
    market.shop.fulfil(shipped, {"MUG-01": 1})
    market.clock.sleep(5)

    walked = pulling.walk(market.api, pulling.read(cursor), OVERLAP, market.clock())

    orders = {int(one["legacyResourceId"]): one for one in walked.orders}
    assert orders[cancelled]["cancelledAt"] is not None
    (refund,) = orders[cancelled]["refunds"]
    (line,) = refund["refundLineItems"]["nodes"]
    assert (line["quantity"], line["restocked"]) == (2, True)
    (parcel,) = orders[shipped]["fulfillments"]
    assert parcel["status"] == "SUCCESS"
    assert [one["quantity"] for one in parcel["fulfillmentLineItems"]["nodes"]] == [1]
    assert walked.complete
    assert walked.asked_at is not None


def test_an_order_of_very_many_lines_and_parcels_is_whole(market: Market) -> None:
    cursor = start(market)
    market.shop.edit_stock("TEE-M", 1000)
    large = market.shop.buy([("TEE-M", 1)] * 300)
    lines = [line.id for line in market.shop.orders[large].lines]
    for line in lines[:30]:
        market.shop.fulfil(large, {line: 1})
    for line in lines[30:55]:
        market.shop.refund(large, [(line, 1)], restock_type="cancel")
    market.clock.sleep(5)

    walked = pulling.walk(market.api, pulling.read(cursor), OVERLAP, market.clock())

    (order,) = walked.orders
    assert len(order["lineItems"]["nodes"]) == 300
    assert (len(order["fulfillments"]), len(order["refunds"])) == (30, 25)


def test_orders_are_fetched_by_id_and_those_beyond_the_horizon_are_not_called_deleted(
    market: Market,
) -> None:
    old = market.shop.buy({"TEE-M": 1})
    market.clock.sleep(61 * 86_400)
    new = market.shop.buy({"TEE-M": 1})
    deleted = new + 1

    found, gone = pulling.fetch(market.api, [PaperKey(str(one)) for one in (old, new, deleted)])

    assert [one["id"] for one in found] == [gid("Order", new)]
    assert gone == [str(deleted)]


def test_orders_that_are_over_hold_nothing(market: Market) -> None:
    market.shop.edit_stock("TEE-M", 100)
    bought = [market.shop.buy({"TEE-M": 1}) for _ in range(30)]
    market.shop.cancel(bought[3])
    market.shop.fulfil(bought[4])
    market.clock.sleep(5)

    pages = list(pulling.open_orders(market.api, market.clock()))

    open_ = [int(one["legacyResourceId"]) for page in pages for one in page]
    assert sorted(open_) == sorted({*bought} - {bought[3], bought[4]})


# The catalogue


def test_the_catalogue_comes_in_one_file(market: Market) -> None:
    market.shop.add_variant("TEE-M", "as a gift")
    market.shop.knobs.bulk_takes_s = 30

    got = market.importer().run()

    rows = {row.item["id"]: row for row in got.rows}
    tee = rows[gid("InventoryItem", market.shop.ids("TEE-M")[2])]
    cap = rows[gid("InventoryItem", market.shop.ids("CAP-RED")[2])]
    assert (len(got.rows), len(tee.variants), len(tee.levels)) == (3, 2, 1)
    assert {one["location"]["id"] for one in cap.levels} == {
        gid("Location", market.shop.location_id("Main")),
        gid("Location", market.shop.location_id("Back")),
    }
    assert got.created_at < market.clock() - timedelta(seconds=29)


def test_a_catalogue_that_fails_half_way_is_not_taken_for_a_whole_one(market: Market) -> None:
    market.shop.knobs.bulk_fails = True

    with pytest.raises(Transient):
        market.importer().run()


def test_a_link_that_is_too_old_gives_no_catalogue(market: Market) -> None:
    market.shop.knobs.bulk_link_lives_s = 0

    with pytest.raises(Transient) as failed:
        market.importer().run()

    assert failed.value.code == "link-expired"


# Webhooks and the doctor


def test_subscriptions_that_the_shop_dropped_are_made_again(market: Market) -> None:
    market.hooks().mend()
    listed = market.shop.subscriptions.listed()
    market.shop.subscriptions.delete(listed[0].gid)
    market.shop.subscriptions.delete(listed[5].gid)

    healed = [one for one in market.hooks().mend() if one.health is Health.HEALED]
    after = market.hooks().findings()

    assert len(healed) == 2
    assert {one.health for one in after} == {Health.WELL}
    assert len(market.shop.subscriptions.listed()) == len(TOPICS)


def checked(market: Market) -> dict[str, Health]:
    found = checkup.findings(
        market.api,
        market.hooks(),
        market.importer(),
        shop="market.myshopify.com",
        locations=[gid("Location", market.shop.location_id("Main"))],
    )
    return {one.code: one.health for one in found}


def test_the_doctor_finds_a_shop_in_order_and_then_what_is_wrong_with_it(market: Market) -> None:
    market.hooks().mend()
    before = checked(market)
    market.shop.set_policy("TEE-M", "CONTINUE")
    market.shop.set_tracked("MUG-01", False)
    market.shop.deactivate("CAP-RED", "Main")
    market.shop.add_product("BACK-ONLY", {"Back": 1})
    market.shop.add_product("GIFT-SET", 0, requires_components=True)
    market.shop.add_product(None, 3)
    market.shop.knobs.scopes = tuple(x for x in market.shop.knobs.scopes if x != "read_locations")
    after = checked(market)

    troubled = {code for code, health in after.items() if health is not Health.WELL}
    assert {code for code, health in before.items() if health is not Health.WELL} <= {"clock"}
    assert troubled - {"clock"} == {
        "scopes",
        "locations",
        "sells-below-zero",
        "untracked",
        "inactive-levels",
        "not-stocked",
        "bundles",
        "without-sku",
    }


def test_no_call_ever_names_a_secret(market: Market) -> None:
    market.shop.knobs.shut = 401
    with pytest.raises(CallError) as failed:
        market.api.run(SHOP)

    assert "s1" not in failed.value.detail
