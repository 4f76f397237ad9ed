"""The same server as the door's, with one route that does nothing: what the door can reach at most.

`python -m bench.empty PORT`
"""

import sys

from flask import Flask

from workers import web


def create() -> Flask:
    """Return an application that answers and does nothing else."""
    web.become_worker()
    app = Flask(__name__, static_folder=None)

    @app.post("/empty")
    def empty() -> str:
        return ""

    @app.get("/healthz")
    def alive() -> str:
        return ""

    return app


if __name__ == "__main__":
    web.serve("127.0.0.1", int(sys.argv[1]), "bench.empty:create")
