"""What a memory is made of: requests, the messages that they caused, and bounds for both."""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional

from .spool import Place


@dataclass(frozen=True)
class Limits:
    """Bytes of messages, seconds, or numbers."""

    request_bytes: int = 16 << 20
    kernel_bytes: int = 64 << 20
    memory_bytes: int = 4 << 20
    messages: int = 100_000
    requests: int = 2_000
    #: How long an ended request is replayed to a page that comes back.
    replay_seconds: float = 120.0


@dataclass
class Said:
    """One message that the kernel sent to a client. Its parts lie in memory or on disk."""

    number: int
    channel: str
    #: The session of the request that it answers; an answer on another channel than iopub is for it alone.
    session: str
    message_id: str
    kind: str
    size: int
    parts: Optional[List[bytes]]
    place: Optional[Place] = None


@dataclass
class Request:
    message_id: str
    session: str
    kind: str
    header: Dict[str, Any]
    metadata: Dict[str, Any]
    order: int
    began_at: float
    said: "OrderedDict[int, Said]" = field(default_factory=OrderedDict)
    size: int = 0
    left_out: int = 0
    #: The newest message that had to make room.
    left_out_until: int = -1
    clear_at_next: bool = False
    idle: bool = False
    replied: bool = False
    ended_at: Optional[float] = None
    #: Something of it was said while no page of its session was there to hear it.
    unheard: bool = False
