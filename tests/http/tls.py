"""TLS around a socket, step by step: a half-close is a close_notify, and what
was heard last (`notified`) can be asked, which ssl.SSLSocket does not tell."""

import socket
import ssl
import threading


def is_secure(address):
    """Is TLS spoken there?"""
    return getattr(address, "secure", False)


def trusting(protocols=("http/1.1",), **settings):
    """A context that takes any certificate; test_tls.py looks at them."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if protocols:
        context.set_alpn_protocols(list(protocols))
    for name, value in settings.items():
        setattr(context, name, value)
    return context


def client_hello():
    """What a client says first."""
    outgoing = ssl.MemoryBIO()
    tls = trusting().wrap_bio(ssl.MemoryBIO(), outgoing)
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


class TlsSocket:
    """What h1.Connection needs of a socket; one thread may read while another
    writes."""

    def __init__(self, raw, context=None, name=None, session=None, at_once=True):
        self.raw = raw
        self.stepping, self.sending = threading.Lock(), threading.Lock()
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = (context or trusting()).wrap_bio(
            self.incoming, self.outgoing, server_hostname=name, session=session
        )
        self.notified = False
        self.shaking, self.shaken = threading.Lock(), False
        if not at_once:  # with the first that is sent or read
            return
        try:
            self.shake_hands()
        except BaseException:
            raw.close()
            raise

    def shake_hands(self):
        with self.shaking:
            if not self.shaken:
                self.run(self.tls.do_handshake)
            self.shaken = True

    def flush(self):
        if not self.outgoing.pending:
            return
        with self.sending:  # in the order in which it was encrypted
            with self.stepping:
                data = self.outgoing.read()
            self.raw.sendall(data)

    def take(self):
        data = self.raw.recv(65536)
        with self.stepping:
            if data:
                self.incoming.write(data)
            else:
                self.incoming.write_eof()

    def run(self, step, *args):
        while True:
            try:
                with self.stepping:
                    result = step(*args)
                self.flush()
                return result
            except ssl.SSLWantReadError:
                self.flush()
                self.take()
            except ssl.SSLError:
                self.flush()  # an alert
                raise

    def sendall(self, data):
        self.shake_hands()
        view = memoryview(data)
        while view:
            view = view[self.run(self.tls.write, view[:65536]) :]

    def recv(self, size):
        """Bytes; none at the end, which is a proper one if `notified`."""
        self.shake_hands()
        try:
            data = self.run(self.tls.read, size)
        except ssl.SSLZeroReturnError:
            data = b""
        except ssl.SSLEOFError:
            return b""
        self.notified = self.notified or not data
        return data

    def shutdown(self, how):
        assert how == socket.SHUT_WR
        self.shake_hands()
        try:
            with self.stepping:
                self.tls.unwrap()
        except ssl.SSLWantReadError:
            pass  # it is written; the other side's is to come
        self.flush()

    def close(self):
        self.raw.close()

    def setsockopt(self, *option):
        self.raw.setsockopt(*option)

    def settimeout(self, seconds):
        self.raw.settimeout(seconds)

    def gettimeout(self):
        return self.raw.gettimeout()

    def fileno(self):
        return self.raw.fileno()
