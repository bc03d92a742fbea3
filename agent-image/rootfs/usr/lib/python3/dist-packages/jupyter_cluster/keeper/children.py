"""Whatever the kernel leaves behind stays below the keeper, where the agent can count and end it."""

import ctypes
import os
import signal
from typing import Any, Callable

#: <sys/prctl.h>
PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans() -> None:
    """Descendants whose parent ends become children of this process. Raises OSError."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "orphans cannot be adopted")


def on_signals(reactor: Any, on_child: Callable[[int], None], on_term: Callable[[], None]) -> None:
    """@param on_child with the id of a process that has ended, whose exit nobody has taken yet"""
    reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for number in (signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def woken() -> None:
        numbers = os.read(reader, 4096)
        if signal.SIGTERM in numbers:
            on_term()
        if signal.SIGCHLD in numbers:
            _reap(on_child)

    reactor.read(reader, woken)


def _reap(on_child: Callable[[int], None]) -> None:
    while True:
        try:
            ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return
        if ended is None:
            return
        on_child(ended.si_pid)
