"""What a delivery says, in our words. Facts are states of a paper, never increments.

Quantities are integers of 10^-decimals of the merchant (DESIGN 2). A line that
cannot be said in them carries `trouble`, and is parked alone. Locations and SKUs
are still the channel's own text here: mapping them is the flow's work, because a
mapping may appear later.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from stocksync.core.names import LineId, ListingId, PaperKey

EXACT = timedelta(0)


class PaperKind(StrEnum):
    """The kinds of paper that move stock. A key is unique within one kind and channel."""

    ORDER = "order"
    SALE = "sale"
    RETURN = "return"
    COUNT = "count"
    RECEIVED = "received"
    ADJUSTED = "adjusted"
    TRANSFER = "transfer"


class Flag(StrEnum):
    """What a person should look at, said of a whole order."""

    TRASH = "trash"
    FAILED = "failed"
    REFUNDED = "refunded"
    DELETED = "deleted"
    UNTOLD = "untold"
    """The shop did not say what it took; we computed it from status and quantity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PutBack:
    """Units that had left, came back and were put on a shelf: `location` in the channel's words."""

    units: int
    at: datetime
    location: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """Units that left the shelf of `location`, in the channel's words."""

    units: int
    location: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """What one line of an order has taken from the shop's stock by now, in units.

    `committed` is promised and still on the shelf, `gone` has left it, `beyond` was
    put back over what was ever taken (WooCommerce: a negative `_reduced_stock`),
    `soft` is kept for an unpaid checkout, `passed` may have been taken and put back before
    this body. All are 0 or more. `gone_guessed` marks a `gone_at` that is only the moment of
    the body: the units had left by then. Of what is gone, `sent` left a place that is known,
    `back` came back, and `lost` was neither sent nor put back when the order ended. `dropped` are
    units that the channel counts as the order's no longer, whether or not it says why; `removed`
    may stand on its shelf again.
    `ignored` moved the channel's number, and book nothing.
    """

    line: LineId
    sku: str | None
    listing: ListingId | None = None
    committed: int = 0
    gone: int = 0
    beyond: int = 0
    soft: int = 0
    passed: int = 0
    location: str | None = None
    gone_at: datetime | None = None
    gone_guessed: bool = False
    sent: tuple[Sent, ...] = ()
    back: tuple[PutBack, ...] = ()
    lost: int = 0
    dropped: int = 0
    removed: int = 0
    ignored: int = 0
    trouble: str | None = None

    def __post_init__(self) -> None:
        """Refuse a line that no shop can mean."""
        if min(self.committed, self.gone, self.beyond, self.soft, self.passed) < 0:
            raise ValueError("an order line takes 0 units or more")
        if self.gone and self.gone_at is None:
            raise ValueError("units that are gone need the moment they left")

    @property
    def taken(self) -> int:
        """By how much the line has lowered its channel's own number by now."""
        back = sum(one.units for one in self.back)
        return self.committed + self.gone - back - self.beyond + self.ignored


