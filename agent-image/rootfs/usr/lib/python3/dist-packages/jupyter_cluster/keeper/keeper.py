"""Puts the parts together: what comes from servers, from the kernel, and from the node's agent."""

import os
import signal
import time
from collections import OrderedDict
from typing import Any, Dict, List, Optional, Sequence

import zmq

from ..wire import (
    ASIDE,
    DELIMITER,
    KEEPERS_OWN,
    REPLAY,
    UNHEARD,
    WRITTEN,
    decode,
    encode,
    new_message,
    sign,
    split,
)
from .children import adopt_orphans, on_signals
from .front import Front, Gate
from .kernel import Launch
from .life import Life
from .listeners import Listeners
from .memory import FLEETING, Memory
from .orders import Orders
from .reactor import Reactor
from .replay import Leaf, turn, unheard
from .requests import Limits
from .spool import Spool

SEEN_MAX = 20_000
PARKED_SECONDS = 5.0


class Keeper:
    def __init__(self, config: Dict[str, Any]) -> None:
        self._directory = str(config["directory"])
        self._ip = str(config["ip"])
        self._launch = launch_of(config)
        limits = Limits(**config.get("memory", {}))
        spool = Spool(str(config.get("spillDirectory", self._directory)), limits.kernel_bytes)
        self._listeners = Listeners()
        self._memory = Memory(limits, spool, self._listeners.hears)
        self._reactor = Reactor()
        self._context = zmq.Context()
        self._gate = Gate(self._context, self._reactor)
        self._key = os.urandom(32).hex().encode()
        self._front: Optional[Front] = None
        self._client_key = ""
        #: Ids of requests: of one that comes a second time nothing is done.
        self._seen: "OrderedDict[str, None]" = OrderedDict()
        self._parked: List[Any] = []
        orders = os.path.join(self._directory, "control.sock")
        self._orders = Orders(self._reactor, orders, self._take_order, self._known)
        self._life = Life(
            self._context,
            self._reactor,
            self._directory,
            self._key,
            self._from_kernel,
            self._tell,
        )

    def run(self) -> None:
        """Until it is told to stop."""
        adopt_orphans()
        on_signals(self._reactor, self._child_ended, self._end_gently)
        self._life.begin(self._launch)
        self._reactor.run()
        self._life.end()
        self._orders.close()

    # ---- from the kernel to servers

    def _from_kernel(self, channel: str, frames: List[Any]) -> None:
        views = [frame.bytes if len(frame) <= 65_536 else frame.buffer for frame in frames]
        message = split(views)
        if message is None:
            # The heartbeat's echo.
            self._send(channel, frames)
            return
        header, parent = decode(message.parts[1]), decode(message.parts[2])
        if self._life.is_own(parent, channel):
            return
        kind = header.get("msg_type")
        content = decode(message.parts[4]) if kind in ("status", "clear_output") else {}
        self._memory.add(channel, header, parent, message.parts, content)
        self._send(channel, frames)
        if kind == "status":
            self._life.take_status(header, parent, content)

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
            if channel == "hb":
                self._life.send(channel, frames)
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
        self._life.send(channel, frames)

    def _subscription(self, told: bytes) -> None:
        topic = told[1:].decode(errors="replace")
        if told[:1] == b"\x00":
            self._listeners.ended(topic)
        elif topic:
            self._listeners.began(topic)
            self._unpark()
        else:
            self._tell_listeners()

    def _tell_listeners(self) -> None:
        """Who begins to listen learns whether the kernel is busy, although nothing changes."""
        state = self._life.state
        if state.last is None:
            return
        header, parent = state.last
        message_id, parts = new_message(self._key, "status", {"execution_state": state.now}, "")
        # The id stands first: a proxy looks no further.
        rest = {name: value for name, value in header.items() if name != "msg_id"}
        ours = {"msg_id": ASIDE + message_id, **rest}
        parts = sign(self._key, [encode(ours), encode(parent), b"{}", parts[4]])
        self._send("iopub", [b"status", DELIMITER, *parts])

    def _asked(self, kind: str, identities: List[bytes], question: Dict[str, Any]) -> None:
        if kind == UNHEARD:
            self._answer(identities, unheard(self._memory, question))
        elif kind == WRITTEN:
            self._memory.written([str(each) for each in question.get("requests", [])])
            self._answer(identities, Leaf({"next": None}, []))
        elif kind == REPLAY and self._listeners.is_there(str(question.get("topic"))):
            self._replay(identities, question)
        elif kind == REPLAY:
            # Nothing may be said between the answer and the subscription.
            self._parked.append((time.monotonic(), identities, question))

    def _replay(self, identities: List[bytes], question: Dict[str, Any]) -> None:
        leaf = turn(self._memory, question)
        if leaf.about["next"] is None:
            session = str(question.get("session"))
            self._listeners.belongs(str(question.get("topic")), session)
            self._memory.heard(session)
        self._answer(identities, leaf)

    def _answer(self, identities: List[bytes], leaf: Leaf) -> None:
        self._send("control", [*identities, b"leaf", encode(leaf.about), *leaf.parts])

    def _unpark(self) -> None:
        parked, self._parked = self._parked, []
        for at, identities, question in parked:
            if self._listeners.is_there(str(question.get("topic"))):
                self._replay(identities, question)
            elif time.monotonic() - at < PARKED_SECONDS:
                self._parked.append((at, identities, question))

    # ---- the node's agent

    def _take_order(self, order: Dict[str, Any]) -> List[Dict[str, Any]]:
        if "front" in order:
            return self._open_front(**order["front"])
        if "signal" in order:
            self._life.signal(int(order["signal"]))
            return []
        if "start" in order:
            self._launch = launch_of({**self._launch._asdict(), **(order["start"] or {})})
            self._memory.kernel_ended()
            self._memory.forget_ended()
            self._life.begin(self._launch)
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
            self._listeners.clear()
            self._parked.clear()
        self._front = Front(self._context, self._reactor, term, self._ip, self._from_server)
        self._orders.tell(self._front_news())
        return []

    def _tell(self, news: Dict[str, Any]) -> None:
        if "exit" in news:
            self._memory.kernel_ended()
        self._orders.tell(news)

    def _known(self) -> List[Dict[str, Any]]:
        front = [] if self._front is None else [self._front_news()]
        return [*front, *self._life.known()]

    def _child_ended(self, pid: int) -> None:
        if not self._life.child_ended(pid):
            os.waitpid(pid, 0)

    def _front_news(self) -> Dict[str, Any]:
        front = self._front
        told = {"term": front.term, "ip": front.ip, "ports": front.ports}
        return {"front": {**told, "serverKey": front.server_key, "key": self._key.decode()}}

    def _end_gently(self) -> None:
        self._life.signal(signal.SIGTERM)
        self._reactor.later(1.0, self._reactor.stop)


def launch_of(config: Dict[str, Any]) -> Launch:
    argv = [str(word) for word in config["argv"]]
    env = {str(name): str(value) for name, value in config["env"].items()}
    return Launch(argv, str(config["cwd"]), env, dict(config.get("limits") or {}))


def remember(ids: "OrderedDict[str, None]", message_id: str, count_max: int) -> None:
    ids[message_id] = None
    while len(ids) > count_max:
        ids.popitem(last=False)
