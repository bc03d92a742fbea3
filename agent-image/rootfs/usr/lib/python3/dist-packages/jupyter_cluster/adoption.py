"""Takes over the kernels of the leader before, and lets go of them for the leader after."""

import asyncio
from datetime import datetime, timezone
from typing import Any, Dict, Optional, Set

from .agent import Agent, AgentError
from .connection import KernelConnection
from .leadership import Record, standing
from .provisioner import ClusterProvisioner
from .sessions import ClusterSessionManager

#: Seconds between two questions for a kernel whose node has not opened a front yet.
ASK_EVERY = 0.5


class Adoption:
    """Of one server. `adopt` and `let_go` are called in turn, never both at once."""

    def __init__(self, serverapp: Any, agent: Agent) -> None:
        self._app = serverapp
        self._agent = agent
        self._late: Dict[str, "asyncio.Task[None]"] = {}

    async def adopt(self) -> Optional[str]:
        """All that there are, and no others. Called again it takes up what has changed.

        Returns what the agent has told as `desired` if that is here now, and can be reached; else None. Raises AgentError when the agent does not answer; what was adopted till then stays.
        """
        term = standing.leadership.elected
        told = await self._agent.kernels()
        records = told["kernels"]
        self._release_others({record["kernelId"] for record in records})
        reached = await asyncio.gather(*(self._adopt_kernel(each, term) for each in records))
        sessions: ClusterSessionManager = self._app.session_manager
        sessions.forget_others({row["sessionId"] for row in told["sessions"]})
        for row in told["sessions"]:
            if row["kernelId"] in self._app.kernel_manager:
                await sessions.adopt(row)
        return told.get("desired") if all(reached) else None

    async def let_go(self) -> None:
        """Of all of them; none is ended by it."""
        standing.letting_go = True
        try:
            for task in self._late.values():
                task.cancel()
            self._late.clear()
            KernelConnection.close_for_the_next_leader()
            for kernel_id in self._app.kernel_manager.list_kernel_ids():
                self._release(kernel_id)
            self._app.session_manager.forget_all()
        finally:
            standing.letting_go = False

    async def _adopt_kernel(self, told: Record, term: int) -> bool:
        """Jupyter makes itself ready for a kernel while its node opens a front for this server.

        Returns whether it is here now, and can be reached.
        """
        kernel_id = told["kernelId"]
        reaching = asyncio.create_task(self._reached(told, term))
        is_new = kernel_id not in self._app.kernel_manager
        if is_new:
            await self._start(told, reaching)
        record = await reaching
        if record is None:
            if is_new and kernel_id in self._app.kernel_manager:
                self._drop(kernel_id)
        elif not is_new and record is not told and self._is_behind(kernel_id, record):
            late = self._late.pop(kernel_id, None)
            if late is not None:
                late.cancel()
            await self._replace(record)
        return self._is_reached(kernel_id)

    async def _reached(self, told: Record, term: int) -> Optional[Record]:
        """Its record once it can be reached; as it was told while its node does not answer. None: it has ended."""
        kernel_id = told["kernelId"]
        try:
            return await self._agent.kernel(kernel_id, term)
        except AgentError as error:
            if error.status == 404:
                return None
            self._app.log.warning("Kernel %s cannot be reached yet: %s", kernel_id, error)
        # It is shown, and its page waits for it: not to be listed is to be dead for good.
        if kernel_id not in self._late:
            late = self._late[kernel_id] = asyncio.create_task(self._adopt_late(kernel_id, term))
            late.add_done_callback(lambda task: self._forget_late(kernel_id, task))
        return told

    def _forget_late(self, kernel_id: str, task: "asyncio.Task[None]") -> None:
        if self._late.get(kernel_id) is task:
            del self._late[kernel_id]

    def _is_reached(self, kernel_id: str) -> bool:
        manager = self._app.kernel_manager
        if kernel_id not in manager:
            return False
        return bool(getattr(manager.get_kernel(kernel_id).provisioner, "is_reached", False))

    def _is_behind(self, kernel_id: str, record: Record) -> bool:
        """It was adopted before it could be reached, or before the former leader started it again."""
        provisioner = self._app.kernel_manager.get_kernel(kernel_id).provisioner
        if not isinstance(provisioner, ClusterProvisioner) or provisioner.is_starting:
            return False
        return (provisioner.record or {}).get("front") != record.get("front")

    async def _adopt_late(self, kernel_id: str, term: int) -> None:
        while True:
            await asyncio.sleep(ASK_EVERY)
            try:
                record = await self._agent.kernel(kernel_id, term)
            except AgentError as error:
                if error.status == 404:
                    return
                continue
            # Ended by its user meanwhile, or started again: then it is not to be taken back.
            if kernel_id not in self._app.kernel_manager:
                return
            provisioner = self._app.kernel_manager.get_kernel(kernel_id).provisioner
            if not isinstance(provisioner, ClusterProvisioner):
                break
            if provisioner.is_reached:
                return
            if not provisioner.is_starting:
                break
        await self._replace(record)

    async def _replace(self, record: Record) -> None:
        self._drop(record["kernelId"])
        await self._start(record)

    async def _start(
        self, record: Record, reaching: Optional["asyncio.Task[Optional[Record]]"] = None
    ) -> None:
        """@param reaching the record that its connection is made from; None: this one"""
        kernel_id, manager = record["kernelId"], self._app.kernel_manager
        if kernel_id in manager:
            return
        standing.adopting[kernel_id] = (record, reaching)
        try:
            await manager.start_kernel(
                kernel_id=kernel_id,
                kernel_name=record["name"],
                cwd=record.get("cwd"),
                env=dict(record.get("env") or {}),
            )
        except Exception:
            # One kernel whose specification this node does not have keeps no other one away.
            self._app.log.exception("Kernel %s cannot be adopted", kernel_id)
            return
        finally:
            standing.adopting.pop(kernel_id, None)
        kernel = manager.get_kernel(kernel_id)
        record = getattr(kernel.provisioner, "record", None) or record
        # Its `status`, which the keeper says to whoever begins to listen, corrects this one.
        # One that has ended is started again: to a page, `dead` would be for good.
        state = "starting" if record.get("state") == "dead" else record.get("state")
        kernel.execution_state = state if state in ("idle", "starting") else "busy"
        kernel.last_activity = _time(record.get("since")) or kernel.last_activity

    def _release_others(self, there: Set[str]) -> None:
        """Adopted before it was known that the former leader had ended them."""
        manager = self._app.kernel_manager
        for kernel_id in manager.list_kernel_ids():
            provisioner = manager.get_kernel(kernel_id).provisioner
            if kernel_id not in there and not getattr(provisioner, "is_starting", False):
                self._drop(kernel_id)

    def _drop(self, kernel_id: str) -> None:
        standing.letting_go = True
        try:
            KernelConnection.close_for_the_next_leader(kernel_id)
            self._release(kernel_id)
        finally:
            standing.letting_go = False

    def _release(self, kernel_id: str) -> None:
        manager = self._app.kernel_manager
        kernel = manager.get_kernel(kernel_id)
        kernel.stop_restarter()
        manager.stop_watching_activity(kernel_id)
        kernel.cleanup_connection_file()
        manager.remove_kernel(kernel_id)
        if isinstance(kernel.provisioner, ClusterProvisioner):
            kernel.provisioner.retire()


def _time(since: Any) -> Optional[datetime]:
    """@param since milliseconds since the epoch"""
    if not isinstance(since, (int, float)):
        return None
    return datetime.fromtimestamp(since / 1000, timezone.utc)
