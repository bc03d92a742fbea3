"""Unit tests of the keeper's memory, its replays and a notebook's outputs."""

import errno
import tempfile
import unittest

from jupyter_cluster.keeper.memory import Memory
from jupyter_cluster.keeper.replay import turn, unheard
from jupyter_cluster.keeper.requests import Limits
from jupyter_cluster.keeper.spool import Spool
from jupyter_cluster.outputs import outputs_of
from jupyter_cluster.wire import decode, encode


class FullDisk(Spool):
    def write(self, number, parts):
        raise OSError(errno.ENOSPC, "no space left on device")


class Kernel:
    """A memory, and one who tells it what a kernel says."""

    def __init__(self, spool=Spool, **limits):
        self.now = 0.0
        self.heard = set()
        self.limits = Limits(**limits)
        self.directory = tempfile.mkdtemp()
        disk = spool(self.directory, self.limits.kernel_bytes)
        self.memory = Memory(self.limits, disk, self.heard.__contains__, lambda: self.now)
        self.count = 0

    def asks(self, message_id, session="page", kind="execute_request", cell=None):
        header = {"msg_id": message_id, "msg_type": kind, "session": session}
        self.memory.open(header, {"cellId": cell} if cell else {})

    def says(self, request, kind, content, channel="iopub", session="page"):
        self.count += 1
        header = {"msg_id": f"m{self.count}", "msg_type": kind}
        parent = {"msg_id": request, "session": session}
        parts = [b"sig", encode(header), encode(parent), b"{}", encode(content)]
        self.memory.add(channel, header, parent, parts, content)
        return header["msg_id"]

    def prints(self, request, text):
        return self.says(request, "stream", {"name": "stdout", "text": text})

    def ends(self, request):
        self.says(request, "execute_reply", {"status": "ok"}, "shell")
        self.says(request, "status", {"execution_state": "idle"})

    def leaves(self, ask=turn, **question):
        question = {"session": "page", "after": None, **question}
        while True:
            leaf = ask(self.memory, question)
            yield leaf
            if leaf.about["next"] is None:
                return
            question["from"] = leaf.about["next"]
            question.update({k: leaf.about[k] for k in ("numbers", "until") if k in leaf.about})

    def texts(self, **question):
        return [
            decode(part).get("text")
            for leaf in self.leaves(**question)
            for part in leaf.parts
            if "text" in decode(part)
        ]


class Replays(unittest.TestCase):
    def test_a_page_is_told_its_own_requests_in_order_over_several_leaves(self):
        kernel = Kernel()
        kernel.asks("a")
        kernel.asks("b", session="other")
        for i in range(50):
            kernel.prints("a", f"{i} " + "x" * 50_000)
            kernel.prints("b", "not for this page")
        said = [text.split()[0] for text in kernel.texts()]
        self.assertEqual(said, [str(i) for i in range(50)])
        self.assertGreater(len(list(kernel.leaves())), 2)

    def test_what_came_after_is_told_of_all_requests_and_nothing_else(self):
        kernel = Kernel()
        kernel.asks("a")
        kernel.asks("b", session="other")
        kernel.prints("a", "had")
        last = kernel.prints("b", "had too")
        kernel.prints("a", "new")
        kernel.prints("b", "new too")
        self.assertEqual(kernel.texts(after={"iopub": last}), ["new", "new too"])

    def test_what_is_said_while_leaves_are_turned_is_left_to_iopub(self):
        kernel = Kernel()
        kernel.asks("a")
        for _ in range(50):
            kernel.prints("a", "x" * 50_000)
        leaves = kernel.leaves()
        next(leaves)
        kernel.prints("a", "live")
        self.assertNotIn("live", [decode(p).get("text") for leaf in leaves for p in leaf.parts])

    def test_an_unknown_last_message_brings_everything(self):
        kernel = Kernel()
        kernel.asks("a")
        kernel.prints("a", "all")
        (leaf,) = kernel.leaves(after={"iopub": "never seen"})
        self.assertEqual(leaf.about["mode"], "all")
        self.assertEqual(len(leaf.about["said"]), 1)

    def test_a_last_message_that_was_cleared_meanwhile_still_says_what_came_after(self):
        kernel = Kernel()
        kernel.asks("a")
        kernel.prints("a", "cleared")
        last = kernel.prints("a", "cleared too")
        kernel.says("a", "clear_output", {"wait": False})
        kernel.prints("a", "new")
        (leaf,) = kernel.leaves(after={"iopub": last})
        self.assertEqual(leaf.about["mode"], "after")
        self.assertEqual(len(leaf.about["said"]), 2)
        self.assertEqual(kernel.texts(after={"iopub": last}), ["new"])

    def test_a_last_message_that_made_room_itself_still_says_what_came_after(self):
        kernel = Kernel(request_bytes=10_000)
        kernel.asks("a")
        last = kernel.prints("a", "x" * 4_000)
        kernel.prints("a", "y" * 4_000)
        kernel.prints("a", "z" * 4_000)
        self.assertEqual([text[0] for text in kernel.texts(after={"iopub": last})], ["y", "z"])

    def test_who_lacks_a_request_that_made_room_is_told_everything(self):
        kernel = Kernel(requests=2)
        last = kernel.says("other", "status", {"execution_state": "idle"})
        for name in ("a", "b", "c"):
            kernel.asks(name)
            kernel.prints(name, name)
            kernel.ends(name)
        self.assertEqual(next(kernel.leaves(after={"iopub": last})).about["mode"], "all")

    def test_all_cells_begin_anew_before_a_word_is_told(self):
        kernel = Kernel()
        for name in ("a", "b"):
            kernel.asks(name)
            for _ in range(30):
                kernel.prints(name, "x" * 50_000)
        first = next(kernel.leaves())
        self.assertEqual(sorted(first.about["requests"]), ["a", "b"])
        self.assertNotIn("b", [each["request"] for each in first.about["said"]])

    def test_an_ended_request_is_told_for_a_while_only(self):
        kernel = Kernel()
        kernel.asks("a")
        kernel.prints("a", "text")
        kernel.ends("a")
        self.assertEqual(kernel.texts(), ["text"])
        kernel.now = kernel.limits.replay_seconds + 1
        self.assertEqual(kernel.texts(), [])

    def test_a_question_that_was_answered_is_not_put_again(self):
        kernel = Kernel()
        kernel.asks("a")
        kernel.says("a", "input_request", {"prompt": "?"}, "stdin")
        self.assertEqual(len(next(kernel.leaves()).about["said"]), 1)
        kernel.memory.answered("page")
        self.assertEqual(len(next(kernel.leaves()).about["said"]), 0)


