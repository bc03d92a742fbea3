"""Unit tests of how a server takes up a kernel that it could not reach at first."""

import asyncio
import logging
import unittest
from types import SimpleNamespace

from jupyter_cluster import adoption
from jupyter_cluster.agent import AgentError
from jupyter_cluster.leadership import Leadership, standing
from jupyter_cluster.provisioner import ClusterProvisioner

KERNEL = "k1"
TERM = 3
REACHED = {"kernelId": KERNEL, "name": "python3", "front": {"term": TERM}}


class Agent:
    """Its node does not answer the first question."""

    def __init__(self):
        self.questions = 0

    async def kernels(self):
        return {"kernels": [{"kernelId": KERNEL, "name": "python3"}], "sessions": []}

    async def kernel(self, kernel_id, term):
        self.questions += 1
        if self.questions == 1:
            raise AgentError(504, "the node does not answer")
        return REACHED


class Kernels(dict):
    """Jupyter's manager of kernels, and what it has let go."""

    def __init__(self):
        super().__init__()
        self.released = []

    async def start_kernel(self, kernel_id, **_):
        provisioner = ClusterProvisioner(kernel_id=kernel_id)
        provisioner.record = standing.records.get(kernel_id)
        self[kernel_id] = SimpleNamespace(
            provisioner=provisioner,
            last_activity=None,
            stop_restarter=lambda: None,
            cleanup_connection_file=lambda: None,
        )

    def get_kernel(self, kernel_id):
        return self[kernel_id]

    def stop_watching_activity(self, kernel_id):
        pass

    def remove_kernel(self, kernel_id):
        self.released.append(self.pop(kernel_id))


class LateAdoption(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        adoption.ASK_EVERY = 0.001
        standing.leadership = Leadership(True, TERM, "", "")
        self.agent, self.kernels = Agent(), Kernels()
        app = SimpleNamespace(
            kernel_manager=self.kernels, session_manager=None, log=logging.getLogger("test")
        )
        self.adoption = adoption.Adoption(app, self.agent)
        await self.adoption.adopt()

    async def asked(self, times):
        async with asyncio.timeout(10):
            while self.agent.questions < times:
                await asyncio.sleep(0)

    async def ended(self):
        await asyncio.wait_for(asyncio.gather(*self.adoption._late.values()), 10)

    async def test_it_is_taken_up_when_its_node_answers(self):
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


unittest.main(argv=["adoption_test"])
