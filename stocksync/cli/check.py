"""check: every mistake in the config at once. Needs no database, no Redis, no network."""

from pathlib import Path

import click

from stocksync.cli.asking import Asked, installation_options, json_option
from stocksync.cli.saying import Refused, answer, answer_json, many
from stocksync.config import ConfigRefused, Merchant, Mistake, load


@click.command()
@click.option("--diff", is_flag=True, help="What would change (not available yet).")
@json_option
@installation_options
@click.pass_context
def check(ctx: click.Context, diff: bool, as_json: bool) -> None:
    """Name every mistake in the config as FILE:LINE: PATH: what is wrong and what to write.

    Exit 0 if it is well, 1 if not.
    """
    if diff:
        raise Refused("--diff is not available yet")
    asked: Asked = ctx.obj
    try:
        merchants = load(Path(asked.config_folder), asked.environ())
    except ConfigRefused as e:
        if as_json:
            answer_json({"well": False, "mistakes": [_plain(one) for one in e.mistakes]})
        else:
            answer(str(e))
        ctx.exit(1)
    if as_json:
        answer_json({"well": True, "mistakes": []})
        return
    told = "; ".join(map(_said, merchants))
    answer(f"config is well: {many(len(merchants), 'merchant')}: {told}")


def _plain(mistake: Mistake) -> dict[str, str | int]:
    return {
        "file": mistake.file,
        "line": mistake.line,
        "path": mistake.path,
        "text": mistake.text,
    }


def _said(merchant: Merchant) -> str:
    parts = (
        many(len(merchant.locations), "location"),
        many(len(merchant.channels), "channel"),
        many(len(merchant.bundles), "bundle"),
    )
    return f"{merchant.name} ({', '.join(parts)})"
