"""What papers are called by people: `web order 1042`, `count by hand`."""

from stocksync.cli.saying import visible
from stocksync.core.facts import PaperKind
from stocksync.core.names import ChannelName, LineId, PaperKey
from stocksync.core.plan import OFFICE
from stocksync.core.story import PaperName

FILE_KEY = "file-"
"""How the key of a count begins that came from a file."""
IMPORT_KEY = "import of "
"""How the key of a count begins that a channel's first numbers made; its name follows."""


def paper(name: PaperName, line: LineId | None = None) -> str:
    """Return the name of a paper, or of one of its lines."""
    if name.channel == OFFICE:
        return f"{name.kind} {by_office(name.key)}"
    told = f"{name.channel} {name.kind} {visible(name.key)}"
    # A line of a count is a SKU, and that stands above already.
    return told if not line or name.kind is PaperKind.COUNT else f"{told} line {visible(line)}"


def counted_by(channel: ChannelName, key: PaperKey) -> str:
    """Return who told a count."""
    return by_office(key) if channel == OFFICE else f"by {channel}, {visible(key)}"


def by_office(key: PaperKey) -> str:
    """Return how the merchant's own people told something."""
    if key.startswith(IMPORT_KEY):
        return f"imported from {key.removeprefix(IMPORT_KEY).partition(' ')[0]}"
    return "from a file" if key.startswith(FILE_KEY) else "by hand"
