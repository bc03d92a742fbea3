"""The API of this node's agent for Jupyter: HTTP on a Unix socket."""

import json
import os
import socket
from functools import lru_cache
from typing import Any, Callable, Dict, List, Optional, Tuple

from tornado.httpclient import HTTPClientError, HTTPRequest, HTTPResponse
from tornado.netutil import Resolver
from tornado.simple_httpclient import SimpleAsyncHTTPClient
from tornado.web import HTTPError

#: Set by the agent. Without it kernels are the server's own, as in any Jupyter.
SOCKET_VARIABLE = "JUPYTER_CLUSTER_KERNELS_SOCKET"

#: Seconds. The agent bounds its work by itself; these are for one that has stopped answering.
QUICK = 5.0
ORDER = 20.0
LAUNCH = 90.0


class AgentError(HTTPError):
    """`status`: HTTP's, or 599 when nobody answers. The text is the agent's own.

    Where a page's own request ends with it, the page is told the text. That this node does not lead, or
    that nobody answers, is 503 there: it is no mistake of the page's.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(503 if status in (403, 599) else status, message)
        self.status = status
        self._message = message

    def __str__(self) -> str:
        return self._message


class _SocketResolver(Resolver):
    """Every name is the agent's socket."""

    def initialize(self, path: str) -> None:
        self._path = path

    async def resolve(self, host: str, port: int, family: Any = None) -> List[Tuple[int, Any]]:
        return [(socket.AF_UNIX, self._path)]


class Agent:
    def __init__(self, path: str) -> None:
        resolver = _SocketResolver(path=path)
        # The watch holds one connection of its own.
        self._client = SimpleAsyncHTTPClient(
            force_instance=True, resolver=resolver, max_clients=100
        )

    async def kernels(self) -> Dict[str, Any]:
        return await self._call("GET", "/v1/kernels", QUICK)

    async def kernel(self, kernel_id: str, term: int) -> Dict[str, Any]:
        """Its record, once it can be reached in this term."""
        return await self._call("GET", f"/v1/kernels/{kernel_id}?term={term}", QUICK)

    async def launch(self, kernel_id: str, launch: Dict[str, Any]) -> Dict[str, Any]:
        return await self._call("POST", "/v1/kernels", LAUNCH, {"kernelId": kernel_id, **launch})

    async def restart(self, kernel_id: str, launch: Dict[str, Any]) -> Dict[str, Any]:
        return await self._call("POST", f"/v1/kernels/{kernel_id}/restart", LAUNCH, launch)

    async def signal(self, kernel_id: str, number: int) -> None:
        body = {"signal": number}
        await self._call("POST", f"/v1/kernels/{kernel_id}/signal", ORDER, body)

    async def poll(self, kernel_id: str) -> Dict[str, Any]:
        return await self._call("GET", f"/v1/kernels/{kernel_id}/poll", QUICK)

    async def remove(self, kernel_id: str) -> None:
        await self._call("DELETE", f"/v1/kernels/{kernel_id}", ORDER)

    async def save_session(self, row: Dict[str, Any]) -> None:
        await self._call("PUT", f"/v1/sessions/{row['sessionId']}", QUICK, row)

    async def remove_session(self, session_id: str) -> None:
        await self._call("DELETE", f"/v1/sessions/{session_id}", QUICK)

    async def watch(self, then: Callable[[Dict[str, Any]], None]) -> None:
        """Calls for each line, until the connection ends; raises AgentError then."""
        pending = bytearray()

        def take(data: bytes) -> None:
            pending.extend(data)
            *lines, rest = bytes(pending).split(b"\n")
            pending[:] = rest
            for line in lines:
                if line.strip():
                    then(json.loads(line))

        await self._fetch(
            HTTPRequest(
                "http://agent/v1/watch",
                connect_timeout=QUICK,
                request_timeout=0,
                streaming_callback=take,
            )
        )
        raise AgentError(599, "the agent has ended its watch")

    async def _call(
        self, method: str, path: str, seconds: float, body: Optional[Dict[str, Any]] = None
    ) -> Dict[str, Any]:
        answer = await self._fetch(
            HTTPRequest(
                f"http://agent{path}",
                method=method,
                headers={"Content-Type": "application/json"},
                body=None if body is None else json.dumps(body),
                connect_timeout=QUICK,
                request_timeout=seconds,
            )
        )
        return json.loads(answer.body) if answer.body else {}

    async def _fetch(self, request: HTTPRequest) -> HTTPResponse:
        try:
            # It raises all the same what is no answer: time-outs, a connection that is refused or ends.
            answer = await self._client.fetch(request, raise_error=False)
        except (HTTPClientError, OSError) as error:
            raise AgentError(599, f"the agent does not answer: {error}") from error
        if answer.code < 300:
            return answer
        raise AgentError(answer.code, _message(answer))


def _message(answer: HTTPResponse) -> str:
    try:
        return str(json.loads(answer.body)["message"])
    except (ValueError, TypeError, KeyError):
        return str(answer.error or f"the agent answers {answer.code}")


@lru_cache(maxsize=None)
def agent() -> Agent:
    """The agent of this process's node. Raises KeyError without its socket in the environment."""
    return Agent(os.environ[SOCKET_VARIABLE])
