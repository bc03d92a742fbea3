"""One thread that waits for sockets and timers, in the way of a select loop."""

import heapq
import itertools
import time
from typing import Any, Callable, Dict, List, Tuple

import zmq


class Reactor:
    """Calls back when a ZeroMQ socket or a file descriptor can be read, or when it is time."""

    def __init__(self) -> None:
        self._poller = zmq.Poller()
        self._readers: Dict[Any, Callable[[], None]] = {}
        self._timers: List[Tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._runs = True

    def read(self, source: Any, then: Callable[[], None]) -> None:
        """@param source a ZeroMQ socket or a file descriptor"""
        self._readers[source] = then
        self._poller.register(source, zmq.POLLIN)

    def forget(self, source: Any) -> None:
        if self._readers.pop(source, None) is not None:
            self._poller.unregister(source)

    def later(self, seconds: float, then: Callable[[], None]) -> None:
        at = time.monotonic() + seconds
        heapq.heappush(self._timers, (at, next(self._numbers), then))

    def stop(self) -> None:
        self._runs = False

    def run(self) -> None:
        while self._runs:
            self._fire_timers()
            wait_ms = None
            if self._timers:
                wait_ms = max(0.0, self._timers[0][0] - time.monotonic()) * 1000
            for source, _ in self._poller.poll(wait_ms):
                # One reader may have taken another one away.
                reader = self._readers.get(source)
                if reader is not None:
                    reader()

    def _fire_timers(self) -> None:
        while self._timers and self._timers[0][0] <= time.monotonic():
            heapq.heappop(self._timers)[2]()