class SlipKind(StrEnum):
    """What became of units of an order line."""

    SHIPPED = "shipped"
    """They left the shelf."""
    CANCELLED = "cancelled"
    """They were put back before they left."""
    RETURNED = "returned"
    """They left, came back, and were put back."""
    WRITTEN_OFF = "written-off"
    """They were refunded and not put back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """Something that became of units of one order line, under an id of its own.

    It merges from any body, whatever its version, and never shrinks: of one `key` the newest
    `version` holds, and 0 units undo it. `location` is the channel's own text.
    """

    key: str
    line: LineId
    kind: SlipKind
    units: int
    at: datetime
    version: str = ""
    location: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSlips:
    """What a delivery tells of an order beside its state: a refund, a fulfilment."""

    order: PaperKey
    slips: tuple[Slip, ...]


class Removal(StrEnum):
    """What is done with units that an edit took out of an order, if no slip tells of them."""

    RESTOCK = "restock"
    """They are free again."""
    KEEP = "keep"
    """They are gone."""
    VERIFY = "verify"
    """They are gone, until the channel's own number shows that it put them back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlipRules:
    """What a merchant wants done where no slip tells what became of units.

    `restocks_lost` puts back what was neither sent nor put back when the order ended.
    """

    removal: Removal = Removal.RESTOCK
    restocks_lost: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSnapshot:
    """One order as a channel showed it. `version` sorts as text within the channel.

    Only a `complete` snapshot releases booked lines that it lacks. `soft_until` is
    when the shop itself stops keeping the soft units, `changed_at` when it last changed the
    order, by its own clock.

    With `slip_rules` a line's `committed` are all units it ever took, and the slips of all
    bodies say what became of them; `ended_at`, once said, stays: nothing more is promised.
    An order that `bypasses` may have left its channel's own number as it was.
    An `ignored` order is another system's copy: it books nothing in the pool, but its channel's
    numbers moved with it.
    """

    order: PaperKey
    version: str
    complete: bool
    placed_at: datetime
    lines: tuple[OrderLine, ...]
    soft_until: datetime | None = None
    changed_at: datetime | None = None
    flags: frozenset[Flag] = field(default_factory=frozenset)
    slips: tuple[Slip, ...] = ()
    ended_at: datetime | None = None
    slip_rules: SlipRules | None = None
    ignored: bool = False
    bypasses: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperLine:
    """One line of a till's or warehouse's paper, in units; a return's are positive too.

    `restock` only matters for goods that come back: False puts them on the
    hold-for-check list, not into stock.
    """

    line: LineId
    sku: str
    units: int
    restock: bool = True
    trouble: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A paper that names its own moment: the newest revision is its whole effect.

    `doubt` is how much later than `occurred_at` it may really have happened (a local
    time in the repeated hour); `said_at` is the sender's own moment, by which its papers
    are compared with each other. `location` is the channel's own text; None means the
    channel's own location.
    """

    key: PaperKey
    occurred_at: datetime
    lines: tuple[PaperLine, ...]
    revision: int = 1
    location: str | None = None
    said_at: datetime | None = None
    doubt: timedelta = EXACT
    note: str = ""


class ReceiptPart(StrEnum):
    """What a till says of a receipt."""

    SALE = "sale"
    VOID = "void"
    RETURN = "return"


@dataclass(frozen=True, slots=True, kw_only=True)
class TillReceipt(Paper):
    """A receipt of a till. A sale's line with negative units is goods handed back.

    A void has the key of its sale; without lines it undoes the whole sale.
    """

    part: ReceiptPart


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted(Paper):
    """A person counted these SKUs at `occurred_at`; `whole` counts the unlisted ones as 0."""

    whole: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Received(Paper):
    """Goods that came in from outside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjusted(Paper):
    """Units that were found (positive) or lost (negative)."""


class Stage(StrEnum):
    """How far a transfer is."""

    DISPATCHED = "dispatched"
    RECEIVED = "received"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transferred(Paper):
    """Goods moved from `location` to `to_location`, one stage of it."""

    to_location: str
    stage: Stage
    expected_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shows:
    """A level seen in a webhook: a hint, its moment unknown; it books nothing."""

    listing: ListingId
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueEntry:
    """One entry of a channel. `owner` is the listing whose number it draws on.

    `parent` is the entry that it is a variation of; `unlimited` if the channel sells it below
    zero. `location` is the channel's own text for the one place whose number it shows; an entry
    that sells from several such places names their `levels`, and nobody knows which one a sale
    took from. `version` sorts as text within the channel: an older one changes nothing.
    """

    listing: ListingId
    sku: str | None
    owner: ListingId
    managed: bool
    parent: ListingId | None = None
    unlimited: bool = False
    location: str | None = None
    levels: tuple[ListingId, ...] = ()
    version: str = ""

    @property
    def keeps_number(self) -> bool:
        """Return whether it keeps a number of its own."""
        return self.managed and self.owner == self.listing


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueChanged:
    """Entries of the channel's catalogue as they are now."""

    entries: tuple[CatalogueEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LookAgain:
    """These listings' numbers are due for a read: something changed there without a level."""

    listings: tuple[ListingId, ...]
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AskAgain:
    """This order must be read from the channel before it is understood.

    A key that is no order's names something else of the channel, which it knows how to read.
    """

    order: PaperKey
    why: str
    flag: Flag | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Vanished:
    """The channel deleted this order for good: its units are not put back by anybody.

    `at` is when we found that out.
    """

    order: PaperKey
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SomethingMissed:
    """The channel told of something without saying what: pull it."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """Understood, and of no concern to stock."""

    reason: str


Fact = (
    OrderSnapshot
    | OrderSlips
    | TillReceipt
    | Counted
    | Received
    | Adjusted
    | Transferred
    | Shows
    | CatalogueChanged
    | LookAgain
    | AskAgain
    | Vanished
    | SomethingMissed
    | Ignored
)
