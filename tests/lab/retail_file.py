"""Files of sales for tests: small ones made by hand, and the real one where it lies."""

import os
from pathlib import Path

import pytest

HEAD = "invoice,at,sku,title,quantity,country"
_REAL = "retail-2010-12-01-to-10.csv.gz"


def sales_file(folder: Path, *lines: str) -> Path:
    """Write a file of lines such as `536365 08:26 85123A 6`, all of 6 December 2010."""
    told = [HEAD]
    for line in lines:
        invoice, at, sku, quantity = line.split()
        told.append(f"{invoice},2010-12-06T{at},{sku},A TITLE,{quantity},United Kingdom")
    path = folder / "sales.csv"
    path.write_text("\n".join(told) + "\n", encoding="utf-8")
    return path


def real_sales() -> Path:
    """Return the real file, or skip the test where it is not."""
    folder = os.environ.get("STOCKSYNC_DATA")
    if not folder:
        pytest.skip("STOCKSYNC_DATA does not name the folder of the real sales")
    path = Path(folder) / _REAL
    if not path.is_file():
        pytest.skip(f"STOCKSYNC_DATA holds no {_REAL}")
    return path
