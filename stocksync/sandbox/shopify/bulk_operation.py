"""One bulk operation: a query that runs on its own and leaves a file."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(slots=True, kw_only=True)
class BulkOperation:
    """How far it is; `status` and `error_code` are written as GraphQL writes them."""

    id: int
    query: str
    created_at: datetime
    status: str = "CREATED"
    type: str = "QUERY"
    completed_at: datetime | None = None
    error_code: str | None = None
    lines: tuple[str, ...] = ()  # of the file, whole or in part
    root_count: int = 0
    secret: str = ""  # the last part of the file's address

    @property
    def running(self) -> bool:
        """Return whether it has not ended."""
        return self.status in ("CREATED", "RUNNING", "CANCELING")
