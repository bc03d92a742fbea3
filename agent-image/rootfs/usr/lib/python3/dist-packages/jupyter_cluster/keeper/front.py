"""The sockets that servers connect to: of one raft term, encrypted, for one client key only.

With the next term they are closed and others are opened on other ports under another key, so that
a server which was deposed, and may not know it, holds sockets that lead nowhere (ZeroMQ RFC 26 and 27).
"""

from typing import Any, Callable, Dict, List, Sequence

import zmq
from zmq.utils import z85

ROUTED = ("shell", "control", "stdin", "hb")
CHANNELS = (*ROUTED, "iopub")
#: Milliseconds. A server that vanished without a word is given up, with what waits for it.
HEARTBEAT_EVERY_MS = 5_000
HEARTBEAT_PATIENCE_MS = 15_000
DOMAIN = b"front"


class Gate:
    """Who may connect: ZeroMQ's authentication protocol (RFC 27), asked once a connection."""

    def __init__(self, context: zmq.Context, reactor: Any) -> None:
        self._reactor = reactor
        self._admitted: bytes = b""
        self._socket = context.socket(zmq.REP)
        self._socket.bind("inproc://zeromq.zap.01")
        reactor.read(self._socket, self._answer)

    def admit(self, public_key: str) -> None:
        """@param public_key in Z85; whoever had another one is admitted no more"""
        self._admitted = z85.decode(public_key)

    def _answer(self) -> None:
        version, request_id, domain, _address, _identity, mechanism, *keys = (
            self._socket.recv_multipart()
        )
        known = domain == DOMAIN and mechanism == b"CURVE" and keys == [self._admitted]
        status = (b"200", b"OK") if known else (b"400", b"not the key of the server that leads")
        self._socket.send_multipart([version, request_id, *status, b"", b""])


class Front:
    """`on_frames(channel, frames)` has what servers send; of iopub, their subscriptions."""

    def __init__(
        self,
        context: zmq.Context,
        reactor: Any,
        term: int,
        ip: str,
        on_frames: Callable[[str, List[bytes]], None],
    ) -> None:
        self.term = term
        self.ip = ip
        self._reactor = reactor
        self._on_frames = on_frames
        public, self._secret = zmq.curve_keypair()
        self.server_key = public.decode()
        self._sockets: Dict[str, zmq.Socket] = {}
        self.ports: Dict[str, int] = {}
        try:
            for channel in CHANNELS:
                self._open(context, channel)
        except zmq.ZMQError:
            self.close()
            raise

    def send(self, channel: str, frames: Sequence[Any]) -> None:
        """What a server does not take up, because it is gone, is dropped."""
        try:
            self._sockets[channel].send_multipart(frames, zmq.NOBLOCK, copy=False)
        except zmq.Again:
            return

    def close(self) -> None:
        for socket in self._sockets.values():
            self._reactor.forget(socket)
            socket.close(linger=0)
        self._sockets = {}

    def _open(self, context: zmq.Context, channel: str) -> None:
        socket = context.socket(zmq.XPUB if channel == "iopub" else zmq.ROUTER)
        self._sockets[channel] = socket
        socket.curve_server = True
        socket.curve_secretkey = self._secret
        socket.zap_domain = DOMAIN
        socket.linger = 0
        # What is forwarded is bounded by the heartbeat below, not by a number of messages.
        socket.sndhwm = 0
        socket.rcvhwm = 0
        socket.setsockopt(zmq.HEARTBEAT_IVL, HEARTBEAT_EVERY_MS)
        socket.setsockopt(zmq.HEARTBEAT_TIMEOUT, HEARTBEAT_PATIENCE_MS)
        if channel == "iopub":
            # Every subscription is told, also one that another server has already.
            socket.setsockopt(zmq.XPUB_VERBOSER, 1)
        else:
            # A client that comes back under its name takes over from itself.
            socket.setsockopt(zmq.ROUTER_HANDOVER, 1)
        self.ports[channel] = socket.bind_to_random_port(f"tcp://{self.ip}")
        self._reactor.read(socket, lambda: self._receive(channel))

    def _receive(self, channel: str) -> None:
        socket = self._sockets.get(channel)
        for _ in range(100):
            try:
                frames = socket.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            self._on_frames(channel, frames)
            if self._sockets.get(channel) is not socket:
                return
