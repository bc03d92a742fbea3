"""What the running and the lately ended requests of a kernel have said, within bounds.

Messages have one order over all channels, the order in which they were forwarded. A request keeps
its newest ones; what had to make room is counted, so that it can be told.
"""

import itertools
import time
from collections import OrderedDict
from typing import Any, Callable, Collection, Dict, Iterator, List, Optional, Sequence, Tuple

from .requests import Limits, Request, Said
from .spool import Spool

#: Of so many messages that were dropped it is known where they stood: one may be the last that a page has got.
DROPPED_MAX = 4_000

#: Types of messages that make up a cell's output, and so end with `clear_output`.
OUTPUT_TYPES = frozenset({"stream", "display_data", "execute_result", "error"})
#: Requests that a page asks again by itself, or whose answer it does without.
FLEETING = frozenset({"kernel_info_request", "complete_request", "inspect_request", "history_request"})
#: On these an end is seen by `idle` alone: no reply belongs to them.
WITHOUT_REPLY = frozenset({"comm_open", "comm_msg", "comm_close"})


class Memory:
    """Requests by their id, oldest first, and all that they have said."""

    def __init__(
        self,
        limits: Limits,
        spool: Spool,
        hears: Callable[[str], bool],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """@param hears whether a page of this session is connected"""
        self._limits = limits
        self._spool = spool
        self._hears = hears
        self._clock = clock
        self._requests: "OrderedDict[str, Request]" = OrderedDict()
        #: Whatever belongs to no remembered request; told only to who lacks just what came after.
        self._others = Request("", "", "", {}, {}, -1, clock())
        #: Every remembered message, and whose it is; the first ones are the oldest.
        self._owners: "OrderedDict[int, Request]" = OrderedDict()
        self._in_memory: "OrderedDict[int, Said]" = OrderedDict()
        #: Numbers of messages that are remembered no more, by their channel and id.
        self._dropped: "OrderedDict[Tuple[str, str], int]" = OrderedDict()
        self._memory_bytes = 0
        self._bytes = 0
        self._next = 0
        #: The disk took no more: what did not fit into memory was left out.
        self.disk_failed = False

    @property
    def newest(self) -> int:
        """Number of the last message."""
        return self._next - 1

    def requests(self) -> Iterator[Request]:
        return iter(self._requests.values())

    def open(self, header: Dict[str, Any], metadata: Dict[str, Any]) -> None:
        message_id = str(header.get("msg_id"))
        if message_id in self._requests:
            return
        kind = str(header.get("msg_type"))
        session = str(header.get("session"))
        request = Request(message_id, session, kind, header, metadata, self._next, self._clock())
        request.replied = kind in WITHOUT_REPLY
        self._requests[message_id] = request
        while len(self._requests) > self._limits.requests:
            self._make_room(self._oldest_request())

    def add(
        self,
        channel: str,
        header: Dict[str, Any],
        parent: Dict[str, Any],
        parts: Sequence[bytes],
        content: Dict[str, Any],
    ) -> None:
        """@param content of `status` and `clear_output`; of others it is not read"""
        request = self._requests.get(str(parent.get("msg_id")), self._others)
        kind = str(header.get("msg_type"))
        if kind == "clear_output":
            request.clear_at_next = content.get("wait") is True
            if not request.clear_at_next:
                self._clear(request)
        elif kind in OUTPUT_TYPES and request.clear_at_next:
            request.clear_at_next = False
            self._clear(request)
        size = sum(map(len, parts))
        said = Said(
            self._next,
            channel,
            str(parent.get("session")),
            str(header.get("msg_id")),
            kind,
            size,
            # One that is too large is left out at once. A part may be a view into something larger.
            [bytes(part) for part in parts] if size <= self._limits.request_bytes else [],
        )
        self._keep(request, said)
        if request is self._others:
            return
        if not request.unheard and not self._hears(request.session):
            request.unheard = True
        if channel == "shell":
            request.replied = True
        elif kind == "status" and content.get("execution_state") == "idle":
            request.idle = True
        if request.idle and request.replied and request.ended_at is None:
            request.ended_at = self._clock()

    def answered(self, session: str) -> None:
        """What was asked of a client with `input()` has its answer: the question is not put again."""
        for request in self._requests.values():
            for said in list(request.said.values()):
                if said.channel == "stdin" and said.session == session:
                    self._drop(request, said)

    def read(self, said: Said) -> Optional[List[bytes]]:
        """The parts of a message. None: the disk cannot give them back."""
        if said.parts is not None:
            return said.parts
        try:
            return self._spool.read(said.place)
        except (OSError, KeyError):
            self.disk_failed = True
            return None

    def find(self, channel: str, message_id: str) -> Optional[int]:
        """The number of a message, as long as it is known where it stood."""
        dropped = self._dropped.get((channel, message_id))
        if dropped is not None:
            return dropped
        for number in reversed(self._owners):
            said = self._owners[number].said[number]
            if said.message_id == message_id and said.channel == channel:
                return number
        return None

    def get(self, number: int) -> Said:
        return self._owners[number].said[number]

    def all_said(self) -> Iterator[Said]:
        for number, request in self._owners.items():
            yield request.said[number]

    def owner(self, said: Said) -> Request:
        return self._owners[said.number]

    def heard(self, session: str) -> None:
        """A page of this session has been told all."""
        for request in self._requests.values():
            if request.session == session:
                request.unheard = False

    def written(self, message_ids: Sequence[str]) -> None:
        """What these have said is in a notebook."""
        for message_id in message_ids:
            request = self._requests.get(message_id)
            if request is not None:
                request.unheard = False

    def unheard_in(self, cells: Collection[str]) -> List[Request]:
        """The newest request of each of these cells, where something of it was not heard."""
        newest: Dict[str, Request] = {}
        for request in self._requests.values():
            cell = request.metadata.get("cellId")
            if cell in cells and request.kind == "execute_request":
                newest[cell] = request
        return [request for request in newest.values() if request.unheard]

    def left_out_after(self, number: int) -> bool:
        """Whether a message newer than this one had to make room."""
        everyone = itertools.chain(self._requests.values(), (self._others,))
        return any(request.left_out_until > number for request in everyone)

    def replayed(self, session: str) -> List[Request]:
        """What a page of this session that comes back is told of again."""
        mine = (each for each in self._requests.values() if each.session == session)
        return [request for request in mine if self.is_replayed(request)]

    def is_replayed(self, request: Request) -> bool:
        """Whether a page that comes back is told of it again."""
        if request is self._others:
            return False
        if request.ended_at is None:
            return True
        return self._clock() - request.ended_at < self._limits.replay_seconds

    def kernel_ended(self) -> None:
        """What ran will say no more."""
        for request in self._requests.values():
            if request.ended_at is None:
                request.ended_at = self._clock()

    def forget_ended(self) -> None:
        """A process of the kernel begins anew: pages let go of the requests that the old one had."""
        for request in list(self._requests.values()):
            if request.ended_at is not None:
                self._forget(request)

    def _keep(self, request: Request, said: Said) -> None:
        self._next += 1
        request.said[said.number] = said
        request.size += said.size
        self._owners[said.number] = request
        self._in_memory[said.number] = said
        self._memory_bytes += said.size
        self._bytes += said.size
        self._keep_bounds(request)

    def _keep_bounds(self, request: Request) -> None:
        limits = self._limits
        while request.size > limits.request_bytes:
            self._leave_out(request, next(iter(request.said.values())))
        while self._bytes > limits.kernel_bytes or len(self._owners) > limits.messages:
            number, owner = next(iter(self._owners.items()))
            self._leave_out(owner, owner.said[number])
        while self._memory_bytes > limits.memory_bytes:
            self._spill(next(iter(self._in_memory.values())))

    def _spill(self, said: Said) -> None:
        owner = self._owners[said.number]
        try:
            place, dropped = self._spool.write(said.number, said.parts or [])
        except OSError:
            self.disk_failed = True
            self._leave_out(owner, said)
            return
        del self._in_memory[said.number]
        self._memory_bytes -= said.size
        said.parts, said.place = None, place
        for number in dropped:
            holder = self._owners[number]
            self._leave_out(holder, holder.said[number])

    def _leave_out(self, request: Request, said: Said) -> None:
        self._drop(request, said)
        if said.kind in OUTPUT_TYPES:
            request.left_out += said.size
        request.left_out_until = max(request.left_out_until, said.number)

    def _make_room(self, request: Request) -> None:
        """For another one: who lacks something of it has to be told all that there is."""
        newest = next(reversed(request.said), -1)
        before = max(self._others.left_out_until, request.left_out_until)
        self._others.left_out_until = max(before, newest)
        self._forget(request)

    def _drop(self, request: Request, said: Said) -> None:
        self._dropped[said.channel, said.message_id] = said.number
        if len(self._dropped) > DROPPED_MAX:
            self._dropped.popitem(last=False)
        del request.said[said.number]
        del self._owners[said.number]
        request.size -= said.size
        self._bytes -= said.size
        if self._in_memory.pop(said.number, None) is not None:
            self._memory_bytes -= said.size
        elif said.place is not None:
            self._spool.drop(said.number, said.place)

    def _clear(self, request: Request) -> None:
        """`clear_output`: what was said before is no output any more, remembered or left out."""
        for said in list(request.said.values()):
            if said.kind in OUTPUT_TYPES:
                self._drop(request, said)
        request.left_out = 0

    def _oldest_request(self) -> Request:
        ended = (each for each in self._requests.values() if each.ended_at is not None)
        return next(ended, next(iter(self._requests.values())))

    def _forget(self, request: Request) -> None:
        for said in list(request.said.values()):
            self._drop(request, said)
        del self._requests[request.message_id]
