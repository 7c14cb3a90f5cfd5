"""A whole platform in a checkout of its own, beside what the developer has running: what `make demo` gives a user."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.checkout import Checkout, copy_checkout


@pytest.fixture(scope="session")
def checkout(root: Path) -> Iterator[Checkout]:
    """A second checkout, on which nothing has been run yet. Whatever a test started in it is stopped at the end."""
    with tempfile.TemporaryDirectory(prefix="assay-") as folder:
        found = Checkout(Path(folder) / "assay")
        copy_checkout(root, found.root)
        try:
            yield found
        finally:
            found.assay("down")


@pytest.fixture(scope="session")
def demo(checkout: Checkout) -> Checkout:
    """The platform after `make demo`: three days in gold."""
    checkout.run("make", "demo")
    return checkout
