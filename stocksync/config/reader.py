"""YAML as merchants mean it: text stays text, and every value remembers its line.

Of YAML's guesses only these are made, and only for values without quotes: 12, 1.5, true,
false, null. `NO` stays a country, `0123` a label, `12:30` and `2026-11-27` text. Keys
are always text. Tags and merge keys are refused; nothing is ever constructed.
"""

import re
from decimal import Decimal

import yaml
from yaml.reader import ReaderError

from stocksync.config.mistakes import WHOLE_FILE, Notebook, Trail
from stocksync.config.tree import Items, Node, Scalar, Table

SIZE_MAX = 1024 * 1024
DEPTH_MAX = 20
COPIES_MAX = 10_000
"""The most values that anchors may add to what the file itself holds."""

_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,17})\.[0-9]{1,18}")
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}

# YAML's complaints, and what the merchant did. Its own words may quote the file, and so
# a secret: they are never repeated.
_IN_KIND_WORDS = (
    (r"'\\t'", "a tab cannot stand here; use spaces"),
    (r"undefined alias", "`*` points to an anchor that is not there; put text in quotes"),
    (r"duplicate anchor", "the same anchor (`&`) is set twice; rename one"),
    (r"expected a single document", "a second document (`---`) begins; write one file a merchant"),
    (r"mapping values are not allowed", "a `:` too many, or the line is indented wrongly"),
    (r"could not find expected ':'", "a key without its `:`"),
    (r"expected <block end>", "this line is indented unlike its neighbours"),
    (r"unexpected end of stream", "a quote is opened and never closed"),
    (r"parsing a flow", "a `[` or `{` is opened and never closed, or a comma is missing"),
    (r"'@'|'`'|'%'|'\|'", "text that begins with a special sign needs quotes"),
    (r"nested too deep", f"is nested more than {DEPTH_MAX} levels deep"),
    (r"escape", "a `\\` in double quotes begins an escape that is not known; use single quotes"),
    (r"tag|URI", "a `!` begins a YAML tag, and none is understood; put text in quotes"),
    (r"anchor|alias", "text that begins with `&` or `*` needs quotes"),
    (r"block entry|sequence entries", "a `-` of a list cannot stand here"),
)


class _Unaffordable(Exception):
    """Anchors repeat more than any config can mean."""

    def __init__(self, line: int) -> None:
        self.line = line
        super().__init__(line)


def read(raw: bytes, notebook: Notebook) -> Table | None:
    """Return the file as a table, or None when it is none; mistakes go to the notebook."""
    text = _text(raw, notebook)
    root = None if text is None else _composed(text, notebook)
    if root is None:
        return None
    try:
        tree = _Grower(notebook).node(root, WHOLE_FILE)
    except _Unaffordable as e:
        words = "its anchors (`&` and `*`) repeat too much; write the values out"
        notebook.add(e.line, WHOLE_FILE, words)
        return None
    if not isinstance(tree, Table):
        holds = "a list" if isinstance(tree, Items) else "a single value"
        words = f"holds {holds}; it must begin with keys, such as `merchant: my-shop`"
        notebook.add(tree.line, WHOLE_FILE, words)
        return None
    return tree


def _text(raw: bytes, notebook: Notebook) -> str | None:
    if len(raw) > SIZE_MAX:
        notebook.add(1, WHOLE_FILE, "is larger than 1 MiB; split the business or drop what is old")
        return None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        line = raw.count(b"\n", 0, e.start) + 1
        notebook.add(line, WHOLE_FILE, "is not UTF-8 text here; save the file as UTF-8")
        return None


def _composed(text: str, notebook: Notebook) -> yaml.Node | None:
    """Return YAML's own nodes, or None after noting why there are none."""
    try:
        loader = _Loader(text)
    except ReaderError as e:
        line = text.count("\n", 0, e.position) + 1
        notebook.add(line, WHOLE_FILE, "holds a control character that no text needs; delete it")
        return None
    try:
        root: yaml.Node | None = loader.get_single_node()
    except yaml.MarkedYAMLError as e:
        mark = e.problem_mark or e.context_mark
        notebook.add(mark.line + 1 if mark else 1, WHOLE_FILE, _in_kind_words(e))
        return None
    except (ValueError, OverflowError):  # PyYAML's own answer to "\UFFFFFFFF" and %YAML 9...9
        notebook.add(
            loader.line + 1, WHOLE_FILE, "holds a number that YAML cannot; put it in quotes"
        )
        return None
    for line in loader.tagged:
        notebook.add(
            line,
            WHOLE_FILE,
            "a `!` begins a YAML tag, and none is understood; put text in quotes",
        )
    if root is None:
        words = "is empty; write at least `merchant:`, `locations:` and `channels:`"
        notebook.add(1, WHOLE_FILE, words)
    return root


