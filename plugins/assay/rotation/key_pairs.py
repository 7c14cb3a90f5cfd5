"""Key pairs in the forms that the platform keeps them in: PEM in connections, DER in base64 in pods."""

import base64
import hashlib
import textwrap

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from assay.rotation.kinds import RotationError

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
RSA_BITS = 2048


def load(text: str) -> PrivateKey:
    """Return the private key of a PEM text, or of a DER in base64. Raises RotationError for anything else."""
    try:
        key = _read(text)
    except (ValueError, TypeError):
        raise RotationError("A secret of this login holds no private key that can be read: set it first.") from None
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise RotationError("A secret of this login holds a key of a kind that Snowflake does not take: set it first.")
    return key


def _read(text: str) -> object:
    if text.lstrip().startswith("-----BEGIN"):
        return serialization.load_pem_private_key(text.encode(), None)
    content = base64.b64decode(text, validate=True)
    if content.lstrip().startswith(b"-----BEGIN"):  # Airflow's hook takes PEM in base64 too
        return serialization.load_pem_private_key(content, None)
    return serialization.load_der_private_key(content, None)


def like(key: PrivateKey) -> PrivateKey:
    """Return a new key of the same kind: the reader of the old one can read it."""
    if isinstance(key, rsa.RSAPrivateKey):
        return rsa.generate_private_key(65537, max(key.key_size, RSA_BITS))
    return ec.generate_private_key(key.curve)


def der(key: PrivateKey) -> bytes:
    """Return the key as PKCS 8, DER."""
    return key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def in_form_of(key: PrivateKey, old: str) -> str:
    """Return the key's text in the form of the text that it replaces."""
    text = base64.b64encode(der(key)).decode()
    pem = f"-----BEGIN PRIVATE KEY-----\n{textwrap.fill(text, 64)}\n-----END PRIVATE KEY-----\n"
    if old.lstrip().startswith("-----BEGIN"):
        return pem
    if base64.b64decode(old).lstrip().startswith(b"-----BEGIN"):
        return base64.b64encode(pem.encode()).decode()
    return text


def public_key(key: PrivateKey) -> str:
    """Return the public half as Snowflake takes it: DER in base64 on one line."""
    return base64.b64encode(_public(key)).decode()


def fingerprint(key: PrivateKey) -> str:
    """Return what DESCRIBE USER shows of the public half in RSA_PUBLIC_KEY_FP."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(_public(key)).digest()).decode()


def _public(key: PrivateKey) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
