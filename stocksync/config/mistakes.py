"""What is wrong with a config, said so that the merchant can put it right."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

Trail = tuple[str | int, ...]
"""The way to one value of a file: keys, and positions in lists."""

WHOLE_FILE: Trail = ()
_SHOWN_MAX = 60


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """One thing that is wrong, where, and what to write instead."""

    file: str
    line: int
    path: str
    text: str

    def __str__(self) -> str:
        """Return it as one line, whatever the file held."""
        return one_line(f"{self.file}:{self.line}: {self.path}: {self.text}")


class ConfigRefused(Exception):
    """The config cannot be used. `mistakes` holds all of them, in the order of the files."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(sorted(set(mistakes)))
        super().__init__("\n".join(map(str, self.mistakes)))


class Notebook:
    """Collects the mistakes of one file."""

    def __init__(self, file: Path) -> None:
        self._file = str(file)
        self.mistakes: list[Mistake] = []

    def add(self, line: int, trail: Trail, text: str) -> None:
        """Note one mistake."""
        self.mistakes.append(Mistake(self._file, line, dotted(trail), text))


def dotted(trail: Trail) -> str:
    """Return the way to a value as people write it: `channels.web.sells_from[0]`."""
    if trail == WHOLE_FILE:
        return "file"
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in trail)
    return "".join(steps).removeprefix(".")


def did_you_mean(given: str, known: Iterable[str]) -> str:
    """Return a second sentence that names the nearest known word, or nothing."""
    if len(given) > _SHOWN_MAX:
        return ""
    lowered = {word.lower(): word for word in known}
    near = get_close_matches(given.lower(), lowered, n=1)
    return f". Did you mean `{lowered[near[0]]}`?" if near else ""


def shown(text: str, most: int = _SHOWN_MAX) -> str:
    """Return a text of the file, short enough for a message."""
    text = one_line(text)
    return text if len(text) <= most else f"{text[:most]}..."


def listed(words: Iterable[str]) -> str:
    """Return words as an English list: `a`, `a or b`, `a, b or c`."""
    *most, last = list(words)
    return f"{', '.join(most)} or {last}" if most else last


def one_line(text: str) -> str:
    """Return the text with everything that is not for the eye escaped."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
