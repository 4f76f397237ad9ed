"""Deliveries that are lost, late, doubled, merged or refused, over real HTTP."""

import socket
import threading
import time
from collections import Counter
from datetime import timedelta

import pytest
from requests.structures import CaseInsensitiveDict

from stocksync.sandbox.shopify.posting import Post, deliver_over_http
from stocksync.sandbox.shopify.stockroom import State
from stocksync.sandbox.shopify.subscriptions import Wish
from tests.sandbox.shopify_receiver import (
    MORNING,
    MUG,
    TEE,
    PostOffice,
    level,
    order,
)


def told(post: PostOffice) -> list[tuple[str, int | None]]:
    """Return the topic and the number of each level notice, as they came."""
    return [(one["X-Shopify-Topic"], one.body["available"]) for one in post.heard]


def test_e05_what_is_due_at_once_leaves_in_any_order(post: PostOffice) -> None:
    post.knobs.webhook_shuffle = True
    topics = ["orders/create", "orders/updated"] * 6
    post.listen("ORDERS_CREATE")
    post.listen("ORDERS_UPDATED")

    for topic in topics:
        post.happened(topic, order([(TEE, 1)]))
    post.run()

    assert sorted(post.receiver.topics) == sorted(topics)
    assert post.receiver.topics != topics


def test_e05_deliveries_are_delayed_each_by_its_own_time(post: PostOffice) -> None:
    post.knobs.webhook_delay_s = 10.0
    post.knobs.webhook_spread_s = 20.0
    post.knobs.webhook_topic_delay_s = {"orders/updated": 60.0}
    post.listen("ORDERS_CREATE")
    post.listen("ORDERS_UPDATED")

    for _ in range(4):
        post.happened("orders/updated", order([(TEE, 1)]))
        post.happened("orders/create", order([(TEE, 1)]))
    post.run(seconds=9)
    assert post.heard == []
    post.run(seconds=21)
    assert post.receiver.topics == ["orders/create"] * 4
    post.run(seconds=60)

    assert len(post.heard) == 8
    assert len({one.at for one in post.deliveries.attempts}) == 8


def test_e05_a_share_is_lost_and_a_share_comes_again_under_its_id(post: PostOffice) -> None:
    post.knobs.webhook_loss = 0.3
    post.knobs.webhook_doubles = 0.5
    post.listen("ORDERS_CREATE")

    for number in range(1042, 1142):
        post.happened("orders/create", order([(TEE, 1)], number=number))
    post.run(seconds=2)

    copies = Counter(one["X-Shopify-Webhook-Id"] for one in post.heard)
    assert 55 <= len(copies) <= 85
    assert 20 <= sum(1 for times in copies.values() if times == 2) <= 50
    assert len(post.heard) == sum(copies.values())


def test_e05_a_topic_is_lost_wholly(post: PostOffice) -> None:
    post.knobs.webhook_lost_topics = ("orders/create",)
    post.listen("ORDERS_CREATE")
    post.listen("ORDERS_UPDATED")

    post.happened("orders/create", order([(TEE, 1)]))
    post.happened("orders/updated", order([(TEE, 1)]))
    post.run()

    assert post.receiver.topics == ["orders/updated"]
    assert [one.ending for one in post.deliveries.attempts] == ["lost", "sent"]


def test_e05_an_old_body_arrives_last(post: PostOffice) -> None:
    post.listen("ORDERS_UPDATED")
    paper = order([(TEE, 3)])

    post.knobs.webhook_stale = 1.0
    post.happened("orders/updated", paper)
    post.run(seconds=1)
    post.knobs.webhook_stale = 0.0
    paper.lines[0].removed = 2
    post.happened("orders/updated", paper)
    post.run(seconds=10)

    assert [one.body["line_items"][0]["current_quantity"] for one in post.heard] == [1, 3]


def test_e05_several_are_under_way_at_once(post: PostOffice) -> None:
    post.knobs.webhook_lanes = 4
    post.receiver.slow_s = 0.1
    post.listen("ORDERS_CREATE")

    began = time.monotonic()
    for _ in range(8):
        post.happened("orders/create", order([(TEE, 1)]))
    post.run()

    assert len(post.heard) == 8
    assert time.monotonic() - began < 0.7  # one after the other takes 0.8


