from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from domain.errors import SourceError
from sources.fetch import fetch
from sources.guard import guarded_client
from tests.integration.sources_server import LOOPBACK, HostileServer, reply


def certificate(folder: Path, host: str) -> Path:
    """Write a self-signed certificate for *host* with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    plain = serialization.NoEncryption()
    encoding = serialization.Encoding.PEM
    path.write_bytes(
        key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain) + made.public_bytes(encoding)
    )
    return path


async def to_loopback(host: str, port: int) -> Sequence[str]:
    return ["127.0.0.1"]


async def _read(path: Path, host: str, *, trusted: bool) -> bytes:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(path)
    verify = ssl.create_default_context(cafile=str(path)) if trusted else None
    async with (
        HostileServer(tls) as server,
        guarded_client(allow=LOOPBACK, resolve=to_loopback, verify=verify) as client,
    ):
        server.answers["/"] = reply(b"hello")
        return (await fetch(client, f"https://{host}:{server.port}/")).body


def test_a_certificate_is_checked_against_the_name_and_not_the_address(tmp_path: Path) -> None:
    path = certificate(tmp_path, "good.test")
    assert asyncio.run(_read(path, "good.test", trusted=True)) == b"hello"
    with pytest.raises(SourceError, match="not reachable"):
        asyncio.run(_read(path, "evil.test", trusted=True))


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="not reachable"):
        asyncio.run(_read(certificate(tmp_path, "good.test"), "good.test", trusted=False))
