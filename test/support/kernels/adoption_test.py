"""Unit tests of how a server takes up kernels: one that it could not reach at first, and again when it leads."""

import asyncio
import logging
import unittest
from types import SimpleNamespace

from jupyter_cluster import adoption
from jupyter_cluster.agent import AgentError
from jupyter_cluster.extension import ClusterExtension
from jupyter_cluster.leadership import NOT_YET, Leadership, Standing, standing
from jupyter_cluster.provisioner import ClusterProvisioner

KERNEL = "k1"
TERM = 3
REACHED = {"kernelId": KERNEL, "name": "python3", "front": {"term": TERM}}


class Agent:
    """Its node does not answer the first question."""

    def __init__(self):
        self.questions = 0

    async def kernels(self):
        kernels = [{"kernelId": KERNEL, "name": "python3"}]
        return {"desired": "one", "kernels": kernels, "sessions": []}

    async def kernel(self, kernel_id, term):
        self.questions += 1
        if self.questions == 1:
            raise AgentError(504, "the node does not answer")
        return REACHED


class Kernels(dict):
    """Jupyter's manager of kernels, and what it has let go."""

    def __init__(self):
        super().__init__()
        self.started = []
        self.released = []

    async def start_kernel(self, kernel_id, **_):
        provisioner = ClusterProvisioner(kernel_id=kernel_id)
        self.started.append(kernel_id)
        provisioner.record, reaching = standing.adopting.pop(kernel_id)
        if reaching is not None:
            provisioner.record = await reaching or provisioner.record
        self[kernel_id] = SimpleNamespace(
            provisioner=provisioner,
            last_activity=None,
            stop_restarter=lambda: None,
            cleanup_connection_file=lambda: None,
        )

    def get_kernel(self, kernel_id):
        return self[kernel_id]

    def list_kernel_ids(self):
        return list(self)

    def stop_watching_activity(self, kernel_id):
        pass

    def remove_kernel(self, kernel_id):
        self.released.append(self.pop(kernel_id))


class Opening:
    """An agent whose kernel's front is opened when the test says so, or whose kernel ends before that."""

    def __init__(self):
        self.opened = asyncio.get_running_loop().create_future()

    async def kernels(self):
        return {"kernels": [{"kernelId": KERNEL, "name": "python3"}], "sessions": []}

    async def kernel(self, kernel_id, term):
        return await self.opened


