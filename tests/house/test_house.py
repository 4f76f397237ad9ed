"""The house walks its own registries: what is listed exists, what exists is listed."""

import re
from importlib import import_module
from pathlib import Path

import pytest

from stocksync.channels import KINDS, kind
from stocksync.doorbell import JOBS
from stocksync.store.tables import metadata

HOUSE = Path(__file__).parents[2]
DOCS = HOUSE / "docs"


@pytest.mark.parametrize("name", sorted(KINDS))
def test_every_kind_has_settings_a_guide_and_an_example(name: str) -> None:
    assert kind(name).Settings.model_fields["kind"]

    assert (DOCS / "guides" / "channels" / f"{name}.md").is_file()
    assert (HOUSE / "config" / "examples" / f"{name}.yaml").is_file()


@pytest.mark.parametrize("bell", sorted(JOBS))
def test_every_bell_rings_for_a_job_that_exists(bell: str) -> None:
    module, _, name = JOBS[bell].rpartition(".")

    assert callable(getattr(import_module(module), name))


def test_every_table_is_in_the_reference_and_begins_its_key_with_the_merchant() -> None:
    page = (DOCS / "reference" / "tables.md").read_text()

    for table in metadata.sorted_tables:
        assert f"| `{table.name}` |" in page
        keys = [column.name for column in table.primary_key.columns]
        assert keys[0] == "merchant" or table.name == "leases"


def test_every_problem_code_of_the_door_is_in_the_reference() -> None:
    page = (DOCS / "reference" / "http.md").read_text()
    source = (HOUSE / "stocksync" / "web" / "problems.py").read_text()
    titles = re.search(r"TITLES[^{]*\{(.*?)\n\}", source, re.DOTALL)

    assert titles is not None
    codes = set(re.findall(r'^ +"([a-z-]+)":', titles[1], re.MULTILINE)) - {"internal-error"}
    assert len(codes) > 10
    assert [code for code in sorted(codes) if f"`{code}`" not in page] == []


def test_every_link_in_the_docs_leads_somewhere() -> None:
    broken = [
        f"{page.relative_to(HOUSE)}: {target}"
        for page in (HOUSE / "README.md", *DOCS.rglob("*.md"))
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
        if not (page.parent / target).exists()
    ]

    assert broken == []