class Bounds(unittest.TestCase):
    def test_the_oldest_of_a_request_makes_room_and_is_counted(self):
        kernel = Kernel(request_bytes=10_000)
        kernel.asks("a")
        for i in range(100):
            kernel.prints("a", f"{i:03} " + "x" * 996)
        texts = kernel.texts()
        self.assertEqual(texts[-1][:3], "099")
        self.assertLess(len(texts), 10)
        left_out = next(kernel.leaves()).about["requests"]["a"]["leftOut"]
        self.assertGreater(left_out, (100 - len(texts)) * 1_000)

    def test_who_lacks_what_made_room_is_told_everything(self):
        kernel = Kernel(request_bytes=10_000)
        kernel.asks("a")
        last = kernel.says("other", "status", {"execution_state": "idle"})
        for _ in range(100):
            kernel.prints("a", "x" * 1_000)
        self.assertEqual(next(kernel.leaves(after={"iopub": last})).about["mode"], "all")

    def test_what_does_not_fit_into_memory_is_read_from_disk(self):
        kernel = Kernel(memory_bytes=5_000)
        kernel.asks("a")
        for i in range(100):
            kernel.prints("a", f"{i} " + "x" * 996)
        self.assertEqual([t.split()[0] for t in kernel.texts()], [str(i) for i in range(100)])

    def test_all_requests_together_have_a_bound_on_disk_too(self):
        kernel = Kernel(kernel_bytes=100_000, memory_bytes=5_000)
        for i in range(500):
            kernel.asks(str(i))
            kernel.prints(str(i), "x" * 996)
        kept = len(kernel.texts())
        self.assertTrue(40 < kept < 100, kept)

    def test_a_full_disk_costs_the_oldest_and_is_told(self):
        kernel = Kernel(FullDisk, memory_bytes=5_000)
        kernel.asks("a")
        for i in range(100):
            kernel.prints("a", f"{i} " + "x" * 996)
        self.assertEqual(kernel.texts()[-1].split()[0], "99")
        about = next(kernel.leaves()).about["requests"]["a"]
        self.assertTrue(about["diskFailed"])
        self.assertGreater(about["leftOut"], 90_000)

    def test_cleared_output_is_forgotten_and_not_called_left_out(self):
        kernel = Kernel(request_bytes=10_000)
        kernel.asks("a")
        for i in range(100):
            kernel.says("a", "clear_output", {"wait": True})
            kernel.prints("a", f"{i} " + "x" * 996)
        self.assertEqual([text.split()[0] for text in kernel.texts()], ["99"])
        self.assertEqual(next(kernel.leaves()).about["requests"]["a"]["leftOut"], 0)


class Unheard(unittest.TestCase):
    def test_is_what_was_said_while_no_page_of_the_session_was_there(self):
        kernel = Kernel()
        kernel.heard.add("page")
        kernel.asks("a", cell="one")
        kernel.prints("a", "heard")
        self.assertEqual(kernel.texts(ask=unheard, cells=["one"]), [])
        kernel.heard.clear()
        kernel.prints("a", "not heard")
        self.assertEqual(kernel.texts(ask=unheard, cells=["one"]), ["heard", "not heard"])
        kernel.memory.written(["a"])
        self.assertEqual(kernel.texts(ask=unheard, cells=["one"]), [])

    def test_is_of_each_cell_only_its_newest_request(self):
        kernel = Kernel()
        for name in ("old", "new"):
            kernel.asks(name, cell="one")
            kernel.prints(name, name)
            kernel.ends(name)
        self.assertEqual(kernel.texts(ask=unheard, cells=["one"]), ["new"])


class Outputs(unittest.TestCase):
    def test_are_those_that_a_page_would_show(self):
        def message(kind, **content):
            return {"header": {"msg_type": kind}, "metadata": {}, "content": content}

        def shown(kind, text):
            data, display = {"text/plain": text}, {"display_id": "d"}
            return message(kind, data=data, metadata={}, transient=display)

        made = outputs_of(
            [
                message("execute_input", code="", execution_count=3),
                message("stream", name="stdout", text="gone"),
                message("clear_output", wait=True),
                message("stream", name="stdout", text="a"),
                message("stream", name="stdout", text="b"),
                message("stream", name="stderr", text="c"),
                shown("display_data", "first"),
                shown("update_display_data", "second"),
            ]
        )
        self.assertEqual(made.execution_count, 3)
        texts = [each.get("text") or each["data"]["text/plain"] for each in made.outputs]
        self.assertEqual(texts, ["ab", "c", "second"])


unittest.main(argv=["memory_test"])
