"""The table "must survive" of WooCommerce: each row has its test, or why it has none yet.

A row may have both: what arrives is told now, what we ask the shop for comes later.
"""

from collections.abc import Callable, Mapping, Sequence

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
    ],
    "lost delivery": [deliveries.test_the_body_after_a_lost_one_heals_the_loss],
    "error body": [
        deliveries.test_an_error_body_is_answered_200_books_nothing_and_asks_for_a_pull,
    ],
    "ping": [deliveries.test_a_ping_is_answered_200_and_makes_no_work],
    "wrong signature; re-serialised body": [
        deliveries.test_a_flipped_byte_is_refused_and_nothing_is_kept,
        deliveries.test_a_body_that_was_parsed_and_written_again_is_refused,
    ],
    "echo of our write": [deliveries.test_the_echo_of_a_written_number_books_nothing],
    "product body before order body": [
        deliveries.test_the_product_body_of_a_sale_before_its_order_sells_once,
    ],
    "manual edit": [deliveries.test_a_number_that_no_order_explains_moves_nothing_by_itself],
    "lowered product.created": [
        deliveries.test_a_new_product_that_was_already_lowered_opens_by_its_count,
    ],
    "shared pool": [deliveries.test_two_variations_of_one_pool_sell_from_the_parent],
    "unmanaged or null": [deliveries.test_null_is_not_zero_and_an_unmanaged_line_takes_nothing],
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
    "force delete": [orders.test_an_order_deleted_by_force_stays_booked_and_the_channel_is_asked],
    "oversell in the shop": [
        orders.test_an_oversell_in_the_shop_is_an_incident_of_its_size_until_it_is_mended,
    ],
}

LATER: Mapping[str, str] = {
    "lost delivery": "the poll that finds it without a later body comes with pulling",
    "disabled webhook": "webhooks are looked after by calls to the shop, and the gap is pulled",
    "re-activated, one more failure": "the webhook is made anew by a call to the shop",
    "error body": "the drift behind it is found by reconciling, which reads the shop",
    "echo of our write": "that it answers no push with a push can be shown once there are pushes",
    "manual edit": "the policy `manual_edits` acts after a pull and a read",
    'write to a "parent" variation': "a push, and what its reply says",
    "unmanaged or null": "that null is never sent is a promise of pushing",
    "same second, other state": "who reads the order that is asked for: pulling",
    "trash left by a save": "who reads the order that is asked for: pulling",
    "force delete": "the daily check of ids reads the shop",
    "oversell in the shop": "the clamp at 0 is a promise of pushing",
    "sale between read and write": "needs a write",
    "batch half done, then time-out": "needs a write",
    "413, 429, 503, 504, HTML with 200": "answers to calls of ours, which come with pulling",
    "auth lost": "answers to calls of ours, which come with pulling",
    "slow shop": "a slow answer to calls of ours, which come with pulling",
    "quiet shop": "poking is a call of ours, which comes with pulling",
}


def test_every_row_of_the_table_has_its_test_or_its_reason() -> None:
    rows = set(ROWS.strip().splitlines())

    assert len(rows) == 33
    assert TOLD_BY.keys() | LATER.keys() == rows
    assert all(TOLD_BY.values())
