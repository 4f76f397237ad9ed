"""The table "must survive" of WooCommerce: each row has its test, or why it has none yet.

A row may have both: what arrives is told now, what we ask the shop for comes later.
"""

from collections.abc import Callable, Mapping, Sequence

from tests.channels.woocommerce import test_reading as reading
from tests.channels.woocommerce import test_writing as writing
from tests.market import test_echoes_and_edits as echoes
from tests.market import test_orders_we_ask_for as asked
from tests.market import test_outages as outages
from tests.market import test_writes as writes
from tests.story import test_woocommerce_deliveries as deliveries
from tests.story import test_woocommerce_orders as orders

ROWS = """
Delivery-ID reuse
same body twice
created after updated; created never
merged states
older body late
same second, other state
lost delivery
disabled webhook
re-activated, one more failure
error body
ping
wrong signature; re-serialised body
echo of our write
product body before order body
manual edit
lowered product.created
shared pool
write to a "parent" variation
unmanaged or null
refund restock / none / amount / over-refund
cancel after refund, then restore
failed, refunded, trash
trash left by a save
line deleted; product deleted; unknown SKU
draft, unpaid, expired
force delete
oversell in the shop
sale between read and write
batch half done, then time-out
413, 429, 503, 504, HTML with 200
auth lost
slow shop
quiet shop
"""

