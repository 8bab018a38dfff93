"""A service in Python whose memory is known: /churn makes garbage in cycles, /leak keeps `n` sessions."""

import gc
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

sessions = []


class Session:
    def __init__(self, number):
        self.number = number
        self.name = f"session {number}"
        self.seen = [number] * 32


class Knot:
    """Refers to itself, so that only a collection ends it."""

    def __init__(self, number):
        self.number = number
        self.itself = self


def churn(count):
    """Makes knots that grow old, and lets them go: only a full collection finds them, and takes long."""
    knots = [Knot(number) for number in range(count)]
    gc.collect()
    del knots


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        url = urlsplit(self.path)
        count = int(parse_qs(url.query).get("n", ["1000"])[0])
        if url.path == "/leak":
            sessions.extend(Session(number) for number in range(count))
        if url.path == "/churn":
            churn(count)
            gc.collect()
        if url.path == "/garbage":
            churn(count)
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"done\n")

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "0"))), Handler)
print(f"listening on {server.server_port}", flush=True)
server.serve_forever()
