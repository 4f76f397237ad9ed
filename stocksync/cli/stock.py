"""stock: what stands where, and how much of it may be sold."""

import click

from stocksync.cli.asking import Asked, installation_options, json_option
from stocksync.cli.opening import Shop, shop
from stocksync.cli.saying import Column, FoundWrong, answer_json, answer_table, talk, visible
from stocksync.config.mistakes import did_you_mean
from stocksync.core.names import Sku
from stocksync.store import views
from stocksync.store.views import StockLine

_FIGURES = ("on_hand", "committed", "held", "incoming", "available")


@click.command()
@click.argument("sku", required=False)
@json_option
@installation_options
@click.pass_obj
def stock(asked: Asked, sku: str | None, as_json: bool) -> None:
    """Show the stock of every SKU, or of one, at each location."""
    with shop(asked) as here:
        with here.database.reading() as tx:
            found = views.stock_lines(tx, here.name, None if sku is None else Sku(sku))
            known = views.stock_lines(tx, here.name, None) if sku and not found else []
        if as_json:
            answer_json([_plain(here, line) for line in found])
        if sku is not None and not found:
            raise FoundWrong(unknown(here, sku, [line.sku for line in known]))
        if as_json:
            return
        if not found:
            talk("nothing is counted yet; count the shelf: stocksync count SKU=QTY ... --yes")
            return
        columns = [
            Column("sku"),
            Column("location"),
            *(Column(name, is_number=True) for name in _FIGURES),
            Column(""),
        ]
        answer_table(columns, [_row(here, line) for line in found])


def unknown(here: Shop, sku: str, known: list[Sku]) -> str:
    """Return what to say of a SKU that has no stock."""
    parts = here.trade.bundles.get(Sku(sku))
    if parts:
        inside = ", ".join(f"{count} x {visible(part)}" for part, count in parts)
        return f"{visible(sku)} is a bundle of {inside}; ask for one of those"
    near = did_you_mean(sku, known)
    return f"SKU {visible(sku)} is unknown{near}" + (
        "" if near else f"; count it: stocksync count '{visible(sku)}=QTY' --yes"
    )


def _plain(here: Shop, line: StockLine) -> dict[str, int | str]:
    return {
        "merchant": here.name,
        "sku": line.sku,
        "location": line.location,
        **{name: here.number(getattr(line, name)) for name in _FIGURES},
    }


def _row(here: Shop, line: StockLine) -> list[str]:
    figures = [here.text(getattr(line, name)) for name in _FIGURES]
    return [visible(line.sku), line.location, *figures, _note(here, line)]


def _note(here: Shop, line: StockLine) -> str:
    notes = []
    if line.available < 0:
        notes.append(f"{here.text(-line.available)} short")
    if line.on_hand < 0:
        notes.append("more left than was counted")
    return ", ".join(notes)
