"""Packets of QUIC that are made by hand: Initials, whose keys everybody has (RFC 9001
section 5.2), with any frames and any ClientHello in them. No client is behind them:
the handshake is never finished.
"""

import os
import socket

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from h3 import read_varint, varint

LEAST = 1200  # bytes of a datagram with an Initial
SALT = bytes.fromhex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a")
PADDING, PING, ACK, ACK_ECN, CRYPTO, CONNECTION_CLOSE = 0, 1, 2, 3, 6, 0x1C
INITIAL, ZERO_RTT = 0xC0, 0xD0  # the first byte of one, but for the length of its number
TAG = 16
# Transport parameters (RFC 9000 section 18.2)
ORIGINAL_DCID, MAX_IDLE, RESET_TOKEN, MAX_UDP_PAYLOAD, MAX_DATA = 0, 1, 2, 3, 4
MAX_STREAM_DATA_UNI, MAX_STREAMS_BIDI, MAX_STREAMS_UNI, ACK_DELAY_EXPONENT, MAX_ACK_DELAY = 7, 8, 9, 10, 11
PREFERRED_ADDRESS, ID_LIMIT, INITIAL_SCID, RETRY_SCID = 13, 14, 15, 16


# Keys


def expand(secret, label, length):
    label = b"tls13 " + label
    info = length.to_bytes(2, "big") + bytes([len(label)]) + label + b"\0"
    return HKDFExpand(SHA256(), length, info).derive(secret)


class Keys:
    """Those of Initials to, or (`label` "server in") from, who was first called `dcid`."""

    def __init__(self, dcid, label):
        extract = HMAC(SALT, SHA256())
        extract.update(dcid)
        secret = expand(extract.finalize(), label, 32)
        self.key, self.iv, self.hp = (expand(secret, name, size) for name, size in ((b"quic key", 16), (b"quic iv", 12), (b"quic hp", 16)))

    def nonce(self, number):
        return (int.from_bytes(self.iv, "big") ^ number).to_bytes(12, "big")

    def mask(self, sample):
        return Cipher(algorithms.AES(self.hp), modes.ECB()).encryptor().update(sample)

    def seal(self, head, number, payload):
        """The packet of a head that ends with its number's four bytes."""
        sealed = AESGCM(self.key).encrypt(self.nonce(number), payload, head)
        mask = self.mask(sealed[:16])
        number_bytes = bytes(a ^ b for a, b in zip(head[-4:], mask[1:]))
        return bytes([head[0] ^ mask[0] & 0x0F]) + head[1:-4] + number_bytes + sealed

    def unseal(self, packet, at):
        """The payload of a packet whose number is at `at`."""
        mask = self.mask(packet[at + 4 : at + 20])
        first = packet[0] ^ mask[0] & 0x0F
        size = (first & 3) + 1
        number = bytes(a ^ b for a, b in zip(packet[at : at + size], mask[1:]))
        head = bytes([first]) + packet[1:at] + number
        return AESGCM(self.key).decrypt(self.nonce(int.from_bytes(number, "big")), packet[at + size :], head)


# TLS


def vector(size, *parts):
    """Bytes behind their length, which has `size` bytes."""
    content = b"".join(parts)
    return len(content).to_bytes(size, "big") + content


def parameters(values):
    """Transport parameters, of {number: bytes or number} or of pairs."""
    pairs = values.items() if hasattr(values, "items") else values
    encoded = [(number, value if isinstance(value, bytes) else varint(value)) for number, value in pairs]
    return b"".join(varint(number) + varint(len(value)) + value for number, value in encoded)


def client_hello(transport, alpn=b"h3", padding=0):
    """A ClientHello with these transport parameters (None: without any)."""
    extensions = {
        0: vector(2, b"\0", vector(2, b"localhost")),  # server_name
        10: vector(2, b"\0\x1d"),  # supported_groups: X25519
        13: vector(2, bytes.fromhex("0403080708040805080604010503")),  # signature_algorithms
        16: vector(2, vector(1, alpn)),
        43: vector(1, b"\x03\x04"),  # supported_versions: TLS 1.3
        51: vector(2, b"\0\x1d", vector(2, os.urandom(32))),  # key_share
    }
    if padding:
        extensions[21] = bytes(padding)
    if transport is not None:
        extensions[57] = transport
    listed = [number.to_bytes(2, "big") + vector(2, content) for number, content in extensions.items()]
    hello = b"\x03\x03" + os.urandom(32) + b"\0" + vector(2, b"\x13\x01") + vector(1, b"\0") + vector(2, *listed)
    return b"\x01" + vector(3, hello)


