"""The webhooks that clients made, and how one signs."""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

FAILURES_MAX = 5  # more than these counted, and the next failure switches it off
_EVENTS = "created|updated|deleted|restored"
TOPIC = re.compile(rf"(?:(?:order|product|customer|coupon)\.(?:{_EVENTS})|action\.\w+)")
_ENTITIES = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#039;": "'"}


class State(StrEnum):
    """Whether a webhook delivers."""

    ACTIVE = "active"
    PAUSED = "paused"
    DISABLED = "disabled"


@dataclass(slots=True, kw_only=True)
class Webhook:
    """One webhook; re-activating it does not reset its failures, only a success does."""

    id: int
    name: str
    topic: str
    delivery_url: str
    secret: str
    created_at: datetime
    modified_at: datetime
    status: State = State.ACTIVE
    failures: int = 0

    def succeeded(self) -> None:
        """Count a delivery that the receiver took."""
        self.failures = 0

    def failed(self) -> None:
        """Count a failure; the seventh in a row switches the webhook off."""
        if self.failures > FAILURES_MAX:
            self.status = State.DISABLED
        else:
            self.failures += 1

    def sign(self, body: bytes) -> str:
        """Return the signature over these very bytes."""
        secret = self.secret
        for entity, letter in _ENTITIES.items():  # the shop decodes before it signs
            secret = secret.replace(entity, letter)
        signed = hmac.digest(secret.encode(), body, "sha256")
        return base64.b64encode(signed).decode()


def delivery_id(webhook: Webhook, second: int) -> str:
    """Return the id of whatever this webhook delivers within one second."""
    return hashlib.md5(f"{webhook.id}{second}".encode(), usedforsecurity=False).hexdigest()
