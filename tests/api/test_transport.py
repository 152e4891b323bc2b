"""The way to Clerk: a call ends when its time is up, reads no more than it may, and leaves nothing behind."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
import threading
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from django_clerk.api import ClerkClient
from django_clerk.api.connection import Exchange, InterruptibleConnection
from django_clerk.exceptions import APIError, APIUnavailable
from tests.api import COUNT, JWKS, KEY, soon, soon_no_thread_is_left
from tests.loopback import SOON, drip, gzip_bomb, huge, ok, refuse, serve, stall, truncated

# Deadlines


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(stall(), id="says nothing"),
        pytest.param(drip(JWKS), id="drips the body"),
        pytest.param(drip(JWKS, close=True, every=0.3), id="drips the last body of a connection"),
        pytest.param(drip(JWKS, headers=True), id="drips the headers"),
        pytest.param(drip(JWKS, headers=True, every=0.01), id="is never silent for long"),
    ],
)
def test_a_deadline_is_a_total_and_leaves_nothing_behind(server, client, fault):
    server.on("/v1/jwks", fault)
    started = time.monotonic()
    with pytest.raises(APIUnavailable, match=r"no complete answer within 1 s") as caught:
        client.jwks(deadline=1.0)
    assert 1.0 <= time.monotonic() - started < SOON
    assert (caught.value.status, caught.value.retry_after) == (None, None)
    assert soon_no_thread_is_left()


def test_a_deadline_holds_while_connecting(client):
    with socket.socket() as listener:  # a full backlog swallows the next connection without a word
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        client = ClerkClient(KEY, base_url=f"http://127.0.0.1:{listener.getsockname()[1]}")
        started = time.monotonic()
        with pytest.raises(APIUnavailable):
            client.jwks(deadline=0.5)
        assert time.monotonic() - started < SOON
        for filler in fillers:
            filler.close()


def test_an_answer_in_time_is_not_cut_by_another_calls_deadline(server, client):
    server.on("/v1/jwks", drip(JWKS, headers=True, every=0.05))
    server.on("/v1/users/count", ok(COUNT))

    def late() -> None:
        with pytest.raises(APIUnavailable):
            client.jwks(deadline=0.3)

    with ThreadPoolExecutor(8) as pool:
        late_ones = [pool.submit(late) for _ in range(4)]
        ends = time.monotonic() + 0.6
        while time.monotonic() < ends:
            assert client.count_users() == 7
        for one in late_ones:
            one.result()


def test_connections_beyond_the_limit_wait_their_turn(server, client):
    server.on("/v1/users/count", ok(COUNT))
    with ThreadPoolExecutor(100) as pool:
        assert list(pool.map(lambda _: client.count_users(), range(200))) == [7] * 200
    assert server.most_at_once <= 64


def test_a_call_that_waits_for_its_turn_keeps_its_deadline(server, client):
    server.on("/v1/jwks", stall())
    server.on("/v1/users/count", ok(COUNT))
    with ThreadPoolExecutor(64) as pool:
        stalled = [pool.submit(client.jwks, deadline=1.0) for _ in range(64)]
        assert soon(lambda: server.most_at_once == 64)
        with pytest.raises(APIUnavailable, match=r"no complete answer within 0\.1 s"):
            client.get_user("user_ada", deadline=0.1, attempts=1)
        assert all(isinstance(call.exception(), APIUnavailable) for call in stalled)
    assert {request.path for request in server.received} == {"/v1/jwks"}
    assert client.count_users() == 7


def test_a_request_whose_time_is_up_before_it_is_sent_is_not_sent(server):
    its_turn = threading.Event()

    def late() -> requests.Response:
        its_turn.wait()
        connection = InterruptibleConnection("127.0.0.1", server.server_port)
        with closing(connection):
            connection.request("GET", "/v1/jwks")
        return requests.Response()

    ended = threading.Event()
    exchange = Exchange(late, on_end=ended.set)
    exchange.start()
    with pytest.raises(requests.Timeout):
        exchange.wait(0.05)
    its_turn.set()
    assert ended.wait(1.0)
    assert server.received == []


def test_refused_and_broken_connections_say_so(server, client):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        nobody = ClerkClient(KEY, base_url=f"http://127.0.0.1:{unused.getsockname()[1]}")
        with pytest.raises(APIUnavailable, match=r"GET /v1/jwks: the connection failed \(Connection refused\)\."):
            nobody.jwks()
    for fault in (refuse, truncated(JWKS)):
        server.on("/v1/jwks", fault)
        with pytest.raises(APIUnavailable, match="the connection failed"):
            client.jwks()


# Sizes


@pytest.mark.parametrize("length", ["declared", "chunked", "until-close"])
@pytest.mark.parametrize("code", [200, 503])
def test_no_more_is_read_than_an_answer_may_have(server, client, length, code):
    server.on("/v1/jwks", huge(50_000_000, length=length, code=code))
    tracemalloc.start()
    with pytest.raises(APIError, match="larger than 262144 bytes" if code == 200 else "Clerk answered 503"):
        client.jwks()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5_000_000
    assert soon_no_thread_is_left()
    assert server.sent < 20_000_000  # what fits in the buffers of two sockets, and no more


def test_the_connection_of_an_answer_too_large_is_not_used_again(server, client):
    server.on("/v1/jwks", huge(1_000_000), ok(JWKS))
    with pytest.raises(APIError, match="larger than"):
        client.jwks()
    assert client.jwks() == JWKS


def test_a_compressed_bomb_stays_compressed(server, client):
    server.on("/v1/jwks", gzip_bomb(50_000_000))
    tracemalloc.start()
    tracemalloc.clear_traces()
    with pytest.raises(APIError, match=r"not JSON \(application/json, compressed\)"):
        client.jwks()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5_000_000


# TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.timezone.utc)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + datetime.timedelta(days=1))
    signed = builder.add_extension(address, critical=False).sign(key, hashes.SHA256())
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def tls_server(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with serve(context) as server:
        yield server


def test_over_tls_the_deadline_holds_and_nothing_is_left(tls_server, certificate, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    tls_server.on("/v1/jwks", ok(JWKS), drip(JWKS), drip(JWKS, headers=True), ok(JWKS))
    client = ClerkClient(KEY, base_url=tls_server.url)
    assert client.jwks() == JWKS
    for _ in range(2):
        with pytest.raises(APIUnavailable, match="no complete answer"):
            client.jwks(deadline=0.3)
    assert soon_no_thread_is_left()
    assert client.jwks() == JWKS


def test_a_certificate_nobody_vouches_for_ends_before_the_key_is_sent(tls_server):
    tls_server.on("/v1/jwks", ok(JWKS))
    with pytest.raises(APIUnavailable, match="self-signed certificate"):
        ClerkClient(KEY, base_url=tls_server.url).jwks()
    assert tls_server.received == []
