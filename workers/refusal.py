"""Why a process cannot start, in words for the person who started it."""

REFUSED = 2
"""The exit code of a process that was used wrongly or whose config was refused."""


class Refusal(Exception):
    """Nothing was started. The message names the thing and the way out."""


def is_sentence(error: BaseException) -> bool:
    """Return whether an error speaks to people: those that stocksync raises itself do."""
    return isinstance(error, Refusal) or type(error).__module__.startswith("stocksync.")