class WhileItsFrontIsOpened(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        standing.leadership = Leadership(False, TERM - 1, TERM, "", "")
        self.agent, self.kernels = Opening(), Kernels()
        self.adopting = asyncio.create_task(adoption_by(self.agent, self.kernels).adopt())
        async with asyncio.timeout(10):
            while not self.kernels.started:
                await asyncio.sleep(0)

    async def test_jupyter_makes_itself_ready_for_it(self):
        self.assertEqual(self.kernels.started, [KERNEL])
        self.assertFalse(self.adopting.done())
        self.agent.opened.set_result(REACHED)
        await asyncio.wait_for(self.adopting, 10)
        self.assertTrue(self.kernels[KERNEL].provisioner.is_reached)

    async def test_one_that_ends_is_let_go(self):
        self.agent.opened.set_exception(AgentError(404, "there is no such kernel"))
        await asyncio.wait_for(self.adopting, 10)
        self.assertEqual(list(self.kernels), [])


class Sessions:
    """Jupyter's, as far as adoption goes: ids alone."""

    def __init__(self):
        self.ids = set()

    def forget_others(self, there):
        self.ids &= there

    async def adopt(self, row):
        self.ids.add(row["sessionId"])


def adoption_by(agent, kernels, sessions=None):
    app = SimpleNamespace(
        kernel_manager=kernels,
        session_manager=sessions or Sessions(),
        log=logging.getLogger("test"),
    )
    return adoption.Adoption(app, agent)


class LateAdoption(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        adoption.ASK_EVERY = 0.001
        standing.leadership = Leadership(True, TERM, TERM, "", "")
        self.agent, self.kernels = Agent(), Kernels()
        self.adoption = adoption_by(self.agent, self.kernels)
        self.adopted = await self.adoption.adopt()

    async def asked(self, times):
        async with asyncio.timeout(10):
            while self.agent.questions < times:
                await asyncio.sleep(0)

    async def ended(self):
        await asyncio.wait_for(asyncio.gather(*self.adoption._late.values()), 10)
        # What has ended is forgotten.
        await asyncio.sleep(0)
        self.assertEqual(self.adoption._late, {})

    async def test_it_is_taken_up_when_its_node_answers(self):
        self.assertIsNone(self.adopted)
        await self.ended()
        self.assertEqual(len(self.kernels.released), 1)
        self.assertTrue(self.kernels[KERNEL].provisioner.is_reached)

    async def test_one_that_is_started_again_meanwhile_is_left_to_that(self):
        first = self.kernels[KERNEL].provisioner
        await first.cleanup(restart=True)
        await self.asked(5)
        self.assertEqual(self.kernels.released, [])
        # What the order to start it again has brought.
        first.record, first.is_starting = REACHED, False
        await self.ended()
        self.assertIs(self.kernels[KERNEL].provisioner, first)

    async def test_one_that_cannot_be_started_again_is_taken_up_all_the_same(self):
        first = self.kernels[KERNEL].provisioner
        await first.cleanup(restart=True)
        await self.asked(5)
        first.is_starting = False
        await self.ended()
        self.assertIsNot(self.kernels[KERNEL].provisioner, first)


class Told:
    """An agent that knows these kernels and sessions, all of which can be reached."""

    def __init__(self, fronts, sessions):
        self.fronts, self.sessions = fronts, sessions

    async def kernels(self):
        records = [{"kernelId": kernel_id, "name": "python3"} for kernel_id in self.fronts]
        sessions = [{"sessionId": s, "kernelId": k} for s, k in self.sessions.items()]
        return {"desired": "others", "kernels": records, "sessions": sessions}

    async def kernel(self, kernel_id, term):
        front = {"term": term, "key": self.fronts[kernel_id]}
        return {"kernelId": kernel_id, "name": "python3", "front": front}


class SecondAdoption(unittest.IsolatedAsyncioTestCase):
    """Elected, this server has adopted what its agent knew; it leads now, and no kernel is missing in that."""

    async def asyncSetUp(self):
        standing.leadership = Leadership(False, TERM - 1, TERM, "", "")
        self.agent = Told({"stays": "a", "again": "b", "ended": "c"}, {"s1": "stays", "s2": "ended"})
        self.kernels, self.sessions = Kernels(), Sessions()
        self.adoption = adoption_by(self.agent, self.kernels, self.sessions)
        self.assertEqual(await self.adoption.adopt(), "others")
        self.before = {kernel_id: kernel.provisioner for kernel_id, kernel in self.kernels.items()}
        self.agent.fronts = {"stays": "a", "again": "another", "new": "d"}
        self.agent.sessions = {"s1": "stays", "s3": "new"}

    async def leads(self):
        standing.leadership = Leadership(True, TERM, TERM, "", "")
        await self.adoption.adopt()

    async def test_takes_up_what_has_changed_and_leaves_the_rest(self):
        await self.leads()
        self.assertEqual(set(self.kernels), {"stays", "again", "new"})
        self.assertIs(self.kernels["stays"].provisioner, self.before["stays"])
        self.assertEqual(self.kernels["again"].provisioner.record["front"]["key"], "another")
        self.assertEqual(len(self.kernels.released), 2)
        self.assertEqual(self.sessions.ids, {"s1", "s3"})

    async def test_leaves_one_alone_that_is_started(self):
        for provisioner in self.before.values():
            provisioner.is_starting = True
        await self.leads()
        self.assertEqual(self.kernels.released, [])

    async def test_of_the_same_changes_nothing(self):
        self.agent.fronts = {"stays": "a", "again": "b", "ended": "c"}
        await self.leads()
        self.assertEqual(self.kernels.released, [])


class OnceWhenNothingChanges(unittest.IsolatedAsyncioTestCase):
    """Elected, the extension adopts; it is asked again when it leads only if others are to be there by then."""

    async def asyncSetUp(self):
        self.extension = ClusterExtension()
        self.extension._adopted = (0, None)
        self.extension._adoption = self
        self.adoptions, self.whole = 0, "a"
        standing.leadership = NOT_YET
        await self.told(Leadership(False, TERM - 1, TERM, "", ""), "a")

    async def adopt(self):
        self.adoptions += 1
        return self.whole

    async def told(self, newest, desired):
        self.extension._newest, self.extension._desired = newest, desired
        await self.extension._change(newest)

    async def leads(self, desired):
        await self.told(Leadership(True, TERM, TERM, "", ""), desired)
        self.assertTrue(standing.ready)
        return self.adoptions

    async def test_the_same(self):
        self.assertFalse(standing.ready)
        self.assertEqual(await self.leads("a"), 1)

    async def test_others(self):
        self.assertEqual(await self.leads("b"), 2)

    async def test_one_that_could_not_be_reached(self):
        self.whole = None
        await self.told(Leadership(False, TERM - 1, TERM, "", ""), "a")
        self.assertEqual(await self.leads("a"), 3)

    async def test_an_agent_that_does_not_tell(self):
        self.whole = None
        await self.told(Leadership(False, TERM - 1, TERM, "", ""), None)
        self.assertEqual(await self.leads(None), 3)


class Readiness(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.standing = Standing()
        self.standing.leadership = Leadership(True, TERM, TERM, "", "")

    async def test_is_waited_for_and_told_at_once(self):
        waits = [asyncio.create_task(self.standing.until_ready(60)) for _ in range(2)]
        await asyncio.sleep(0)
        self.standing.has_adopted(TERM)
        await asyncio.wait_for(asyncio.gather(*waits), 10)
        await asyncio.wait_for(self.standing.until_ready(60), 10)
        self.assertTrue(self.standing.ready)

    async def test_is_not_waited_for_longer_than_was_said(self):
        await self.standing.until_ready(0.001)
        self.assertFalse(self.standing.ready)


unittest.main(argv=["adoption_test"])
