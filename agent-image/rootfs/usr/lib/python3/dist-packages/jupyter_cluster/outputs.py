"""The outputs of a notebook's cell, made of the messages that its request has caused (nbformat 4)."""

from typing import Any, Dict, Iterable, List, NamedTuple, Optional

from nbformat import NotebookNode
from nbformat.v4 import new_output, output_from_msg

SHOWN = frozenset({"stream", "display_data", "execute_result", "error"})


class CellOutputs(NamedTuple):
    outputs: List[NotebookNode]
    execution_count: Optional[int]


def outputs_of(messages: Iterable[Dict[str, Any]]) -> CellOutputs:
    """As a page would have put them together; the messages are a request's, in their order."""
    outputs: List[NotebookNode] = []
    by_display: Dict[str, List[NotebookNode]] = {}
    clear_at_next = False
    count: Optional[int] = None
    for message in messages:
        kind, content = message["header"]["msg_type"], message["content"]
        count = content.get("execution_count", count)
        if kind == "clear_output":
            clear_at_next = content.get("wait") is True
            if not clear_at_next:
                outputs.clear()
        elif kind == "update_display_data":
            _update(by_display, content)
        elif kind in SHOWN:
            if clear_at_next:
                outputs.clear()
            clear_at_next = False
            _append(outputs, by_display, message)
    return CellOutputs(outputs, count)


def note(text: str) -> NotebookNode:
    """Something that is said of the outputs, before them."""
    return new_output("stream", name="stderr", text=text)


def _append(
    outputs: List[NotebookNode], by_display: Dict[str, List[NotebookNode]], message: Dict[str, Any]
) -> None:
    output = output_from_msg(message)
    last = outputs[-1] if outputs else None
    if (
        last is not None
        and output.output_type == last.output_type == "stream"
        and output.name == last.name
    ):
        last.text += output.text
        return
    outputs.append(output)
    display = (message["content"].get("transient") or {}).get("display_id")
    if display is not None:
        by_display.setdefault(display, []).append(output)


def _update(by_display: Dict[str, List[NotebookNode]], content: Dict[str, Any]) -> None:
    display = (content.get("transient") or {}).get("display_id")
    for output in by_display.get(display, []):
        output.data = content["data"]
        output.metadata = content.get("metadata") or {}
