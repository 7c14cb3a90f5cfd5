"""Checkouts live side by side, and stopping one leaves nothing of it."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import pytest

from tests.checkout import Checkout, copy_checkout, processes_of

pytestmark = pytest.mark.e2e


def test_a_second_checkout_runs_beside_the_first(demo: Checkout, root: Path, tmp_path: Path) -> None:
    second = Checkout(tmp_path / "second")
    copy_checkout(root, second.root)
    try:
        second.assay("up", "postgres", "warehouse", "airbyte", "kubernetes", "inbox", "flights_api")
        started = json.loads(second.assay("status", "--json", check=False).stdout)["services"]
        ours = [row for row in started if row["state"] != "stopped"]
        theirs = json.loads(demo.assay("status", "--json").stdout)["services"]
        ports = [{row["port"] for row in rows if row["port"]} for rows in (ours, theirs)]
        assert all(row["state"] == "up" for row in ours)
        assert len(ports[0]) >= 7
        assert ports[0].isdisjoint(ports[1])
        assert second.endpoints.credentials["aws"] != demo.endpoints.credentials["aws"]
    finally:
        second.assay("down")
    assert processes_of(second.root) == set()


def test_down_leaves_no_process_and_no_port(demo: Checkout) -> None:
    ports = list(demo.endpoints.ports.values())
    gold = demo.gold_by_day("flights")
    assert processes_of(demo.root)
    demo.run("make", "down")
    try:
        assert {pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in processes_of(demo.root)} == {}
        assert [port for port in ports if listens(port)] == []
    finally:
        demo.assay("up")
    assert demo.gold_by_day("flights") == gold


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == os.EX_OK
