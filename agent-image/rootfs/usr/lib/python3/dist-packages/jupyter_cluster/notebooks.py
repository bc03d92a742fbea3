"""A notebook that is opened has what its cells said while no page was there to hear it.

The kernel's keeper knows it by the cells' ids, which JupyterLab sends with each request. It is given
with the notebook's content; what is written is what the page then saves (docs/decisions/0029).
"""

import asyncio
from typing import Any, Dict, List, Tuple

from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager

from .leadership import standing
from .outputs import note, outputs_of
from .questions import leaves, left_out
from .wire import UNHEARD, WRITTEN, decode


class ClusterContentsManager(AsyncLargeFileManager):
    """As Jupyter's own, with the unheard outputs in what is opened."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        #: By path the kernel and the ended requests whose outputs a page has been given.
        self._given: Dict[str, List[Tuple[str, str]]] = {}

    async def get(self, path: str, content: bool = True, *args: Any, **kwargs: Any) -> Any:
        model = await super().get(path, content, *args, **kwargs)
        if content and model["type"] == "notebook" and standing.ready:
            for kernel_id in self._kernels(path):
                await self._fill(path, kernel_id, model["content"])
        return model

    async def save(self, model: Dict[str, Any], path: str = "") -> Any:
        saved = await super().save(model, path)
        for kernel_id, request in self._given.pop(path.strip("/"), []):
            await self._written(kernel_id, request)
        return saved

    def _kernels(self, path: str) -> List[str]:
        sessions = self.parent.session_manager
        return sessions.kernels_of(path.strip("/"))

    async def _fill(self, path: str, kernel_id: str, notebook: Any) -> None:
        cells = {cell.get("id"): cell for cell in notebook.cells if cell.cell_type == "code"}
        cells.pop(None, None)
        kernel = self._kernel(kernel_id)
        if kernel is None or not cells:
            return
        requests: Dict[str, Dict[str, Any]] = {}
        messages: Dict[str, List[Dict[str, Any]]] = {}
        try:
            async for about, parts in leaves(kernel, UNHEARD, {"cells": list(cells)}):
                requests.update(about["requests"])
                at = 0
                for said in about["said"]:
                    frames = parts[at : at + said["frames"]]
                    at += said["frames"]
                    messages.setdefault(said["request"], []).append(_message(frames))
        except asyncio.TimeoutError:
            # The notebook is more than what its kernel says; it is opened as it was saved.
            self.log.warning("Kernel %s does not say what the cells of %s said", kernel_id, path)
            return
        for request_id, request in requests.items():
            _put(cells[request["cell"]], request, messages[request_id])
            if request["ended"]:
                self._given.setdefault(path.strip("/"), []).append((kernel_id, request_id))

    async def _written(self, kernel_id: str, request: str) -> None:
        kernel = self._kernel(kernel_id)
        if kernel is None:
            return
        try:
            async for _ in leaves(kernel, WRITTEN, {"requests": [request]}):
                continue
        except asyncio.TimeoutError:
            self.log.warning("Kernel %s does not learn that %s is saved", kernel_id, request)

    def _kernel(self, kernel_id: str) -> Any:
        manager = self.parent.kernel_manager
        return manager.get_kernel(kernel_id) if kernel_id in manager else None


def _message(parts: List[bytes]) -> Dict[str, Any]:
    return {"header": decode(parts[1]), "metadata": decode(parts[3]), "content": decode(parts[4])}


def _put(cell: Any, request: Dict[str, Any], messages: List[Dict[str, Any]]) -> None:
    outputs, count = outputs_of(messages)
    notes = [note(left_out(request))] if request["leftOut"] else []
    cell.outputs = [*notes, *outputs]
    cell.execution_count = count
    # As in a page that has run it.
    cell.metadata.trusted = True
