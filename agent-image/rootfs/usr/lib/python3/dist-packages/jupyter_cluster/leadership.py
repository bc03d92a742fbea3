"""What this server knows of leading: the raft term, and the key by which its kernels know it."""

import asyncio
from contextlib import suppress
from typing import Any, Awaitable, Dict, NamedTuple, Optional, Tuple

#: What an agent has told of a kernel.
Record = Dict[str, Any]


class Leadership(NamedTuple):
    leads: bool
    term: int
    #: The term for which this node's member was elected, before and after it leads; 0: it was not.
    elected: int
    #: Z85. Kernels admit the server that leads by its public key.
    public_key: str
    secret_key: str


NOT_YET = Leadership(False, 0, 0, "", "")


def leadership_of(line: Dict[str, Any]) -> Leadership:
    keys = line.get("clientKeys") or {}
    return Leadership(
        bool(line.get("leads")),
        int(line.get("term") or 0),
        int(line.get("elected") or 0),
        str(keys.get("publicKey", "")),
        str(keys.get("secretKey", "")),
    )


class Standing:
    """One a process: its parts (provisioners, connections, handlers) all look here."""

    def __init__(self) -> None:
        self.leadership = NOT_YET
        #: The term whose kernels have all been adopted: only then this server is ready.
        self.adopted_term: Optional[int] = None
        self._news = asyncio.Event()
        #: Kernels that are there already, by id: each as it was told, and, where that is still asked, as
        #: it can be reached (None: it has ended).
        self.adopting: Dict[str, Tuple[Record, Optional[Awaitable[Optional[Record]]]]] = {}
        #: True while kernels are let go: nothing then may end one.
        self.letting_go = False

    @property
    def ready(self) -> bool:
        return self.leadership.leads and self.adopted_term == self.leadership.term

    def has_adopted(self, term: int) -> None:
        self.adopted_term = term
        self._news.set()
        self._news = asyncio.Event()

    async def until_ready(self, seconds: float) -> None:
        """Or until the time is over."""
        if not self.ready:
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._news.wait(), seconds)


standing = Standing()
