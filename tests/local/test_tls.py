"""The warehouse's certificate is trusted through the bundle, and through nothing else."""

from __future__ import annotations

import datetime
import ssl
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import requests

from local import files, tls
from local.layout import Layout


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(root=tmp_path, state=tmp_path)
    tls.ensure(layout)
    return layout


def test_a_client_with_the_bundle_trusts_the_server_and_one_without_does_not(layout: Layout) -> None:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Answer)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(layout.tls / "warehouse.crt", layout.tls / "warehouse.key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        for host in ("127.0.0.1", "localhost"):
            url = f"https://{host}:{server.server_port}/"
            assert requests.get(url, verify=str(layout.ca_bundle), timeout=10).status_code == 200
        stranger = requests.Session()
        stranger.trust_env = False
        with pytest.raises(requests.exceptions.SSLError):
            stranger.get(url, timeout=10)
    finally:
        server.shutdown()
        server.server_close()


def test_a_good_certificate_is_kept_and_one_about_to_expire_is_replaced(layout: Layout) -> None:
    certificate = layout.tls / "warehouse.crt"
    kept = certificate.read_bytes()
    tls.ensure(layout)
    assert certificate.read_bytes() == kept
    old, key = tls.self_signed(datetime.datetime.now(datetime.UTC) - tls.LIFETIME + datetime.timedelta(days=5))
    files.write(certificate, old)
    files.write(layout.tls / "warehouse.key", key)
    tls.ensure(layout)
    assert certificate.read_bytes() not in (kept, old)
    assert certificate.read_text() in layout.ca_bundle.read_text()


def test_the_key_is_for_its_owner_only(layout: Layout) -> None:
    assert (layout.tls / "warehouse.key").stat().st_mode & 0o077 == 0
