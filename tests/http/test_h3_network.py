"""HTTP/3 over a network that loses, doubles, holds back, mixes up, cuts off and
changes datagrams, and through NATs that forget: what arrives is whole."""

import hashlib
import os
import random
import socket
import time

import pytest
from client import H3Client
from h3 import Connection
from library import LIBRARY, PNG, add
from quic_relay import Damage, Relay

HTTPS = "https://127.0.0.1:0"
# A client whose last words were lost does not hold the end of the tests up.
SELF_SIGNED = ["--tls-self-signed", "--grace", "1s"]
SIZE = 3 << 20
DAMAGES = {
    "loss": Damage(loss=0.05),
    "duplicates": Damage(duplicate=0.2),
    "another order": Damage(reorder=0.3),
    "cut off": Damage(truncate=0.03),
    "changed bytes": Damage(corrupt=0.03),
    "a long way": Damage(delay=0.02, jitter=0.005),
    "everything": Damage(loss=0.02, duplicate=0.05, reorder=0.05, truncate=0.01, corrupt=0.01, delay=0.002, jitter=0.004),
}
SEEDS = [int(os.environ.get("VB_SEED", "1"))]


@pytest.fixture(scope="module")
def content():
    return random.Random(7).randbytes(SIZE)


@pytest.fixture(scope="module")
def files(module_serve, tmp_path_factory, content):
    folder = tmp_path_factory.mktemp("files")
    (folder / "large.bin").write_bytes(content)
    return module_serve(None, ["--files", folder, *SELF_SIGNED], listen=HTTPS)


@pytest.fixture(scope="module")
def library(module_serve):
    return module_serve(LIBRARY, SELF_SIGNED, listen=HTTPS)


def digest(data):
    return hashlib.sha256(data).hexdigest()


def through(relay, server):
    """A client on the far side of the network."""
    client = H3Client(relay.address, server.authority)
    server.clients.append(client)
    return client


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", DAMAGES)
def test_a_download_arrives_whole(files, content, name, seed):
    with Relay(files.address, DAMAGES[name], seed) as relay:
        client = through(relay, files)
        answer = client.get("/large.bin")
        assert answer.status == 200 and digest(answer.body) == digest(content)
        client.close()
        assert all(relay.hit[kind] for kind in ("loss", "duplicate", "reorder", "truncate", "corrupt") if getattr(DAMAGES[name], kind))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", DAMAGES)
def test_an_upload_arrives_whole(library, content, name, seed):
    cover = add(library.client("h3")) + "/cover"
    with Relay(library.address, DAMAGES[name], seed) as relay:
        client = through(relay, library)
        assert client.put(cover, PNG, content).status == 201
        client.close()
    assert digest(library.client("h3").get(cover).body) == digest(content)


@pytest.mark.parametrize("seed", range(1, 6))
def test_a_handshake_comes_through(files, seed):
    with Relay(files.address, Damage(loss=0.25, duplicate=0.1, reorder=0.2, truncate=0.05, corrupt=0.05), seed) as relay:
        with Connection(relay.address, files.authority) as wire:
            assert wire.request(wire.head("HEAD", "/large.bin"), None).status == 200


def test_many_requests_at_once_all_get_theirs(files, content):
    with Relay(files.address, DAMAGES["everything"], 3) as relay:
        with Connection(relay.address, files.authority) as wire:
            spans = [(at, at + 9999) for at in range(0, 50 * 10_000, 10_000)]
            asked = {wire.get("/large.bin", ("range", f"bytes={a}-{b}")): (a, b) for a, b in spans}
            for stream, (first, last) in asked.items():
                assert wire.reply_of(stream).body == content[first : last + 1]


