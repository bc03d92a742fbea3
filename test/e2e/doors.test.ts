/**
 * Every door of a running cluster, tried by whoever should not come in: another user of the host, a notebook, a
 * container of another network, a web page. A row is a door (doors/).
 */
import { chmod } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { LocalCluster } from "../support/e2e/local-cluster.ts";
import { followersOf, leaderOf } from "../support/e2e/nodes.ts";
import {
  type Door,
  hostRoot,
  localUser,
  nodeRoot,
  notebookUser,
  type Site,
  statusFrom,
  strangerFrom,
  type Who,
} from "./doors/door.ts";
import {
  LOCAL_USER,
  OWN_WEB_SOCKET,
  WEB_PAGE,
  WEB_PAGE_WITHOUT_TOKEN,
} from "./doors/host-doors.ts";
import { NOTEBOOK_USER, STRANGER } from "./doors/node-doors.ts";

let cluster: LocalCluster;
let site: Site;

beforeAll(async () => {
  cluster = await LocalCluster.create({ name: "e2e-all-doors", subnet: "172.31.67", replicas: 3 });
  // So that it is the state directory's own mode that keeps others out.
  await chmod(cluster.dir, 0o755);
  cluster.startController();
  await cluster.untilServing();
  const object = await cluster.untilReady();
  const [follower] = followersOf(object);
  if (follower === undefined || cluster.pid === null) throw new Error("no cluster");
  site = { cluster, leader: leaderOf(object), follower, pid: cluster.pid };
});

afterAll(() => cluster?.destroy());

async function refused(who: Who, { name, command, prints }: Door): Promise<void> {
  const { code, stdout } = await who(site, command(site));
  if (prints !== undefined) return expect({ name, stdout }).toEqual({ name, stdout: prints });
  expect({ name, stdout, failed: code !== 0 }).toEqual({ name, stdout: "", failed: true });
}

async function opens(who: Who, { name, command }: Door): Promise<void> {
  const { code, stdout, stderr } = await who(site, command(site));
  expect({ name, code, stderr, empty: stdout === "" }).toMatchObject({ code: 0, empty: false });
}

const rows = (doors: readonly Door[]) => doors.map((door) => [door.name, door] as const);
const openToRoot = (doors: readonly Door[]) => rows(doors.filter((door) => door.opensForRoot));

// Only root can become another user.
describe.skipIf(process.getuid?.() !== 0)("another user of the host may not", () => {
  it.each(rows(LOCAL_USER))("%s", (_name, door) => refused(localUser, door));
});

describe.skipIf(process.getuid?.() !== 0)("its root may", () => {
  it.each(openToRoot(LOCAL_USER))("%s", (_name, door) => opens(hostRoot, door));
});

describe("a notebook may not", () => {
  it.each(rows(NOTEBOOK_USER))("%s", (_name, door) => refused(notebookUser, door));
});

describe("the node's root may", () => {
  it.each(openToRoot(NOTEBOOK_USER))("%s", (_name, door) => opens(nodeRoot, door));
});

describe("a notebook may", () => {
  it("ask the Jupyter of its own node, with the tool that others refuse", async () => {
    const command = statusFrom("http://127.0.0.1:8888/api");
    expect((await notebookUser(site, command)).stdout.trim()).toBe("200");
  });
});

describe("a container of another network may not", () => {
  it.each(rows(STRANGER))("%s", (_name, door) => refused(strangerFrom(inject("agentImage")), door));
});

describe("a web page may not", () => {
  it.each(rows(WEB_PAGE))("%s", (_name, door) => refused(hostRoot, door));
});

describe("after all of that", () => {
  it("the cluster is as it was: the same containers, the same leader", async () => {
    const object = await cluster.untilReady();
    expect(leaderOf(object).container).toBe(site.leader.container);
    expect(object.status.nodes.map(({ restarts }) => restarts)).toEqual([0, 0, 0]);
  });
});

describe("where Jupyter wants no token, a web page may not", () => {
  beforeAll(async () => {
    await cluster.save(`${cluster.specText(3)}  jupyter: { auth: none }\n`);
    await cluster.untilReady({ generation: 2, timeoutMs: 240_000 });
  });

  it.each(rows(WEB_PAGE_WITHOUT_TOKEN))("%s", (_name, door) => refused(hostRoot, door));

  it("but whoever reaches the proxy may, as a page of its own does", () =>
    refused(hostRoot, OWN_WEB_SOCKET));
});
