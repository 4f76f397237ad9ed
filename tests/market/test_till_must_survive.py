"""The rows of the till contract's table "must survive" that are about setting its numbers."""

from datetime import timedelta

import pytest

from stocksync.sandbox.till import Mishap, Till
from tests.market.cast import LAMP, MUG, TILL, WEB, Street
from tests.market.conftest import Opens


def results(till: Till) -> list[tuple[str, int]]:
    """Return what came of each write, and the number after it."""
    return [(one.result, int(one.after or 0)) for one in till.log.writes]


def test_row_19_a_write_whose_reply_was_lost_is_repeated_under_its_key_and_done_once(
    market: Street,
) -> None:
    market.till.knobs.next_pushes = [Mishap.CUT_AFTER]

    market.adjust(5)
    market.run(5)

    assert results(market.till) == [("applied", 15)]
    first, second = [one for one in market.till.log.calls if one.path == "/stock"]
    assert (first.key, first.body) == (second.key, second.body)
    assert (first.status, second.status) == (0, 200)
    assert market.agreed() == {15}
    assert market.till.log.writes[1:] == []


def test_row_20_a_till_that_sold_one_unheard_is_not_raised_before_its_sale_is_known(
    market: Street,
) -> None:
    market.till.sell({"MUG-RED": 1}, tell=False)

    market.adjust(5)

    assert results(market.till) == [("mismatch_kept", 9)]
    assert market.agreed() == {14}
    assert results(market.till) == [("mismatch_kept", 9), ("applied", 14)]


def test_row_20_a_till_that_sold_one_unheard_is_lowered_at_once_and_then_put_right(
    market: Street,
) -> None:
    market.till.sell({"MUG-RED": 1}, tell=False)

    market.adjust(-5)

    assert results(market.till) == [("mismatch_lowered", 5)]
    assert market.agreed() == {4}
    assert results(market.till) == [("mismatch_lowered", 5), ("applied", 4)]


def test_row_20_a_till_that_cannot_be_asked_is_not_raised_before_it_tells_its_sale(
    opens: Opens,
) -> None:
    market = opens(settings={TILL: {"movements_url": None}})
    market.till.sell({"MUG-RED": 1}, tell=False)

    market.adjust(5)
    market.run(40)
    assert {name for name, _ in results(market.till)} == {"mismatch_kept"}

    market.till.tell_all()
    assert market.agreed() == {14}
    assert [after for name, after in results(market.till) if name == "applied"] == [14]


def test_row_21_a_write_that_was_overtaken_is_stale_when_it_comes(market: Street) -> None:
    market.till.knobs.next_pushes = [Mishap.LATE]
    market.till.knobs.late_by = timedelta(seconds=30)
    market.adjust(5)

    market.web.buy({"MUG-RED": 8}, oversell=True)
    market.run(25)
    assert results(market.till) == [("applied", 7)]

    assert market.agreed() == {7}
    assert results(market.till) == [("applied", 7), ("stale", 7)]


@pytest.mark.parametrize("mishap", [Mishap.HTML, Mishap.HALF, Mishap.FOREIGN, Mishap.ACCEPTED])
def test_row_22_an_answer_that_confirms_nothing_is_asked_for_again_or_read(
    opens: Opens, mishap: Mishap
) -> None:
    market = opens({LAMP: 10, MUG: 10})
    market.till.knobs.next_pushes = [mishap]

    market.adjust_all(5, [LAMP, MUG])

    assert (market.agreed(LAMP), market.agreed(MUG)) == ({15}, {15})
    assert results(market.till) == [("applied", 15), ("applied", 15)]


def test_row_23_a_redirect_to_another_host_is_not_followed_and_stops_the_channel(
    market: Street,
) -> None:
    market.till.knobs.next_pushes = [Mishap.REDIRECT]

    market.adjust(5)
    market.run(60)

    assert market.incidents() == [("channel down", "till")]
    assert "sends us to http://127.0.0.1" in (market.link(TILL).stopped or "")
    assert (market.shown()[TILL], market.shown()[WEB]) == (10, 15)
    assert market.listing(TILL, MUG).belief.flights == ()


def test_a_till_that_can_only_be_written_to_is_kept_right_by_what_it_answers(opens: Opens) -> None:
    market = opens(settings={TILL: {"levels_url": None, "movements_url": None}})
    market.web.buy({"MUG-RED": 2})
    assert market.agreed() == {8}

    market.till.sell({"MUG-RED": 1}, tell=False)
    market.adjust(-5)
    market.run(20)
    assert market.shown()[TILL] == 3
    market.till.tell_all()
    assert market.agreed() == {2}

    market.till.knobs.next_pushes = [Mishap.CUT_AFTER]
    market.adjust(4)
    assert market.agreed() == {6}

    assert market.left() == []
