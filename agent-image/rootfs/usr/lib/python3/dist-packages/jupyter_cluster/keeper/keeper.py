"""Puts the parts together: what comes from servers, from the kernel, and from the node's agent."""

import os
import signal
import time
from collections import OrderedDict
from typing import Any, Dict, List, Optional, Sequence

import zmq

from ..wire import DELIMITER, KEEPERS_OWN, REPLAY, decode, encode, new_message, sign, split
from .children import adopt_orphans, on_signals
from .front import Front, Gate
from .kernel import Kernel, Launch
from .memory import FLEETING, Limits, Memory
from .orders import Orders
from .reactor import Reactor
from .replay import Leaf, turn
from .spool import Spool
from .state import State

#: The keeper as a client of its kernel: it asks until both the answer and iopub's echo have come.
OWN = b"keeper-itself"
ASK_EVERY_SECONDS = 0.25
#: After its end, what the kernel had still sent is on its way for a moment.
LAST_WORDS_SECONDS = 0.1
SEEN_MAX = 20_000
PENDING_MAX = 1_000
PARKED_SECONDS = 5.0


class Keeper:
    def __init__(self, config: Dict[str, Any]) -> None:
        self._directory = str(config["directory"])
        self._ip = str(config["ip"])
        self._launch = launch_of(config)
        limits = Limits(**config.get("memory", {}))
        spool = Spool(str(config.get("spillDirectory", self._directory)), limits.kernel_bytes)
        self._memory = Memory(limits, spool)
        self._reactor = Reactor()
        self._context = zmq.Context()
        self._gate = Gate(self._context, self._reactor)
        self._key = os.urandom(32).hex().encode()
        self._state = State()
        self._since = now_ms()
        self._front: Optional[Front] = None
        self._client_key = ""
        self._kernel: Optional[Kernel] = None
        self._exit: Optional[Dict[str, Any]] = None
        self._ready = False
        self._heard = {"shell": False, "iopub": False}
        self._own_ids: "OrderedDict[str, None]" = OrderedDict()
        #: Ids of requests: of one that comes a second time nothing is done.
        self._seen: "OrderedDict[str, None]" = OrderedDict()
        self._pending: List[Any] = []
        self._listening: set = set()
        self._parked: List[Any] = []
        orders = os.path.join(self._directory, "control.sock")
        self._orders = Orders(self._reactor, orders, self._take_order, self._known)

    def run(self) -> None:
        """Until it is told to stop."""
        adopt_orphans()
        on_signals(self._reactor, self._child_ended, self._end_gently)
        self._start()
        self._reactor.run()
        if self._kernel is not None:
            self._kernel.kill()
        self._orders.close()

    # ---- the kernel's process

    def _start(self) -> None:
        self._exit = None
        self._ready = False
        self._heard = {"shell": False, "iopub": False}
        try:
            self._kernel = Kernel(
                self._context,
                self._reactor,
                self._directory,
                self._key,
                self._launch,
                self._from_kernel,
                self._kernel_ended,
            )
        except OSError as error:
            self._kernel = None
            self._dead({"code": None, "signal": None, "message": f"cannot be started: {error}"})
            return
        self._set_state("starting")
        self._orders.tell(self._started())
        self._ask(self._kernel)

    def _restart(self, order: Dict[str, Any]) -> None:
        self._launch = launch_of({**self._launch._asdict(), **order})
        if self._kernel is not None:
            kernel, self._kernel = self._kernel, None
            kernel.kill()
            kernel.drain()
            kernel.close()
        self._memory.kernel_ended()
        self._memory.forget_ended()
        self._start()

    def _child_ended(self, pid: int) -> None:
        if self._kernel is not None and pid == self._kernel.pid:
            self._kernel.reaped()
        else:
            os.waitpid(pid, 0)

    def _kernel_ended(self, code: int) -> None:
        kernel = self._kernel
        if kernel is not None:
            self._reactor.later(LAST_WORDS_SECONDS, lambda: self._bury(kernel, code))

    def _bury(self, kernel: Kernel, code: int) -> None:
        if kernel is not self._kernel:
            return
        kernel.drain()
        kernel.close()
        self._kernel = None
        name = signal.Signals(-code).name if code < 0 else None
        self._dead({"code": code if code >= 0 else None, "signal": name})

    def _dead(self, told: Dict[str, Any]) -> None:
        self._memory.kernel_ended()
        self._exit = {**told, "at": now_ms()}
        self._set_state("dead")
        self._orders.tell({"exit": self._exit})

    def _ask(self, kernel: Kernel) -> None:
        if self._ready or kernel is not self._kernel:
            return
        message_id, parts = new_message(self._key, "kernel_info_request", {}, "keeper")
        remember(self._own_ids, message_id, 1_000)
        kernel.send("shell", [OWN, DELIMITER, *parts])
        self._reactor.later(ASK_EVERY_SECONDS, lambda: self._ask(kernel))

    def _hears(self, channel: str) -> None:
        self._heard[channel] = True
        if self._ready or not all(self._heard.values()):
            return
        self._ready = True
        self._set_state("idle")
        pending, self._pending = self._pending, []
        for waiting, frames in pending:
            self._kernel.send(waiting, frames)

    # ---- from the kernel to servers

    def _from_kernel(self, channel: str, frames: List[Any]) -> None:
        views = [frame.bytes if len(frame) <= 65_536 else frame.buffer for frame in frames]
        message = split(views)
        if message is None:
            # The heartbeat's echo.
            self._send(channel, frames)
            return
        header, parent = decode(message.parts[1]), decode(message.parts[2])
        if parent.get("msg_id") in self._own_ids:
            self._hears(channel)
            return
        kind = header.get("msg_type")
        content = decode(message.parts[4]) if kind in ("status", "clear_output") else {}
        self._memory.add(channel, header, parent, message.parts, content)
        self._send(channel, frames)
        if kind == "status" and self._state.take(header, parent, content):
            self._tell_state()

    def _send(self, channel: str, frames: Sequence[Any]) -> None:
        if self._front is not None:
            self._front.send(channel, frames)

    # ---- from servers to the kernel

    def _from_server(self, channel: str, frames: List[bytes]) -> None:
        if channel == "iopub":
            self._subscription(frames[0])
            return
        message = split(frames)
        if message is None:
            if channel == "hb" and self._kernel is not None:
                self._kernel.send(channel, frames)
            return
        header = decode(message.parts[1])
        kind = str(header.get("msg_type"))
        if kind.startswith(KEEPERS_OWN):
            self._asked(kind, message.identities, decode(message.parts[4]))
            return
        message_id = str(header.get("msg_id"))
        if message_id in self._seen:
            return
        remember(self._seen, message_id, SEEN_MAX)
        if channel == "shell" and kind not in FLEETING:
            self._memory.open(header, decode(message.parts[3]))
        elif channel == "stdin":
            self._memory.answered(str(header.get("session")))
        if self._kernel is not None and (self._ready or channel == "control"):
            self._kernel.send(channel, frames)
        elif len(self._pending) < PENDING_MAX:
            self._pending.append((channel, frames))

    def _subscription(self, told: bytes) -> None:
        topic = told[1:]
        if told[:1] == b"\x00":
            self._listening.discard(topic)
        elif topic:
            self._listening.add(topic)
            self._unpark()
        else:
            self._tell_listeners()

    def _tell_listeners(self) -> None:
        """Who begins to listen learns whether the kernel is busy, although nothing changes."""
        if self._state.last is None:
            return
        header, parent = self._state.last
        _, parts = new_message(self._key, "status", {"execution_state": self._state.now}, "")
        ours = {**header, "msg_id": decode(parts[1])["msg_id"]}
        parts = sign(self._key, [encode(ours), encode(parent), b"{}", parts[4]])
        self._send("iopub", [b"status", DELIMITER, *parts])

    def _asked(self, kind: str, identities: List[bytes], question: Dict[str, Any]) -> None:
        topic = str(question.get("topic", "")).encode()
        if kind != REPLAY:
            return
        if topic and topic not in self._listening:
            # Nothing may be said between the answer and the subscription.
            self._parked.append((time.monotonic(), topic, identities, question))
            return
        self._answer(identities, question)

    def _answer(self, identities: List[bytes], question: Dict[str, Any]) -> None:
        leaf: Leaf = turn(self._memory, question)
        self._send("control", [*identities, b"leaf", encode(leaf.about), *leaf.parts])

    def _unpark(self) -> None:
        parked, self._parked = self._parked, []
        for at, topic, identities, question in parked:
            if topic in self._listening:
                self._answer(identities, question)
            elif time.monotonic() - at < PARKED_SECONDS:
                self._parked.append((at, topic, identities, question))

    # ---- the node's agent

    def _take_order(self, order: Dict[str, Any]) -> List[Dict[str, Any]]:
        if "front" in order:
            return self._open_front(**order["front"])
        if "signal" in order:
            if self._kernel is not None:
                self._kernel.signal(int(order["signal"]))
            return []
        if "start" in order:
            self._restart(order["start"] or {})
            return []
        if order.get("stop"):
            self._reactor.stop()
            return []
        raise ValueError(f"no such order: {', '.join(order)}")

    def _open_front(
        self, term: int, clientKey: str, force: bool = False
    ) -> List[Dict[str, Any]]:
        """@param force also for a lower term: after a recovery of the quorum they begin anew"""
        have, client_key = self._front, clientKey
        if have is not None and term < have.term and not force:
            refused = {"order": "front", "message": "a newer term is served", "term": have.term}
            return [{"refused": refused}]
        if have is not None and term == have.term and client_key == self._client_key:
            return [self._front_news()]
        self._gate.admit(client_key)
        self._client_key = client_key
        if have is not None:
            have.close()
            self._front = None
            self._listening.clear()
            self._parked.clear()
        self._front = Front(self._context, self._reactor, term, self._ip, self._from_server)
        self._orders.tell(self._front_news())
        return []

    def _known(self) -> List[Dict[str, Any]]:
        news = [{"state": self._state.now, "since": self._since}]
        if self._front is not None:
            news.insert(0, self._front_news())
        if self._kernel is not None:
            news.insert(0, self._started())
        if self._exit is not None:
            news.append({"exit": self._exit})
        return news

    def _started(self) -> Dict[str, Any]:
        return {"started": {"pid": self._kernel.pid}}

    def _front_news(self) -> Dict[str, Any]:
        front = self._front
        told = {"term": front.term, "ip": front.ip, "ports": front.ports}
        return {"front": {**told, "serverKey": front.server_key, "key": self._key.decode()}}

    def _set_state(self, state: str) -> None:
        if self._state.set(state):
            self._tell_state()

    def _tell_state(self) -> None:
        self._since = now_ms()
        self._orders.tell({"state": self._state.now, "since": self._since})

    def _end_gently(self) -> None:
        if self._kernel is not None:
            self._kernel.signal(signal.SIGTERM)
        self._reactor.later(1.0, self._reactor.stop)


def now_ms() -> int:
    return int(time.time() * 1000)


def launch_of(config: Dict[str, Any]) -> Launch:
    argv = [str(word) for word in config["argv"]]
    env = {str(name): str(value) for name, value in config["env"].items()}
    return Launch(argv, str(config["cwd"]), env, dict(config.get("limits") or {}))


def remember(ids: "OrderedDict[str, None]", message_id: str, count_max: int) -> None:
    ids[message_id] = None
    while len(ids) > count_max:
        ids.popitem(last=False)
