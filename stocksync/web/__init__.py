"""What the outside talks to over HTTP: the door for channels, and how it is."""

import sys

from flask import Flask, Response

from stocksync.config import ConfigRefused
from stocksync.doorbell import WrongRedisUrl
from stocksync.store.session import Unfit
from stocksync.web import problems
from stocksync.web.door import door
from stocksync.web.health import health
from stocksync.wiring import System, from_environment

REFUSED = 2
"""The exit code of a process whose config cannot be used."""


def create(system: System | None = None) -> Flask:
    """Return the app; without a system, the one of the environment.

    A config that cannot be used is told on stderr, and ends the process with code 2.
    """
    app = Flask(__name__, static_folder=None)
    # A secret in a path must not come back in a redirect.
    app.url_map.merge_slashes = False
    app.after_request(_guard)
    problems.install(app)
    system = system or _from_environment()
    app.register_blueprint(door(system))
    app.register_blueprint(health(system))
    return app


def _from_environment() -> System:
    try:
        return from_environment()
    except (ConfigRefused, WrongRedisUrl, Unfit) as e:
        sys.stderr.write(f"{e}\n")
        sys.exit(REFUSED)


def _guard(response: Response) -> Response:
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response
