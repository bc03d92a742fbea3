"""A stand-in for the nodes' agents, for the tests of the Python side alone: one process, in memory.

It serves their API for Jupyter on one Unix socket a server, starts keepers, and does what a test
says on a TCP port: who leads in which term, and whether a kernel's node is silent.
"""

import asyncio
import json
import os
import sys

import zmq
from tornado import httpserver, iostream, netutil, web

DIRECTORY = "/tmp/kernels"


class World:
    def __init__(self):
        self.term, self.leader = 0, None
        self.keys = [each.decode() for each in zmq.curve_keypair()]
        self.kernels, self.sessions, self.lines = {}, {}, asyncio.Condition()
        self.silent = False
        #: So many questions for the kernels, and watches, are hung up on.
        self.hang_ups = 0

    async def lead(self, leader, term):
        self.leader, self.term = leader, term
        self.keys = [each.decode() for each in zmq.curve_keypair()]
        for kernel in self.kernels.values():
            kernel.open_front()
        async with self.lines:
            self.lines.notify_all()

    def keys_told(self):
        return {"publicKey": self.keys[0], "secretKey": self.keys[1]}


class Kernel:
    """A keeper and the connection to it."""

    def __init__(self, world, body):
        self.world, self.body = world, body
        self.known = {"state": "starting"}
        self.changed = asyncio.Condition()

    async def start(self):
        directory = f"{DIRECTORY}/{self.body['kernelId']}"
        os.makedirs(directory, 0o700, exist_ok=True)
        config = {**self.body, "directory": directory, "ip": "127.0.0.1"}
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "jupyter_cluster.keeper", stdin=asyncio.subprocess.PIPE
        )
        self.process.stdin.write(json.dumps(config).encode())
        self.process.stdin.close()
        while not os.path.exists(f"{directory}/control.sock"):
            await asyncio.sleep(0.01)
        reader, self.writer = await asyncio.open_unix_connection(f"{directory}/control.sock")
        self.listener = asyncio.create_task(self.listen(reader))
        self.open_front()

    async def listen(self, reader):
        while line := await reader.readline():
            news = json.loads(line)
            async with self.changed:
                if "started" in news:
                    self.known.pop("exit", None)
                self.known.update(news.get("started", {}))
                self.known.update({key: value for key, value in news.items() if key != "started"})
                self.changed.notify_all()

    def order(self, **order):
        self.writer.write(json.dumps(order).encode() + b"\n")

    def open_front(self):
        self.order(front={"term": self.world.term, "clientKey": self.world.keys[0]})

    async def reached(self):
        async with self.changed:
            await asyncio.wait_for(
                self.changed.wait_for(
                    lambda: self.known.get("front", {}).get("term") == self.world.term
                ),
                5,
            )
        return self.record()

    async def lose(self):
        """Its node is gone, and it runs on another one."""
        self.listener.cancel()
        self.process.kill()
        await self.process.wait()
        ended = {"reason": "NodeLost", "message": "The kernel was lost with its node."}
        self.known = {"state": "starting", "lastExit": ended}
        os.unlink(f"{DIRECTORY}/{self.body['kernelId']}/control.sock")
        await self.start()

    def record(self):
        return {**self.body, **self.known, "keeper": self.process.pid}


class Api(web.RequestHandler):
    def initialize(self, world, server):
        self.world, self.server = world, server

    def prepare(self):
        self.body = json.loads(self.request.body) if self.request.body else {}
        if self.server != self.world.leader:
            self.refuse(403, "this server does not lead")

    def refuse(self, status, message):
        self.set_status(status)
        self.finish({"message": message})


def hangs_up(handler):
    if handler.world.hang_ups == 0:
        return False
    handler.world.hang_ups -= 1
    handler.detach().close()
    return True


class Watch(web.RequestHandler):
    def initialize(self, world, server):
        self.world, self.server = world, server

    async def get(self):
        while not hangs_up(self):
            leads = self.world.leader == self.server
            term = self.world.term
            told = {"leads": leads, "term": term, "elected": term if leads else 0}
            line = {**told, "clientKeys": self.world.keys_told()}
            self.write(json.dumps(line) + "\n")
            try:
                await self.flush()
            except iostream.StreamClosedError:
                return
            async with self.world.lines:
                await self.world.lines.wait()


