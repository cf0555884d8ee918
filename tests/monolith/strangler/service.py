"""A service of the tests: a real HTTP server on a port of its own that does what it is told."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit


class Service:
    """Answers every GET with `respond(handler)`; remembers what it was asked."""

    def __init__(self):
        self.asked = []
        self.headers = []
        self.connections = set()
        self.stopping = threading.Event()
        self.respond = self.answer_json({})
        self.url = ""
        self.build = ""

    def answer_json(self, body, status=200):
        def respond(handler):
            text = json.dumps(body(handler) if callable(body) else body).encode()
            kind = "application/json" if status == 200 else "application/problem+json"
            handler.send_response(status)
            handler.send_header("Content-Type", kind)
            if self.build:
                handler.send_header("X-Build", self.build)
            handler.send_header("Content-Length", str(len(text)))
            handler.end_headers()
            handler.wfile.write(text)

        return respond

    def problem(self, status, name):
        return self.answer_json({"type": f"https://banyan.example/problems/{name}"}, status)

    def after(self, seconds, respond):
        def wait(handler):
            self.stopping.wait(seconds)
            respond(handler)

        return wait

    def in_turn(self, *responses):
        left = list(responses)

        def respond(handler):
            (left.pop(0) if len(left) > 1 else left[0])(handler)

        return respond

    def dribble_body(self, handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        self._dribble(handler)

    def dribble_headers(self, handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        self._dribble(handler)

    def _dribble(self, handler):
        while not self.stopping.wait(0.05):
            handler.wfile.write(b" ")

    def hang_up(self, handler):
        handler.close_connection = True


@contextmanager
def running_service():
    service = Service()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(service))
    server.daemon_threads = True
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    serving.start()
    service.url = f"http://127.0.0.1:{server.server_port}/prod"
    try:
        yield service
    finally:
        service.stopping.set()
        server.shutdown()
        server.server_close()
        serving.join()


def _handler_of(service):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # it would hold every body back for 40 ms

        def do_GET(self):
            parts = urlsplit(self.path)
            service.asked.append((parts.path, dict(parse_qsl(parts.query))))
            service.headers.append(dict(self.headers))
            service.connections.add(self.client_address)
            try:
                service.respond(self)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def log_message(self, *_):
            pass

    return Handler
