"""The embedded warehouse's certificate, and the bundle that makes clients trust it beside the public authorities.

Snowflake clients speak TLS only (Airflow's hook drops `protocol`), so the stand-in has to as well.
"""

from __future__ import annotations

import datetime
import ipaddress
import os
from dataclasses import dataclass
from pathlib import Path

import certifi
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from local.emulators.common import files
from tools.runtime.layout import Layout

TRUST = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")
"""Variables that name the authorities a client trusts."""

LIFETIME = datetime.timedelta(days=820)
RENEW_BEFORE = datetime.timedelta(days=30)


def ensure(layout: Layout) -> None:
    """Make authority and certificate when one is missing, unsuitable or about to expire, and the bundle.

    The authority's key is thrown away: a new certificate comes with a new authority, and what is trusted can sign
    nothing else.
    """
    certificate, key, authority = (layout.tls / name for name in ("warehouse.crt", "warehouse.key", "authority.crt"))
    if not (key.exists() and _is_good(_content(certificate), _content(authority))):
        issued = issue(datetime.datetime.now(datetime.UTC))
        files.write(key, issued.key)
        files.write(authority, issued.authority)
        files.write(certificate, issued.certificate)
    authorities = certifi.contents()
    bundle = authorities.rstrip("\n") + "\n\n# Assay, embedded warehouse\n" + authority.read_text()
    if not layout.ca_bundle.exists() or layout.ca_bundle.read_text() != bundle:
        files.write(layout.ca_bundle, bundle, mode=0o644)


def trust_bundle(layout: Layout) -> None:
    """Makes clients in this process trust the embedded warehouse, and no other server.

    At each login they would ask six clouds whose machine this is.
    """
    os.environ.update(dict.fromkeys(TRUST, str(layout.ca_bundle)))
    os.environ["SNOWFLAKE_DISABLE_PLATFORM_DETECTION"] = "true"


def _content(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


def _is_good(certificate: bytes, authority: bytes) -> bool:
    """Whether the certificate is the authority's, lasts, and is no authority itself (as earlier versions made it)."""
    try:
        leaf, issuer = (x509.load_pem_x509_certificate(pem) for pem in (certificate, authority))
        leaf.verify_directly_issued_by(issuer)
        is_authority = leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    return not is_authority and leaf.not_valid_after_utc - datetime.datetime.now(datetime.UTC) > RENEW_BEFORE


@dataclass(frozen=True)
class Issued:
    """In PEM: what clients trust, what the server shows, and the server's key."""

    authority: bytes
    certificate: bytes
    key: bytes


def issue(now: datetime.datetime) -> Issued:
    """Make an authority for this one certificate, and the certificate for 127.0.0.1 and localhost.

    RFC 5280: the authority alone may sign certificates; the server's own says CA:FALSE, which OpenSSL's strict mode
    (Python 3.13's default) and version 5 of Snowflake's connector insist on.
    """
    issuer_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    issuer = _name("Assay local authority")
    authority = (
        _builder(now, issuer, issuer, issuer_key, issuer_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(key_cert_sign=True, crl_sign=True), critical=True)
        .sign(issuer_key, hashes.SHA256())
    )
    hosts = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        _builder(now, _name("Assay embedded warehouse"), issuer, key, issuer_key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(digital_signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )
    return Issued(
        authority.public_bytes(serialization.Encoding.PEM),
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _builder(
    now: datetime.datetime,
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer_key: ec.EllipticCurvePrivateKey,
) -> x509.CertificateBuilder:
    """A certificate's names, times, number and key identifiers: what both have."""
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )


def _key_usage(digital_signature: bool = False, key_cert_sign: bool = False, crl_sign: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature, key_cert_sign=key_cert_sign, crl_sign=crl_sign, content_commitment=False,
        key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
