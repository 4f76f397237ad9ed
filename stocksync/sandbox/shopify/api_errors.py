"""How the API says no: errors beside the data, and errors of what was asked."""

from collections.abc import Mapping, Sequence
from typing import Any

from graphql import GraphQLError

DOCUMENTATION = "https://shopify.dev/api/usage/response-codes"


class ApiError(GraphQLError):
    """An error of the whole call or of one field, which is null then."""

    def __init__(self, code: str, message: str, **more: Any) -> None:
        super().__init__(message, extensions={"code": code, **more})


def access_denied(field: str, scope: str) -> ApiError:
    """Return the error of a field that the token may not ask for."""
    return ApiError(
        "ACCESS_DENIED",
        f"Access denied for {field} field. Required access: `{scope}` access scope.",
        documentation="https://shopify.dev/api/usage/access-scopes",
        requiredAccess=f"`{scope}` access scope.",
    )


def user_error(
    message: str, field: Sequence[str] | None, code: str | None = None
) -> Mapping[str, Any]:
    """Return one entry of `userErrors`."""
    return {"message": message, "field": None if field is None else list(field), "code": code}
