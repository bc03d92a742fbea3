"""One process of the kernel, and the keeper's sockets to it on the loopback interface."""

import os
import random
import signal
import socket as sockets
import subprocess
from contextlib import suppress
from typing import Any, Callable, Dict, List, NamedTuple, Sequence

import zmq

from ..wire import SIGNATURE_SCHEME, encode

LOOPBACK = "127.0.0.1"
DIALLED = ("shell", "control", "stdin", "hb")
CHANNELS = (*DIALLED, "iopub")
#: By which the kernel knows the keeper; the same on shell and stdin, or `input()` asks nobody.
IDENTITY = b"keeper"
PLACEHOLDER = "{connection_file}"
OUTGOING_PORTS = "/proc/sys/net/ipv4/ip_local_port_range"
#: A node's services have lower ones.
FIRST_PORT = 10_000
LAST_PORT = 65_535
#: So many have to be there, or others are taken.
PORTS_MIN = 5_000


class Launch(NamedTuple):
    """`argv` holds the placeholder where the kernel takes its connection file.

    `limits`: `nproc`, how many processes its user may have, and `oomScoreAdj`, by which Linux chooses
    whom to end when memory is used up. Either may be missing.
    """

    argv: List[str]
    cwd: str
    env: Dict[str, str]
    limits: Dict[str, int]


def free_ports(count: int) -> List[int]:
    """Ports that were free a moment ago, each another one. Raises OSError when there are none.

    None is of those from which Linux lets connections go out (ip(7)): whoever dials before the kernel listens
    would have its port sooner or later, or be connected to himself, and the kernel could not listen.
    """
    with open(OUTGOING_PORTS, encoding="ascii") as file:
        low, high = (int(each) for each in file.read().split())
    below = range(FIRST_PORT, low)
    candidates = list(below if len(below) >= PORTS_MIN else range(high + 1, LAST_PORT + 1))
    random.SystemRandom().shuffle(candidates)
    ports: List[int] = []
    for port in candidates:
        if len(ports) == count:
            break
        with suppress(OSError), sockets.create_server((LOOPBACK, port)):
            ports.append(port)
    if len(ports) < count:
        raise OSError(f"no {count} ports are free outside of {low} to {high}")
    return ports


def within(limits: Dict[str, int]) -> List[str]:
    """The words before a command that bound it; each of these programs becomes the next one."""
    words: List[str] = []
    if "oomScoreAdj" in limits:
        words += ["/usr/bin/choom", "-n", str(limits["oomScoreAdj"]), "--"]
    if "nproc" in limits:
        words += ["/usr/bin/prlimit", f"--nproc={limits['nproc']}", "--"]
    # Within its container (sched(7)) whatever else runs there goes first: the agent that has to end a fork bomb is one
    # of two, and not one of a thousand.
    words += ["/usr/bin/nice", "-n", "19"]
    # Whatever ends the keeper ends the kernel: nobody else could reach it.
    return [*words, "/usr/bin/setpriv", "--pdeathsig", "KILL", "--"]


class Kernel:
    """Runs from its construction on. Raises OSError when the command cannot be started."""

    def __init__(
        self,
        context: zmq.Context,
        reactor: Any,
        directory: str,
        key: bytes,
        launch: Launch,
        on_frames: Callable[[str, List[Any]], None],
        on_exit: Callable[[int], None],
    ) -> None:
        self._reactor = reactor
        self._on_frames = on_frames
        self._on_exit = on_exit
        self._sockets: Dict[str, zmq.Socket] = {}
        ports = dict(zip(CHANNELS, free_ports(len(CHANNELS))))
        path = os.path.join(directory, "connection.json")
        self._write_connection_file(path, key, ports)
        argv = [word.replace(PLACEHOLDER, path) for word in launch.argv]
        self._process = subprocess.Popen(
            [*within(launch.limits), *argv],
            cwd=launch.cwd,
            env=launch.env,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.pid = self._process.pid
        self._exit_fd = os.pidfd_open(self.pid)
        reactor.read(self._exit_fd, self._exited)
        for channel in CHANNELS:
            self._connect(context, channel, ports[channel])

    @property
    def alive(self) -> bool:
        return self._exit_fd >= 0

    def send(self, channel: str, frames: Sequence[bytes]) -> None:
        self._sockets[channel].send_multipart(frames)

    def signal(self, number: int) -> None:
        """To the kernel and what it has started. What has just ended is not signalled."""
        if not self.alive:
            return
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            return

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        self.reaped()

    def reaped(self) -> None:
        """It is known to have ended."""
        if self.alive:
            self._exited()

    def drain(self) -> None:
        """Takes in what the kernel has said up to now."""
        for channel in list(self._sockets):
            self._receive(channel, 100_000)

    def close(self) -> None:
        for socket in self._sockets.values():
            self._reactor.forget(socket)
            socket.close(linger=0)
        self._sockets = {}

    def _write_connection_file(self, path: str, key: bytes, ports: Dict[str, int]) -> None:
        connection = {
            "transport": "tcp",
            "ip": LOOPBACK,
            "key": key.decode(),
            "signature_scheme": SIGNATURE_SCHEME,
            **{f"{channel}_port": port for channel, port in ports.items()},
        }
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(encode(connection))

    def _connect(self, context: zmq.Context, channel: str, port: int) -> None:
        socket = context.socket(zmq.SUB if channel == "iopub" else zmq.DEALER)
        self._sockets[channel] = socket
        socket.linger = 0
        socket.sndhwm = 0
        socket.rcvhwm = 0
        if channel == "iopub":
            socket.subscribe(b"")
        else:
            socket.setsockopt(zmq.IDENTITY, IDENTITY)
        # The kernel listens only when it has started.
        socket.setsockopt(zmq.RECONNECT_IVL, 20)
        socket.setsockopt(zmq.RECONNECT_IVL_MAX, 200)
        socket.connect(f"tcp://{LOOPBACK}:{port}")
        self._reactor.read(socket, lambda: self._receive(channel))

    def _receive(self, channel: str, count: int = 100) -> None:
        socket = self._sockets.get(channel)
        for _ in range(count):
            try:
                frames = socket.recv_multipart(zmq.NOBLOCK, copy=False)
            except zmq.Again:
                return
            self._on_frames(channel, frames)

    def _exited(self) -> None:
        self._reactor.forget(self._exit_fd)
        os.close(self._exit_fd)
        self._exit_fd = -1
        self._on_exit(self._process.wait())
