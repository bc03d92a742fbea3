"""What a server says of leading, and that one which does not lead answers for no kernel."""

import json
import re
from typing import Any, Callable, Dict, Optional, Tuple, Type

from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.base.handlers import JupyterHandler
from tornado.httputil import HTTPHeaders, HTTPServerRequest
from tornado.routing import Matcher
from tornado.web import OutputTransform, RequestHandler

from .leadership import standing

#: With it a 503 says: ask whoever leads, nothing was done here.
LEADS_HEADER = "X-Jupyter-Cluster-Leads"
LEADERS_OWN = re.compile(r"/api/(kernels|sessions)(/|$)")
#: Seconds. Whoever waits longer asks again.
WITHIN_MAX = 1.0
NOT_LEADING = json.dumps({"message": "this server does not lead"}).encode()


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
        return None if standing.ready or not self.is_own(request) else {}

    def is_own(self, request: HTTPServerRequest) -> bool:
        """Whether it is of kernels or sessions, whoever leads."""
        if not request.path.startswith(self._base_url):
            return False
        return LEADERS_OWN.match(request.path[len(self._base_url) :]) is not None


class NotLeadingHandler(RequestHandler):
    """Says nothing that a login would have to guard."""

    @allow_unauthenticated
    def prepare(self) -> None:
        refuse(self)
        self.set_header("Content-Type", "application/json")
        self.finish(NOT_LEADING)


def leaders_answers(base_url: str) -> Type[OutputTransform]:
    """What was asked of the server that leads, and is answered when it has let go: its word counts no more.

    What has changed something has changed it, whoever leads now: only what was read, or not found, is asked again.
    """
    only = ForTheLeader(base_url)

    class LeadersAnswer(OutputTransform):
        def __init__(self, request: HTTPServerRequest) -> None:
            self._leads = only.is_own(request) and standing.ready
            self._reads = request.method in ("GET", "HEAD")

        def transform_first_chunk(
            self, status_code: int, headers: HTTPHeaders, chunk: bytes, finishing: bool
        ) -> Tuple[int, HTTPHeaders, bytes]:
            void = status_code == 404 or (status_code == 200 and self._reads)
            if standing.ready or not self._leads or not void or not finishing:
                return status_code, headers, chunk
            refusal = HTTPHeaders({LEADS_HEADER: "false", "Content-Type": "application/json"})
            refusal["Content-Length"] = str(len(NOT_LEADING))
            return 503, refusal, NOT_LEADING

    return LeadersAnswer


class ReadyHandler(JupyterHandler):
    """200 once every kernel of this term is here, 503 till then. For the node's agent and the proxy.

    `within=SECONDS`: what is not so yet is waited for.
    """

    @allow_unauthenticated
    async def get(self) -> None:
        await standing.until_ready(_seconds(self.get_query_argument("within", "0")))
        self.set_header("Content-Type", "application/json")
        self.set_header("Cache-Control", "no-store")
        if not standing.ready:
            refuse(self)
        self.finish(json.dumps({"term": standing.leadership.term, "leads": standing.ready}))


def _seconds(text: str) -> float:
    """What is no number of seconds is none."""
    try:
        seconds = float(text)
    except ValueError:
        return 0.0
    return min(max(seconds, 0.0), WITHIN_MAX) if seconds == seconds else 0.0
