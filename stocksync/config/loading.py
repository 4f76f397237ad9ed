"""Load a folder of merchants: all of it, or every mistake in it."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stocksync.channels import KINDS, kind
from stocksync.channels.settings import Settings
from stocksync.config import reader
from stocksync.config.across import Across
from stocksync.config.fit import fit
from stocksync.config.merchant import ChannelConfig, Merchant
from stocksync.config.mistakes import (
    ConfigRefused,
    Notebook,
    Trail,
    did_you_mean,
    dotted,
    listed,
    shown,
)
from stocksync.config.secrets import Vault
from stocksync.config.shape import LATER_KINDS, LocationShape, MerchantShape
from stocksync.config.tree import (
    Node,
    Scalar,
    Table,
    found,
    items_at,
    line_of,
    plain,
    table_at,
)
from stocksync.core.names import ChannelName, LocationName, MerchantName, Sku
from stocksync.core.places import FULL_TRUST, Location

SUFFIXES = frozenset({".yaml", ".yml"})

Kinds = Mapping[str, type[Settings]]
"""What merchants may write under a channel, by its kind."""


class Installed(Mapping[str, type[Settings]]):
    """The kinds of channel that ship; each is imported when a config first names it."""

    def __getitem__(self, name: str) -> type[Settings]:
        if name not in KINDS:
            raise KeyError(name)
        settings: type[Settings] = kind(name).Settings
        return settings

    def __iter__(self) -> Iterator[str]:
        return iter(KINDS)

    def __len__(self) -> int:
        return len(KINDS)


INSTALLED = Installed()


def load(
    directory: Path, environ: Mapping[str, str], kinds: Kinds = INSTALLED
) -> tuple[Merchant, ...]:
    """Return the merchants of a folder, one a file, or raise `ConfigRefused`.

    Needs no database, no Redis and no network. Files of subfolders are examples and are
    left alone, hidden files are an editor's.
    """
    folder = Notebook(directory / "stocksync.yaml")
    readings = [_reading(file, environ, kinds) for file in _files(directory, folder)]
    _names_are_unlike(readings)
    mistakes = [m for book in (folder, *(r.notebook for r in readings)) for m in book.mistakes]
    if mistakes:
        raise ConfigRefused(mistakes)
    return tuple(reading.merchant for reading in readings if reading.merchant is not None)


def parse(raw: bytes, file: Path, environ: Mapping[str, str], kinds: Kinds = INSTALLED) -> Merchant:
    """Return the merchant of one file's bytes, or raise `ConfigRefused`."""
    reading = _understood(raw, file, environ, kinds)
    if reading.merchant is None:
        raise ConfigRefused(reading.notebook.mistakes)
    return reading.merchant


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """What came of one file: a merchant, or mistakes."""

    file: Path
    notebook: Notebook
    root: Table = field(default_factory=lambda: Table(line=1))
    merchant: Merchant | None = None


def _files(directory: Path, folder: Notebook) -> list[Path]:
    try:
        names = sorted(os.listdir(directory))
    except FileNotFoundError:
        names = []
    except OSError as e:
        folder.add(1, (), f"the folder cannot be read: {(e.strerror or 'it failed').lower()}")
        return []
    files = [
        directory / name
        for name in names
        if Path(name).suffix.lower() in SUFFIXES and not name.startswith(".")
    ]
    # Path.is_dir would raise in a folder that may be listed and not entered.
    files = [file for file in files if not os.path.isdir(file)]
    if not files:
        folder.add(1, (), "is not there, nor any other *.yaml; run `stocksync init` to write it")
    return files


def _reading(file: Path, environ: Mapping[str, str], kinds: Kinds) -> _Reading:
    notebook = Notebook(file)
    try:
        if not file.is_file():  # a pipe would keep us waiting for ever
            notebook.add(1, (), "is not a file that can be read; replace or remove it")
            return _Reading(file=file, notebook=notebook)
        with file.open("rb") as opened:
            raw = opened.read(reader.SIZE_MAX + 1)
    except OSError as e:
        why = (e.strerror or "it failed").lower()
        notebook.add(1, (), f"cannot be read: {why}; correct its owner or mode")
        return _Reading(file=file, notebook=notebook)
    return _understood(raw, file, environ, kinds)


