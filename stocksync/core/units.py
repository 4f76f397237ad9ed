"""Quantities as people write them: whole units, or decimal text where a merchant weighs."""

import re
from decimal import Decimal

WHOLE_DIGITS_MAX = 7

_NUMBER = re.compile(r"(-?)([0-9]+|[0-9]{1,3}(?: [0-9]{3})+)(?:\.([0-9]+))?(-?)")
_WITH_COMMA = re.compile(r"-?[0-9 .]+(,[0-9]+)+-?")


class NotAQuantity(ValueError):
    """This text is no quantity of this merchant. The message says why, without the text."""


def read(text: str, decimals: int) -> int:
    """Return the units that a text names exactly, or raise `NotAQuantity`.

    A minus may trail, as bookkeeping programs print it, and spaces may part thousands.
    """
    found = _NUMBER.fullmatch(text)
    if found is None:
        if _WITH_COMMA.fullmatch(text):
            raise NotAQuantity("has a comma, which may mean two things; write 1234 or 1.5")
        raise NotAQuantity("is no number")
    before, whole, fraction, after = found.groups()
    if before and after:
        raise NotAQuantity("is no number")
    whole, fraction = whole.replace(" ", ""), (fraction or "").rstrip("0")
    if len(whole) > WHOLE_DIGITS_MAX:
        raise NotAQuantity(f"has more than {WHOLE_DIGITS_MAX} digits")
    if len(fraction) > decimals:
        raise NotAQuantity(
            "is no whole number; this merchant counts whole units (decimals: 0)"
            if decimals == 0
            else f"has more than {decimals} decimals; this merchant has decimals: {decimals}"
        )
    units = int(whole + fraction.ljust(decimals, "0"))
    return -units if before or after else units


def written(units: int, decimals: int) -> str:
    """Return units as people read them: `7`, or `7.250` with three decimals."""
    return f"{Decimal(units).scaleb(-decimals):.{decimals}f}"
