"""doctor: everything that must be right for syncing, channel by channel, with the way out."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import click

from stocksync.channels import findings
from stocksync.channels.base import Finding, Health
from stocksync.channels.errors import CallError
from stocksync.cli.asking import Asked, installation_options, json_option
from stocksync.cli.opening import Shop, shop
from stocksync.cli.saying import Column, answer_json, answer_table, talk, visible
from stocksync.cli.sides import doing, one_channel
from stocksync.core.names import ChannelName
from stocksync.flow.outgoing import Outgoing
from stocksync.flow.watch import hook_url
from stocksync.store import configs, links, views
from stocksync.store.links import Link
from stocksync.wiring import outgoing, utc_now

_LATE = timedelta(minutes=5)
_STALE = timedelta(minutes=10)


@click.command()
@click.argument("channel", required=False)
@click.option("--heal", is_flag=True, help="Mend the channel's webhooks where they are not right.")
@json_option
@installation_options
@click.pass_context
def doctor(ctx: click.Context, channel: str | None, heal: bool, as_json: bool) -> None:
    """Look at all channels, or at one: key, rights, clock, webhooks, SKUs, and our own side.

    Nothing is changed without --heal. Exit 1 if anything is in trouble.
    """
    asked: Asked = ctx.obj
    now = utc_now()
    with shop(asked) as here:
        names = [one_channel(here, channel).name] if channel else list(here.merchant.channels)
        found: list[tuple[str, Finding]] = [("", one) for one in _of_all(here)]
        for name in names:
            found += [(name, one) for one in _of_channel(here, name, now, heal=heal)]
        ill = any(one.health is Health.TROUBLE for _, one in found)
        if as_json:
            told = [_plain(name, one) for name, one in found]
            answer_json({"merchant": here.name, "well": not ill, "findings": told})
        else:
            _say(found)
    if ill:
        ctx.exit(1)


def _of_all(here: Shop) -> Iterator[Finding]:
    """Say whether this host's config is the one that decides."""
    with here.database.reading() as tx:
        active = configs.active(tx, here.name)
    if active in (None, here.trade.digest):
        yield findings.well("config", "this host's config is the active one")
    else:
        yield findings.trouble(
            "config",
            "this host's config differs from the active one",
            "make it the active one: stocksync up; or bring this host's files up to date",
        )


def _of_channel(here: Shop, name: ChannelName, now: datetime, *, heal: bool) -> Iterator[Finding]:
    one = outgoing(here.system, here.name, name)
    with here.database.reading() as tx:
        link = links.load(tx, here.name, name)
        heard = views.heard(tx, here.name, name, now).heard_at
    if one is None:
        told = "it only tells us"
        told += ", and was never heard" if heard is None else f"; last heard {here.local(heard)}"
        yield findings.well("listens", told)
        return
    url = hook_url(one)
    if heal:
        yield from _healed(one, url)
    try:
        yield from one.channel.doctor(url)
    except CallError as e:
        yield findings.failed(e.code, e, "try again in a while")
    yield from _of_link(here, one, link, now)


def _healed(one: Outgoing, url: str | None) -> Iterator[Finding]:
    try:
        yield from (x for x in one.channel.watch(url) if x.health is Health.HEALED)
    except CallError as e:
        yield findings.failed("heal", e, "try again in a while")


def _of_link(here: Shop, one: Outgoing, link: Link | None, now: datetime) -> Iterator[Finding]:
    """Say how our own side of a channel stands."""
    if link is None:
        yield findings.trouble(
            "linked",
            "it is not linked: its numbers are not kept right",
            f"the first channel: stocksync import {one.name}; others: stocksync link {one.name}",
        )
        return
    how = doing(here, link, now)
    health = Health.TROUBLE if how.state in ("stopped", "halted", "away") else Health.WELL
    yield Finding(code=how.state, health=health, words=how.words, way_out=how.way_out)
    yield _pulled(here, link, now)
    if one.reach.pulls_orders and hook_url(one) is not None:
        yield _webhooks(here, link, now)
    yield _parked(here, one)


def _pulled(here: Shop, link: Link, now: datetime) -> Finding:
    if link.pulled_at is not None and now - link.pulled_at <= _STALE:
        return findings.well("pulled", f"its orders were pulled at {here.local(link.pulled_at)}")
    when = "never" if link.pulled_at is None else f"last at {here.local(link.pulled_at)}"
    return findings.trouble(
        "pulled",
        f"its orders were pulled {when}, so no number is raised there",
        "let `stocksync up` run; once: stocksync pull " + link.channel,
    )


def _webhooks(here: Shop, link: Link, now: datetime) -> Finding:
    """Say whether orders come by webhook, or only because we ask."""
    with here.database.reading() as tx:
        sent, read = views.last_deliveries(tx, here.name, link.channel)
    if sent is None:
        return findings.trouble(
            "webhook-heard",
            "no webhook of it has ever come",
            "save an order or a product in the shop; does public_url reach us?",
        )
    since = link.opened_at + _STALE  # the first reads are of orders older than any webhook
    told = read is not None and read > since and now - read > _LATE
    if told and read is not None and sent < read - _LATE:
        return findings.trouble(
            "late-webhooks",
            f"an order was found by asking at {here.local(read)}; the last webhook came "
            f"{here.local(sent)}",
            f"mend them: stocksync doctor {link.channel} --heal; does public_url reach us?",
        )
    return findings.well("late-webhooks", "orders are not found by asking alone")


def _parked(here: Shop, one: Outgoing) -> Finding:
    with here.database.reading() as tx:
        rows = views.unsettled_listings(tx, here.name, one.name)
    parked = [row for row in rows if row.parked is not None]
    if not parked:
        return findings.well("parked", "no listing waits for a person")
    some = ", ".join(visible(row.sku) for row in parked[:5]) + (", ..." if len(parked) > 5 else "")
    return findings.trouble(
        "parked", f"{len(parked)} listings are parked: {some}", "stocksync listings"
    )


def _say(found: list[tuple[str, Finding]]) -> None:
    columns = [
        Column("channel"),
        Column("looked at", whole=True),
        Column("", whole=True),
        Column("found"),
        Column("way out"),
    ]
    rows = [
        [name, one.code, one.health, visible(one.words), visible(one.way_out)]
        for name, one in found
    ]
    answer_table(columns, rows)
    ill = sum(one.health is Health.TROUBLE for _, one in found)
    talk("everything is well" if not ill else f"{ill} of {len(found)} are in trouble")


def _plain(name: str, one: Finding) -> dict[str, Any]:
    return {
        "channel": name or None,
        "code": one.code,
        "health": one.health,
        "words": one.words,
        "way_out": one.way_out or None,
    }
