/** `down` of a state that is in a real etcd of a site, without a controller. */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Docker from "dockerode";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { openEtcd } from "../../controller/store/etcd/open-etcd.ts";
import { readControlToken } from "../../controller/store/control-token.ts";
import { clusterKey } from "../../controller/model/ids.ts";
import type { Term } from "../../controller/store/state-backend.ts";
import { systemClock } from "../../controller/support/clock.ts";
import { hostPortText } from "../../controller/support/host-port.ts";
import { findLabelled, removeFound, TEST_LABEL } from "../support/docker-remains.ts";
import { freePort } from "../support/free-port.ts";
import { fakeMemory } from "../support/planner/fixtures.ts";
import { silentLog } from "../support/silent-log.ts";
import { controllerOn } from "../support/store/fixtures.ts";
import { SiteEtcd } from "../support/store/site-etcd.ts";
import { cli } from "../unit/cli/captured-context.ts";

const MASTERS = "zk://m1,m2,m3/mesos";
const PREFIX = "/lab";
const KEY = clusterKey(fakeMemory().cluster.metadata);
const docker = new Docker();
const run = `down-etcd-${randomBytes(3).toString("hex")}`;
const never = new AbortController().signal;
let etcd: SiteEtcd;
let dir: string;

beforeAll(async () => {
  etcd = await SiteEtcd.start({ docker, image: inject("agentImage"), run });
});

afterAll(async () => {
  await etcd.close();
  await removeFound(docker, await findLabelled(docker, `${TEST_LABEL}=${run}`));
});

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "jupyter-cluster-down-etcd-"));
  await remember();
});

afterEach(async () => {
  await etcd.hand.delete().all();
  await rm(dir, { recursive: true });
});

/** @returns ends the term */
async function act(hostname: string): Promise<{ term: Term; end: () => Promise<void> }> {
  const { addresses: servers } = etcd;
  const target = { kind: "etcd", servers, prefix: PREFIX, auth: null, tls: null } as const;
  const time = { ttlSeconds: 10, clock: systemClock };
  const backend = openEtcd(target, { ...time, masters: MASTERS, waits: false, log: silentLog });
  const term = await backend.campaign(controllerOn(hostname), never);
  const end = async () => {
    await term.resign();
    await backend.close();
  };
  return { term, end };
}

/** As a controller leaves it that was killed, when its lease is over. */
async function remember(): Promise<void> {
  const { term, end } = await act("a");
  await term.state.saveFrameworkId("framework");
  await term.state.memories.save(KEY, fakeMemory());
  await end();
}

async function stored(): Promise<Term["state"]["stored"]> {
  const { term, end } = await act("looks");
  await end();
  return term.state.stored;
}

async function down(...args: readonly string[]) {
  const state = `etcd://${etcd.addresses.map(hostPortText).join(",")}${PREFIX}`;
  const api = `http://127.0.0.1:${await freePort()}`;
  return cli(["down", "--state", state, "--state-dir", dir, "--api", api, ...args]);
}

describe("down of a state in an etcd, without a controller", () => {
  it("removes nothing: only a controller reaches the agents of that Mesos", async () => {
    const { code, stdout, stderr } = await down("--volumes", "--yes");
    expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
    expect(stderr).toContain(`Mesos at ${MASTERS}`);
    const { memories, frameworkId } = await stored();
    expect([[...memories.keys()], frameworkId]).toEqual([[KEY], "framework"]);
  });

  it("forgets the framework that Mesos has removed, and keeps the memory", async () => {
    const { code, stderr } = await down("--forget-framework");
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const { memories, frameworkId, masters } = await stored();
    expect([...memories.keys()]).toEqual([KEY]);
    expect({ frameworkId, masters }).toEqual({ frameworkId: null, masters: MASTERS });
  });

  it("with --volumes removes the memory too, and this host has the site's token then", async () => {
    const { code, stdout } = await down("--forget-framework", "--volumes", "--yes");
    expect({ code, stdout }).toEqual({ code: 0, stdout: `removed memory of ${KEY}\n` });
    expect((await stored()).memories.size).toBe(0);
    const shared = await etcd.hand.get(`${PREFIX}/control-token`).string();
    expect(await readControlToken(dir)).toBe(shared);
  });

  it("touches nothing while a controller acts that it does not reach, and names it", async () => {
    const { end } = await act("h7");
    const { code, stdout, stderr } = await down("--forget-framework", "--volumes", "--yes");
    expect({ code: code !== 0, stdout }).toEqual({ code: true, stdout: "" });
    expect(stderr).toContain("(http://h7:8001)");
    expect(stderr).toContain("say where it does with --api");
    await end();
    expect([...(await stored()).memories.keys()]).toEqual([KEY]);
  });
});
