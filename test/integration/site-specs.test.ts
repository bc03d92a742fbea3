/**
 * Two controllers that share a real etcd, each with a host's own (empty) directory of spec files: what is written over
 * the API of one is there on the other when that acts. The clusters are suspended, so that no Mesos is needed.
 */
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Docker from "dockerode";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { readControlToken } from "../../controller/store/control-token.ts";
import { hostPortText } from "../../controller/support/host-port.ts";
import { findLabelled, removeFound, TEST_LABEL } from "../support/docker-remains.ts";
import { ControllerProcess } from "../support/e2e/controller-process.ts";
import { freePort } from "../support/free-port.ts";
import { until } from "../support/poll.ts";
import { SiteEtcd } from "../support/store/site-etcd.ts";

const ALL = "/apis/jupytercluster.dev/v1alpha1/namespaces/default/jupyterclusters";
const ONE = `${ALL}/team`;
const ROLE_MS_MAX = 60_000;
const docker = new Docker();
const run = `site-specs-${randomBytes(3).toString("hex")}`;
let etcd: SiteEtcd;
let dir: string;
let state: string;
let a: ControllerProcess;
let b: ControllerProcess;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "site-specs-"));
  etcd = await SiteEtcd.start({ docker, image: inject("agentImage"), run });
  state = `etcd://${etcd.addresses.map(hostPortText).join(",")}/site`;
  a = await start("a");
  await untilRole(a, "acting");
  b = await start("b");
  await untilRole(b, "standby");
});

afterAll(async () => {
  for (const controller of [a, b]) await controller?.end("SIGKILL");
  await etcd.close();
  await removeFound(docker, await findLabelled(docker, `${TEST_LABEL}=${run}`));
  await rm(dir, { recursive: true });
});

async function start(host: string): Promise<ControllerProcess> {
  const spec = join(dir, `specs-${host}`);
  await mkdir(spec, { recursive: true });
  return new ControllerProcess({
    spec,
    stateDir: join(dir, host),
    api: `127.0.0.1:${await freePort()}`,
    logFile: join(dir, `${host}.log`),
    // Nobody listens there: nothing of Mesos is needed.
    more: ["--state", state, "--state-lease", "5", "--mesos", `127.0.0.1:${await freePort()}`],
  });
}

/** Who stands by also has to see who acts. */
async function untilRole(controller: ControllerProcess, role: string): Promise<void> {
  const has = async () => {
    const { controller: own, controllers } = await controller.status();
    return own.role === role && controllers.some((one) => one.role === "acting");
  };
  await until(`${controller.url} is ${role}`, has, ROLE_MS_MAX);
}

async function ask(controller: ControllerProcess, method: string, path: string, body?: object) {
  const patch = "application/merge-patch+json";
  const headers = {
    authorization: `Bearer ${await readControlToken(join(dir, controller === a ? "a" : "b"))}`,
    ...(body && { "content-type": method === "PATCH" ? patch : "application/json" }),
  };
  const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
  const response = await fetch(`${controller.url}${path}`, init);
  return { status: response.status, body: (await response.json()) as Team };
}

interface Team {
  readonly spec?: { readonly replicas?: number };
  readonly status?: { readonly conditions: readonly { type: string; status: string }[] };
  readonly message?: string;
}

function team(replicas: number): object {
  return {
    ...{ apiVersion: "jupytercluster.dev/v1alpha1", kind: "JupyterCluster" },
    metadata: { name: "team", namespace: "default" },
    spec: { suspend: true, replicas, network: { subnet: "172.31.109.0/24" } },
  };
}

async function stored(): Promise<readonly string[]> {
  return etcd.hand.getAll().prefix("/site/specs/").keys();
}

describe("a cluster that came over the API of two controllers' site", () => {
  it("is written by the one that acts, and by no other", async () => {
    const refused = await ask(b, "POST", ALL, team(3));
    expect({ status: refused.status, message: refused.body.message }).toEqual({
      status: 503,
      message: expect.stringContaining(a.url),
    });
    const made = await ask(a, "POST", ALL, team(3));
    expect(made.status, made.body.message).toBe(201);
    expect(await stored()).toEqual(["/site/specs/default/team"]);
    const seen = async () => (await ask(b, "GET", ONE)).body.spec?.replicas === 3;
    await until("the one that stands by shows it", seen);
  });

  it("is there when another acts, and is changed there", async () => {
    await a.end("SIGKILL");
    await untilRole(b, "acting");
    const found = await ask(b, "GET", ONE);
    expect(found.body.spec?.replicas).toBe(3);
    const changed = await ask(b, "PATCH", ONE, { spec: { replicas: 5 } });
    expect(changed.status, changed.body.message).toBe(200);
    // Of a document that counted as removed nobody would be told that it is valid.
    const { status } = (await ask(b, "GET", ONE)).body;
    expect(status?.conditions.find(({ type }) => type === "SpecValid")?.status).toBe("True");
  });

  it("has the last change when the first acts again, and ends when it is deleted", async () => {
    a = await start("a");
    await untilRole(a, "standby");
    await b.end("SIGKILL");
    await untilRole(a, "acting");
    const found = await ask(a, "GET", ONE);
    expect(found.body.spec?.replicas).toBe(5);
    const deleted = await ask(a, "DELETE", ONE);
    expect(deleted.status, deleted.body.message).toBe(200);
    expect(await stored()).toEqual([]);
  });
});
