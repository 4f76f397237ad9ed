"""`python -m bench.naive web PORT`, `python -m bench.naive worker`: its two programs."""

import sys

from rq import Worker

from bench.naive.jobs import queue
from workers import web

if __name__ == "__main__":
    if sys.argv[1] == "web":
        web.serve("127.0.0.1", int(sys.argv[2]), "bench.naive.web:create")
    else:
        Worker([queue()], connection=queue().connection).work(logging_level="WARNING")
