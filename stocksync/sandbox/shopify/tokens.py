"""Access tokens: who gets one, how long it lives, and what it opens."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from stocksync.sandbox.dice import HEX, Dice
from stocksync.sandbox.shopify.knobs import Knobs
from stocksync.sandbox.shopify.signing import Keyring


class NoGrant(Exception):
    """Raised where no token is given; `error` and the message are what the caller reads."""

    def __init__(self, error: str, message: str) -> None:
        super().__init__(message)
        self.error = error


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A key for a day."""

    text: str
    scopes: tuple[str, ...]
    ends_at: datetime


class Tokens:
    """Gives out tokens and knows them again."""

    def __init__(
        self,
        *,
        client_id: str,
        keyring: Keyring,
        knobs: Knobs,
        clock: Callable[[], datetime],
        dice: Dice,
    ) -> None:
        self.granted: list[Token] = []
        self._client_id = client_id
        self._keyring = keyring
        self._knobs = knobs
        self._clock = clock
        self._dice = dice
        self._living: dict[str, Token] = {}

    def grant(self, told: Mapping[str, str]) -> Token:
        """Return a new token, or raise `NoGrant`."""
        if told.get("grant_type") != "client_credentials":
            raise NoGrant("unsupported_grant_type", "The grant type is not supported.")
        if told.get("client_id") != self._client_id:
            raise NoGrant("invalid_client", "The client is unknown.")
        if not self._keyring.takes(told.get("client_secret", "")):
            raise NoGrant("invalid_client", "The client secret is wrong or was revoked.")
        if self._knobs.uninstalled:
            raise NoGrant("app_not_installed", "The app is not installed on this shop.")
        token = Token(
            text=f"shpca_{self._dice.word(32, HEX)}",
            scopes=self._knobs.scopes,
            ends_at=self._clock() + timedelta(seconds=self._knobs.token_life_s),
        )
        if self._knobs.old_tokens_die:
            self._living.clear()
        self._living[token.text] = token
        self.granted.append(token)
        return token

    def find(self, text: str | None) -> Token | None:
        """Return a token that lives."""
        token = self._living.get(text or "")
        if token is None or self._clock() >= token.ends_at or self._knobs.uninstalled:
            return None
        return token

    def revoke_all(self) -> None:
        """Let every token die."""
        self._living.clear()
