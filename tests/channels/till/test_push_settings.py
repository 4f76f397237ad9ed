"""What a merchant writes to have a till's numbers set, and what a channel can then do."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from stocksync.channels.errors import Shut
from stocksync.channels.till import listing_id, split
from stocksync.core.belief import Way
from tests.channels.till.cast import CURRENT, OLD, secret, settings, till
from tests.channels.till.counter import failure, reaching

PUSH: dict[str, Any] = {"push_url": "https://erp.example/stock", "push_secret": secret(OLD)}


def refusal(**keys: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        settings(**{**PUSH, **keys})
    return str(caught.value)


def test_without_push_url_a_till_only_listens() -> None:
    channel = till()

    assert channel.reach is None
    assert channel.doctor(None) == ()
    assert list(channel.catalogue()) == []


def test_little_is_needed_to_push() -> None:
    told = settings(**PUSH)

    assert (told.push_auth, told.push_batch, told.cas) == ("standard", 100, True)
    assert told.timeout == timedelta(seconds=10)
    assert (told.allow_private, told.allow_insecure) == (False, False)
    assert (told.levels_url, told.movements_url) == (None, None)


def test_what_it_can_do_follows_from_what_is_written() -> None:
    reach = till(**PUSH).reach
    assert reach is not None
    assert (reach.way, reach.by_key, reach.batch) == (Way.COMPARED, True, 100)
    assert (reach.reads_levels, reach.pulls_orders) == (False, False)
    assert reach.longest_life == timedelta(seconds=120)
    assert (reach.sent_within, reach.dead_after) == (timedelta(seconds=60), timedelta(seconds=180))

    more = till(
        **PUSH,
        push_batch=7,
        cas=False,
        timeout="60s",
        levels_url="https://erp.example/levels",
        movements_url="https://erp.example/movements",
    ).reach
    assert more is not None
    assert (more.way, more.by_key, more.batch) == (Way.ABSOLUTE, False, 7)
    assert (more.reads_levels, more.pulls_orders) == (True, True)
    assert more.longest_life == timedelta(seconds=120)


def test_a_listing_is_a_sku_at_the_tills_own_word_for_the_place() -> None:
    assert till(**PUSH).listing_of("MUG-RED") == "main:MUG-RED"
    assert till(**PUSH, location="north").listing_of("MUG-RED") == "north:MUG-RED"
    assert till(**PUSH, locations={"7": "main"}).listing_of("A:1") == "7:A:1"
    assert till(**PUSH, locations={}).listing_of("MUG-RED") == "main:MUG-RED"
    assert till(**PUSH, push_location="קופה").listing_of("חולצה") == "קופה:חולצה"


@pytest.mark.parametrize("location", ["main", "a:b", "a~1b", "~", ":", "חנות ראשית"])
@pytest.mark.parametrize("sku", ["MUG-RED", "A:1", "~0", "0012"])
def test_a_listing_names_its_location_and_sku_whatever_they_are(location: str, sku: str) -> None:
    assert split(listing_id(location, sku)) == (location, sku)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"push_secret": None}, "{env: NAME}"),
        ({"push_url": "http://erp.example/stock"}, "must begin with https://"),
        ({"push_url": "erp.example/stock"}, "must begin with https://"),
        ({"push_url": "https://me:word@erp.example/stock"}, "must not hold a user or password"),
        ({"push_url": "https://erp.example/stock?key=1"}, "must end before any ? or #"),
        ({"push_url": None, "levels_url": "https://erp.example/l"}, "is only used with `push_url`"),
        ({"levels_url": "http://erp.example/levels"}, "must begin with https://"),
        ({"movements_url": "nonsense"}, "must begin with https://"),
        ({"location": None}, "needs `location`"),
        ({"push_secret": secret("whsec_c2hvcnQ=")}, "env:TILL_SECRET is 5 bytes long"),
        ({"push_auth": "bearer", "push_secret": secret("two words")}, "without a space"),
        ({"push_auth": "bearer", "push_secret": secret("")}, "1 to 4096"),
        ({"push_auth": "basic", "push_secret": secret("no-colon")}, "user:password"),
        ({"push_auth": "digest"}, "standard"),
        ({"push_auth": "header"}, "push_header: X-Api-Key"),
        ({"push_header": "X-Api-Key"}, "is only used with `push_auth: header`"),
        ({"push_auth": "header", "push_header": "Host"}, "is set by stocksync itself"),
        ({"push_auth": "header", "push_header": "X Key"}, "the name of a header"),
        ({"push_batch": 0}, "greater than or equal to 1"),
        ({"push_batch": 1001}, "less than or equal to 1000"),
        ({"timeout": "2m"}, "must be 1s to 60s"),
        ({"timeout": "0"}, "must be 1s to 60s"),
        ({"push_location": ""}, "at least 1 character"),
        ({"push": "single"}, "push"),
        ({"delta": True}, "Extra inputs"),
    ],
)
def test_a_wrong_setting_is_refused(keys: dict[str, Any], words: str) -> None:
    assert words in refusal(**keys)


def test_a_push_without_a_secret_says_what_to_write() -> None:
    with pytest.raises(ValidationError) as caught:
        settings(push_url="https://erp.example/stock")

    assert "needs `push_secret: {env: NAME}`" in str(caught.value)


def test_a_secret_that_is_refused_is_not_shown() -> None:
    assert "no-colon" not in refusal(push_auth="basic", push_secret=secret("no-colon"))


def test_a_till_without_https_must_be_allowed_by_name() -> None:
    told = settings(**{**PUSH, "push_url": "http://10.0.0.7/stock"}, allow_insecure=True)

    assert told.push_url == "http://10.0.0.7/stock"


def test_a_private_address_must_be_allowed_by_name() -> None:
    error = failure(reaching("http://127.0.0.1:9", allow_private=False))

    assert type(error) is Shut
    assert "allow_private: true" in error.detail


def test_the_text_itself_may_be_the_key_on_the_way_out_too() -> None:
    text = "this-text-is-the-key-itself!"
    told = settings(
        **{**PUSH, "push_secret": secret(text)},
        secret_encoding="raw",
        webhook_secret=secret(CURRENT),
    )

    assert told.push_key == text.encode()


@pytest.mark.parametrize("key", ["push_url", "levels_url", "movements_url"])
def test_an_empty_address_is_refused_and_not_taken_for_none(key: str) -> None:
    assert "https" in refusal(**{key: ""})
