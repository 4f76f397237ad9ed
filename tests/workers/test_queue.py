"""The worker process, on a real Valkey."""

import os
import signal
from importlib import import_module

from rq import Queue
from rq.job import Job
from rq.serializers import JSONSerializer

from stocksync.core.names import MerchantName
from stocksync.doorbell import APPLY, JOBS, Doorbell
from tests.workers.conftest import Play, Valkey
from tests.workers.waiting import until


def test_every_bell_has_its_job() -> None:
    for name in JOBS.values():
        module, _, function = name.rpartition(".")
        assert module == "workers.jobs"
        assert callable(getattr(import_module(module), function))


def test_a_job_that_names_another_function_is_refused(valkey: Valkey, play: Play) -> None:
    queue = Queue("apply", connection=valkey.redis, serializer=JSONSerializer)
    names = ["os.system", "workers.jobs.os.system", "workers.guard.main"]

    jobs = [queue.enqueue_call(name, args=("touch /tmp/never",)) for name in names]
    play("tests.workers.play", "work", valkey.url)

    for job in jobs:
        until(lambda job=job: _status(valkey, job) == "failed")  # type: ignore[misc]
        job.refresh()  # type: ignore[no-untyped-call]
        assert "NotOurJob" in (job.latest_result().exc_string or "")  # type: ignore[union-attr]


def test_a_job_calls_nobody_back(valkey: Valkey, play: Play) -> None:
    queue = Queue("apply", connection=valkey.redis, serializer=JSONSerializer)
    job = queue.enqueue_call("os.system", args=("true",))
    valkey.redis.hset(job.key, "failure_callback_name", "os.abort")

    worker = play("tests.workers.play", "work", valkey.url)

    until(lambda: _status(valkey, job) == "failed")
    assert worker.poll() is None


def test_a_worker_stops_when_asked(valkey: Valkey, play: Play) -> None:
    worker = play("tests.workers.play", "work", valkey.url)
    until(lambda: valkey.redis.scard("rq:workers"))

    worker.send_signal(signal.SIGTERM)

    assert worker.wait(5) == 0
    assert valkey.redis.scard("rq:workers") == 0


def test_a_worker_waits_for_a_redis_that_is_away_and_can_still_be_stopped(
    valkey: Valkey, play: Play
) -> None:
    valkey.kill()
    worker = play("tests.workers.play", "work", valkey.url)
    assert worker.stderr is not None
    assert "Redis not reached" in worker.stderr.readline()

    worker.send_signal(signal.SIGTERM)

    assert worker.wait(5) == 0


def test_bells_are_answered_again_after_a_flush_and_a_crash_of_valkey(
    valkey: Valkey, play: Play
) -> None:
    play("tests.workers.play", "supervise_worker", valkey.url)
    until(lambda: valkey.redis.scard("rq:workers"))

    valkey.redis.flushall()
    _answered(valkey, "after-flush")
    valkey.kill()
    valkey.start()
    _answered(valkey, "after-crash")


def test_bells_are_answered_again_after_the_worker_was_killed(valkey: Valkey, play: Play) -> None:
    play("tests.workers.play", "supervise_worker", valkey.url)
    until(lambda: valkey.redis.scard("rq:workers"))
    (key,) = valkey.redis.smembers("rq:workers")
    pid = int(valkey.redis.hget(key, "pid") or 0)

    os.kill(pid, signal.SIGKILL)
    # A job rung before that would go to the dead one: lost, and the sweep's to make good.
    until(lambda: valkey.redis.scard("rq:workers") == 2)

    _answered(valkey, "after-kill")


def _answered(valkey: Valkey, merchant: str) -> None:
    """Ring, and see a worker take the job."""
    bell = f"bell:{merchant}:apply"
    assert Doorbell(valkey.redis).ring(APPLY, MerchantName(merchant))
    assert valkey.redis.exists(bell)
    until(lambda: valkey.redis.llen("rq:queue:apply") == 0)
    until(lambda: valkey.redis.llen("rq:queue:apply:intermediate") == 0)


def _status(valkey: Valkey, job: Job) -> str:
    status = valkey.redis.hget(job.key, "status")
    return status.decode() if isinstance(status, bytes) else ""
