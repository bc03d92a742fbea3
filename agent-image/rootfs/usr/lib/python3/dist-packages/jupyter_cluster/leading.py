"""What a server says of leading, and that one which does not lead answers for no kernel."""

import json
import re
from typing import Any, Callable, Dict, Optional

from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.services.kernels.websocket import KernelWebsocketHandler
from tornado.httputil import HTTPServerRequest
from tornado.routing import Matcher
from tornado.web import Finish, HTTPError, RequestHandler

from .leadership import standing

#: With it a 503 says: ask whoever leads, nothing was done here.
LEADS_HEADER = "X-Jupyter-Cluster-Leads"
#: Below the base URL.
CHANNELS = r"/api/kernels/(?P<kernel_id>\w+-\w+-\w+-\w+-\w+)/channels"
LEADERS_OWN = re.compile(r"/api/(kernels|sessions)(/|$)")


def refuse(handler: RequestHandler) -> None:
    handler.set_status(503)
    handler.set_header(LEADS_HEADER, "false")


def without_refusals(log: Callable[[RequestHandler], None]) -> Callable[[RequestHandler], None]:
    """Jupyter's log of requests, but for what is refused by rule: that is asked many times a second."""

    def logged(handler: RequestHandler) -> None:
        if not isinstance(handler, (NotLeadingHandler, ReadyHandler)):
            log(handler)

    return logged


class ForTheLeader(Matcher):
    """Matches what only the server that leads can answer, while this one does not lead."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url.rstrip("/")

    def match(self, request: HTTPServerRequest) -> Optional[Dict[str, Any]]:
        if standing.ready or not request.path.startswith(self._base_url):
            return None
        path = request.path[len(self._base_url) :]
        return {} if LEADERS_OWN.match(path) else None


class NotLeadingHandler(RequestHandler):
    """Says nothing that a login would have to guard."""

    @allow_unauthenticated
    def prepare(self) -> None:
        refuse(self)
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps({"message": "this server does not lead"}))


class ChannelsHandler(KernelWebsocketHandler):
    """Jupyter's own; of a kernel that is let go while its page connects it does not say that there is none."""

    async def pre_get(self) -> None:
        try:
            await super().pre_get()
        except HTTPError as error:
            if error.status_code != 404 or standing.ready:
                raise
            refuse(self)
            raise Finish() from None


class ReadyHandler(JupyterHandler):
    """200 once every kernel of this term is here, 503 till then. For the node's agent and the proxy."""

    @allow_unauthenticated
    def get(self) -> None:
        self.set_header("Content-Type", "application/json")
        self.set_header("Cache-Control", "no-store")
        if not standing.ready:
            refuse(self)
        self.finish(json.dumps({"term": standing.leadership.term, "leads": standing.ready}))