# NATs that forget. A client that only waits would not be heard of again: it pings.
# And no losses: when answers to challenges are lost, at a small congestion
# window, ngtcp2's client is stuck with them.


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2"])
def test_a_download_survives_another_port_or_address(files, content, host):
    with Relay(files.address, Damage(reorder=0.1)) as relay:
        with Connection(relay.address, files.authority) as wire:
            wire.do("keepalive", 50)
            for _ in range(2):
                stream = wire.get("/large.bin")
                wire.until(lambda: len(wire.stream(stream).data) > SIZE // 4)
                relay.rebind(host)
                wire.until(lambda: len(wire.stream(stream).data) > SIZE // 2 or wire.replies[stream].ended)
                relay.rebind()
                assert digest(wire.reply_of(stream).body) == digest(content)


def test_an_upload_survives_another_port(library, content):
    cover = add(library.client("h3")) + "/cover"
    with Relay(library.address) as relay:
        with Connection(relay.address, library.authority) as wire:
            wire.do("keepalive", 50)
            fields = ("content-type", "image/png"), ("content-length", str(SIZE))
            stream = wire.ask_for(wire.head("PUT", cover, *fields), end=False)
            for at in range(0, SIZE, SIZE // 8):
                wire.send_content(stream, [content[at : at + SIZE // 8]])
                relay.rebind()
            wire.do("fin", stream)
            assert wire.status_of(stream) == 201
    assert digest(library.client("h3").get(cover).body) == digest(content)


def test_with_several_workers_too(serve):
    server = serve(LIBRARY, [*SELF_SIGNED, "--workers", "4"], listen=HTTPS)
    for seed in range(6):
        with Relay(server.address, Damage(reorder=0.1), seed) as relay:
            with Connection(relay.address, server.authority) as wire:
                wire.do("keepalive", 50)
                for _ in range(4):
                    assert wire.is_alive()
                    relay.rebind()


def test_a_network_that_was_gone_for_a_while(files, content):
    with Relay(files.address) as relay:
        with Connection(relay.address, files.authority) as wire:
            stream = wire.get("/large.bin")
            wire.until(lambda: len(wire.stream(stream).data) > SIZE // 4)
            relay.cut = True
            began = time.monotonic()
            while time.monotonic() - began < 1:
                wire.step(0.1)
            relay.cut = False
            assert digest(wire.reply_of(stream).body) == digest(content)


# What an attacker on the way can do


def test_early_data_that_is_sent_again_is_not_done_again(serve, tmp_path):
    log = tmp_path / "access.log"
    server = serve(LIBRARY, [*SELF_SIGNED, "--log", log], listen=HTTPS)
    with Connection(server.address, server.authority) as wire:
        assert wire.is_alive()
        ticket = wire.wait_for("ticket").bytes
    with Relay(server.address) as relay:
        relay.keep = []
        with Connection(relay.address, server.authority, ticket=ticket, early=True, wait=False, mute=True) as wire:
            stream = wire.get("/settings/once-only")
            wire.do("mute", "off")
            assert wire.status_of(stream) == 404 and wire.wait_for("handshake").code == 1
        kept = relay.keep[:3]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as attacker:
        attacker.connect(server.address)
        attacker.settimeout(0.3)
        deadline = time.monotonic() + 20
        while not answers_with_a_hello(attacker, kept):
            assert time.monotonic() < deadline
    assert server.client("h3").get("/books").status == 200
    server.stop()
    assert log.read_text().count("/settings/once-only") == 1


def answers_with_a_hello(sock, datagrams):
    """Does a connection begin?"""
    for data in datagrams:
        sock.send(data)
    try:
        return sock.recv(65536)[0] & 0xF0 == 0xC0
    except TimeoutError:
        return False


def test_who_repeats_everything_disturbs_nobody(files, content):
    with Relay(files.address, Damage(duplicate=1.0, reorder=0.2)) as relay:
        with Connection(relay.address, files.authority) as wire:
            wire.wait_for("confirmed")
            assert digest(wire.reply_of(wire.get("/large.bin")).body) == digest(content)
            assert wire.request(wire.head("POST", "/large.bin"), [b"x"]).status == 405
