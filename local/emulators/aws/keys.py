"""Lets moto take S3 keys with line ends, as S3 does: its addresses are regular expressions whose `.` stops there.

Import this module before moto's server is made.
"""

from __future__ import annotations

from typing import Any

import moto.moto_server.werkzeug_app
from moto.moto_server.utilities import RegexConverter


class AnyKey(RegexConverter):
    """A part of an address, whatever characters it has."""

    part_isolating = False

    def __init__(self, url_map: Any, *items: Any) -> None:
        super().__init__(url_map, *items)
        self.regex = f"(?s:{self.regex})"


moto.moto_server.werkzeug_app.RegexConverter = AnyKey  # type: ignore[attr-defined]
