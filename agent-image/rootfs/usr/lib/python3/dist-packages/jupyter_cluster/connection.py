"""The WebSocket between a page and a kernel, which may outlive a server at either end.

A page that comes back is told what its running and lately ended requests have said: `clear_output`,
then everything again, or, where the proxy knows what the page has got, only what came after.
"""

import asyncio
import uuid
import weakref
from collections import OrderedDict
from concurrent.futures import Future
from typing import Any, Dict, List, Optional

import zmq
from jupyter_client import protocol_version
from jupyter_client.session import Session
from jupyter_server.services.kernels.connection.base import (
    deserialize_binary_message,
    deserialize_msg_from_ws_v1,
)
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from tornado.web import Finish
from tornado.websocket import WebSocketClosedError
from traitlets import Bool, default

from .joining import JOIN_HEADER, JOINED_HEADER, KERNEL_HEADER, AsideSession, mark, received
from .leading import refuse
from .questions import leaves, left_out
from .wire import DELIMITER, REPLAY, decode

REPLAYED_IDS_MAX = 20_000
RUNNING_MAX = 1_000
#: A `status` message's content is shorter.
IDLE_BYTES_MAX = 200
#: WebSocket's "service restart".
GOES_ON_ELSEWHERE = 1012


class LetGo(Exception):
    """This server does not lead any more."""


