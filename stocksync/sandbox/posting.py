"""How a delivery leaves a shop."""

from collections.abc import Mapping

import requests


def post(
    url: str, *, headers: Mapping[str, str], body: bytes, timeout: float | tuple[float, float]
) -> int | None:
    """Send as shops do: a new connection, no redirects, no proxy; None is no answer.

    The timeout is that of `requests`: for each wait, or one to connect and one to hear.
    """
    with requests.Session() as session:
        session.trust_env = False
        try:
            answer = session.post(
                url, data=body, headers=headers, timeout=timeout, allow_redirects=False
            )
        except requests.RequestException:
            return None
        return answer.status_code
