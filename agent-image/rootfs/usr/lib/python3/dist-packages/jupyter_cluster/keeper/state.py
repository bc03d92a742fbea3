"""Whether a kernel is busy, as its own `status` messages say it."""

from typing import Any, Dict, Optional, Tuple

#: Their `busy` and `idle` say nothing about a user's work; Jupyter's own list of what it does not track.
UNTRACKED = frozenset(
    {
        "comm_info_request",
        "kernel_info_request",
        "shutdown_request",
        "interrupt_request",
        "debug_request",
    }
)


class State:
    """`starting`, `idle`, `busy` or `dead`; with the last `status` that said so."""

    def __init__(self) -> None:
        self.now = "starting"
        self._last: Optional[Tuple[Dict[str, Any], Dict[str, Any]]] = None

    def take(self, header: Dict[str, Any], parent: Dict[str, Any], content: Dict[str, Any]) -> bool:
        """A `status` message. True: the state is another one now."""
        said = content.get("execution_state")
        if said not in ("busy", "idle") or self.now == "dead":
            return False
        if parent.get("msg_type") in UNTRACKED or not parent:
            return False
        self._last = (header, parent)
        return self.set(said)

    def set(self, state: str) -> bool:
        changed = state != self.now
        self.now = state
        if state in ("starting", "dead"):
            self._last = None
        return changed

    @property
    def last(self) -> Optional[Tuple[Dict[str, Any], Dict[str, Any]]]:
        """Header and parent of the message that a new listener has missed."""
        return self._last
