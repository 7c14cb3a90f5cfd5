"""What the tests of plans and of charts start, for tests that look at both."""

from tests.helm.conftest import render, values_of
from tests.terraform.conftest import providers

__all__ = ["providers", "render", "values_of"]
