"""The raw body of a request, never longer than it may be. The signature is over these bytes."""

from typing import Any

from stocksync.web.problems import Problem

_DIGITS_MAX = 15


def read(environ: dict[str, Any], longest: int) -> bytes:
    """Return the whole body, or raise a `Problem`; what is announced too long is not read."""
    promised = _promised(environ)
    if promised is not None and promised > longest:
        raise _too_large(longest)

    # A chunked body promises nothing, and a server's own limit would cut it silently.
    wanted = longest + 1 if promised is None else promised
    body = _read_up_to(environ["wsgi.input"], wanted)
    if promised is not None and len(body) < promised:
        raise Problem(
            400,
            "malformed-body",
            f"the body ended after {len(body)} of {promised} bytes; send it again, whole",
        )
    if len(body) > longest:
        raise _too_large(longest)
    return body


def _promised(environ: dict[str, Any]) -> int | None:
    told = environ.get("CONTENT_LENGTH") or ""
    if not told:
        return None
    if not (told.isascii() and told.isdigit() and len(told) <= _DIGITS_MAX):
        raise Problem(400, "malformed-body", "Content-Length must be a number of bytes")
    return int(told)


def _read_up_to(source: Any, wanted: int) -> bytes:
    pieces = []
    while wanted > 0 and (piece := source.read(wanted)):
        pieces.append(piece)
        wanted -= len(piece)
    return b"".join(pieces)


def _too_large(longest: int) -> Problem:
    return Problem(413, "too-large", f"the body may have {longest} bytes; split it")
