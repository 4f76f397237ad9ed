"""The files that we tell merchants to copy are right."""

import re
from decimal import Decimal
from pathlib import Path

import pytest

from stocksync.config import Merchant, first_config, parse
from stocksync.core.names import ChannelName

EXAMPLES = sorted(Path("config/examples").glob("*.yaml"))
STRONG = "whsec_c3RvY2tzeW5jLXRlc3Qtc2VjcmV0LTAwMDAwMDAwMDE="


def loaded(text: str) -> Merchant:
    """Load with every variable that the text names set to a secret strong enough for all."""
    environ = dict.fromkeys(re.findall(r"env: (\w+)", text), STRONG)
    return parse(text.encode(), Path("config/a.yaml"), environ)


def test_there_are_examples() -> None:
    assert "two-channels.yaml" in {path.name for path in EXAMPLES}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_every_example_loads(example: Path) -> None:
    assert loaded(example.read_text(encoding="utf-8")).channels != {}


def test_the_example_of_two_channels_sells_the_shelf_first() -> None:
    shop = loaded(Path("config/examples/two-channels.yaml").read_text(encoding="utf-8"))

    assert {name: channel.sells_from for name, channel in shop.channels.items()} == {
        "web": ("shelf", "importer"),
        "till": ("shelf",),
    }


def test_the_first_config_loads_once_its_variables_are_set() -> None:
    shop = loaded(first_config())

    assert (shop.name, shop.timezone, shop.language) == ("my-shop", "UTC", "en")
    assert {name: channel.kind for name, channel in shop.channels.items()} == {
        "web": "woocommerce",
        "till": "till",
    }


def test_the_first_config_takes_the_merchants_answers() -> None:
    text = first_config(
        "0123", timezone="Asia/Jerusalem", language="he", url="https://shop.example/it's"
    )

    shop = loaded(text)

    assert (shop.name, shop.timezone, shop.language) == ("0123", "Asia/Jerusalem", "he")
    assert shop.channels["web"].settings.url == "https://shop.example/it's"  # type: ignore[index,attr-defined]


def test_the_hints_in_the_first_config_are_right_too() -> None:
    commented = (
        r"^(\s*)# (public_url:|importer:|buffer:|push:|bundles:|  GIFT-SET:|rules:|  - \{sku:)"
    )
    hints = re.sub(commented, r"\1\2", first_config(), flags=re.M)

    shop = loaded(hints)

    assert list(shop.locations) == ["shelf", "importer"]
    web = shop.channels[ChannelName("web")].settings
    assert (web.buffer, web.push) == (Decimal(2), "shadow")
    assert shop.public_url == "https://sync.example"
    assert shop.bundles == {"GIFT-SET": {"MUG-RED": 2, "BOX": 1}}
    assert [(rule.sku, rule.channel, rule.max) for rule in shop.rules] == [
        ("LTD-*", "web", Decimal(3))
    ]
