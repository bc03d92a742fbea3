"""The server extension: stands by, adopts when this node is elected, serves when it leads, lets go when it does not."""

import asyncio
from typing import Any, Dict, List, Optional, Tuple

from jupyter_server.extension.application import ExtensionApp

from .adoption import Adoption
from .agent import AgentError, agent
from .leadership import NOT_YET, Leadership, leadership_of, standing
from .leading import (
    ForTheLeader,
    NotLeadingHandler,
    ReadyHandler,
    leaders_answers,
    without_refusals,
)

#: Seconds before an agent that does not answer is asked again.
RETRY = 0.25


class ClusterExtension(ExtensionApp):
    name = "jupyter_cluster"

    def initialize_handlers(self) -> None:
        self.handlers.append((r"/api/jupyter-cluster/ready", ReadyHandler))
        only = ForTheLeader(self.serverapp.base_url)
        web_app = self.serverapp.web_app
        web_app.add_handlers(".*$", [(only, NotLeadingHandler)])
        web_app.add_transform(leaders_answers(self.serverapp.base_url))
        web_app.settings["log_function"] = without_refusals(web_app.settings["log_function"])
        self._adoption = Adoption(self.serverapp, agent())
        self._newest: Optional[Leadership] = None
        #: Of the newest line too: which kernels and sessions there are to be.
        self._desired: Optional[str] = None
        #: The term and what of it was adopted whole.
        self._adopted: Tuple[int, Optional[str]] = (0, None)
        self._news = asyncio.Event()
        self._tasks: List["asyncio.Task[None]"] = []
        self.serverapp.io_loop.add_callback(self._stand_by)

    async def stop_extension(self) -> None:
        """Before Jupyter ends its kernels: it has none then."""
        for task in self._tasks:
            task.cancel()
        standing.leadership = NOT_YET
        await self._adoption.let_go()

    async def _stand_by(self) -> None:
        self._warm_up()
        self._tasks = [asyncio.create_task(self._watch()), asyncio.create_task(self._follow())]
        for task in self._tasks:
            task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        """Neither ends by itself: a server that follows no news any more must not seem to serve."""
        if task.cancelled():
            return
        self.log.critical("This server ends, for it cannot follow who leads", exc_info=task.exception())
        self.serverapp.io_loop.add_callback(self.serverapp.stop)

    def _warm_up(self) -> None:
        """What the first kernel of a process costs (imports, specifications), before it counts."""
        self.serverapp.kernel_spec_manager.get_all_specs()
        manager = self.serverapp.kernel_manager
        kernel, _, _ = manager.pre_start_kernel(None, {})
        self.log.debug("Kernels are managed by %s", type(kernel).__name__)

    async def _watch(self) -> None:
        def take(line: Dict[str, Any]) -> None:
            self._newest, self._desired = leadership_of(line), line.get("desired")
            self._news.set()

        while True:
            try:
                await agent().watch(take)
            except AgentError as error:
                self.log.debug("The agent is asked again: %s", error)
            await asyncio.sleep(RETRY)

    async def _follow(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            newest = self._newest
            if newest is not None and newest != standing.leadership:
                await self._change(newest)

    async def _change(self, newest: Leadership) -> None:
        """Kernels are adopted as soon as this node is elected, which takes time; and, if others are to be there by
        then, again when it leads, for then none is missing in what the agent knows.
        """
        standing.adopted_term = None
        before = standing.leadership
        if before.elected and before.elected != newest.elected:
            standing.leadership = before._replace(leads=False)
            self._adopted = (0, None)
            await self._adoption.let_go()
        standing.leadership = newest
        while newest.elected and newest == self._newest:
            if newest.leads and self._desired and self._adopted == (newest.elected, self._desired):
                return standing.has_adopted(newest.term)
            try:
                self._adopted = (newest.elected, await self._adoption.adopt())
            except AgentError as error:
                self.log.warning("Kernels cannot be adopted yet: %s", error)
                await asyncio.sleep(RETRY)
                continue
            if newest.leads:
                standing.has_adopted(newest.term)
            return


def _jupyter_server_extension_points() -> List[Dict[str, Any]]:
    return [{"module": "jupyter_cluster.extension", "app": ClusterExtension}]
