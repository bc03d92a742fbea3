"""What a page that comes back is told: everything about its requests, or only what it has not got.

An answer is a *leaf* of bounded size; who asks turns the leaves until there is no next one. What is
said meanwhile comes to the asker by iopub as well, and is told apart by the messages' ids.
"""

from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple

from .memory import Memory
from .requests import Said

CHANNELS = ("iopub", "shell", "control", "stdin")
LEAF_BYTES_MAX = 1 << 20


class Leaf(NamedTuple):
    """`about` is JSON; `parts` are those of all its messages, one after the other."""

    about: Dict[str, Any]
    parts: List[bytes]


def turn(memory: Memory, question: Dict[str, Any]) -> Leaf:
    """The next leaf.

    `question`: `session`; `after`: id of the last message of each channel that the page has got, or
    null; from the second leaf on `numbers`, `from` and `until`, as the leaf before said them.
    """
    session = str(question.get("session"))
    numbers = question.get("numbers")
    if "until" not in question:
        numbers = _numbers(memory, question.get("after"))
    until = int(question.get("until", memory.newest))
    begin = int(question.get("from", 0))
    leaf = _leaf(memory, _wanted(memory, session, numbers, begin, until))
    mode = "all" if numbers is None else "after"
    leaf.about.update({"mode": mode, "numbers": numbers, "until": until})
    if numbers is None and begin == 0:
        # The page begins all its cells with nothing before it is told a word: whatever of this it
        # gets, what came after its last message is the rest.
        cells = (each for each in memory.replayed(session) if each.kind == "execute_request")
        leaf.about["requests"].update({each.message_id: _about(memory, each) for each in cells})
    return leaf


def unheard(memory: Memory, question: Dict[str, Any]) -> Leaf:
    """The next leaf of what `cells` have said that nobody has heard; `from` as the leaf before said it."""
    requests = memory.unheard_in({str(cell) for cell in question.get("cells", [])})
    numbers = sorted(number for request in requests for number in request.said)
    begin = int(question.get("from", 0))
    return _leaf(memory, (memory.get(number) for number in numbers if number >= begin))


def _leaf(memory: Memory, wanted: Iterator[Said]) -> Leaf:
    said, following = _fill(wanted)
    requests = {}
    told, parts = [], []
    for each in said:
        frames = memory.read(each)
        if frames is None:
            continue
        request = memory.owner(each)
        told.append({"channel": each.channel, "request": request.message_id, "frames": len(frames)})
        parts.extend(frames)
        if request.message_id not in requests:
            requests[request.message_id] = _about(memory, request)
    return Leaf({"next": following, "said": told, "requests": requests}, parts)


def _numbers(memory: Memory, after: Any) -> Optional[Dict[str, int]]:
    """By channel the number of the last message that the page has got. None: it has to be told all."""
    if not isinstance(after, dict):
        return None
    numbers: Dict[str, int] = {}
    for channel in CHANNELS:
        message_id = after.get(channel)
        if message_id is None:
            continue
        number = memory.find(channel, str(message_id))
        if number is not None:
            numbers[channel] = number
        elif channel == "iopub":
            return None
    if "iopub" not in numbers or memory.left_out_after(numbers["iopub"]):
        return None
    # An answer that is forgotten was given before anything that is remembered.
    return numbers


def _wanted(
    memory: Memory, session: str, numbers: Optional[Dict[str, int]], begin: int, until: int
) -> Iterator[Said]:
    for said in memory.all_said():
        if not begin <= said.number <= until:
            continue
        if numbers is None:
            request = memory.owner(said)
            if request.session == session and memory.is_replayed(request):
                yield said
        elif said.number > numbers.get(said.channel, -1):
            if said.channel == "iopub" or said.session == session:
                yield said


def _fill(wanted: Iterator[Said]) -> Tuple[List[Said], Optional[int]]:
    """The messages of one leaf, and the number of the first one of the next leaf."""
    leaf: List[Said] = []
    size = 0
    for said in wanted:
        if leaf and size + said.size > LEAF_BYTES_MAX:
            return leaf, said.number
        leaf.append(said)
        size += said.size
    return leaf, None


def _about(memory: Memory, request: Any) -> Dict[str, Any]:
    return {
        "header": request.header,
        "kind": request.kind,
        "cell": request.metadata.get("cellId"),
        "ended": request.ended_at is not None,
        "leftOut": request.left_out,
        "diskFailed": memory.disk_failed,
    }
