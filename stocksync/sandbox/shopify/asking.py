"""Who asks, on what terms."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True, kw_only=True)
class Asking:
    """One call while it is answered."""

    now: datetime
    scopes: frozenset[str]
    base: str = ""  # where the caller found this shop
    bulk: bool = False
    warnings: list[str] = field(default_factory=list)  # of search terms that say nothing
