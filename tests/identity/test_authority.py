from __future__ import annotations

import socket
import ssl
import stat
import threading
import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from studio_ext.identity.authority import Authority, _private, _public

DAY = 86400


def meet(authority: Authority, name: str) -> str:
    """A TLS handshake with a server of the authority's, by a client that trusts its bundle."""
    listener = socket.create_server(("127.0.0.1", 0))
    context = authority.context()

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            try:
                with context.wrap_socket(connection, server_side=True) as secure:
                    secure.sendall(b"hello")
            except OSError:
                pass  # the client said no

    thread = threading.Thread(target=serve)
    thread.start()
    client = ssl.create_default_context(cafile=str(authority.bundle()))
    try:
        with (
            socket.create_connection(listener.getsockname()) as plain,
            client.wrap_socket(plain, server_hostname=name) as secure,
        ):
            return secure.recv(5).decode()
    finally:
        thread.join(10)
        listener.close()


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1", "my-machine"])
def test_clients_with_the_bundle_believe_our_names(tmp_path: Path, name: str) -> None:
    assert meet(Authority(tmp_path, host="my-machine"), name) == "hello"


def test_no_other_name_is_believed(tmp_path: Path) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        meet(Authority(tmp_path, host="my-machine"), "sts.us-east-1.amazonaws.com")


def test_the_authority_can_speak_for_no_one_else(tmp_path: Path) -> None:
    """Whoever has its key cannot make a certificate for another name that clients take."""
    authority = Authority(tmp_path, host="my-machine")
    authority.server()
    authority.names = ("localhost", "sts.us-east-1.amazonaws.com")
    certificate, key = Authority(tmp_path, host="my-machine")._authority()
    own = ec.generate_private_key(ec.SECP256R1())
    forged = authority._sign_server(certificate, key, own)
    (tmp_path / "server.pem").write_bytes(_public(forged) + _public(certificate))
    (tmp_path / "server-key.pem").write_bytes(_private(own))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem", tmp_path / "server-key.pem")
    authority.context = lambda: context  # type: ignore[method-assign]
    authority.names = ("localhost", "my-machine")
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree"):
        meet(authority, "sts.us-east-1.amazonaws.com")


def test_files_are_made_once_and_private(tmp_path: Path) -> None:
    chain, key = Authority(tmp_path).server()
    before = (chain.read_bytes(), key.read_bytes())
    assert Authority(tmp_path).server() == (chain, key)
    assert (chain.read_bytes(), key.read_bytes()) == before
    for name in ("ca-key.pem", "server-key.pem"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_renewal_near_the_end(tmp_path: Path) -> None:
    now = time.time()
    chain, _ = Authority(tmp_path, clock=lambda: now).server()
    first, root = chain.read_bytes(), (tmp_path / "ca.pem").read_bytes()
    Authority(tmp_path, clock=lambda: now + 300 * DAY).server()
    assert chain.read_bytes() == first
    Authority(tmp_path, clock=lambda: now + 380 * DAY).server()
    assert chain.read_bytes() != first
    assert (tmp_path / "ca.pem").read_bytes() == root
    Authority(tmp_path, clock=lambda: now + 3640 * DAY).server()
    assert (tmp_path / "ca.pem").read_bytes() != root


def test_a_machine_with_a_new_name(tmp_path: Path) -> None:
    Authority(tmp_path, host="old").server()
    assert meet(Authority(tmp_path, host="new"), "new") == "hello"


def test_names_that_are_no_host_names(tmp_path: Path) -> None:
    assert Authority(tmp_path, host="my_machine!").names == ("localhost",)


def test_bundle_keeps_a_companys_own_authorities(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "1")
    company = Authority(tmp_path / "2").bundle().parent / "ca.pem"
    mark = "BEGIN CERTIFICATE"
    assert authority.bundle(company).read_text().count(mark) == 2
    assert authority.bundle().read_text().count(mark) > 50