def _understood(raw: bytes, file: Path, environ: Mapping[str, str], kinds: Kinds) -> _Reading:
    """Read, fit and look across one file. It is a merchant only if nothing is wrong."""
    notebook = Notebook(file)
    root = reader.read(raw, notebook)
    if root is None:
        return _Reading(file=file, notebook=notebook)
    vault = Vault(directory=file.parent, environ=environ, notebook=notebook)
    across = Across(root, notebook)

    shape = fit(MerchantShape, plain(root), root, (), vault)
    across.an_own_location()
    across.bundles()
    across.rules()
    across.amounts()
    channels = [
        _channel(name, root, kinds, vault, across) for name in table_at(root, "channels").entries
    ]

    if shape is None or notebook.mistakes:
        return _Reading(file=file, notebook=notebook, root=root)
    merchant = Merchant(
        name=MerchantName(shape.merchant),
        timezone=shape.timezone,
        language=shape.language,
        decimals=shape.decimals,
        locations={
            LocationName(name): _location(name, said) for name, said in shape.locations.items()
        },
        channels={channel.name: channel for channel in channels if channel is not None},
        bundles={
            Sku(sku): {Sku(part): count for part, count in parts.items()}
            for sku, parts in shape.bundles.items()
        },
        rules=shape.rules,
        limits=shape.limits,
        public_url=shape.public_url,
        file=file,
        lines=dict(_lines(root)),
    )
    return _Reading(file=file, notebook=notebook, root=root, merchant=merchant)


def _location(name: str, said: LocationShape) -> Location:
    return Location(
        name=LocationName(name),
        kind=said.kind,
        title=said.name or name,
        trust=FULL_TRUST if said.trust is None else said.trust,
        ships_in=said.ships_in,
        stale_after=said.stale_after,
    )


def _lines(root: Table) -> Iterator[tuple[str, int]]:
    """Yield where the keys of rules and of channels stand."""
    parts: list[tuple[Trail, Node]] = [
        *((("channels", name), part) for name, part in table_at(root, "channels").entries.items()),
        *((("rules", at), part) for at, part in enumerate(items_at(root, "rules"))),
    ]
    for trail, part in parts:
        if isinstance(part, Table):
            for key, line in part.key_lines.items():
                yield dotted((*trail, key)), line


def _channel(
    name: str, root: Table, kinds: Kinds, vault: Vault, across: Across
) -> ChannelConfig | None:
    route = across.route(name)
    trail = ("channels", name)
    written = found(root, trail)
    if not isinstance(written, Table):
        return None
    settings_class = _settings_class(name, root, kinds, vault.notebook)
    if settings_class is None:
        return None
    values: dict[str, Any] = {
        # A till may call one of its places `env` or `file`: names are no secrets.
        key: plain(below) if key == "locations" else vault.filled(below, (*trail, key))
        for key, below in written.entries.items()
    }
    settings = fit(settings_class, values, root, trail, vault)
    if settings is None or route is None:
        return None
    return ChannelConfig(
        name=ChannelName(name),
        kind=settings.kind,
        location=route.location,
        sells_from=route.sells_from,
        settings=settings,
    )


def _settings_class(
    name: str, root: Table, kinds: Kinds, notebook: Notebook
) -> type[Settings] | None:
    trail = ("channels", name, "kind")
    written = found(root, trail)
    line = line_of(root, trail)
    known = listed(sorted(kinds))
    if written is None:
        notebook.add(line, trail, f"is missing; add `kind: ...` with {known}")
    elif not isinstance(written, Scalar) or not isinstance(written.value, str):
        notebook.add(line, trail, f"must be {known}")
    elif written.text in LATER_KINDS:
        notebook.add(line, trail, f"{written.text} is not available yet; there is {known}")
    elif written.text not in kinds:
        near = did_you_mean(written.text, {*kinds, *LATER_KINDS})
        notebook.add(line, trail, f"must be {known}, not {shown(written.text)}{near}")
    else:
        return kinds[written.text]
    return None


def _names_are_unlike(readings: list[_Reading]) -> None:
    """Note each file that takes the name of an earlier one: names begin every key we store."""
    first: dict[str, _Reading] = {}
    for reading in readings:
        name = found(reading.root, ("merchant",))
        if not isinstance(name, Scalar) or name.value is None:
            continue
        earlier = first.setdefault(name.text, reading)
        if earlier is not reading:
            line = line_of(earlier.root, ("merchant",))
            words = f"{shown(name.text)} is also the name in {earlier.file}:{line}; rename one"
            reading.notebook.add(line_of(reading.root, ("merchant",)), ("merchant",), words)
