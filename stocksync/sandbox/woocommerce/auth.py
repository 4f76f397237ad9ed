"""Who may call: Basic and query keys over https, OAuth 1.0a over plain http."""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from werkzeug.wrappers import Request

from stocksync.sandbox.woocommerce.errors import RestError
from stocksync.sandbox.woocommerce.knobs import Knobs

WINDOW_S = 15 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key pair of the shop."""

    key: str
    secret: str


class Gate:
    """Lets calls in, as strictly as the shop."""

    def __init__(self, key: Key, knobs: Knobs) -> None:
        self._key = key
        self._knobs = knobs
        self._nonces: dict[str, int] = {}

    def check(self, request: Request, now: datetime) -> None:
        """Return if the call may come in, or raise the shop's 401."""
        if self._knobs.auth_lost:
            raise _not_seen()
        if "oauth_signature" in request.args:
            self._check_oauth(request, now)
        elif self._knobs.behind_tls:
            self._check_pair(request)
        else:
            raise _not_seen()  # over plain http neither Basic nor the query is looked at
        if self._knobs.scope == "read" and request.method not in ("GET", "HEAD", "OPTIONS"):
            raise _refused("The API key provided does not have write permissions.")
        if self._knobs.scope == "write" and request.method in ("GET", "HEAD"):
            raise _refused("The API key provided does not have read permissions.")

    def _check_pair(self, request: Request) -> None:
        key = request.args.get("consumer_key")
        secret = request.args.get("consumer_secret")
        if not key or not secret:  # the query wins when both are sent
            key, secret = self._basic(request)
        if key != self._key.key:
            raise _not_seen()
        if not hmac.compare_digest(secret.encode(), self._key.secret.encode()):
            raise _refused("Consumer secret is invalid.")

    def _basic(self, request: Request) -> tuple[str, str]:
        told = "" if self._knobs.drops_authorization else request.headers.get("Authorization", "")
        kind, _, pair = told.partition(" ")
        if kind.lower() != "basic":
            raise _not_seen()
        try:
            key, _, secret = base64.b64decode(pair, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError) as e:
            raise _not_seen() from e
        return key, secret

    def _check_oauth(self, request: Request, now: datetime) -> None:
        told = request.args
        needed = ("oauth_consumer_key", "oauth_timestamp", "oauth_nonce", "oauth_signature_method")
        missing = [name for name in needed if not told.get(name)]
        if missing:
            raise _refused(f"Missing OAuth parameter {', '.join(missing)}")
        if told["oauth_consumer_key"] != self._key.key:
            raise _refused("Consumer key is invalid.")
        if told["oauth_signature_method"] not in ("HMAC-SHA256", "HMAC-SHA1"):
            raise _refused("Invalid signature - signature method is invalid.")
        digest = "sha256" if told["oauth_signature_method"] == "HMAC-SHA256" else "sha1"
        want = oauth_signature(request, self._key.secret, digest)
        if not hmac.compare_digest(want.encode(), told["oauth_signature"].encode()):
            raise _refused("Invalid signature - provided signature does not match.")
        self._check_freshness(told["oauth_timestamp"], told["oauth_nonce"], now)

    def _check_freshness(self, stamp: str, nonce: str, now: datetime) -> None:
        moment = int(stamp) if stamp.isascii() and stamp.isdigit() else 0
        present = int(now.timestamp())
        if abs(present - moment) > WINDOW_S:
            raise _refused("Invalid timestamp.")
        self._nonces = {
            used: at for used, at in self._nonces.items() if at > present - 2 * WINDOW_S
        }
        if nonce in self._nonces:
            raise _refused("Invalid nonce - nonce has already been used.")
        self._nonces[nonce] = moment


def oauth_signature(request: Request, secret: str, digest: str) -> str:
    """Return what a one-legged OAuth 1.0a client must have signed this request with."""
    pairs = sorted(
        (quote(name, safe="~"), quote(value, safe="~"))
        for name, value in request.args.items(multi=True)
        if name != "oauth_signature"
    )
    query = "&".join(f"{name}={value}" for name, value in pairs)
    base = "&".join(quote(part, safe="~") for part in (request.method, request.base_url, query))
    signed = hmac.new(f"{secret}&".encode(), base.encode(), getattr(hashlib, digest))
    return base64.b64encode(signed.digest()).decode()


def _not_seen() -> RestError:
    return RestError("woocommerce_rest_cannot_view", "Sorry, you cannot list resources.", 401)


def _refused(message: str) -> RestError:
    return RestError("woocommerce_rest_authentication_error", message, 401)
