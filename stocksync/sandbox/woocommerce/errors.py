"""How the shop says no over REST."""

from collections.abc import Mapping
from typing import Any


class RestError(Exception):
    """An answer that is an error object; `bare` writes its data as a number alone."""

    def __init__(
        self,
        code: str,
        message: str,
        status: int,
        *,
        more: Mapping[str, Any] | None = None,
        bare: bool = False,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.data: Any = status if bare else {"status": status, **(more or {})}

    def body(self) -> dict[str, Any]:
        """Return the error object."""
        return {"code": self.code, "message": self.message, "data": self.data}


def invalid(name: str, why: str) -> RestError:
    """Return the error of a value that a parameter cannot have."""
    return RestError(
        "rest_invalid_param",
        f"Invalid parameter(s): {name}",
        400,
        more={"params": {name: why}, "details": {}},
    )
