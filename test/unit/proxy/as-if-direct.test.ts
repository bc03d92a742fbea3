/** One table of requests, sent to a server directly and through the proxy: both answer alike. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { JupyterProxy } from "../../../controller/proxy/jupyter-proxy.ts";
import { said } from "./direct/converse.ts";
import { OTHERWISE } from "./direct/differences.ts";
import { startMirror } from "./direct/mirror.ts";
import { SAME } from "./direct/table.ts";
import { at, startProxy } from "./harness.ts";

interface Pair {
  readonly mirror: Awaited<ReturnType<typeof startMirror>>;
  readonly proxy: JupyterProxy;
}
let upgrading: Pair;
let ignoring: Pair;

beforeAll(async () => {
  upgrading = await startPair(true);
  ignoring = await startPair(false);
});

afterAll(async () => {
  for (const { mirror, proxy } of [upgrading, ignoring]) {
    await proxy.close();
    await mirror.close();
  }
});

describe("otherwise, on purpose", () => {
  test.each(Object.entries(OTHERWISE))("%s", async (_what, { status, ...row }) => {
    const { answers } = await said(addressOf(upgrading.proxy), row);
    expect(answers.map((answer) => answer.status)).toEqual(status === null ? [] : [status]);
  });
});

async function startPair(upgrades: boolean): Promise<Pair> {
  const mirror = await startMirror({ upgrades });
  const proxy = await startProxy();
  proxy.setTarget(at(mirror, 1));
  return { mirror, proxy };
}

describe("through the proxy as without it", () => {
  test.each(Object.entries(SAME))("%s", async (_what, row) => {
    const { mirror, proxy } = row.ignoring === true ? ignoring : upgrading;
    const direct = await said(mirror, row);
    expect(direct.answers.length).toBeGreaterThan(0);
    expect(await said(addressOf(proxy), row)).toEqual(direct);
  });
});

function addressOf(proxy: JupyterProxy) {
  const { address, port } = proxy.status();
  return { ip: address, port };
}
