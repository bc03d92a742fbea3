"""How Jupyter gets its kernels.

`NodeProvisioner`: from this process, with the score by which Linux ends kernels first when memory is used up.
`ClusterProvisioner`: from the nodes' agents; a kernel that is there is adopted, not started.
"""

import os
import signal
from contextlib import suppress
from typing import Any, Awaitable, Dict, List, Optional

import zmq
import zmq.asyncio
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import KernelProvisionerBase, LocalProvisioner

from tornado.ioloop import IOLoop

from .agent import AgentError, agent
from .keeper.kernel import PLACEHOLDER
from .leadership import Record, standing
from .wire import SIGNATURE_SCHEME

#: Set by the node's agent (``agent-image/agent/jupyter/jupyter-config.ts``).
SCORE_VARIABLE = "JUPYTER_CLUSTER_KERNEL_OOM_SCORE_ADJ"
#: Of this server, its node or its parent: no business of a kernel that may run elsewhere.
NOT_A_KERNELS = ("HOSTNAME", "JPY_PARENT_PID", "JUPYTER_CLUSTER_KERNELS_SOCKET", SCORE_VARIABLE)
#: Longer than anything waits for an answer of a kernel (`kernel_info_timeout`, 60 seconds).
CONTEXT_SECONDS = 90.0
#: A kernel without a front cannot be reached; nothing listens on this port (TCP's discard).
NOWHERE = {"ip": "127.0.0.1", "ports": dict.fromkeys(("shell", "iopub", "stdin", "control", "hb"), 9)}


class NodeProvisioner(LocalProvisioner):
    """Jupyter's own local provisioner, with an ``oom_score_adj`` for the kernel that it starts."""

    async def pre_launch(self, **kwargs: Any) -> Dict[str, Any]:
        """As the local provisioner; the command raises the score and becomes the kernel."""
        launch = await super().pre_launch(**kwargs)
        score = os.environ.get(SCORE_VARIABLE)
        if score is not None:
            launch["cmd"] = ["/usr/bin/choom", "-n", score, "--", *launch["cmd"]]
        return launch


class ClusterProvisioner(KernelProvisionerBase):
    """A kernel that a node's agent has started, or is to start. Silence of its node is no death."""

    #: What the agent has told of it last. None: there is no kernel.
    record: Optional[Record] = None
    #: Why its process ended, in words for a person.
    last_words: str = ""
    #: Jupyter starts it, or starts it again: whoever takes it up meanwhile takes it from under that.
    is_starting: bool = False
    #: What `record` will be, when this is still asked.
    _reaching: Optional[Awaitable[Optional[Record]]] = None
    _launched_before = False
    _context: Optional[zmq.asyncio.Context] = None

    @property
    def has_process(self) -> bool:
        return self.record is not None

    @property
    def former_end(self) -> str:
        """Why the process before this one has ended, in words for a person."""
        return str(((self.record or {}).get("lastExit") or {}).get("message") or "")

    @property
    def is_reached(self) -> bool:
        """Whether its front of this server's term is known."""
        front = (self.record or {}).get("front") or {}
        return front.get("term") == standing.leadership.elected

    async def poll(self) -> Optional[int]:
        if self.record is None:
            return 0
        try:
            told = await agent().poll(self.kernel_id)
        except AgentError as error:
            if error.status != 404:
                return None
            told = {"alive": False}
        if told.get("alive") is not False:
            return None
        ended = told.get("exit") or {}
        self.last_words = str(ended.get("message") or "")
        return int(ended.get("code") or 1)

    async def wait(self) -> Optional[int]:
        """Jupyter calls it when `poll` has said that the process has ended."""
        code = await self.poll()
        self.record = None
        return code

    async def send_signal(self, signum: int) -> None:
        if self.record is None or standing.letting_go:
            return
        try:
            await agent().signal(self.kernel_id, signum)
        except AgentError as error:
            # What has ended meanwhile needs no signal.
            if error.status not in (404, 409):
                raise

    async def kill(self, restart: bool = False) -> None:
        await self.send_signal(signal.SIGKILL)

    async def terminate(self, restart: bool = False) -> None:
        await self.send_signal(signal.SIGTERM)

    async def cleanup(self, restart: bool = False) -> None:
        if restart:
            self.is_starting = True
        if restart or standing.letting_go:
            return
        self.retire()
        try:
            await agent().remove(self.kernel_id)
        except AgentError as error:
            if error.status != 404:
                raise

    def retire(self) -> None:
        """This server has done with the kernel: its sockets go when the last answer has come or is late."""
        context, self._context = self._context, None
        if context is not None:
            IOLoop.current().call_later(CONTEXT_SECONDS, context.destroy, 0)

    async def pre_launch(self, **kwargs: Any) -> Dict[str, Any]:
        self.is_starting = True
        self.record, self._reaching = standing.adopting.pop(self.kernel_id, (self.record, None))
        if self._context is None:
            # Its sockets are made with its own keys. Given from here, Jupyter does not end it under
            # streams that are open still.
            self._context = self.parent.context = zmq.asyncio.Context()
        # One that a server before this one has left; Jupyter would take it for written by itself.
        with suppress(FileNotFoundError):
            os.unlink(self.parent.connection_file)
        launch = await super().pre_launch(**kwargs)
        launch["cmd"] = self._command(launch.pop("extra_arguments", []))
        return launch

    async def launch_kernel(self, cmd: List[str], **kwargs: Any) -> KernelConnectionInfo:
        try:
            if self._reaching is not None:
                self.record = await self._reaching or self.record
            if self.record is None:
                self.record = await self._order(cmd, **kwargs)
        finally:
            self.is_starting = False
        if self._context is None:
            raise AgentError(503, "the kernel was let go of while it was started")
        self._launched_before = True
        self.last_words = ""
        self.connection_info = self._connection()
        return self.connection_info

    async def _order(self, cmd: List[str], **kwargs: Any) -> Dict[str, Any]:
        launch = {
            "name": self.parent.kernel_name,
            "cwd": str(kwargs.get("cwd") or os.getcwd()),
            "env": _kernels(kwargs["env"]),
            "argv": cmd,
        }
        order = agent().restart if self._launched_before else agent().launch
        return await order(self.kernel_id, launch)

    def _command(self, extra_arguments: List[str]) -> List[str]:
        """The kernel's node has a connection file of its own."""
        ours = os.path.realpath(self.parent.connection_file)
        words = self.parent.format_kernel_cmd(extra_arguments=extra_arguments)
        return [word.replace(ours, PLACEHOLDER) for word in words]

    def _connection(self) -> KernelConnectionInfo:
        front = self.record.get("front") or {}
        if front.get("serverKey"):
            context = self._context
            context.setsockopt(zmq.CURVE_SERVERKEY, front["serverKey"].encode())
            context.setsockopt(zmq.CURVE_PUBLICKEY, standing.leadership.public_key.encode())
            context.setsockopt(zmq.CURVE_SECRETKEY, standing.leadership.secret_key.encode())
            context.setsockopt(zmq.RCVHWM, 0)
        place = front if front.get("ports") else NOWHERE
        return {
            "transport": "tcp",
            "ip": place["ip"],
            "key": str(front.get("key") or "unknown").encode(),
            "signature_scheme": SIGNATURE_SCHEME,
            **{f"{channel}_port": port for channel, port in place["ports"].items()},
        }


def _kernels(env: Dict[str, str]) -> Dict[str, str]:
    return {name: value for name, value in env.items() if name not in NOT_A_KERNELS}
