/** What becomes of a page's WebSocket is counted; another kernel is never given what was said to the one before. */
import { afterEach, describe, expect, test } from "vitest";
import { until } from "../../support/poll.ts";
import { at, openWebSocket } from "./harness.ts";
import { BINARY, cleanUp, kernelServer, proxyTo, take } from "./kernel-join-harness.ts";
import { CHANNELS, frame, V1, type Visit, v1 } from "./kernel-server.ts";

afterEach(cleanUp);

const REQUEST = { msg_id: "r1", msg_type: "execute_request", session: "s1" };

/** @param kernels the mark that each visit in turn is told */
function marked(kernels: readonly string[]) {
  let visits = 0;
  const headers = (join: Visit["join"]) => {
    const kernel = kernels[visits] ?? "";
    visits += 1;
    return `X-Jupyter-Cluster-Joined: ${join !== null}\r\nX-Jupyter-Cluster-Kernel: ${kernel}\r\n`;
  };
  return { headers };
}

async function pageOf(kernels: readonly string[]) {
  const server = await kernelServer(({ socket, join }) => {
    const id = join === null ? "i1" : "i2";
    socket.write(frame(BINARY, v1("iopub", id, "{}", REQUEST)));
  }, marked(kernels));
  const proxy = await proxyTo(server);
  const page = await openWebSocket(proxy, CHANNELS, [V1]);
  await take(page, 1);
  page.socket.send("run");
  await until("it came", () => server.visits[0]?.received.length === 1);
  proxy.dropTarget(server.ip);
  await until("the server's end", () => server.sockets.size === 0);
  page.socket.send("said meanwhile");
  return { server, proxy, page };
}

describe("a page whose kernel", () => {
  test("is there still is joined to it, and what it said is sent again", async () => {
    const { server, proxy, page } = await pageOf(["k", "k"]);
    proxy.setTarget(at(server, 2));
    expect(await take(page, 1)).toEqual(["i2"]);
    await until("all came", () => server.visits[1]?.received.length === 2);
    expect(server.visits[1]?.received).toEqual(["run", "said meanwhile"]);
    expect(server.visits[1]?.join).toEqual({ iopub: "i1", kernel: "k", parent: REQUEST });
    expect(proxy.stats().joins).toMatchObject({ joined: 1, "another-kernel": 0 });
    page.socket.terminate();
  });

  test("is another one now goes on with that, which is told nothing of what was before", async () => {
    const { server, proxy, page } = await pageOf(["k", "other"]);
    proxy.setTarget(at(server, 2));
    expect(await take(page, 1)).toEqual(["i2"]);
    page.socket.send("said after");
    await until("it came", () => server.visits[1]?.received.length === 1);
    expect(server.visits[1]?.received).toEqual(["said after"]);
    expect(proxy.stats().joins).toMatchObject({ joined: 0, "another-kernel": 1 });
    page.socket.terminate();
  });
});

test("a page that loses two servers at once is told of its kernel's end by whoever comes next", async () => {
  const says: Record<number, string[]> = {
    1: ["i1"],
    2: ["jupyter_cluster_aside_why"],
    3: ["restarting"],
    4: [],
  };
  const server = await kernelServer(
    ({ socket }) => {
      for (const id of says[server.visits.length] ?? []) {
        socket.write(frame(BINARY, v1("iopub", id)));
      }
    },
    marked(["k", "other", "other", "other"]),
  );
  const proxy = await proxyTo(server);
  const page = await openWebSocket(proxy, CHANNELS, [V1]);
  for (let term = 2; term <= 4; term += 1) {
    expect(await take(page, 1)).toEqual(says[term - 1]);
    proxy.dropTarget(server.ip);
    await until("the server's end", () => server.sockets.size === 0);
    proxy.setTarget(at(server, term));
  }
  await until("joined", () => server.visits.length === 4);
  expect(server.visits.map(({ join }) => join?.["kernel"])).toEqual([undefined, "k", "k", "other"]);
  expect(server.visits[2]?.join).toMatchObject({ iopub: "i1" });
  page.socket.terminate();
});

test("the mark of the kernel is not told to the page", async () => {
  const server = await kernelServer(() => {}, marked(["k"]));
  const proxy = await proxyTo(server);
  const page = await openWebSocket(proxy, CHANNELS, [V1]);
  expect(page.headers).not.toHaveProperty("x-jupyter-cluster-kernel");
  page.socket.terminate();
});

test("a join that comes to nothing is counted by its reason", async () => {
  const server = await kernelServer(() => {});
  const proxy = await proxyTo(server, 100);
  const page = await openWebSocket(proxy, CHANNELS, [V1]);
  proxy.dropTarget(server.ip);
  expect((await page.closed).code).toBe(1012);
  expect(proxy.stats().joins).toMatchObject({ joined: 0, "no-leader": 1 });
});
