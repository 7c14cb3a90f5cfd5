"""The warehouse's certificate is trusted through the bundle, and through nothing else."""

from __future__ import annotations

import datetime
import ssl
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from local.emulators.common import files
from local.state import tls
from tools.runtime.layout import Layout


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
        strict = ssl.create_default_context(cafile=str(layout.ca_bundle))
        strict.verify_flags |= ssl.VERIFY_X509_STRICT  # Python 3.13's default
        with urllib.request.urlopen(f"https://127.0.0.1:{server.server_port}/", timeout=10, context=strict) as answer:
            assert answer.status == 200
        stranger = requests.Session()
        stranger.trust_env = False
        with pytest.raises(requests.exceptions.SSLError):
            stranger.get(url, timeout=10)
    finally:
        server.shutdown()
        server.server_close()


def test_a_good_certificate_is_kept_and_one_about_to_expire_is_replaced(layout: Layout) -> None:
    certificate, authority = layout.tls / "warehouse.crt", layout.tls / "authority.crt"
    kept = certificate.read_bytes()
    tls.ensure(layout)
    assert certificate.read_bytes() == kept
    old = tls.issue(datetime.datetime.now(datetime.UTC) - tls.LIFETIME + datetime.timedelta(days=5))
    files.write(certificate, old.certificate)
    files.write(authority, old.authority)
    files.write(layout.tls / "warehouse.key", old.key)
    tls.ensure(layout)
    assert certificate.read_bytes() not in (kept, old.certificate)
    assert authority.read_text() in layout.ca_bundle.read_text()


def constraints(certificate: Path) -> x509.BasicConstraints:
    found = x509.load_pem_x509_certificate(certificate.read_bytes())
    return found.extensions.get_extension_for_class(x509.BasicConstraints).value


def test_a_certificate_of_an_earlier_version_which_was_its_own_authority_is_replaced(layout: Layout) -> None:
    certificate, authority = layout.tls / "warehouse.crt", layout.tls / "authority.crt"
    files.write(certificate, authority.read_bytes())
    tls.ensure(layout)
    assert not constraints(certificate).ca
    authority.unlink()
    tls.ensure(layout)
    assert authority.read_text() in layout.ca_bundle.read_text()


def test_the_servers_certificate_is_no_authority_and_has_what_a_strict_client_asks(layout: Layout) -> None:
    certificate, authority = layout.tls / "warehouse.crt", layout.tls / "authority.crt"
    leaf, issuer = (x509.load_pem_x509_certificate(path.read_bytes()) for path in (certificate, authority))
    for each, is_authority in ((leaf, False), (issuer, True)):
        usage = each.extensions.get_extension_for_class(x509.KeyUsage)
        basic = each.extensions.get_extension_for_class(x509.BasicConstraints)
        assert (basic.value.ca, basic.critical, usage.critical) == (is_authority, True, True)
        assert (usage.value.key_cert_sign, usage.value.digital_signature) == (is_authority, not is_authority)
    extended = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(extended) == [ExtendedKeyUsageOID.SERVER_AUTH]
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]


def test_no_key_is_left_that_could_sign_what_clients_would_trust(layout: Layout) -> None:
    keys = [path.name for path in layout.tls.iterdir() if b"PRIVATE KEY" in path.read_bytes()]
    assert keys == ["warehouse.key"]


def test_the_key_is_for_its_owner_only(layout: Layout) -> None:
    assert (layout.tls / "warehouse.key").stat().st_mode & 0o077 == 0
