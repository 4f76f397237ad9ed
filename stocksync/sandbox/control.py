"""The door that no real shop has: its knobs, and its books."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from werkzeug.wrappers import Request

from stocksync.sandbox.knobs import BadKnob, Turnable

CONTROL = "/sandbox/"


class Control:
    """Answers what is asked below `CONTROL`."""

    def __init__(
        self, *, knobs: Turnable, truth: Callable[[], Any], lock: AbstractContextManager[object]
    ) -> None:
        self._knobs = knobs
        self._truth = truth
        self._lock = lock

    def answer(self, request: Request) -> tuple[Any, int]:
        """Return what JSON is to say, and the status."""
        what = request.path.removeprefix(CONTROL)
        with self._lock:
            if what == "knobs" and request.method == "POST":
                try:
                    self._knobs.turn(request.get_json(silent=True, force=True))
                except BadKnob as e:
                    return {"detail": str(e)}, 400
            if what == "knobs":
                return self._knobs.shown(), 200
            if what == "truth":
                return self._truth(), 200
        return {"detail": "there are /sandbox/knobs and /sandbox/truth"}, 404
