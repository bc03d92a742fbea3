"""What a proxy and a server tell each other of a page that is joined to the next server (docs/decisions/0030)."""

import base64
import binascii
import hashlib
import json
from typing import Any, Dict, Optional

from jupyter_client.session import Session

from .wire import ASIDE

#: By the proxy alone: base64url JSON, by channel the id of the last message that the page has got.
JOIN_HEADER = "X-Jupyter-Cluster-Join"
#: Says that this server can join, and whether it has.
JOINED_HEADER = "X-Jupyter-Cluster-Joined"
#: To the proxy: a mark of the kernel's keeper. What a page has said to one is for no other one.
KERNEL_HEADER = "X-Jupyter-Cluster-Kernel"


class AsideSession(Session):
    """What a server says of its own changes nothing of what a page has got of its kernel."""

    @property
    def msg_id(self) -> str:
        return ASIDE + super().msg_id


def mark(key: bytes) -> str:
    """A keeper makes its key anew; from its hash nobody learns it."""
    return hashlib.sha256(key).hexdigest()[:16]


def received(header: Optional[str]) -> Optional[Dict[str, Any]]:
    """None: nothing is known of what the page has got, and all is told again."""
    if not header:
        return None
    try:
        told = json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))
    except (ValueError, binascii.Error):
        return None
    return told if isinstance(told, dict) else None