def test_e06_a_slow_answer_is_a_failure_and_is_sent_again(post: PostOffice) -> None:
    assert (post.knobs.webhook_connect_s, post.knobs.webhook_answer_s) == (1.0, 5.0)
    post.knobs.webhook_answer_s = 0.1
    post.receiver.slow_s = 0.3
    post.listen("ORDERS_CREATE")

    post.happened("orders/create", order([(TEE, 1)]))
    post.run()
    post.receiver.slow_s = 0.0
    post.run(minutes=1)

    assert [one.status for one in post.deliveries.attempts] == [None, 200]
    assert [one.ending for one in post.deliveries.attempts] == ["failed", "sent"]
    assert post.heard[0].raw == post.heard[1].raw


def test_e06_nobody_waits_for_an_answer_longer_than_is_allowed(post: PostOffice) -> None:
    post.knobs.webhook_answer_s = 0.1
    post.receiver.slow_s = 1.5
    post.listen("ORDERS_CREATE")

    began = time.monotonic()
    post.happened("orders/create", order([(TEE, 1)]))
    post.run()

    assert time.monotonic() - began < 1.0
    assert [one.ending for one in post.deliveries.attempts] == ["failed"]


def test_e06_an_answer_that_comes_drop_by_drop_is_late_as_a_whole() -> None:
    def dribble(listening: socket.socket) -> None:
        line, _ = listening.accept()
        with line:
            line.recv(65536)
            for drop in (b"HTTP/1.1 ", b"200 OK\r\n", b"Content-", b"Length: 0\r\n", b"\r\n"):
                line.sendall(drop)
                time.sleep(0.06)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        dribbling = threading.Thread(target=dribble, args=[listening], daemon=True)
        dribbling.start()
        status = deliver_over_http(
            Post(
                url=f"http://127.0.0.1:{listening.getsockname()[1]}/",
                headers=CaseInsensitiveDict(),
                body=b"{}",
                connect_s=1.0,
                answer_s=0.15,
            )
        )
        dribbling.join()

    assert status is None


def test_e06_a_receiver_that_is_not_there_is_a_failure(post: PostOffice) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    post.subscriptions.create("ORDERS_CREATE", Wish(uri=f"http://127.0.0.1:{port}/gone"))

    post.happened("orders/create", order([(TEE, 1)]))
    post.run()

    assert [one.status for one in post.deliveries.attempts] == [None]
    assert [one.ending for one in post.deliveries.attempts] == ["failed"]


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 404, 410, 429, 500, 503])
def test_e06_anything_but_2xx_fails_and_no_redirect_is_followed(
    post: PostOffice, status: int
) -> None:
    post.receiver.status = status
    post.listen("ORDERS_CREATE")

    post.happened("orders/create", order([(TEE, 1)]))
    post.run()

    assert [one.path for one in post.heard] == ["/hooks"]
    assert [one.ending for one in post.deliveries.attempts] == ["failed"]
    assert post.deliveries.waiting == 1


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_e06_any_2xx_is_enough(post: PostOffice, status: int) -> None:
    post.receiver.status = status
    post.listen("ORDERS_CREATE")

    post.happened("orders/create", order([(TEE, 1)]))
    post.run()

    assert [one.ending for one in post.deliveries.attempts] == ["sent"]
    assert post.deliveries.waiting == 0


def test_e07_eight_retries_over_four_hours_with_the_first_body_and_address(
    post: PostOffice,
) -> None:
    post.receiver.status = 500
    kept = post.listen("ORDERS_CREATE")
    paper = order([(TEE, 2)])

    post.happened("orders/create", paper)
    post.run()
    paper.cancelled_at = post.clock.now
    post.subscriptions.update(kept.gid, Wish(uri=f"{post.url}/new-address"))
    post.run(hours=5)

    minutes = [(one.at - MORNING) / timedelta(minutes=1) for one in post.deliveries.attempts]
    assert minutes == [0, 1, 3, 7, 15, 31, 63, 127, 240]
    assert {one.path for one in post.heard} == {"/hooks"}
    assert {one.body["cancelled_at"] for one in post.heard} == {None}
    assert len({one.raw for one in post.heard}) == 1
    assert post.deliveries.waiting == 0


def test_e07_a_retry_of_the_create_arrives_after_the_cancel(post: PostOffice) -> None:
    post.receiver.status = 500
    post.listen("ORDERS_CREATE")
    post.listen("ORDERS_CANCELLED")
    paper = order([(TEE, 2)])

    post.happened("orders/create", paper)
    post.run(seconds=30)
    post.receiver.status = 200
    paper.cancelled_at = post.clock.now
    post.happened("orders/cancelled", paper)
    post.run(minutes=1)

    assert post.receiver.topics == ["orders/create", "orders/cancelled", "orders/create"]
    assert post.heard[2].body["cancelled_at"] is None


