"""An origin server that speaks HTTP/2 without TLS, one connection after the other, and shows how fields were coded."""

import contextlib
import socket
import threading

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import RequestReceived


class H2Origin:
    """Answers every request with 200 and `fields`; `requests` are the field lists that came."""

    def __init__(self, fields=()):
        self.fields = list(fields)
        self.requests = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                with connection:
                    self.serve(connection)

    def serve(self, connection):
        h2 = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
        h2.initiate_connection()
        connection.sendall(h2.data_to_send())
        while data := connection.recv(65536):
            for event in h2.receive_data(data):
                if isinstance(event, RequestReceived):
                    self.requests.append(event.headers)
                    h2.send_headers(event.stream_id, [(":status", "200"), *self.fields], end_stream=True)
            connection.sendall(h2.data_to_send())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()
