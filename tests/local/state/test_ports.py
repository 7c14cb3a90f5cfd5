"""Ports are remembered, unless a stranger has taken them."""

from __future__ import annotations

import socket
from pathlib import Path

from local.state import ports


def test_a_remembered_port_stays() -> None:
    assert ports.assign({"aws": 20_500}, ["aws"], "/a", (), lambda _: True) == {"aws": 20_500}


def test_a_port_that_a_stranger_took_is_replaced_and_the_others_stay() -> None:
    chosen = ports.assign({"aws": 20_500, "inbox": 20_600}, ["aws", "inbox"], "/a", (), lambda port: port != 20_500)
    assert chosen["aws"] != 20_500
    assert chosen["inbox"] == 20_600


def test_the_port_of_a_part_that_runs_is_no_strangers() -> None:
    assert ports.assign({"aws": 20_500}, ["aws"], "/a", ["aws"], lambda _: False) == {"aws": 20_500}


def test_two_parts_never_share_a_port_and_all_lie_below_the_kernels_own_range() -> None:
    names = [f"service-{number}" for number in range(200)]
    chosen = ports.assign({}, names, "/a", (), lambda _: True)
    assert len(set(chosen.values())) == 200
    assert all(ports.FIRST <= port < ports.LAST for port in chosen.values())


def test_two_checkouts_start_from_different_ports() -> None:
    one, other = (ports.assign({}, ["aws"], seed, (), lambda _: True) for seed in ("/a", "/b"))
    assert one != other


def test_a_listener_makes_a_port_not_free(tmp_path: Path) -> None:
    path = tmp_path / "ports.json"
    before = ports.ensure(path, ["aws"], "/a")
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", before["aws"]))
        stranger.listen()
        assert ports.ensure(path, ["aws"], "/a") != before
