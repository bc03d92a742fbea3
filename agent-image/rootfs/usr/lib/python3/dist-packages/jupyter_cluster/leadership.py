"""What this server knows of leading: the raft term, and the key by which its kernels know it."""

from typing import Any, Dict, NamedTuple, Optional


class Leadership(NamedTuple):
    leads: bool
    term: int
    #: Z85. Kernels admit the server that leads by its public key.
    public_key: str
    secret_key: str


NOT_YET = Leadership(False, 0, "", "")


def leadership_of(line: Dict[str, Any]) -> Leadership:
    keys = line.get("clientKeys") or {}
    return Leadership(
        bool(line.get("leads")),
        int(line.get("term") or 0),
        str(keys.get("publicKey", "")),
        str(keys.get("secretKey", "")),
    )


class Standing:
    """One a process: its parts (provisioners, connections, handlers) all look here."""

    def __init__(self) -> None:
        self.leadership = NOT_YET
        #: The term whose kernels have all been adopted: only then this server is ready.
        self.adopted_term: Optional[int] = None
        #: Records that adoption has read already, by kernel.
        self.records: Dict[str, Dict[str, Any]] = {}
        #: True while kernels are let go: nothing then may end one.
        self.letting_go = False

    @property
    def ready(self) -> bool:
        return self.leadership.leads and self.adopted_term == self.leadership.term


standing = Standing()
