"""The life of a kernel over its processes: started, ready, ended, started again."""

import signal
import time
from collections import OrderedDict
from typing import Any, Callable, Dict, List, Optional, Tuple

import zmq

from ..wire import DELIMITER, new_message
from .kernel import Kernel, Launch
from .state import State

#: The keeper as a client of its kernel: it asks until both the answer and iopub's echo have come.
OWN = b"keeper-itself"
ASK_EVERY_SECONDS = 0.25
#: After its end, what the kernel had still sent is on its way for a moment.
LAST_WORDS_SECONDS = 0.1
PENDING_MAX = 1_000
OWN_IDS_MAX = 1_000


class Life:
    """`on_frames(channel, frames)` has what the kernel says, `tell(news)` what becomes of it."""

    def __init__(
        self,
        context: zmq.Context,
        reactor: Any,
        directory: str,
        key: bytes,
        on_frames: Callable[[str, List[Any]], None],
        tell: Callable[[Dict[str, Any]], None],
    ) -> None:
        self._context = context
        self._reactor = reactor
        self._directory = directory
        self._key = key
        self._on_frames = on_frames
        self._tell = tell
        self.state = State()
        self._since = now_ms()
        self._kernel: Optional[Kernel] = None
        self._exit: Optional[Dict[str, Any]] = None
        self._ready = False
        self._heard: Dict[str, bool] = {}
        self._own_ids: "OrderedDict[str, None]" = OrderedDict()
        self._pending: List[Tuple[str, List[bytes]]] = []

    def begin(self, launch: Launch) -> None:
        """One that runs is killed first. What clients have sent to one that is not ready waits."""
        self._end()
        self._exit = None
        self._ready = False
        self._heard = {"shell": False, "iopub": False}
        try:
            self._kernel = Kernel(
                self._context,
                self._reactor,
                self._directory,
                self._key,
                launch,
                self._on_frames,
                self._ended,
            )
        except OSError as error:
            self._dead({"code": None, "signal": None, "message": f"cannot be started: {error}"})
            return
        self._set_state("starting")
        self._tell(self._started())
        self._ask(self._kernel)

    def send(self, channel: str, frames: List[bytes]) -> None:
        """Control goes at once, all else when the kernel's output can be heard."""
        if self._kernel is not None and (self._ready or channel == "control"):
            self._kernel.send(channel, frames)
        elif channel != "hb" and len(self._pending) < PENDING_MAX:
            self._pending.append((channel, frames))

    def signal(self, number: int) -> None:
        if self._kernel is not None:
            self._kernel.signal(number)

    def child_ended(self, pid: int) -> bool:
        """False: another process than the kernel."""
        if self._kernel is None or pid != self._kernel.pid:
            return False
        self._kernel.reaped()
        return True

    def end(self) -> None:
        if self._kernel is not None:
            self._kernel.kill()

    def is_own(self, parent: Dict[str, Any], channel: str) -> bool:
        """An answer to the keeper's own question, which is nobody else's business."""
        if parent.get("msg_id") not in self._own_ids:
            return False
        self._heard[channel] = True
        if not self._ready and self._kernel is not None and all(self._heard.values()):
            self._become_ready(self._kernel)
        return True

    def take_status(
        self, header: Dict[str, Any], parent: Dict[str, Any], content: Dict[str, Any]
    ) -> None:
        if self.state.take(header, parent, content):
            self._tell_state()

    def known(self) -> List[Dict[str, Any]]:
        """All that `tell` has said and that still holds."""
        news: List[Dict[str, Any]] = [{"state": self.state.now, "since": self._since}]
        if self._kernel is not None:
            news.insert(0, self._started())
        if self._exit is not None:
            news.append({"exit": self._exit})
        return news

    def _become_ready(self, kernel: Kernel) -> None:
        self._ready = True
        self._set_state("idle")
        pending, self._pending = self._pending, []
        for channel, frames in pending:
            kernel.send(channel, frames)

    def _ask(self, kernel: Kernel) -> None:
        if self._ready or kernel is not self._kernel:
            return
        message_id, parts = new_message(self._key, "kernel_info_request", {}, "keeper")
        self._own_ids[message_id] = None
        while len(self._own_ids) > OWN_IDS_MAX:
            self._own_ids.popitem(last=False)
        kernel.send("shell", [OWN, DELIMITER, *parts])
        self._reactor.later(ASK_EVERY_SECONDS, lambda: self._ask(kernel))

    def _end(self) -> None:
        if self._kernel is not None:
            kernel, self._kernel = self._kernel, None
            kernel.kill()
            kernel.drain()
            kernel.close()

    def _ended(self, code: int) -> None:
        kernel = self._kernel
        if kernel is not None:
            self._reactor.later(LAST_WORDS_SECONDS, lambda: self._bury(kernel, code))

    def _bury(self, kernel: Kernel, code: int) -> None:
        if kernel is not self._kernel:
            return
        self._end()
        name = signal.Signals(-code).name if code < 0 else None
        self._dead({"code": code if code >= 0 else None, "signal": name})

    def _dead(self, told: Dict[str, Any]) -> None:
        self._exit = {**told, "at": now_ms()}
        self._set_state("dead")
        self._tell({"exit": self._exit})

    def _started(self) -> Dict[str, Any]:
        return {"started": {"pid": self._kernel.pid if self._kernel else None}}

    def _set_state(self, state: str) -> None:
        if self.state.set(state):
            self._tell_state()

    def _tell_state(self) -> None:
        self._since = now_ms()
        self._tell({"state": self.state.now, "since": self._since})


def now_ms() -> int:
    return int(time.time() * 1000)
