"""A shop that services call back: answers, keeps silent or refuses, as a test tells it."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from event_contracts.plain_values import to_plain

GONE = {"type": "/problems/order-not-found", "title": "Order not found", "status": 404}


@dataclass
class ShopServer:
    """What it answers, to whichever link; `asked` are the links and tokens that came."""

    origin: str = ""
    status: int = 200
    body: bytes = b"{}"
    is_silent: bool = False
    asked: list[tuple[str, str]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def tells(self, order, status=200):
        self.status, self.body = status, json.dumps(to_plain(order)).encode()


@contextmanager
def shop_server():
    shop = ShopServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            shop.asked.append((self.path, self.headers["Authorization"]))
            if shop.is_silent:
                shop.over.wait(60)
                return
            self.send_response(shop.status)
            self.send_header("Content-Length", str(len(shop.body)))
            if shop.status == 302:
                self.send_header("Location", "/elsewhere")
            self.end_headers()
            self.wfile.write(shop.body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        shop.origin = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield shop
        finally:
            shop.over.set()
            server.shutdown()
            thread.join()
