"""One event, one line."""

import logging
import subprocess
import sys

from workers.logs import Facts

MANY_LINES = """
import logging, multiprocessing
from workers import logs

def work():
    logs.set_up("web", apart=True)
    for number in range(500):
        logging.getLogger("door").info("delivery received", extra={"number": number})

worker = multiprocessing.get_context("fork").Process(target=work)
worker.start()
worker.join()
"""


def test_a_fact_and_its_names_are_one_line() -> None:
    record = _record("delivery applied", channel="web", lag_s=1.23456, why='it said "no"\nand left')

    line = Facts("apply").format(record)

    assert line == (
        "INFO delivery applied channel=web lag_s=1.235 "
        r'why="it said \"no\"\nand left" process=apply at=2026-11-27T10:00:03.120Z'
    )


def test_a_traceback_stays_on_the_line() -> None:
    record = _record("batch failed")
    try:
        int("broken row")
    except ValueError:
        record.exc_info = sys.exc_info()

    line = Facts("apply").format(record)

    assert "\n" not in line
    assert "ValueError: invalid literal" in line


def test_a_message_from_outside_cannot_forge_a_line() -> None:
    assert "\n" not in Facts("web").format(_record("hello\nINFO delivery applied"))


def test_lines_written_apart_are_all_there_when_their_process_ends() -> None:
    done = subprocess.run([sys.executable, "-c", MANY_LINES], capture_output=True, check=True)

    lines = done.stderr.decode().splitlines()
    assert [line.split(" process=web ")[0] for line in lines] == [
        f"INFO delivery received number={number}" for number in range(500)
    ]


def _record(message: str, **facts: object) -> logging.LogRecord:
    record = logging.makeLogRecord({"msg": message, "levelname": "INFO", **facts})
    record.created = 1795773603.120
    return record
