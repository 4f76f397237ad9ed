"""JSON as the contract takes it: strict, exact numbers, and one way to write it back."""

import codecs
import hashlib
import json
import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

NESTING_MAX = 20
DIGITS_MAX = 100
"""Longer numbers, and exponents beyond it, name no quantity and no SKU: they only cost memory."""

# Named codecs only: Python knows some that are slow, or no text at all.
CHARSETS = frozenset(
    {"ascii", "utf-8", "utf-16", "utf-16-le", "utf-16-be"}
    | {"iso8859-1", "iso8859-8", "iso8859-15", "cp1252", "cp1255", "cp862"}
)
_CHARSET = re.compile(r';\s*charset\s*=\s*"?([^\s";]{1,40})', re.IGNORECASE)
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class Malformed(ValueError):
    """These bytes are not JSON. The message quotes nothing of them."""


def read(body: bytes, content_type: str = "") -> Any:
    """Return what the bytes say, numbers as int or Decimal, or raise `Malformed`."""
    text = _decode(body, content_type)
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as e:
        raise Malformed(f"not JSON: {e.msg} at character {e.pos}") from None
    except RecursionError:
        raise Malformed(f"nested deeper than {NESTING_MAX}") from None
    _check_nesting(value, 1)

    # Half a surrogate pair can be written in JSON, and can never be stored as UTF-8.
    if _SURROGATE.search(text):
        try:
            canonical(value)
        except UnicodeEncodeError:
            raise Malformed("not Unicode: a \\u escape is half a surrogate pair") from None
    return value


def canonical(value: Any) -> bytes:
    """Return the one way to write this value; equal values give equal bytes."""
    return _write(value).encode()


def digest(value: Any) -> str:
    """Return the hash that tells this content from any other."""
    return hashlib.sha256(canonical(value)).hexdigest()


def plain(number: Decimal) -> str:
    """Return a number without exponent and without zeros that say nothing."""
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _decode(body: bytes, content_type: str) -> str:
    named = _CHARSET.search(content_type)
    charset = named[1] if named else "utf-8"
    try:
        codec = codecs.lookup(charset).name
    except (LookupError, ValueError):
        codec = ""
    if codec not in CHARSETS:
        raise Malformed("the charset in Content-Type is not one we read; send UTF-8")

    try:
        return body.decode(codec).removeprefix("\ufeff")
    except UnicodeDecodeError as e:
        raise Malformed(f"not {codec}: byte {e.start} does not fit") from None


def _integer(text: str) -> int:
    if len(text) > DIGITS_MAX:
        raise Malformed(f"a number has more than {DIGITS_MAX} digits")
    return int(text)


def _fraction(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise Malformed("a number is beyond all measure") from None
    exponent = number.as_tuple().exponent
    short = len(text) <= DIGITS_MAX and isinstance(exponent, int) and abs(exponent) <= DIGITS_MAX
    # What is read is written back without exponent, and must then be read again.
    if not short or len(plain(number)) > DIGITS_MAX:
        raise Malformed(f"a number has more than {DIGITS_MAX} digits")
    return number


def _constant(name: str) -> Any:
    raise Malformed(f"{name} is not JSON")


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    read_once = dict(pairs)
    if len(read_once) < len(pairs):
        raise Malformed("an object names the same key twice")
    return read_once


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_int=_integer,
    parse_float=_fraction,
    parse_constant=_constant,
)


_quote = json.JSONEncoder(ensure_ascii=False).encode


def _check_nesting(value: Any, depth: int) -> None:
    if not isinstance(value, (dict, list)):
        return
    if depth > NESTING_MAX:
        raise Malformed(f"nested deeper than {NESTING_MAX}")
    for inner in value.values() if isinstance(value, dict) else value:
        _check_nesting(inner, depth + 1)


def _write(value: Any) -> str:
    # Not json.dumps: it can write a Decimal only by way of a float.
    if isinstance(value, dict):
        return "{" + ",".join(f"{_quote(k)}:{_write(value[k])}" for k in sorted(value)) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(_write(inner) for inner in value) + "]"
    if isinstance(value, Decimal):
        return plain(value)
    return _quote(value)
