"""The till channel: the verbs of the protocol, each told by a module of its own."""

from collections.abc import Sequence

from stocksync.channels import base
from stocksync.channels.till import intake, jsontext, mapping, papers, proof, shape
from stocksync.channels.till.answer import answer
from stocksync.channels.till.settings import TillSettings
from stocksync.core.facts import Fact
from stocksync.core.names import ChannelName

BODY_MAX = 1024 * 1024


class Till:
    """Any till, ERP or invoice program that speaks the till contract."""

    Settings = TillSettings
    body_max = BODY_MAX

    def __init__(self, setting: base.Setting, settings: TillSettings) -> None:
        self._setting = setting
        self._settings = settings
        self._keys = (
            []
            if settings.auth == "shared_token"
            else [(secret, settings.key_of(secret)) for secret in settings.webhook_secret]
        )

    @property
    def name(self) -> ChannelName:
        """Return the name that the merchant gave it."""
        return self._setting.name

    def verify(self, delivery: base.Delivery) -> None:
        """Return if the till itself sent these bytes, or raise `Unauthentic`."""
        settings = self._settings
        if settings.auth == "shared_token":
            proof.check_token(delivery, settings.webhook_secret)
        elif settings.hmac is not None:
            proof.check_hmac(delivery, settings.hmac, self._keys, settings.tolerance_seconds)
        else:
            proof.check_standard(delivery, self._keys, settings.tolerance_seconds)
        # Last, so that a stranger learns nothing about the list.
        proof.check_peer(delivery.headers, settings.ip_allow)

    def minimise(self, delivery: base.Delivery) -> Sequence[base.Delivery]:
        """Keep what stock needs, one delivery an event; none for a ping; or `Unreadable`."""
        return intake.take_in(delivery, self._settings)

    def answer(
        self, deliveries: Sequence[base.Delivery], stored: Sequence[base.Stored]
    ) -> base.Answer:
        """Return what the till expects to hear once these are committed."""
        return answer(deliveries, stored)

    def translate(self, delivery: base.Delivery) -> Sequence[Fact]:
        """Turn a minimised event into the paper it tells of, or raise `Unreadable`.

        It is judged again: the settings may have changed since it was parked.
        """
        try:
            event = jsontext.read(delivery.body)
        except jsontext.Malformed as e:
            raise base.Unreadable("malformed-body", f"the kept body is {e}") from None
        if intake.FOREIGN in delivery.headers:
            mapped = mapping.apply(self._settings.mapping, event)
            if mapped is None:
                raise base.Unreadable(intake.UNMAPPED.code, intake.UNMAPPED.detail)
            event = intake.stamped(mapped, delivery)

        problems = shape.problems(event, self._settings.zone)
        if problems:
            told = "; ".join(f"{one.pointer} {one.detail}" for one in problems[:5])
            raise base.Unreadable(intake.code_of(problems), told, errors=problems)
        if event["type"] == "ping":
            return ()
        return (papers.read(event, delivery, self._setting, self._settings),)
