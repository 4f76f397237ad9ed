"""demo: a street that trades for a moment, its table, and how it ends."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from stocksync.cli.demo_look import Look, Shelf, Standing
from stocksync.cli.demo_table import Board, drawn, line
from stocksync.cli.demo_verdict import Ended, Verdict, conclude, judge
from stocksync.cli.saying import FoundWrong
from stocksync.core.names import ChannelName, Sku
from stocksync.lab.street import Difference, street
from tests.workers.waiting import alive, below, until

pytestmark = pytest.mark.long

COMMAND = str(Path(sys.executable).with_name("stocksync"))
WEB, OUTLET, TILL = ChannelName("web"), ChannelName("outlet"), ChannelName("till")
MUG, LAMP = Sku("MUG-RED"), Sku("LAST-LAMP")


@pytest.mark.timeout(400)
def test_a_short_demo_ends_well_and_names_its_figures(tmp_path: Path) -> None:
    result = subprocess.run(
        [COMMAND, "demo", "--seconds", "3"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=350,
        check=False,
    )

    assert result.returncode == 0, result.stdout + result.stderr
    table = result.stdout.splitlines()[2:6]
    assert [row.split()[0] for row in table] == ["web", "outlet", "market", "till"]
    for figure in ("sold;", "found too little", "calls to the channels", "largest worst case"):
        assert figure in result.stdout
    assert "Every channel shows what it should, and nothing is pending." in result.stdout
    assert "agree with the ledger to the unit" in result.stdout
    assert "selling, 0 of 3 s; sold web" in result.stderr
    assert "\x1b" not in result.stdout + result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.timeout(400)
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_is_stopped_with_all_that_it_started(how: signal.Signals, tmp_path: Path) -> None:
    folders = tmp_path / "temporary"
    folders.mkdir()
    with subprocess.Popen(
        [COMMAND, "demo", "--seconds", "600"],
        env={**os.environ, "TMPDIR": str(folders)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as demo:
        assert demo.stderr is not None
        started: dict[int, list[str]] = {}
        try:
            opening = [demo.stderr.readline(), demo.stderr.readline()]
            started = below(demo.pid)
            demo.send_signal(how)
            answered, said = demo.communicate(timeout=120)
        finally:
            for pid in {*started, *below(demo.pid), demo.pid}:
                if alive([pid]):
                    os.kill(pid, signal.SIGKILL)

    assert "shoppers buy for 600 s" in opening[1]
    assert demo.returncode == 130
    assert started != {}
    assert until(lambda: alive(started) == [], 60)
    assert said.endswith("stopped; nothing is left running\n")
    assert answered == ""
    assert list(folders.iterdir()) == []


@pytest.mark.timeout(200)
def test_the_books_agree_until_a_sale_is_missing_in_them() -> None:
    with street({MUG: 10, LAMP: 1}) as here:
        before = {name: here.calls(name) for name in here.channels}
        bought = [here.buy(name, MUG) for name in (WEB, OUTLET, TILL, TILL)]
        called_off = [here.cancel() for _ in range(3)]
        assert here.buy(WEB, LAMP)
        assert not here.buy(WEB, LAMP)
        here.receive(LAMP, 2)
        left = here.settle(60)

        well = judge(here, left, before, 7)
        here.sold_at_till[MUG] += 1
        short = judge(here, left, before, 7)

    assert bought == [True, True, True, True]
    assert [sale and sale.channel for sale in called_off] == [WEB, OUTLET, TILL]
    assert well.wrong == []
    assert [(one.sold, one.cancelled) for one in well.channels] == [(2, 1), (1, 1), (2, 1)]
    assert (well.refused, well.oversold, well.adopted, well.worst) == (1, {}, {}, 7)
    assert short.wrong == ["the books disagree: MUG-RED left: 8 in theirs, 9 in ours"]
    with pytest.raises(FoundWrong) as told:
        conclude(short)
    assert told.value.exit_code == 1


def verdict(
    *,
    left: Sequence[str] = (),
    parked: int = 0,
    oversold: Mapping[Sku, int] | None = None,
    adopted: Mapping[Sku, int] | None = None,
    differences: Sequence[Difference] = (),
) -> Verdict:
    return Verdict(
        channels=[
            Ended(channel=WEB, sold=6, cancelled=1, calls=12, lags_s=[0.5, 0.7, 2.0]),
            Ended(channel=TILL, sold=0, cancelled=0, calls=3, lags_s=[]),
        ],
        refused=2,
        worst=20,
        oversold=oversold or {},
        adopted=adopted or {},
        left=left,
        parked=parked,
        differences=differences,
    )


def test_the_end_is_told_in_figures(capsys: pytest.CaptureFixture[str]) -> None:
    conclude(verdict(adopted={LAMP: 3}))

    told = capsys.readouterr().out
    assert [row.split() for row in told.splitlines()[2:4]] == [
        ["web", "6", "1", "12", "2.0", "0.7", "s", "2.0", "s"],
        ["till", "0", "0", "3", "-", "-", "-"],
    ]
    assert "6 units sold; 2 shoppers found too little" in told
    assert "15 calls to the channels, 2.5 for each unit sold" in told
    assert "p50 0.7 s, p99 2.0 s" in told
    assert "largest worst case: 20 units" in told
    assert "a number typed into a shop was adopted: +3 LAST-LAMP" in told
    assert "Nothing was oversold." in told
    assert "agree with the ledger to the unit" in told


def test_an_oversell_is_told_and_is_no_disagreement(capsys: pytest.CaptureFixture[str]) -> None:
    conclude(verdict(oversold={MUG: 2, LAMP: 1}))

    told = capsys.readouterr().out
    assert "3 units oversold (1 LAST-LAMP, 2 MUG-RED)" in told
    assert "agree with the ledger to the unit" in told


@pytest.mark.parametrize(
    ("ended", "named"),
    [
        (
            verdict(differences=[Difference(what="web MUG-RED sold", theirs=5, ours=4)]),
            "the books disagree: web MUG-RED sold: 5 in theirs, 4 in ours",
        ),
        (verdict(left=["3 deliveries wait"]), "not settled: 3 deliveries wait"),
        (verdict(parked=1), "1 delivery parked"),
    ],
    ids=["books", "left", "parked"],
)
def test_what_is_wrong_is_named_with_exit_1(
    ended: Verdict, named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(FoundWrong) as told:
        conclude(ended)

    assert told.value.exit_code == 1
    assert told.value.message == named
    out = capsys.readouterr().out
    assert "6 units sold" in out
    assert "agree with the ledger" not in out


def seen(*, web: int = 12, wanted: int = 9, unsure: int = 1) -> Look:
    shown = {WEB: web, OUTLET: 9, TILL: 9}
    return Look(
        standings=[
            Standing(channel=x, shown=shown[x], believed=9, wanted=9, lag_s=lag, sold=3, calls=41)
            for x, lag in ((WEB, 1.24), (OUTLET, 0.5), (TILL, None))
        ],
        shelves=[
            Shelf(sku=MUG, pool=wanted, shown=shown, wanted=dict.fromkeys(shown, wanted)),
            Shelf(sku=LAMP, pool=-1, shown=dict.fromkeys(shown, 0), wanted=dict.fromkeys(shown, 0)),
        ],
        unsure=unsure,
        refused=1,
        worst=21,
    )


def lines(look: Look, width: int, height: int = 40) -> list[str]:
    screen = Console(file=StringIO(), width=width)
    with screen.capture() as captured:
        screen.print(
            drawn(look, "selling", ["4 s: everybody wants MUG-RED"] * 2, width=width, height=height)
        )
    return [one.rstrip() for one in captured.get().splitlines()]


def test_a_wide_table_has_a_line_for_each_channel() -> None:
    told = lines(seen(), 80)

    assert told[2].split() == [
        "channel",
        "shown",
        "believed",
        "wanted",
        "last",
        "delay",
        "sold",
        "calls",
    ]
    assert told[3].split() == ["web", "12", "9", "9", "1.2", "s", "3", "41"]
    assert told[5].split() == ["till", "9", "9", "9", "-", "3", "41"]
    assert told[8].split() == ["MUG-RED", "9", "12", "→", "9", "9", "9"]
    assert told[9].split() == ["LAST-LAMP", "-1", "0", "0", "0"]
    assert told[11] == "1 number not yet right · 1 shopper refused · worst case now 21"
    assert told[12:] == ["4 s: everybody wants MUG-RED"] * 2


def test_a_narrow_table_is_whole_too() -> None:
    told = lines(seen(), 40)

    assert max(map(len, told)) <= 40
    assert told[2].split() == ["channel", "web", "outlet", "till"]
    assert told[6].split() == ["last", "delay", "1.2", "s", "0.5", "s", "-"]
    assert told[14:17] == ["1 number not yet right", "1 shopper refused", "worst case now 21"]
    assert not any("…" in one for one in told)


def test_a_low_terminal_shows_fewer_shelves() -> None:
    few = Look(
        standings=seen().standings,
        shelves=[seen().shelves[0]] * 10,
        unsure=0,
        refused=0,
        worst=0,
    )

    assert len(lines(few, 80, height=20)) == 19
    assert len(lines(few, 40, height=22)) == 21
    assert len(lines(few, 80, height=40)) == 22


def test_a_line_says_what_the_table_shows() -> None:
    assert line(seen(), "selling, 5 of 30 s") == (
        "selling, 5 of 30 s; sold web 3, outlet 3, till 3; 1 shopper refused; "
        "1 number not yet right; worst case 21"
    )
    assert "every number is right, 1 to be confirmed" in line(seen(web=9), "now")
    assert "every number is right; " in line(seen(web=9, unsure=0), "now")


def test_the_largest_worst_case_is_kept() -> None:
    looks = [seen(), Look(standings=[], shelves=[], unsure=0, refused=0, worst=4)]
    screen = Console(file=StringIO(), width=80)
    shown = Board(screen, lambda: looks.pop(0), None)

    shown.refresh("first")
    shown.refresh("second")

    assert shown.worst == 21
