"""The published schema of the Admin API, kept in a cache beside the code and fetched once."""

import gzip
import json
import subprocess
import tarfile
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import IO

import pytest
from graphql import GraphQLSchema, build_client_schema

CACHE = Path(__file__).parents[3] / ".cache" / "shopify-schema"
PACKAGE = "@shopify/dev-mcp@1.16.0"
FILE = "admin_2026-10.json.gz"
DIGEST = "f3b522f264556925eada700e795e4a002a9cba83444ebcc6c0d724254a0c6593"


@cache
def published() -> GraphQLSchema:
    """Return the schema of 2026-10, or skip the test where it cannot be had."""
    kept = CACHE / FILE
    if not kept.exists():
        _fetch(kept)
    packed = kept.read_bytes()
    assert sha256(packed).hexdigest() == DIGEST
    told = json.loads(gzip.decompress(packed))
    return build_client_schema(told.get("data", told), assume_valid=True)


def _fetch(kept: Path) -> None:
    CACHE.mkdir(parents=True, exist_ok=True)
    command = ["npm", "pack", "--ignore-scripts", "--silent", PACKAGE]
    try:
        said = subprocess.run(
            command, cwd=CACHE, check=True, capture_output=True, text=True, timeout=120
        )
    except (OSError, subprocess.SubprocessError) as e:
        pytest.skip(
            f"the schema cannot be fetched: {type(e).__name__}; npm and a network are needed"
        )
    archive = CACHE / said.stdout.split()[-1]
    with tarfile.open(archive) as files:
        member: IO[bytes] | None = files.extractfile(f"package/dist/data/{FILE}")
        assert member is not None
        # A test beside this one may be doing the same.
        half = kept.with_suffix(f".{archive.stat().st_mtime_ns}")
        half.write_bytes(member.read())
        half.replace(kept)
    archive.unlink(missing_ok=True)
