"""The till channel: the verbs of the protocol, each told by a module of its own."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from stocksync.channels import base, errors
from stocksync.channels.till import intake, jsontext, mapping, papers, proof, reading, shape
from stocksync.channels.till.answer import answer
from stocksync.channels.till.caller import Caller
from stocksync.channels.till.checkup import Checkup
from stocksync.channels.till.listings import listing_id, split
from stocksync.channels.till.pushing import Pusher
from stocksync.channels.till.reading import Reader
from stocksync.channels.till.settings import TillSettings
from stocksync.core.belief import Way
from stocksync.core.facts import CatalogueEntry, Fact
from stocksync.core.names import ChannelName, ListingId, PaperKey
from stocksync.core.texts import clean

BODY_MAX = 1024 * 1024
READS_MAX = 1000
"""A till lists a whole location at a time, so the more are asked at once, the better."""
LAG = timedelta(seconds=2)


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
        self._pusher = Pusher(
            channel=setting.name, decimals=setting.decimals, compares=settings.cas
        )
        self._caller = Caller(settings) if settings.push_url else None

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
            raise errors.Unreadable("malformed-body", f"the kept body is {e}") from None
        if intake.FOREIGN in delivery.headers:
            mapped = mapping.apply(self._settings.mapping, event)
            if mapped is None:
                raise errors.Unreadable(intake.UNMAPPED.code, intake.UNMAPPED.detail)
            event = intake.stamped(mapped, delivery)

        problems = shape.problems(event, self._settings.zone)
        if problems:
            told = "; ".join(f"{one.pointer} {one.detail}" for one in problems[:5])
            raise errors.Unreadable(intake.code_of(problems), told, errors=problems)
        if event["type"] == "ping":
            return ()
        return (papers.read(event, delivery, self._setting, self._settings),)

    def listing_of(self, sku: str) -> ListingId:
        """Return the listing of a SKU: a till lists every one, at its own location."""
        return listing_id(self._settings.place, sku)

    @property
    def reach(self) -> base.Reach | None:
        """Return what can be set and read; None without `push_url`."""
        settings = self._settings
        if self._caller is None:
            return None
        return base.Reach(
            way=Way.COMPARED if settings.cas else Way.ABSOLUTE,
            batch=settings.push_batch,
            reads=READS_MAX,
            longest_life=max(base.LIFE_MIN, 2 * settings.timeout),
            lag=LAG,
            # Who cannot compare is seldom one who remembers keys: a repeat could land twice.
            by_key=settings.cas,
            listing_of=self.listing_of if settings.levels_url is None else None,
            pulls_orders=settings.movements_url is not None,
        )

    def push(self, batch: base.Batch) -> Sequence[base.Ended]:
        """Send one signed batch, once; one ending for each write. Or `CallError`."""
        heard = self._call.post(str(self._settings.push_url), batch.key, self._pusher.body(batch))
        return self._pusher.endings(batch, heard.answer)

    def read(self, targets: Sequence[base.Target]) -> Mapping[ListingId, int]:
        """Return what each listing shows now; one that the till does not list is left out.

        Without `levels_url` nothing is known of any.
        """
        if self._settings.levels_url is None:
            return {}
        wanted: dict[str, dict[str, ListingId]] = defaultdict(dict)
        for target in targets:
            location, sku = split(target.listing)
            wanted[location][clean(sku)] = target.listing
        found: dict[ListingId, int] = {}
        for location, skus in wanted.items():
            for page in self._reader.levels(location):
                found |= {skus[sku]: number for sku, number in page.items() if sku in skus}
        return found

    def pull(self, cursor: str, now: datetime) -> base.Page:
        """Return one page of the events since the cursor, each as its webhook is kept."""
        if self._settings.movements_url is None:
            raise errors.Refused("not-asked", f"{self.name} cannot be asked; add movements_url")
        return self._reader.movements(cursor, now)

    def cursor_at(self, moment: datetime) -> str:
        """Return the cursor of a pull that begins with what was written down at `moment`."""
        return reading.cursor_at(moment)

    def fetch(self, orders: Sequence[PaperKey], now: datetime) -> Sequence[base.Delivery]:
        """Return nothing: a till has no orders to ask for."""
        return ()

    def open_orders(self, now: datetime) -> Iterator[Sequence[base.Delivery]]:
        """Yield nothing: what a till sold has left the shelf."""
        return iter(())

    def catalogue(self) -> Iterator[Sequence[base.Listed]]:
        """Yield what the till lists at its own location, a page at a time, if it can be asked."""
        if self._settings.levels_url is None:
            return
        for page in self._reader.levels(self._settings.place):
            yield [self._listed(sku, number) for sku, number in page.items()]

    def doctor(self, hook_url: str | None) -> Sequence[base.Finding]:
        """Look at what must be right for setting and reading numbers; change nothing."""
        if self._caller is None:
            return ()
        checkup = Checkup(
            channel=self._setting.name,
            settings=self._settings,
            caller=self._call,
            reader=self._reader,
        )
        return list(checkup.findings(datetime.now(UTC)))

    def watch(self, hook_url: str | None) -> Sequence[base.Finding]:
        """Return nothing: where a till sends its events is set in the till alone."""
        return ()

    def poke(self) -> None:
        """Do nothing: a till sends by itself."""

    @property
    def _call(self) -> Caller:
        if self._caller is None:
            words = f"{self._setting.name} only listens; add push_url to its config"
            raise errors.Shut("listens-only", words)
        return self._caller

    @property
    def _reader(self) -> Reader:
        return Reader(caller=self._call, settings=self._settings, decimals=self._setting.decimals)

    def _listed(self, sku: str, shown: int) -> base.Listed:
        listing = self.listing_of(sku)
        entry = CatalogueEntry(listing=listing, sku=sku, owner=listing, managed=True)
        return base.Listed(entry=entry, shown=shown)
