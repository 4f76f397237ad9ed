"""Which body of an order tells its state: the newest read, then the channel's version.

DESIGN 4: a body we read ourselves outranks all received before that read began;
between received bodies the version decides; an equal version with other content is
read once, and that answer ends it.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum


class Verdict(StrEnum):
    """What a body means beside the one that stands."""

    NEWER = "newer"
    SAME = "same"
    OLDER = "older"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The body that stands for an order, and what is known of its rivals.

    `content` is a fingerprint of what it says, `taken` the units it takes in all.
    `read_began_at` is the start of the newest read of ours, whichever body stands;
    `own` tells whether that read is the one that stands. `rivals` are the contents
    already seen at this version.
    """

    version: str
    content: str
    taken: int
    received_at: datetime
    read_began_at: datetime | None = None
    own: bool = False
    rivals: frozenset[str] = frozenset()


def weigh(standing: Standing | None, body: Standing) -> tuple[Verdict, Standing, bool]:
    """Return what the body is, who stands now, and whether the order must be read.

    `body.own` marks one that we read ourselves, with `read_began_at` set. Until a tie
    is read, the body that takes more stands: too little to sell is mended, too much
    is a customer who waits.
    """
    if standing is None:
        return Verdict.NEWER, replace(body, rivals=frozenset({body.content})), False
    if body.own:
        return (*_weigh_read(standing, body), False)
    if standing.read_began_at is not None and body.received_at < standing.read_began_at:
        return Verdict.OLDER, standing, False
    if body.version != standing.version:
        if body.version < standing.version:
            return Verdict.OLDER, standing, False
        newer = replace(
            body, read_began_at=standing.read_began_at, rivals=frozenset({body.content})
        )
        return Verdict.NEWER, newer, False
    if body.content == standing.content:
        return Verdict.SAME, standing, False
    if body.content in standing.rivals:
        return Verdict.OLDER, standing, False
    rivals = standing.rivals | {body.content}
    ahead = (body.taken, body.content) > (standing.taken, standing.content)
    if standing.own or not ahead:
        return Verdict.OLDER, replace(standing, rivals=rivals), True
    winner = replace(body, read_began_at=standing.read_began_at, rivals=rivals)
    return Verdict.NEWER, winner, True


def _weigh_read(standing: Standing, body: Standing) -> tuple[Verdict, Standing]:
    assert body.read_began_at is not None, "a read of ours knows when it began"
    if standing.read_began_at is not None and body.read_began_at <= standing.read_began_at:
        return Verdict.OLDER, standing
    outranked = standing.own or standing.received_at < body.read_began_at
    rivals = (
        standing.rivals | {body.content}
        if standing.version == body.version
        else frozenset({body.content})
    )
    if not outranked and body.version < standing.version:
        return Verdict.OLDER, replace(standing, read_began_at=body.read_began_at)
    verdict = Verdict.SAME if body.content == standing.content else Verdict.NEWER
    return verdict, replace(body, rivals=rivals)
