"""The process that answers one bell: an RQ worker that runs our jobs and nothing else."""

import logging
import signal
from collections.abc import Callable
from types import FrameType
from typing import Any

from redis import Redis
from redis.backoff import ExponentialBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue, SimpleWorker
from rq.exceptions import StopRequested
from rq.job import Job
from rq.serializers import JSONSerializer

from stocksync.doorbell import JOBS, connect
from workers.stopping import Stop

WORKER_TTL_S = 45
"""RQ waits for a job 15 s less, so a line that went dead unnoticed is left within that."""
RETRY_REDIS_S = 1.0

log = logging.getLogger(__name__)


class NotOurJob(Exception):
    """A job named something that is no job of ours; whoever wrote it was not the doorbell."""


class OurJob(Job):
    """A job that runs only what `JOBS` names: else it could name any function we can import."""

    @property
    def func(self) -> Callable[..., object]:
        """Return the function to run, or raise `NotOurJob`.

        Whole names and not only the beginning `workers.`: RQ follows attributes, and
        `workers.jobs.os.system` would be a way out.
        """
        if self.func_name not in JOBS.values() or self.instance is not None:
            raise NotOurJob(f"{self.func_name} is refused; the jobs are {', '.join(JOBS.values())}")
        found: Callable[..., object] = super().func
        return found

    @property
    def success_callback(self) -> None:
        """Call nothing: a callback is one more name of any function."""

    @property
    def failure_callback(self) -> None:
        """Call nothing."""

    @property
    def stopped_callback(self) -> None:
        """Call nothing."""

    def send_webhooks(self, *args: Any, **kwargs: Any) -> None:
        """Send nothing: a job must not choose whom we talk to."""


class OurWorker(SimpleWorker):
    """A worker without a fork a job, deaf to remote commands, back soon after an outage."""

    max_connection_wait_time = RETRY_REDIS_S

    def __init__(self, queue: Queue, stop: Stop) -> None:
        super().__init__(
            [queue],
            connection=queue.connection,
            job_class=OurJob,
            serializer=JSONSerializer,
            worker_ttl=WORKER_TTL_S,
            log_job_description=False,
        )
        self._stop = stop

    def check_for_suspension(self, burst: bool) -> None:
        """Look for a signal that came before RQ had its handlers; `rq suspend` is not ours."""
        if self._stop.asked:
            raise StopRequested

    def subscribe(self) -> None:
        """Take no commands through Redis; signals are enough."""

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """Stop after the job under way."""
        self._stop.asked = True
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]

    def set_shutdown_requested_date(self) -> None:
        """Write nothing: this runs inside a signal handler, in the middle of somebody's job."""

    def _install_signal_handlers(self) -> None:
        super()._install_signal_handlers()  # type: ignore[no-untyped-call]
        signal.signal(signal.SIGHUP, self.request_stop)


def serve(bell: str, url: str, stop: Stop) -> int:
    """Answer one bell until asked to stop (0) or until RQ gives up (1): then start us again."""
    connection = connect(
        # An answer may take as long as RQ waits for a job; RQ leaves a time-out of ours alone.
        url,
        connect_s=2,
        answer_s=WORKER_TTL_S,
        retry=Retry(ExponentialBackoff(cap=0.5, base=0.05), 3),
    )
    if not _reached(connection, stop):
        return 0
    queue = Queue(bell, connection=connection, job_class=OurJob, serializer=JSONSerializer)
    log.info("worker started", extra={"bell": bell})
    try:
        OurWorker(queue, stop).work(logging_level="WARNING")
    except RedisError as e:
        # Redis was away when RQ wanted to sign off.
        log.warning("worker lost Redis", extra={"bell": bell, "error": f"{type(e).__name__}: {e}"})
    return 0 if stop.asked else 1


def _reached(connection: Redis, stop: Stop) -> bool:
    told = False
    while not stop.asked:
        try:
            connection.ping()
        except (RedisError, OSError) as e:
            if not told:
                log.warning("Redis not reached", extra={"error": f"{type(e).__name__}: {e}"})
            told = True
        else:
            return True
        stop.wait(RETRY_REDIS_S)
    return False
