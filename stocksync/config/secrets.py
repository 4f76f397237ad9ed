"""Secrets by reference: `{env: NAME}` or `{file: PATH}`, never the text itself.

Nothing here puts a value into a message: what is wrong is said of the reference.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stocksync.channels.settings import Secret
from stocksync.config.mistakes import Notebook, Trail, shown
from stocksync.config.tree import Items, Node, Scalar, Table

SIZE_MAX = 64 * 1024
_SOURCES = frozenset({"env", "file"})
_KEYS = _SOURCES | {"not_after"}
_HOLDERS = {
    "env": "the name of an environment variable (letters, digits and `_`)",
    "file": "the path of a file",
}
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_LOOKS_SECRET = re.compile(r"(^|/)(whsec|ck|cs|sk|shp[a-z]{2})_[A-Za-z0-9+/=_-]{16,}$")
_MASKED_FROM = 4
"""Shorter values are no secrets, and masking them would garble every sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vault:
    """Where secrets come from, and what came of the references of one file.

    `broken` are the trails whose reference led nowhere: whatever else is said of them
    is an echo of that.
    """

    directory: Path
    environ: Mapping[str, str] = field(repr=False)
    notebook: Notebook
    broken: list[Trail] = field(default_factory=list)
    values: list[str] = field(default_factory=list, repr=False)

    def filled(self, node: Node, trail: Trail) -> Any:
        """Return the plain values, each reference replaced by its secret."""
        match node:
            case Scalar():
                return node.value
            case Items():
                return [self.filled(item, (*trail, at)) for at, item in enumerate(node.items)]
            case Table() if _is_reference(node):
                return self._secret(node, trail)
            case Table():
                return {k: self.filled(v, (*trail, k)) for k, v in node.entries.items()}

    def masked(self, text: str) -> str:
        """Return the text without any secret that slipped into it."""
        for value in self.values:
            text = text.replace(value, "***")
        return text

    def _secret(self, node: Table, trail: Trail) -> Secret:
        before = len(self.notebook.mistakes)
        for key in node.entries.keys() - _KEYS:
            words = "no such key of a secret; it has `env` or `file`, and may have `not_after`"
            self.notebook.add(node.key_lines[key], (*trail, key), words)
        if node.entries.keys() >= _SOURCES:
            self.notebook.add(node.line, trail, "names both `env` and `file`; keep one")
        source = "env" if "env" in node.entries else "file"
        name = self._name(node, source, trail)
        value = None
        if name is not None:
            read = self._from_environment if source == "env" else self._from_file
            value = read(name, node.key_lines[source], trail)
        not_after = self._moment(node, trail)
        if len(self.notebook.mistakes) > before:
            self.broken.append(trail)
        elif value and len(value) >= _MASKED_FROM:
            self.values.append(value)
        return Secret(value=value or "", origin=f"{source}:{name}", not_after=not_after)

    def _name(self, node: Table, source: str, trail: Trail) -> str | None:
        given = node.entries[source]
        text = given.text if isinstance(given, Scalar) and given.value is not None else ""
        if _LOOKS_SECRET.search(text):
            words = f"holds the secret itself; write {_HOLDERS[source]} that holds it"
        elif not text or (source == "env" and not _VARIABLE.fullmatch(text)):
            words = f"must be {_HOLDERS[source]}"
        else:
            return text
        self.notebook.add(node.key_lines[source], (*trail, source), words)
        return None

    def _from_environment(self, name: str, line: int, trail: Trail) -> str | None:
        value = self.environ.get(name, "")
        trouble = _trouble(value) if name in self.environ else "is not set"
        if trouble:
            words = f"the environment variable {shown(name)} {trouble}"
            self.notebook.add(line, trail, f"{words}; set it, or correct the name")
            return None
        return value

    def _from_file(self, name: str, line: int, trail: Trail) -> str | None:
        path = self.directory / name
        try:
            value, trouble = _read(path)
        except OSError as e:
            value, trouble = "", f"cannot be read ({(e.strerror or 'it failed').lower()})"
        if trouble:
            words = f"the secret file {shown(str(path), 200)} {trouble}"
            self.notebook.add(line, trail, f"{words}; put the secret there, or correct the path")
            return None
        return value

    def _moment(self, node: Table, trail: Trail) -> datetime | None:
        given = node.entries.get("not_after")
        if given is None:
            return None
        text = given.text if isinstance(given, Scalar) else ""
        try:
            moment = datetime.fromisoformat(text)
            if moment.tzinfo is not None:
                return moment.astimezone(UTC)
        except (ValueError, OverflowError):
            pass  # said below, as for a moment without its offset
        words = "must be a moment with its offset, such as 2026-12-31T00:00:00Z"
        self.notebook.add(node.key_lines["not_after"], (*trail, "not_after"), words)
        return None


def _is_reference(node: Table) -> bool:
    """Return whether it is meant as one, also when misspelt beside `env` or `file`."""
    return any(isinstance(node.entries.get(source), Scalar) for source in _SOURCES)


def _read(path: Path) -> tuple[str, str]:
    """Return what a file holds and what is wrong with that; wait on no pipe, swallow no disk."""
    if not path.is_file():
        return "", "is not a file" if path.exists() else "is not there"
    with path.open("rb") as file:
        raw = file.read(SIZE_MAX + 1)
    if len(raw) > SIZE_MAX:
        return "", "is larger than 64 KiB"
    try:
        value = raw.decode("utf-8").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        return "", "is not UTF-8 text"
    return value, _trouble(value)


def _trouble(value: str) -> str:
    if not value.strip():
        return "is empty"
    try:
        value.encode()
    except UnicodeEncodeError:
        return "is not UTF-8 text"
    return ""
