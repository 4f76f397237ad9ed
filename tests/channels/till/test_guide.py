"""The guide and the example say only what is so."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from stocksync.channels.settings import Settings
from stocksync.channels.till import TillSettings, caller, jsontext, shape
from tests.channels.till.cast import (
    CURRENT,
    OLD,
    OLD_KEY,
    TOKEN,
    Inbox,
    receive,
    secret,
    signed,
    till,
)

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "docs" / "guides" / "channels" / "till.md").read_text(encoding="utf-8")
EXAMPLE = (ROOT / "config" / "examples" / "till.yaml").read_text(encoding="utf-8")
CONFIGS = [*re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL), EXAMPLE]


def filled(written: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of a channel with sound secrets in place of the references."""
    value = TOKEN if written.get("auth") == "shared_token" else CURRENT
    references = written["webhook_secret"]
    listed = references if isinstance(references, list) else [references]
    outgoing = {"push_secret": secret(CURRENT)} if "push_secret" in written else {}
    return {**written, **outgoing, "webhook_secret": [secret(value) for _ in listed]}


@pytest.mark.parametrize("config", CONFIGS)
def test_every_config_that_is_shown_can_be_used(config: str) -> None:
    for written in yaml.safe_load(config)["channels"].values():
        assert TillSettings.model_validate(filled(written)).kind == "till"


def test_every_key_is_explained() -> None:
    own = set(TillSettings.model_fields) - set(Settings.model_fields)
    known = own | {"location", "locations"}

    assert {key for key in known if f"`{key}" not in GUIDE} == set()


def test_every_type_of_event_is_in_the_table() -> None:
    assert {name for name in shape.FORMS if f"| `{name}` |" not in GUIDE} == set()


def test_the_limits_are_those_of_the_code() -> None:
    assert (shape.LINES_MAX, shape.EVENTS_MAX) == (1000, 500)
    assert "1,000 lines, a batch 500 events, JSON 20 levels" in GUIDE
    assert jsontext.NESTING_MAX == 20


def test_the_sale_of_the_guide_has_the_signature_of_the_guide() -> None:
    (body,) = re.findall(r"printf %s '(\{.*\})' > body.json", GUIDE)
    one = signed(body, event_id="msg_0001", seconds=1795341600)

    assert one.headers["webhook-signature"] in GUIDE
    assert receive(till(), Inbox(), one).status == 202


def test_the_push_of_the_guide_has_the_signature_of_the_guide() -> None:
    path = ROOT / "tests" / "recordings" / "till_push" / "push_01_two_items.json"
    sample = json.loads(path.read_text(encoding="utf-8"))

    headers = caller.signed(
        OLD_KEY, "push_9001", datetime.fromtimestamp(1795343600, UTC), sample["raw_body"].encode()
    )

    assert headers["webhook-signature"] in GUIDE
    assert OLD in GUIDE


def test_every_result_and_way_to_prove_who_calls_is_told() -> None:
    schema = json.loads(
        (ROOT / "tests" / "recordings" / "till_push" / "till-push.schema.json").read_text("utf-8")
    )
    result = schema["$defs"]["reply"]["properties"]["results"]["items"]["properties"]["result"]
    ways = get_args(TillSettings.model_fields["push_auth"].annotation)

    assert [word for word in (*result["enum"], *ways) if f"`{word}`" not in GUIDE] == []


def test_the_till_of_the_guide_is_pushed_to_as_it_says() -> None:
    (written,) = [one for one in CONFIGS if "push_url: https" in one and "# push_url" not in one]
    told = TillSettings.model_validate(filled(yaml.safe_load(written)["channels"]["till"]))

    assert told.place == "1"
    assert "`1:TSHIRT-M`" in GUIDE
