"""The frames of Jupyter's messages (Jupyter messaging protocol 5, "The Wire Protocol")."""

import hashlib
import hmac
import json
import uuid
from datetime import datetime, timezone
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

DELIMITER = b"<IDS|MSG>"
SIGNATURE_SCHEME = "hmac-sha256"

#: Requests of a server to a keeper carry a type that begins so; a kernel never sees them.
KEEPERS_OWN = "jupyter_cluster_"
REPLAY = KEEPERS_OWN + "replay"
#: What cells have said that no page has heard, and that it is in their notebook now.
UNHEARD = KEEPERS_OWN + "unheard"
WRITTEN = KEEPERS_OWN + "written"
#: Begins the id of a message to a page that no keeper remembers, and after which the page has got nothing more
#: than before (`ASIDE` in controller/proxy/kernels/last-messages.ts).
ASIDE = KEEPERS_OWN + "aside_"


class Message(NamedTuple):
    """Routing identities, and the parts from the signature on: header, parent, metadata, content, buffers."""

    identities: List[bytes]
    parts: List[bytes]


def split(frames: Sequence[bytes]) -> Optional[Message]:
    """None: these frames are no Jupyter message."""
    try:
        at = list(frames).index(DELIMITER)
    except ValueError:
        return None
    parts = list(frames[at + 1 :])
    return Message(list(frames[:at]), parts) if len(parts) >= 5 else None


def decode(part: bytes) -> Dict[str, Any]:
    """A part as an object; an empty one when it is none."""
    try:
        value = json.loads(bytes(part))
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def encode(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def new_header(kind: str, session: str) -> Dict[str, Any]:
    return {
        "msg_id": uuid.uuid4().hex,
        "msg_type": kind,
        "username": "jupyter-cluster",
        "session": session,
        "date": datetime.now(timezone.utc).isoformat(),
        "version": "5.3",
    }


def sign(key: bytes, parts: Sequence[bytes]) -> List[bytes]:
    """@param parts header, parent, metadata, content: the same with their signature before them."""
    digest = hmac.new(key, digestmod=hashlib.sha256)
    for part in parts:
        digest.update(part)
    return [digest.hexdigest().encode(), *parts]


def new_message(
    key: bytes, kind: str, content: Any, session: str, parent: Any = None
) -> Tuple[str, List[bytes]]:
    """Id and signed parts of a message of our own."""
    header = new_header(kind, session)
    parts = [encode(part) for part in (header, parent or {}, {}, content)]
    return header["msg_id"], sign(key, parts)