TOLD_BY: Mapping[str, Sequence[Callable[..., None]]] = {
    "Delivery-ID reuse": [deliveries.test_three_orders_under_one_delivery_id_are_all_booked],
    "same body twice": [deliveries.test_the_same_body_under_two_delivery_ids_is_booked_once],
    "created after updated; created never": [
        deliveries.test_created_after_updated_is_booked_once,
        deliveries.test_an_order_that_was_never_announced_as_created_is_booked,
    ],
    "merged states": [deliveries.test_states_merged_into_one_body_take_the_quantity_once],
    "older body late": [deliveries.test_an_older_body_that_comes_late_is_ignored],
    "same second, other state": [
        deliveries.test_two_states_of_one_second_keep_the_units_until_the_order_is_read,
        asked.test_an_order_that_was_placed_and_cancelled_in_one_second_is_read_before_it_counts,
    ],
    "lost delivery": [
        deliveries.test_the_body_after_a_lost_one_heals_the_loss,
        asked.test_an_order_whose_webhooks_were_all_lost_is_found_within_one_poll,
    ],
    "error body": [
        deliveries.test_an_error_body_is_answered_200_books_nothing_and_asks_for_a_pull,
        asked.test_error_bodies_in_place_of_orders_make_us_pull_and_read,
    ],
    "ping": [deliveries.test_a_ping_is_answered_200_and_makes_no_work],
    "wrong signature; re-serialised body": [
        deliveries.test_a_flipped_byte_is_refused_and_nothing_is_kept,
        deliveries.test_a_body_that_was_parsed_and_written_again_is_refused,
    ],
    "echo of our write": [
        deliveries.test_the_echo_of_a_written_number_books_nothing,
        echoes.test_the_echo_of_our_own_write_moves_nothing_and_causes_no_call,
    ],
    "product body before order body": [
        deliveries.test_the_product_body_of_a_sale_before_its_order_sells_once,
        echoes.test_a_product_body_five_seconds_before_its_order_takes_the_units_once_and_is_no_edit,
    ],
    "manual edit": [
        deliveries.test_a_number_that_no_order_explains_moves_nothing_by_itself,
        echoes.test_a_typed_number_is_taken_over_after_two_looks_a_minute_apart,
        echoes.test_a_typed_number_is_written_over_where_the_merchant_wants_that,
        echoes.test_a_typed_number_waits_for_a_person_where_the_merchant_wants_to_be_asked,
    ],
    "lowered product.created": [
        deliveries.test_a_new_product_that_was_already_lowered_opens_by_its_count,
    ],
    "shared pool": [deliveries.test_two_variations_of_one_pool_sell_from_the_parent],
    "unmanaged or null": [
        deliveries.test_null_is_not_zero_and_an_unmanaged_line_takes_nothing,
        reading.test_a_number_that_is_none_is_left_out,
    ],
    "refund restock / none / amount / over-refund": [
        orders.test_a_refund_releases_what_the_shop_put_back,
        orders.test_what_was_put_back_beyond_the_order_is_flagged_and_taken_again_by_a_cancel,
    ],
    "cancel after refund, then restore": [
        orders.test_a_cancel_after_a_refund_releases_the_rest_and_a_restore_takes_all_again,
    ],
    "failed, refunded, trash": [
        orders.test_a_status_that_ends_without_restock_releases_nothing_and_is_flagged,
        orders.test_an_order_in_the_trash_keeps_its_units_is_flagged_and_asked_for,
    ],
    "trash left by a save": [
        orders.test_a_trash_left_by_a_save_still_has_its_question_to_be_found_by,
        asked.test_a_trash_that_a_save_made_is_read_and_gives_its_units_back,
    ],
    "line deleted; product deleted; unknown SKU": [
        orders.test_a_deleted_line_is_released,
        orders.test_a_product_deleted_after_its_sale_stays_booked_even_after_a_cancel,
        orders.test_a_line_that_never_named_a_product_is_reported_and_the_others_are_booked,
        orders.test_an_unknown_sku_is_parked_alone_and_booked_once_it_is_counted,
    ],
    "draft, unpaid, expired": [
        orders.test_an_unpaid_checkout_is_no_sale_and_its_hold_ends_by_the_clock_alone,
        orders.test_an_unpaid_checkout_that_the_shop_cancels_gives_its_units_back,
        orders.test_a_checkout_that_is_paid_sells_once_whether_its_hold_has_ended_or_not,
    ],
    "force delete": [
        orders.test_an_order_deleted_by_force_stays_booked_and_the_channel_is_asked,
        asked.test_an_order_deleted_for_good_keeps_its_units_and_the_shop_stays_as_it_is,
    ],
    "oversell in the shop": [
        orders.test_an_oversell_in_the_shop_is_an_incident_of_its_size_until_it_is_mended,
        asked.test_a_shop_that_oversold_stands_below_zero_and_the_others_show_nothing,
    ],
    "disabled webhook": [
        outages.test_a_disabled_webhook_is_switched_on_again_and_what_it_did_not_send_is_pulled,
    ],
    "re-activated, one more failure": [
        asked.test_a_webhook_that_fails_again_after_it_was_woken_is_made_anew,
    ],
    'write to a "parent" variation': [
        writing.test_one_that_needs_a_person_is_refused_with_the_way_out_and_the_others_go_on,
    ],
    "sale between read and write": [
        writes.test_what_is_sold_between_our_read_and_our_write_is_found_at_the_next_poll,
    ],
    "batch half done, then time-out": [
        writes.test_a_batch_that_was_half_done_is_read_when_it_cannot_land_and_only_the_rest_is_sent,
    ],
    "413, 429, 503, 504, HTML with 200": [
        writes.test_a_batch_that_is_too_large_is_halved_until_the_shop_takes_it,
        writes.test_a_shop_that_asks_for_a_pause_gets_it_and_then_the_number,
        writes.test_after_a_write_without_an_answer_nothing_is_written_until_it_cannot_land_any_more,
    ],
    "auth lost": [
        outages.test_a_shop_that_lets_us_in_no_more_is_one_incident_and_is_still_listened_to,
    ],
    "slow shop": [
        writes.test_while_one_shop_thinks_the_others_are_served,
    ],
    "quiet shop": [
        outages.test_a_shop_that_sends_nothing_until_somebody_comes_is_visited,
    ],
}

LATER: Mapping[str, str] = {
    "force delete": "the daily check of ids, which flags the order, reads the shop",
}


def test_every_row_of_the_table_has_its_test_or_its_reason() -> None:
    rows = set(ROWS.strip().splitlines())

    assert len(rows) == 33
    assert TOLD_BY.keys() | LATER.keys() == rows
    assert all(TOLD_BY.values())
