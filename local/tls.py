"""The embedded warehouse's certificate, and the bundle that makes clients trust it beside the public authorities.

Snowflake clients speak TLS only (Airflow's hook drops `protocol`), so the stand-in has to as well.
"""

from __future__ import annotations

import datetime
import ipaddress
import os

import certifi
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from local import files
from local.layout import Layout

LIFETIME = datetime.timedelta(days=820)
RENEW_BEFORE = datetime.timedelta(days=30)


def ensure(layout: Layout) -> None:
    """Makes the certificate when there is none or it is about to expire, and the bundle beside it."""
    certificate = layout.tls / "warehouse.crt"
    key = layout.tls / "warehouse.key"
    if not (key.exists() and _is_good(certificate.read_bytes() if certificate.exists() else b"")):
        fresh_certificate, fresh_key = self_signed(datetime.datetime.now(datetime.UTC))
        files.write(key, fresh_key)
        files.write(certificate, fresh_certificate)
    authorities = certifi.contents()
    bundle = authorities.rstrip("\n") + "\n\n# Assay, embedded warehouse\n" + certificate.read_text()
    if not layout.ca_bundle.exists() or layout.ca_bundle.read_text() != bundle:
        files.write(layout.ca_bundle, bundle, mode=0o644)


def trust_bundle(layout: Layout) -> None:
    """Makes clients in this process trust the embedded warehouse, and ask nobody else.

    At each login they would ask six clouds whose machine this is.
    """
    os.environ["REQUESTS_CA_BUNDLE"] = os.environ["SSL_CERT_FILE"] = str(layout.ca_bundle)
    os.environ["SNOWFLAKE_DISABLE_PLATFORM_DETECTION"] = "true"


def _is_good(pem: bytes) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate(pem)
    except ValueError:
        return False
    return certificate.not_valid_after_utc - datetime.datetime.now(datetime.UTC) > RENEW_BEFORE


def self_signed(now: datetime.datetime) -> tuple[bytes, bytes]:
    """Certificate and key in PEM for 127.0.0.1 and localhost; it is its own authority, for nothing else."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Assay embedded warehouse")])
    identity = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + LIFETIME)
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(identity, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identity), critical=False)
        .sign(key, hashes.SHA256())
    )
    return (
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    )


def _key_usage() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True, key_cert_sign=True, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, crl_sign=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
