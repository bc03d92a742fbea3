"""The Unix socket by which the node's agent and the keeper speak: one JSON object a line, both ways."""

import json
import os
import socket
from typing import Any, Callable, Dict, List

LINE_BYTES_MAX = 4 << 20


class Orders:
    """Whoever connects is told all that is known, and then every change."""

    def __init__(
        self,
        reactor: Any,
        path: str,
        on_order: Callable[[Dict[str, Any]], List[Dict[str, Any]]],
        known: Callable[[], List[Dict[str, Any]]],
    ) -> None:
        """@param on_order returns what only the one who gave the order is told"""
        self._reactor = reactor
        self._path = path
        self._on_order = on_order
        self._known = known
        self._peers: Dict[socket.socket, bytearray] = {}
        if os.path.exists(path):
            os.unlink(path)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        mask = os.umask(0o177)
        try:
            self._listener.bind(path)
        finally:
            os.umask(mask)
        self._listener.listen()
        self._listener.setblocking(False)
        reactor.read(self._listener.fileno(), self._accept)

    def tell(self, news: Dict[str, Any]) -> None:
        for peer in list(self._peers):
            self._send(peer, news)

    def close(self) -> None:
        for peer in list(self._peers):
            self._drop(peer)
        self._reactor.forget(self._listener.fileno())
        self._listener.close()
        os.unlink(self._path)

    def _accept(self) -> None:
        try:
            peer, _ = self._listener.accept()
        except BlockingIOError:
            return
        # A reader that does not read for so long is no agent: what it is told is small.
        peer.settimeout(2.0)
        self._peers[peer] = bytearray()
        self._reactor.read(peer.fileno(), lambda: self._receive(peer))
        for news in self._known():
            self._send(peer, news)

    def _receive(self, peer: socket.socket) -> None:
        try:
            data = peer.recv(65536)
        except OSError:
            data = b""
        pending = self._peers[peer]
        pending += data
        if not data or len(pending) > LINE_BYTES_MAX:
            self._drop(peer)
            return
        *lines, rest = pending.split(b"\n")
        pending[:] = rest
        for line in lines:
            self._take(peer, bytes(line))

    def _take(self, peer: socket.socket, line: bytes) -> None:
        try:
            order = json.loads(line)
            if not isinstance(order, dict):
                raise ValueError("not an object")
            answers = self._on_order(order)
        except (ValueError, TypeError, KeyError, OSError) as error:
            answers = [{"refused": {"message": f"{type(error).__name__}: {error}"}}]
        for answer in answers:
            if peer in self._peers:
                self._send(peer, answer)

    def _send(self, peer: socket.socket, news: Dict[str, Any]) -> None:
        try:
            peer.sendall(json.dumps(news).encode() + b"\n")
        except OSError:
            self._drop(peer)

    def _drop(self, peer: socket.socket) -> None:
        if self._peers.pop(peer, None) is not None:
            self._reactor.forget(peer.fileno())
            peer.close()