def _in_kind_words(error: yaml.MarkedYAMLError) -> str:
    said = f"{error.context or ''} {error.problem or ''}"
    for pattern, words in _IN_KIND_WORDS:
        if re.search(pattern, said):
            return words
    return "is not YAML here; look for a missing quote, colon or bracket just above"


class _Loader(yaml.SafeLoader):
    """Composes nodes, counts how deep they lie and notes tags; constructs nothing."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.tagged: list[int] = []
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Compose one node as YAML does, unless it lies too deep."""
        event = self.peek_event()  # type: ignore[no-untyped-call]  # the stubs lack it
        if getattr(event, "tag", None) is not None:
            self.tagged.append(event.start_mark.line + 1)
        if self._depth > DEPTH_MAX:
            raise yaml.MarkedYAMLError(problem="nested too deep", problem_mark=event.start_mark)
        self._depth += 1
        node: yaml.Node | None = super().compose_node(parent, index)
        self._depth -= 1
        return node


class _Grower:
    """Turns YAML's nodes into ours, anew in each place where an alias puts them."""

    def __init__(self, notebook: Notebook) -> None:
        self._notebook = notebook
        self._seen: set[int] = set()
        self._copies = 0

    def node(self, raw: yaml.Node, trail: Trail) -> Node:
        """Return one node with all that is below it."""
        line = raw.start_mark.line + 1
        self._pay(raw, trail)
        if isinstance(raw, yaml.MappingNode):
            return self._table(raw, trail, line)
        if isinstance(raw, yaml.SequenceNode):
            items = (self.node(item, (*trail, at)) for at, item in enumerate(raw.value))
            return Items(line=line, items=tuple(items))
        return self._scalar(raw, trail, line)

    def _pay(self, raw: yaml.Node, trail: Trail) -> None:
        self._copies += id(raw) in self._seen
        self._seen.add(id(raw))
        # An anchor may contain itself, so depth is checked here as well.
        if self._copies > COPIES_MAX or len(trail) > DEPTH_MAX:
            raise _Unaffordable(raw.start_mark.line + 1)

    def _table(self, raw: yaml.MappingNode, trail: Trail, line: int) -> Table:
        table = Table(line=line)
        for raw_key, raw_value in raw.value:
            key_line = raw_key.start_mark.line + 1
            key = self._key(raw_key, trail)
            if key is None:
                continue
            if key in table.entries:
                first = table.key_lines[key]
                words = f"is written twice, first on line {first}; keep one"
                self._notebook.add(key_line, (*trail, key), words)
                continue
            table.entries[key] = self.node(raw_value, (*trail, key))
            table.key_lines[key] = key_line
        return table

    def _key(self, raw: yaml.Node, trail: Trail) -> str | None:
        line = raw.start_mark.line + 1
        if not isinstance(raw, yaml.ScalarNode):
            self._notebook.add(line, trail, "has a key that is a list or a table; a key is text")
            return None
        if raw.value == "<<" and raw.style is None:
            words = "YAML's merge key `<<` is not understood; write the keys out"
            self._notebook.add(line, trail, words)
            return None
        if not raw.value.strip():
            self._notebook.add(line, trail, "has a key that is empty; name it")
            return None
        if not _is_text(raw.value):
            self._notebook.add(line, trail, "has a key with half a character in it; retype it")
            return None
        return str(raw.value)

    def _scalar(self, raw: yaml.Node, trail: Trail, line: int) -> Scalar:
        text = str(raw.value)
        if not _is_text(text):
            self._notebook.add(line, trail, "holds half a character; retype it")
            text = ""
        guessed = getattr(raw, "style", None) is None
        return Scalar(line=line, text=text, value=_meant(text) if guessed else text)


def _meant(text: str) -> str | int | Decimal | bool | None:
    """Return what a value without quotes means."""
    if text in _WORDS:
        return _WORDS[text]
    if _WHOLE.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return Decimal(text)
    return text


def _is_text(text: str) -> bool:
    """Return whether it can be stored: a `\\ud800` alone is no character."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text
