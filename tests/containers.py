"""What tests need that build our images and start them, and where they are left out: which says why."""

from __future__ import annotations

import shutil

import pytest

from assay.deploy import base_image

CONTAINERS = [
    pytest.mark.podman,
    pytest.mark.skipif(base_image.obstacle() is not None, reason=f"not run here: {base_image.obstacle()}"),
    pytest.mark.skipif(not shutil.which("podman"), reason="not run here: podman is not installed"),
]