class KernelConnection(ZMQChannelsWebsocketConnection):
    """As Jupyter's own, with a replay before the first live message."""

    _all: "weakref.WeakSet[KernelConnection]" = weakref.WeakSet()

    replaying = Bool(False)

    @default("session")
    def _default_session(self) -> Session:
        return AsideSession(config=self.config)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._after: Optional[Dict[str, Any]] = None
        self._topic = f"replay-{uuid.uuid4().hex}"
        self._connected = False
        self._left = False
        self._info: "Future[Any]" = Future()
        #: Ids that a live message may bring a second time.
        self._replayed: "OrderedDict[str, None]" = OrderedDict()
        #: Requests of this page that have not ended here: the header of each by its id.
        self._running: "OrderedDict[str, Any]" = OrderedDict()
        KernelConnection._all.add(self)

    @property
    def write_message(self) -> Any:
        """As the handler's own; that a page goes before it has read all is no fault of anybody."""

        def write(*args: Any, **kwargs: Any) -> Any:
            written = self.websocket_handler.write_message(*args, **kwargs)
            written.add_done_callback(_unless_the_page_has_gone)
            return written

        return write

    @classmethod
    def close_for_the_next_leader(cls, kernel_id: Optional[str] = None) -> None:
        """Pages (or the proxy for them) connect again, to whoever leads."""
        for connection in list(cls._all):
            if kernel_id is not None and connection.kernel_id != kernel_id:
                continue
            try:
                connection.leave()
            except Exception:
                # One that cannot be left in peace keeps this server from no other one, nor from leading again.
                connection.log.exception("A page of kernel %s is not let go", connection.kernel_id)

    def leave(self) -> None:
        """Of a connection that is still being made, its request is the next leader's."""
        if self._connected:
            self.disconnect()
            self.websocket_handler.close(GOES_ON_ELSEWHERE, "goes on at the next leader")
        elif not self._info.done():
            self._info.set_exception(LetGo())

    async def prepare(self) -> None:
        asked = self.websocket_handler.request.headers.get(JOIN_HEADER)
        self._after = received(asked)
        self.websocket_handler.set_header(JOINED_HEADER, "true" if asked else "false")
        try:
            await super().prepare()
        except LetGo:
            refuse(self.websocket_handler)
            raise Finish() from None
        self.websocket_handler.set_header(KERNEL_HEADER, mark(self.session.key))

    def request_kernel_info(self) -> "Future[Any]":
        """Asks on control as well, where a busy kernel answers; the first answer counts."""
        future = self._info
        if future.done():
            # Let go before anything could be asked.
            return future
        streams = [self.kernel_manager.connect_control(), self.kernel_manager.connect_shell()]
        # The page has not asked: under its name the answers would be replayed to it.
        session = Session(key=self.session.key)

        def answer(frames: List[bytes]) -> None:
            _, parts = session.feed_identities(frames)
            info = session.deserialize(parts)["content"]
            version = str(info.get("protocol_version", protocol_version))
            if version != protocol_version:
                self.session.adapt_version = int(version.split(".")[0])
            if not future.done():
                future.set_result(info)

        def close(_: Any) -> None:
            for stream in streams:
                stream.close()

        future.add_done_callback(close)
        for stream in streams:
            stream.on_recv(answer)
            session.send(stream, "kernel_info_request")
        if self._after is None or not getattr(self.kernel_manager.provisioner, "is_reached", False):
            return future
        # The page knows its kernel already, and what it lacks the keeper says, however busy the kernel is.
        joined: "Future[Any]" = Future()
        joined.set_result({})
        return joined

    def create_stream(self) -> None:
        super().create_stream()
        # The keeper answers no question for a replay before it has seen this subscription.
        self.channels["iopub"].setsockopt(zmq.SUBSCRIBE, self._topic.encode())

    def nudge(self) -> "asyncio.Future[None]":
        """Live messages begin to flow when it has ended; until then they wait in their sockets."""
        return asyncio.ensure_future(self._replay())

    def connect(self) -> Any:
        self._connected = True
        return super().connect()

    def disconnect(self) -> None:
        """Once only: Jupyter counts a kernel's connections, and a WebSocket that was closed says so again."""
        if self._left:
            return
        self._left = True
        KernelConnection._all.discard(self)
        # Whoever waits for the kernel's answer still, waits for a page that has gone.
        if not self._info.done():
            self._info.set_exception(LetGo())
        super().disconnect()
        self.channels = {}

    def handle_incoming_message(self, incoming_msg: Any) -> None:
        self._note_request(incoming_msg)
        super().handle_incoming_message(incoming_msg)

    def handle_outgoing_message(self, stream: Any, outgoing_msg: List[Any]) -> None:
        parts = outgoing_msg[outgoing_msg.index(DELIMITER) + 1 :]
        if self._replayed and not self.replaying:
            message_id = decode(parts[1]).get("msg_id")
            if self._replayed.pop(message_id, False) is None:
                return
        if len(parts[4]) < IDLE_BYTES_MAX and b'"idle"' in bytes(parts[4]):
            self._running.pop(decode(parts[2]).get("msg_id"), None)
        super().handle_outgoing_message(stream, outgoing_msg)

    def on_kernel_restarted(self) -> None:
        self._tell_why()
        super().on_kernel_restarted()

    def on_restart_failed(self) -> None:
        self._tell_why()
        super().on_restart_failed()

    def _tell_why(self) -> None:
        """Where the user looks: at what the cell that ran has said."""
        reason = getattr(self.kernel_manager.provisioner, "last_words", "")
        if not reason:
            return
        self.kernel_manager.reason = reason
        running = next(iter(self._running.values()), None)
        self._running.clear()
        if running is not None:
            self._write("stream", {"name": "stderr", "text": reason + "\n"}, running)

    def _note_request(self, incoming: Any) -> None:
        raw = incoming.encode() if isinstance(incoming, str) else incoming
        if b"execute_request" not in raw:
            return
        if self.subprotocol == "v1.kernel.websocket.jupyter.org":
            header = decode(deserialize_msg_from_ws_v1(raw)[1][0])
        elif isinstance(incoming, str):
            header = decode(raw).get("header") or {}
        else:
            header = deserialize_binary_message(raw).get("header") or {}
        if header.get("msg_type") == "execute_request":
            self._runs(header)

    def _runs(self, header: Dict[str, Any]) -> None:
        self._running[str(header.get("msg_id"))] = header
        while len(self._running) > RUNNING_MAX:
            self._running.popitem(last=False)

    def _tell_of_loss(self, lost: Dict[str, Any]) -> None:
        """The page's kernel has ended with its node, and this is another one: the page shall begin anew."""
        parent = lost.get("parent")
        reason = getattr(self.kernel_manager.provisioner, "former_end", "")
        if reason and isinstance(parent, dict) and parent.get("msg_type") == "execute_request":
            self._write("stream", {"name": "stderr", "text": reason + "\n"}, parent)
        self._write("status", {"execution_state": "restarting"}, {}, counts=True)

    async def _replay(self) -> None:
        after = self._after
        if after is not None and after.get("kernel") not in (None, "", mark(self.session.key)):
            self._tell_of_loss(after)
            after = None
        question: Dict[str, Any] = {
            "session": self.session.session,
            "topic": self._topic,
            "after": after,
        }
        begun: "set[str]" = set()
        # As fast as the page takes it; what a cell may say in a second is another matter.
        limit, self.limit_rate = self.limit_rate, False
        self.replaying = True
        try:
            async for about, parts in leaves(self.kernel_manager, REPLAY, question):
                if not self.channels:
                    return
                self._tell(about, parts, begun)
        except WebSocketClosedError:
            return
        except asyncio.TimeoutError:
            self.log.error("Kernel %s does not say what was said", self.kernel_id)
            self.websocket_handler.close(GOES_ON_ELSEWHERE, "the kernel does not answer")
        finally:
            self.limit_rate = limit
            self.replaying = False

    def _tell(self, about: Dict[str, Any], parts: List[bytes], begun: "set[str]") -> None:
        """One leaf. A request's outputs begin with nothing where all of them are told again."""
        for message_id, request in about["requests"].items():
            if request["kind"] == "execute_request" and not request["ended"]:
                self._runs(request["header"])
            if about["mode"] == "all" and message_id not in begun:
                begun.add(message_id)
                self._begin_again(request)
        at = 0
        for said in about["said"]:
            frames = parts[at : at + said["frames"]]
            at += said["frames"]
            self._replayed[str(decode(frames[1]).get("msg_id"))] = None
            if len(self._replayed) > REPLAYED_IDS_MAX:
                self._replayed.popitem(last=False)
            self.handle_outgoing_message(said["channel"], [DELIMITER, *frames])

    def _begin_again(self, request: Dict[str, Any]) -> None:
        if request["kind"] != "execute_request":
            return
        self._write("clear_output", {"wait": False}, request["header"], counts=True)
        if request["leftOut"]:
            self._write("stream", {"name": "stderr", "text": left_out(request)}, request["header"])

    def _write(
        self, kind: str, content: Dict[str, Any], parent: Dict[str, Any], counts: bool = False
    ) -> None:
        """@param counts after it the page has not what it had before"""
        message = self.session.msg(kind, content, parent={"header": parent})
        if counts:
            message["header"]["msg_id"] = message["msg_id"] = uuid.uuid4().hex
        message["parent_header"] = parent
        frames = self.session.serialize(message)
        self.handle_outgoing_message("iopub", frames)


def _unless_the_page_has_gone(written: "Future[None]") -> None:
    error = None if written.cancelled() else written.exception()
    if error is not None and not isinstance(error, WebSocketClosedError):
        raise error