def test_e08_the_last_failure_ends_a_subscription_of_the_api_and_spares_the_others(
    post: PostOffice,
) -> None:
    post.receiver.status = 500
    by_api = post.listen("ORDERS_CREATE", "api")
    by_file = post.subscriptions.configure("orders/create", f"{post.url}/toml")

    post.happened("orders/create", order([(TEE, 1)]))
    post.run(minutes=239)
    assert post.subscriptions.listed() == [by_api]
    post.run(minutes=1)

    assert post.subscriptions.listed() == []
    assert list(post.subscriptions) == [by_file]
    assert post.deliveries.removed == [by_api]
    post.receiver.status = 200
    post.happened("orders/create", order([(TEE, 1)]))
    post.run()
    assert Counter(one.path for one in post.heard) == {"/api": 9, "/toml": 10}


def test_e08_failures_in_a_row_can_end_it_too_and_a_success_starts_anew(post: PostOffice) -> None:
    post.knobs.webhook_failures_max = 3
    post.listen("ORDERS_CREATE")

    def try_with(status: int) -> int:
        post.receiver.status = status
        post.happened("orders/create", order([(TEE, 1)]))
        post.run()
        return len(post.subscriptions.listed())

    assert [try_with(status) for status in (500, 500, 200, 500, 500, 500)] == [1, 1, 1, 1, 1, 0]


def test_e09_two_changes_of_a_level_within_the_window_are_one_notice(post: PostOffice) -> None:
    post.listen("INVENTORY_LEVELS_UPDATE")
    tee, mug = level(TEE, 10), level(MUG, 6)

    for available in (9, 8):
        tee.states[State.AVAILABLE] = available
        post.happened("inventory_levels/update", tee)
    post.happened("inventory_levels/update", mug)
    post.run(seconds=0.9)
    assert post.heard == []
    post.run(seconds=0.1)

    assert sorted(one.body["available"] for one in post.heard) == [6, 8]


def test_e09_a_merged_notice_can_come_twice_with_the_same_number(post: PostOffice) -> None:
    post.knobs.webhook_level_twice = 1.0
    post.listen("INVENTORY_LEVELS_UPDATE")
    tee = level(TEE, 9)

    post.happened("inventory_levels/update", tee)
    tee.states[State.AVAILABLE] = 8
    post.happened("inventory_levels/update", tee)
    post.run(seconds=1)

    assert told(post) == [("inventory_levels/update", 8)] * 2
    assert post.heard[0].raw == post.heard[1].raw
    assert len({one["X-Shopify-Webhook-Id"] for one in post.heard}) == 2


def test_e09_after_the_window_a_change_is_a_notice_of_its_own(post: PostOffice) -> None:
    post.listen("INVENTORY_LEVELS_UPDATE")
    tee = level(TEE, 9)

    post.happened("inventory_levels/update", tee)
    post.run(seconds=1)
    tee.states[State.AVAILABLE] = 8
    post.happened("inventory_levels/update", tee)
    post.run(seconds=1)

    assert told(post) == [("inventory_levels/update", 9), ("inventory_levels/update", 8)]


def test_e10_a_body_like_the_one_before_is_dropped_within_the_window(post: PostOffice) -> None:
    post.knobs.webhook_identical_window_s = 30.0
    post.listen("INVENTORY_LEVELS_UPDATE")
    tee, mug = level(TEE, 8), level(MUG, 6)

    for again in (tee, mug, tee, mug):
        post.happened("inventory_levels/update", again)
        post.run(seconds=5)
    tee.states[State.AVAILABLE] = 7
    post.happened("inventory_levels/update", tee)
    post.run(seconds=5)
    tee.states[State.AVAILABLE] = 8
    post.happened("inventory_levels/update", tee)
    post.run(seconds=40)
    post.happened("inventory_levels/update", tee)
    post.run(seconds=5)

    assert [one.body["available"] for one in post.heard] == [8, 6, 7, 8, 8]
    endings = [one.ending.value for one in post.deliveries.attempts]
    assert endings == ["sent", "sent", "identical", "identical", "sent", "sent", "sent"]
