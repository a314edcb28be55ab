"""A certificate authority for this machine's own names, and the server certificate it signs.

Some clients insist on ``https``. The authority may sign only for this machine (name constraints),
so that whoever gets hold of its key can impersonate nobody else; still, only programs that are
given :meth:`Authority.bundle` trust it, the system does not.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import certifi
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ..files import write_whole

_CA_DAYS, _SERVER_DAYS, _RENEW_DAYS = 3650, 397, 30
_ADDRESSES = ("127.0.0.1", "::1")

Key = ec.EllipticCurvePrivateKey


class Authority:
    """The authority of one home; its files are made when they are first needed.

    Args:
        folder: ``$STUDIO_HOME/identity``.
        host: this machine's name.
        clock: epoch seconds.
    """

    def __init__(
        self,
        folder: Path,
        *,
        host: str | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._clock = clock
        own = (host or socket.gethostname()).lower()
        self.names = tuple(dict.fromkeys(("localhost", own))) if _is_dns(own) else ("localhost",)

    @property
    def certificate(self) -> Path:
        """The authority's own certificate."""
        return self._folder / "ca.pem"

    def server(self) -> tuple[Path, Path]:
        """Files of the server's certificate chain and its key, renewed when near their end."""
        authority, key = self._authority()
        chain, secret = self._folder / "server.pem", self._folder / "server-key.pem"
        if not (secret.exists() and self._holds(chain, authority)):
            fresh = ec.generate_private_key(ec.SECP256R1())
            certificate = self._sign_server(authority, key, fresh)
            write_whole(secret, _private(fresh), mode=0o600, sync=True)
            write_whole(chain, _public(certificate) + _public(authority), mode=0o600, sync=True)
        return chain, secret

    def context(self) -> ssl.SSLContext:
        """For a server that listens with TLS."""
        chain, secret = self.server()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(chain, secret)
        return context

    def bundle(self, base: Path | None = None) -> Path:
        """The file to give as ``AWS_CA_BUNDLE``: the public authorities and ours.

        Args:
            base: the authorities to add to; certifi's, unless the user's company has its own.
        """
        self._authority()
        path = self._folder / "bundle.pem"
        source = Path(base or certifi.where())
        if source.resolve() == path.resolve():
            source = Path(certifi.where())
        text = source.read_bytes().rstrip() + b"\n" + self.certificate.read_bytes()
        if not path.exists() or path.read_bytes() != text:
            write_whole(path, text)
        return path

    def _authority(self) -> tuple[x509.Certificate, Key]:
        secret = self._folder / "ca-key.pem"
        if secret.exists() and self.certificate.exists():
            certificate = x509.load_pem_x509_certificate(self.certificate.read_bytes())
            key = serialization.load_pem_private_key(secret.read_bytes(), None)
            if isinstance(key, Key) and self._covers(certificate) and self._lasts(certificate):
                return certificate, key
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._sign_authority(key)
        write_whole(secret, _private(key), mode=0o600, sync=True)
        write_whole(self.certificate, _public(certificate), sync=True)
        return certificate, key

    def _sign_authority(self, key: Key) -> x509.Certificate:
        name = _name(f"Studio on {self.names[-1]}")
        permitted: list[x509.GeneralName] = [x509.DNSName(each) for each in self.names]
        permitted += [x509.IPAddress(ipaddress.ip_network(each)) for each in _ADDRESSES]
        return (
            self._builder(name, name, key, _CA_DAYS)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(x509.NameConstraints(permitted, None), critical=True)
            .add_extension(_usage(sign_certificates=True), critical=True)
            .sign(key, hashes.SHA256())
        )

    def _sign_server(self, authority: x509.Certificate, key: Key, own: Key) -> x509.Certificate:
        names: list[x509.GeneralName] = [x509.DNSName(each) for each in self.names]
        names += [x509.IPAddress(ipaddress.ip_address(each)) for each in _ADDRESSES]
        authority_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
        return (
            self._builder(_name("Studio"), authority.subject, own, _SERVER_DAYS)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(_usage(sign_certificates=False), critical=True)
            .add_extension(authority_key, critical=False)
            .sign(key, hashes.SHA256())
        )

    def _builder(
        self, subject: x509.Name, issuer: x509.Name, key: Key, days: int
    ) -> x509.CertificateBuilder:
        now = datetime.fromtimestamp(self._clock(), UTC)
        public = key.public_key()
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))  # clocks differ a little
            .not_valid_after(now + timedelta(days=days))
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        )

    def _holds(self, chain: Path, authority: x509.Certificate) -> bool:
        """Whether the server's certificate is good for some time, for all names, and ours."""
        if not chain.exists():
            return False
        certificate = x509.load_pem_x509_certificate(chain.read_bytes())
        try:
            certificate.verify_directly_issued_by(authority)
        except Exception:  # InvalidSignature, ValueError: signed by an earlier authority
            return False
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        named = extension.value.get_values_for_type(x509.DNSName)
        return set(self.names) <= set(named) and self._lasts(certificate)

    def _covers(self, authority: x509.Certificate) -> bool:
        constraints = authority.extensions.get_extension_for_class(x509.NameConstraints).value
        permitted = constraints.permitted_subtrees or []
        names = {each.value for each in permitted if isinstance(each, x509.DNSName)}
        return set(self.names) <= names

    def _lasts(self, certificate: x509.Certificate) -> bool:
        left = certificate.not_valid_after_utc.timestamp() - self._clock()
        return left > _RENEW_DAYS * 86400


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common[:64])])


def _usage(*, sign_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not sign_certificates,
        key_cert_sign=sign_certificates,
        crl_sign=sign_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _private(key: Key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _public(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _is_dns(name: str) -> bool:
    labels = name.split(".")
    return 0 < len(name) <= 253 and all(
        0 < len(label) < 64
        and label.isascii()
        and label.replace("-", "").isalnum()
        and label[0] != "-"
        and label[-1] != "-"
        for label in labels
    )
