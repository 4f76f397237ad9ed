"""The token: one grant a day, one at a time, and a new one when the shop wants it."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from stocksync.channels.errors import Shut, Transient
from stocksync.channels.shopify.documents import SHOP
from stocksync.channels.shopify.token import Granted, Permanent
from tests.channels.shopify.stand import (
    SILENCE,
    Call,
    Reply,
    Stand,
    always,
    data,
    error,
    open_shop,
)

DAY_S = 86_399


def grants_in_turn(*tokens: str) -> Callable[[dict[str, str]], Reply]:
    left = list(tokens)
    return lambda _: Reply({"access_token": left.pop(0), "scope": "a", "expires_in": DAY_S})


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def granted(stand: Stand, clock: Clock | None = None, secrets: Sequence[str] = ("s1",)) -> Granted:
    return Granted(
        stand.http(),
        host="shop.example",
        client_id="id1",
        secrets=secrets,
        seconds=clock or Clock(),
        sleep=stand.slept.append,
    )


def knows(*tokens: str) -> Callable[[Call], Reply]:
    """Answer those that come with one of these tokens, and no others."""
    return lambda call: (
        data(shop={})
        if call.token in tokens
        else Reply({"errors": "[API] Invalid API key or access token"}, 401)
    )


def test_a_token_is_asked_for_once_and_kept() -> None:
    with open_shop(knows("t1"), grant=grants_in_turn("t1")) as shop:
        api = shop.api(granted(shop))
        api.run(SHOP)
        api.run(SHOP)

    assert shop.grants == [
        {"grant_type": "client_credentials", "client_id": "id1", "client_secret": "s1"}
    ]
    assert [call.token for call in shop.heard] == ["t1", "t1"]


def test_a_token_is_renewed_when_four_fifths_of_its_life_are_over() -> None:
    clock = Clock()
    with open_shop(always(data()), grant=grants_in_turn("t1", "t2")) as shop:
        tokens = granted(shop, clock)
        first = tokens.value()
        clock.now += 0.79 * DAY_S
        still = tokens.value()
        clock.now += 0.02 * DAY_S
        after = tokens.value()

    assert (first, still, after) == ("t1", "t1", "t2")


def test_a_token_that_still_lives_is_used_while_no_new_one_is_granted() -> None:
    clock = Clock()
    answers = [Reply({"access_token": "t1", "expires_in": DAY_S}), Reply(b"", 503)]
    with open_shop(always(data()), grant=lambda _: answers.pop(0)) as shop:
        tokens = granted(shop, clock)
        tokens.value()
        clock.now += 0.9 * DAY_S

        assert tokens.value() == "t1"

        clock.now += 0.2 * DAY_S
        answers.append(Reply(b"", 503))
        with pytest.raises(Transient):
            tokens.value()


@pytest.mark.parametrize("status", [400, 401, 403, 503])
def test_a_renewal_that_is_refused_stops_nothing_while_the_token_lives(status: int) -> None:
    clock = Clock()
    asked: list[int] = []

    def grants(_: object) -> Reply:
        asked.append(1)
        first = Reply({"access_token": "t1", "expires_in": DAY_S})
        return first if len(asked) == 1 else Reply({"error": "application_cannot"}, status)

    with open_shop(always(data()), grant=grants) as shop:
        tokens = granted(shop, clock)
        tokens.value()
        clock.now += 0.9 * DAY_S

        assert [tokens.value() for _ in range(5)] == ["t1"] * 5
        assert len(asked) == 2
        clock.now += 61
        assert tokens.value() == "t1"
        assert len(asked) == 3


def test_threads_that_need_one_at_once_ask_once() -> None:
    together = Barrier(6, timeout=5)

    def call(stand: Stand, tokens: Granted) -> str:
        together.wait()
        return tokens.value()

    with open_shop(always(data()), grant=grants_in_turn("t1", "t2")) as shop:
        tokens = granted(shop)
        with ThreadPoolExecutor(6) as threads:
            told = list(threads.map(lambda _: call(shop, tokens), range(6)))

    assert told == ["t1"] * 6
    assert len(shop.grants) == 1


def test_threads_that_were_refused_with_the_same_token_ask_once() -> None:
    together = Barrier(4, timeout=5)

    def call(tokens: Granted) -> str | None:
        together.wait()
        return tokens.instead("t1")

    with open_shop(always(data()), grant=grants_in_turn("t1", "t2", "t3")) as shop:
        tokens = granted(shop)
        tokens.value()
        with ThreadPoolExecutor(4) as threads:
            told = list(threads.map(lambda _: call(tokens), range(4)))

    assert told == ["t2"] * 4
    assert len(shop.grants) == 2


def test_a_refused_token_is_renewed_once_and_the_call_made_again() -> None:
    clock = Clock()
    with open_shop(knows("t2"), grant=grants_in_turn("t1", "t2")) as shop:
        tokens = granted(shop, clock)
        tokens.value()
        clock.now += 10
        shop.api(tokens).run(SHOP)

    assert [call.token for call in shop.heard] == ["t1", "t2"]
    assert shop.slept == []


@pytest.mark.parametrize("last", ["t2", "t3", "t4"])
def test_a_new_token_that_another_process_took_away_is_asked_for_again_after_a_pause(
    last: str,
) -> None:
    granting = ["t1", "t2", "t3", "t4"]
    with open_shop(knows(last), grant=grants_in_turn(*granting)) as shop:
        shop.api(granted(shop)).run(SHOP)

    tried = granting[: granting.index(last) + 1]
    assert [call.token for call in shop.heard] == tried
    assert len(shop.slept) == len(tried) - 1
    assert all(0.2 <= pause <= 0.8 for pause in shop.slept)


def test_pauses_differ_so_that_two_processes_do_not_meet_again() -> None:
    grant = grants_in_turn(*(f"t{number}" for number in range(1, 9)))
    with open_shop(knows(), grant=grant) as shop:
        for _ in range(2):
            with pytest.raises(Shut):
                shop.api(granted(shop)).run(SHOP)

    assert len(set(shop.slept)) == 6


def test_a_shop_that_refuses_four_tokens_in_a_row_is_shut() -> None:
    grant = grants_in_turn("t1", "t2", "t3", "t4")
    with open_shop(knows(), grant=grant) as shop, pytest.raises(Shut) as shut:
        shop.api(granted(shop)).run(SHOP)

    assert shut.value.code == "denied"
    assert [call.token for call in shop.heard] == ["t1", "t2", "t3", "t4"]
    assert len(shop.grants) == 4


def test_an_app_that_is_granted_no_other_token_is_shut_at_once() -> None:
    answers = [Reply({"access_token": "t1", "expires_in": DAY_S})]
    refused = Reply({"error": "app_not_installed"}, 400)
    grant = lambda _: answers.pop() if answers else refused  # noqa: E731
    with open_shop(knows(), grant=grant) as shop, pytest.raises(Shut) as shut:
        shop.api(granted(shop)).run(SHOP)

    assert shut.value.code == "key-refused"
    assert [call.token for call in shop.heard] == ["t1"]
    assert len(shop.grants) == 2


def test_while_one_thread_leaves_the_other_process_its_turn_all_wait_and_one_asks() -> None:
    together = Barrier(4, timeout=5)

    def call(stand: Stand, tokens: Granted) -> None:
        together.wait()
        stand.api(tokens).run(SHOP)

    with open_shop(knows("t2"), grant=grants_in_turn("t1", "t2", "t3")) as shop:
        tokens = granted(shop)
        tokens.value()
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(lambda _: call(shop, tokens), range(4)))

    assert len(shop.grants) == 2
    assert len(shop.slept) == 1


def test_a_permanent_token_has_no_other_and_a_refusal_shuts_the_channel_at_once() -> None:
    with open_shop(knows("other")) as shop, pytest.raises(Shut) as shut:
        shop.api(Permanent(token="shpat_1")).run(SHOP)

    assert shut.value.code == "denied"
    assert [call.token for call in shop.heard] == ["shpat_1"]


def test_while_a_secret_is_rotated_either_may_be_known() -> None:
    def grant(form: dict[str, str]) -> Reply:
        if form["client_secret"] == "new":
            return Reply({"access_token": "t1", "expires_in": DAY_S})
        return Reply({"error": "invalid_client"}, 400)

    with open_shop(always(data()), grant=grant) as shop:
        assert granted(shop, secrets=("old", "new")).value() == "t1"


@pytest.mark.parametrize(
    ("reply", "kind", "code", "words"),
    [
        (Reply({"error": "invalid_client"}, 400), Shut, "key-refused", "invalid_client"),
        (Reply({"error": "shop_not_permitted"}, 403), Shut, "key-refused", "same organisation"),
        (Reply(b"<html>", 404), Shut, "no-shop", "`shop`"),
        (Reply({}, 402), Shut, "shop-closed", "frozen"),
        (Reply({}, 423), Shut, "shop-closed", "locked"),
        (Reply(b"", 502), Transient, "unavailable", "502"),
        (Reply(b"", 429, {"Retry-After": "30"}), Transient, "throttled", "429"),
        (Reply(None, SILENCE), Transient, "cut-off", "cut"),
        (Reply(b"<html>"), Transient, "no-json", "without naming it"),
        (Reply({"access_token": "bad\nheader: x"}), Transient, "no-json", "without naming it"),
    ],
    ids=["bad", "foreign", "no-shop", "frozen", "locked", "502", "429", "cut", "html", "newline"],
)
def test_a_grant_that_fails_says_what_happens_next_and_never_that_a_write_may_have_landed(
    reply: Reply, kind: type[Exception], code: str, words: str
) -> None:
    with open_shop(always(data()), grant=lambda _: reply) as shop, pytest.raises(kind) as failed:
        granted(shop, secrets=("the-secret",)).value()

    assert getattr(failed.value, "code", None) == code
    assert words in str(failed.value)
    assert "the-secret" not in str(failed.value)


def test_no_call_is_made_without_a_token() -> None:
    grant = always(Reply({}, 403))
    with open_shop(always(error("NEVER")), grant=grant) as shop, pytest.raises(Shut):
        shop.api(granted(shop)).run(SHOP)

    assert shop.heard == []


def test_a_token_never_shows_when_it_is_written_out() -> None:
    assert "shpat" not in repr(Permanent(token="shpat_1"))