class Kernels(Api):
    def get(self):
        if hangs_up(self):
            return
        rows = [each.record() for each in self.world.kernels.values()]
        told = {"kernels": rows, "sessions": list(self.world.sessions.values())}
        term = self.world.term
        self.finish({**told, "term": term, "elected": term, "leads": True})

    async def post(self):
        kernel = self.world.kernels.get(self.body["kernelId"])
        if kernel is None:
            kernel = self.world.kernels[self.body["kernelId"]] = Kernel(self.world, self.body)
            await kernel.start()
        self.set_status(201)
        self.finish(await kernel.reached())


class OneKernel(Api):
    async def get(self, kernel_id, verb=None):
        kernel = self.world.kernels.get(kernel_id)
        if verb == "poll":
            alive = kernel is not None and "exit" not in kernel.known
            if self.world.silent:
                alive = None
            ended = kernel.known.get("exit", {}) if kernel else {}
            name = ended.get("signal") or f"code {ended.get('code')}"
            message = f"The kernel was ended by {name}." if ended else ""
            self.finish({"alive": alive, "exit": {**ended, "message": message}})
        elif kernel is None:
            self.refuse(404, "no such kernel")
        elif self.world.silent:
            self.refuse(504, "the kernel's node does not answer")
        else:
            self.finish(await kernel.reached())

    async def post(self, kernel_id, verb):
        kernel = self.world.kernels.get(kernel_id)
        if kernel is None:
            self.refuse(404, "no such kernel")
        elif self.world.silent:
            self.refuse(504, "the kernel's node does not answer")
        elif verb == "signal":
            kernel.order(signal=self.body["signal"])
            self.finish({})
        elif verb == "restart":
            before = kernel.known.get("pid")
            kernel.order(start={name: self.body[name] for name in ("argv", "cwd", "env")})
            async with kernel.changed:
                await kernel.changed.wait_for(lambda: kernel.known.get("pid") != before)
            self.finish(await kernel.reached())

    async def delete(self, kernel_id, verb=None):
        kernel = self.world.kernels.pop(kernel_id, None)
        if kernel is not None:
            kernel.order(stop=True)
            await kernel.process.wait()
        self.finish({})


class Sessions(Api):
    def put(self, session_id):
        self.world.sessions[session_id] = self.body
        self.finish({})

    def delete(self, session_id):
        self.world.sessions.pop(session_id, None)
        self.finish({})


class Control(web.RequestHandler):
    def initialize(self, world):
        self.world = world

    def get(self):
        kernels = {each: kernel.record() for each, kernel in self.world.kernels.items()}
        self.finish({"kernels": kernels, "sessions": self.world.sessions, "term": self.world.term})

    async def post(self):
        order = json.loads(self.request.body)
        if "leader" in order:
            await self.world.lead(order["leader"], order["term"])
        self.world.silent = order.get("silent", self.world.silent)
        self.world.hang_ups = order.get("hangUps", self.world.hang_ups)
        if "lose" in order:
            await self.world.kernels[order["lose"]].lose()
        self.finish({})


async def main():
    world = World()
    os.makedirs(DIRECTORY, exist_ok=True)
    for server in sys.argv[2:]:
        given = {"world": world, "server": server}
        routes = [
            (r"/v1/watch", Watch, given),
            (r"/v1/kernels", Kernels, given),
            (r"/v1/kernels/([^/]+)(?:/(\w+))?", OneKernel, given),
            (r"/v1/sessions/([^/]+)", Sessions, given),
        ]
        http = httpserver.HTTPServer(web.Application(routes))
        http.add_socket(netutil.bind_unix_socket(f"/tmp/{server}.sock", 0o600))
    web.Application([(r"/", Control, {"world": world})]).listen(int(sys.argv[1]))
    await asyncio.Event().wait()


asyncio.run(main())