def crypto(data, offset=0):
    return varint(CRYPTO) + varint(offset) + varint(len(data)) + data


# Datagrams


class Plain:
    """Datagrams without a client behind them."""

    def __init__(self, address):
        self.socket = socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect(tuple(address))
        self.socket.settimeout(20)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def ask(self, data):
        """What the server answers; None: nothing. For what it answers at once,
        it does so before it answers the next."""
        beacon = long_header(0x1A2A3A4A, LEAST)
        answer = None
        self.socket.send(data)
        self.socket.send(beacon)
        while (got := self.socket.recv(65536))[6:14] != beacon[15:23]:
            answer = got
        return answer


def long_header(version, size, first=0xC0):
    ids = bytes([8]) + os.urandom(8) + bytes([8]) + os.urandom(8)
    return (bytes([first]) + version.to_bytes(4, "big") + ids).ljust(size, b"\0")


class Knock(Plain):
    """The first packets of one client, and what comes to them."""

    def __init__(self, address):
        super().__init__(address)
        self.dcid, self.scid = os.urandom(8), os.urandom(8)
        self.up, self.down = Keys(self.dcid, b"client in"), Keys(self.dcid, b"server in")
        self.number = 0
        self.acked = set()  # our packets' numbers
        self.sizes = []  # of the datagrams with an Initial that asks for an answer

    def parameters(self, changes=()):
        """Those of a client that keeps the rules, but for {number: value}; None:
        without it."""
        kept = {INITIAL_SCID: self.scid, MAX_DATA: 1 << 20, MAX_STREAM_DATA_UNI: 1 << 16, MAX_STREAMS_UNI: 3, **dict(changes)}
        return parameters({number: value for number, value in kept.items() if value is not None})

    def packet(self, frames, first=INITIAL, scid=None, dcid=None):
        scid, dcid = scid or self.scid, dcid or self.dcid
        head = bytes([first | 3]) + (1).to_bytes(4, "big") + vector(1, dcid) + vector(1, scid) + b"\0"
        size = 4 + len(frames) + TAG
        packet = self.up.seal(head + varint(size, 2) + self.number.to_bytes(4, "big"), self.number, frames)
        self.number += 1
        return packet

    def datagram(self, frames, size=LEAST, **more):
        """One packet, padded to the size."""
        around = len(self.packet(b"", **more))
        self.number -= 1
        return self.packet(frames.ljust(size - around, b"\0"), **more)

    def send(self, *datagrams):
        for data in datagrams:
            self.socket.send(data)

    def answer(self):
        """What comes to it: "hello", or the code of CONNECTION_CLOSE."""
        while True:
            datagram = self.socket.recv(65536)
            for kind, value in self.initials_of(datagram):
                if kind == CRYPTO:
                    self.sizes.append(len(datagram))
                    return "hello"
                if kind == CONNECTION_CLOSE:
                    return value

    def initials_of(self, datagram):
        """(type, code) of the frames of its Initials."""
        while datagram and datagram[0] & 0xF0 == INITIAL:
            at = 6 + datagram[5]
            assert datagram[6:at] == self.scid
            at += 1 + datagram[at]
            token, at = read_varint(datagram, at)
            size, at = read_varint(datagram, at + token)
            yield from self.frames_of(self.down.unseal(datagram[: at + size], at))
            datagram = datagram[at + size :]

    def frames_of(self, payload):
        at = 0

        def number():
            nonlocal at
            value, at = read_varint(payload, at)
            return value

        def skip():
            nonlocal at
            size = number()
            at += size

        while at < len(payload):
            kind, value = number(), None
            if kind in (ACK, ACK_ECN):
                last, _, more, length = number(), number(), number(), number()
                self.acked |= set(range(last - length, last + 1))
                for _ in range(more):
                    last -= length + number() + 2
                    length = number()
                    self.acked |= set(range(last - length, last + 1))
                for _ in range(3 * (kind == ACK_ECN)):
                    number()
            elif kind == CRYPTO:
                number()
                skip()
            elif kind == CONNECTION_CLOSE:
                value = number()
                number()
                skip()
            else:
                assert kind in (PADDING, PING), f"a frame {kind} in an Initial (9000-12.4)"
            yield kind, value
