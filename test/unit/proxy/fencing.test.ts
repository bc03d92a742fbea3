import { afterEach, describe, expect, test } from "vitest";
import type { JupyterProxy } from "../../../controller/proxy/jupyter-proxy.ts";
import { startProxy } from "./harness.ts";

let proxy: JupyterProxy | null = null;
afterEach(async () => {
  await proxy?.close();
});

const A = { ip: "127.0.0.1", port: 1, epoch: 0, term: 5 };
const B = { ip: "127.0.0.2", port: 1, epoch: 0, term: 6 };

async function fresh() {
  let changes = 0;
  proxy = await startProxy({
    onChange: () => {
      changes += 1;
    },
  });
  return { proxy, changes: () => changes };
}

describe("the proxy's target", () => {
  test.each([
    ["a later term wins", [A, B], B],
    ["an earlier term never wins, though its news is later", [B, A], B],
    ["a second node of one term is refused", [A, { ...B, term: 5 }], A],
    [
      "the same node in a later term stays, with that term",
      [A, { ...A, term: 9 }],
      { ...A, term: 9 },
    ],
    [
      "a cluster that was begun anew wins, though its terms are lower",
      [B, { ...A, epoch: 1, term: 2 }],
      { ...A, epoch: 1, term: 2 },
    ],
    [
      "a late leader of the former cluster never wins",
      [{ ...A, epoch: 1, term: 2 }, B],
      { ...A, epoch: 1, term: 2 },
    ],
    ["a new port of the same node is taken", [A, { ...A, port: 2 }], { ...A, port: 2 }],
  ])("%s", async (_, targets, served) => {
    const { proxy } = await fresh();
    for (const target of targets) proxy.setTarget(target);
    expect(proxy.status().target).toEqual(served);
  });

  test("the same target again changes nothing", async () => {
    const { proxy, changes } = await fresh();
    proxy.setTarget(A);
    proxy.setTarget({ ...A });
    expect(changes()).toBe(1);
  });

  test("the fence stands after the target was dropped", async () => {
    const { proxy } = await fresh();
    proxy.setTarget(B);
    proxy.dropTarget(B.ip);
    proxy.setTarget(A);
    expect(proxy.status().target).toBeNull();
  });

  test("a node that was dropped and leads still may come back in its term", async () => {
    const { proxy, changes } = await fresh();
    proxy.setTarget(A);
    proxy.dropTarget(A.ip);
    expect(proxy.status().target).toBeNull();
    proxy.setTarget(A);
    expect(proxy.status().target).toEqual(A);
    expect(changes()).toBe(3);
  });

  test("dropping a node that is not served changes nothing", async () => {
    const { proxy, changes } = await fresh();
    proxy.setTarget(A);
    proxy.dropTarget(B.ip);
    expect([proxy.status().target, changes()]).toEqual([A, 1]);
  });
});
