"""What a server asks a kernel's keeper, on the kernel's control channel."""

import asyncio
from typing import Any, AsyncIterator, Dict, List, Tuple

from .wire import decode

#: Seconds for one leaf of an answer.
LEAF_SECONDS = 10.0


async def leaves(
    kernel_manager: Any, kind: str, question: Dict[str, Any]
) -> AsyncIterator[Tuple[Dict[str, Any], List[bytes]]]:
    """Each leaf of the answer, and the parts of its messages. Raises asyncio.TimeoutError."""
    stream = kernel_manager.connect_control()
    answers: "asyncio.Queue[List[bytes]]" = asyncio.Queue()
    stream.on_recv(answers.put_nowait)
    question = dict(question)
    try:
        while True:
            kernel_manager.session.send(stream, kind, question)
            frames = await asyncio.wait_for(answers.get(), LEAF_SECONDS)
            about = decode(frames[1])
            yield about, frames[2:]
            if about["next"] is None:
                return
            question["from"] = about["next"]
            question.update({name: about[name] for name in ("numbers", "until") if name in about})
    finally:
        stream.close()


def left_out(request: Dict[str, Any]) -> str:
    """Told where the first of a request's outputs had to make room."""
    why = " (the node's disk took no more)" if request["diskFailed"] else ""
    return f"… {request['leftOut']} bytes left out{why}\n"
