"""The table "must survive" of the till contract: each row has its test, or why it has none yet."""

from collections.abc import Callable, Mapping, Sequence

from tests.channels.till import test_intake, test_proof
from tests.channels.till import test_must_survive as unit
from tests.market import test_till_must_survive as market
from tests.story import test_till_calls as calls
from tests.story import test_till_papers as papers

ROWS = """
1 same id twice, parallel, two workers
2 same receipt, new id, 50 times
3 sale, void, sale replay, in all orders
4 count and late sales in any order
5 offline burst of 5,000 receipts as 10 batches while web orders run
6 clock 20 min off
7 signed once, sent 8 h later
8 secret rotation
9 hostile headers, bodies, encodings
10 queue or database down
11 accepted, then crash before apply
12 receipt numbers restart daily
13 quantity 0.1 + 0.2, "2.0", 1e2
14 SKU 00123 as number 123
15 full count that lists 1 of 40 SKUs
16 transfer received short, twice, before dispatch
17 Windows-1255, UTF-16, BOM, `sep=;`, Hebrew headers, visual order, totals row, damaged EAN
18 file imported twice, file and webhook of one receipt
19 push applied, reply lost
20 ERP sold one unseen, we raise
21 pushes overtake one another
22 ERP answers 200 with HTML, with half the results, with results for other SKUs
23 redirect to another host
24 path token
"""

TOLD_BY: Mapping[int, Sequence[Callable[..., None]]] = {
    1: [calls.test_row_1_the_same_id_from_twenty_threads_moves_stock_once],
    2: [
        calls.test_row_2_the_same_receipt_under_fifty_ids_has_one_effect,
        unit.test_row_2_the_same_receipt_under_fifty_ids_has_one_key_and_one_content,
    ],
    3: [papers.test_row_3_sale_void_and_replays_net_to_nothing_in_all_orders],
    4: [
        papers.test_row_4_counts_and_late_sales_end_alike_in_all_orders,
        papers.test_row_4_of_two_counts_of_one_moment_the_later_revision_stands,
    ],
    5: [calls.test_row_5_an_offline_burst_beside_web_orders_loses_and_doubles_nothing],
    6: [calls.test_row_6_a_clock_twenty_minutes_off_is_told_so_and_taken_with_a_wider_tolerance],
    7: [calls.test_row_7_signed_once_and_sent_eight_hours_later_passes_the_wide_tolerance_only],
    8: [calls.test_row_8_the_old_secret_opens_until_its_date_and_the_new_one_after],
    9: [
        calls.test_row_9_a_hostile_body_is_refused_with_a_4xx_and_moves_nothing,
        calls.test_row_9_a_hostile_header_is_refused_with_a_4xx_and_nothing_is_kept,
        test_proof.test_our_verdict_is_that_of_the_standardwebhooks_package,
        test_proof.test_on_any_bytes_and_headers_verify_raises_only_unauthentic,
        test_intake.test_on_any_bytes_only_unreadable_is_raised,
    ],
    10: [
        calls.test_row_10_while_the_database_is_away_it_is_503_and_then_the_same_id_is_taken_once,
    ],
    11: [calls.test_row_11_what_was_taken_before_a_crash_is_applied_once_after_the_restart],
    12: [
        papers.test_row_12_receipt_numbers_that_restart_daily_count_on_both_days_with_the_setting,
        papers.test_row_12_without_the_setting_the_second_day_is_parked_for_a_person,
        papers.test_row_12_without_the_setting_an_equal_receipt_of_the_next_day_is_not_lost,
    ],
    13: [papers.test_row_13_quantities_are_exact_decimals],
    14: [papers.test_row_14_a_sku_that_lost_its_zeros_is_parked_and_not_guessed],
    15: [papers.test_row_15_a_whole_count_that_lists_one_of_forty_waits_for_a_person],
    16: [
        papers.test_row_16_a_short_receipt_stays_on_its_way_however_it_is_heard,
        papers.test_row_16_a_short_receipt_is_told,
        papers.test_row_16_more_arrived_than_left_is_told,
    ],
    19: [
        market.test_row_19_a_write_whose_reply_was_lost_is_repeated_under_its_key_and_done_once,
    ],
    20: [
        market.test_row_20_a_till_that_sold_one_unheard_is_not_raised_before_its_sale_is_known,
        market.test_row_20_a_till_that_sold_one_unheard_is_lowered_at_once_and_then_put_right,
        market.test_row_20_a_till_that_cannot_be_asked_is_not_raised_before_it_tells_its_sale,
    ],
    21: [market.test_row_21_a_write_that_was_overtaken_is_stale_when_it_comes],
    22: [market.test_row_22_an_answer_that_confirms_nothing_is_asked_for_again_or_read],
    23: [market.test_row_23_a_redirect_to_another_host_is_not_followed_and_stops_the_channel],
    24: [calls.test_row_24_a_token_in_the_path_is_in_no_log_no_answer_and_no_row],
}

LATER: Mapping[int, str] = {
    17: "files of receipts come with the CSV twin",
    18: "files of receipts come with the CSV twin",
}


def test_every_row_of_the_table_has_its_test_or_its_reason() -> None:
    rows = {int(row.partition(" ")[0]) for row in ROWS.strip().splitlines()}

    assert rows == set(range(1, 25))
    assert TOLD_BY.keys() | LATER.keys() == rows
    assert all(TOLD_BY.values())
