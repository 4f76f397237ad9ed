"""What can be turned while a shop runs, whatever the shop: by its name, to a value that fits."""

import dataclasses
import types
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, get_args, get_origin, get_type_hints

# How much of something is unkind; a knob of this kind turns no further than 1.
Share = Annotated[float, "from 0 to 1"]


class Spread(StrEnum):
    """How a time differs from one case to the next."""

    FIXED = "fixed"
    EXPONENTIAL = "exponential"  # the knob is its middle: half are quicker


class BadKnob(ValueError):
    """Raised for a knob that is not there, or a value that does not fit it."""


@dataclass(slots=True, kw_only=True)
class Turnable:
    """Knobs of any kind; no number among them is below 0, and no `Share` above 1."""

    def turn(self, told: Any) -> None:
        """Change the named knobs, all or none, or raise `BadKnob`."""
        if not isinstance(told, dict):
            raise BadKnob("send one JSON object: names of knobs and their values")
        hints = get_type_hints(type(self), include_extras=True)
        ready = {}
        for name, value in told.items():
            if name not in hints:
                raise BadKnob(f"no knob is called {name}; there are {', '.join(sorted(hints))}")
            ready[name] = _fitting(name, value, hints[name])
        for name, value in ready.items():
            setattr(self, name, value)

    def shown(self) -> dict[str, Any]:
        """Return every knob with its value, as JSON can hold it."""
        return dataclasses.asdict(self)


def _fitting(name: str, value: Any, hint: Any) -> Any:
    bad = BadKnob(f"{name} cannot be {value!r}")
    if isinstance(hint, types.UnionType):
        if value is None:
            return None
        hint = next(one for one in get_args(hint) if one is not type(None))
    if hint in (Share, float, int):
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            raise bad
        if (hint == Share and value > 1) or (hint is int and not isinstance(value, int)):
            raise bad
        return value if hint is int else float(value)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        if value not in list(hint):
            raise bad
        return hint(value)
    if get_origin(hint) is tuple:
        if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
            raise bad
        return tuple(value)
    if get_origin(hint) is dict:
        if not isinstance(value, dict):
            raise bad
        return {str(key): _fitting(name, one, float) for key, one in value.items()}
    if not isinstance(value, hint):
        raise bad
    return value
