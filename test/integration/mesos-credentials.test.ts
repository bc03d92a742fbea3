/** From the flags of the command line to a master behind TLS that wants to know who asks. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { buildProgram } from "../../controller/cli/program.ts";
import { runProgram } from "../../controller/cli/run-program.ts";
import type { JupyterClusterObject } from "../../controller/model/resource.ts";
import { hostPortText } from "../../controller/support/host-port.ts";
import { freePort } from "../support/free-port.ts";
import { type Certificate, makeCertificate } from "../support/mesos/certificate.ts";
import { ScriptedMaster } from "../support/mesos/scripted-master.ts";
import { until } from "../support/poll.ts";
import { FakeZooKeeper } from "../support/zookeeper/fake-server.ts";
import { capturedContext } from "../unit/cli/captured-context.ts";

const SECRET = "a-secret-of-the-site";
const AUTHORIZATION = `Basic ${Buffer.from(`jupyter:${SECRET}`).toString("base64")}`;
const SPEC = `apiVersion: jupytercluster.dev/v1alpha1
kind: JupyterCluster
metadata: { name: tls-lab }
spec: { proxy: { port: 0 } }
`;

let dir: string;
let certificate: Certificate;
let master: ScriptedMaster;
let api: string;

// The verb loads it when it runs; on a busy machine that takes longer than what is waited for.
beforeAll(() => import("../../controller/cli/machine/run-controller.ts"));

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "mesos-credentials-"));
  certificate = await makeCertificate(dir, "master");
  master = await ScriptedMaster.start(certificate);
  master.onSubscribe = () => {
    if (master.calls.at(-1)?.headers.authorization === AUTHORIZATION) return null;
    return { status: 401, headers: { "WWW-Authenticate": 'Basic realm="mesos-master"' } };
  };
  api = `127.0.0.1:${await freePort()}`;
  const proxyPort = await freePort();
  await mkdir(join(dir, "specs"));
  await writeFile(join(dir, "specs/lab.yaml"), SPEC.replace("0", String(proxyPort)));
  await writeFile(join(dir, "credential"), `jupyter ${SECRET}\n`, { mode: 0o600 });
});

afterEach(async () => {
  await master.stop();
  await rm(dir, { recursive: true });
});

/** Runs the verb `controller` until `check` is through. @returns what it has logged */
async function withController(
  options: Record<string, string>,
  check: () => Promise<unknown>,
): Promise<string> {
  const { context, outcome, signal } = capturedContext();
  const given = {
    mesos: `https://${master.address}`,
    "mesos-ca": certificate.certFile,
    "mesos-credential-file": join(dir, "credential"),
    ...options,
  };
  const ended = runProgram(buildProgram(context), context, [
    ...["controller", "--spec", join(dir, "specs"), "--state-dir", join(dir, "state")],
    ...["--api", api, "--agent-image", "agent:test"],
    ...Object.entries(given).flatMap(([name, value]) => [`--${name}`, value]),
  ]);
  try {
    await check();
  } finally {
    signal("SIGTERM");
    await ended;
  }
  expect(outcome().code).toBe(0);
  return outcome().stderr;
}

async function stateText(): Promise<string> {
  const entries = await readdir(join(dir, "state"), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const texts = await Promise.all(files.map((f) => readFile(join(f.parentPath, f.name), "utf8")));
  return texts.join("\n");
}

async function registered(): Promise<string> {
  const root = `http://${api}/apis/jupytercluster.dev/v1alpha1`;
  const answer = await fetch(`${root}/namespaces/default/jupyterclusters/tls-lab`);
  const { status } = (await answer.json()) as JupyterClusterObject;
  const condition = status.conditions.find(({ type }) => type === "FrameworkRegistered");
  return `${condition?.status} ${condition?.message}`;
}

const told = (text: string) => until(text, async () => (await registered()).includes(text));

it("the master hears who subscribes, over TLS, and nobody else hears the secret", async () => {
  const options = { "mesos-role": "research/jupyter" };
  const log = await withController(options, () => told("True"));
  const { subscribe } = await master.received("SUBSCRIBE");
  expect(subscribe.framework_info).toMatchObject({
    principal: "jupyter",
    role: "research/jupyter",
  });
  expect(master.calls.length).toBeGreaterThan(1);
  for (const { headers } of master.calls) expect(headers.authorization).toBe(AUTHORIZATION);
  const kept = await stateText();
  expect(kept).toContain(`https://${master.address}`);
  for (const text of [log, kept]) {
    expect(text).not.toContain(SECRET);
    expect(text).not.toContain(AUTHORIZATION);
  }
});

it("a master that ZooKeeper names hears the same, and ZooKeeper its own password", async () => {
  const [ip, port] = master.address.split(":");
  const info = JSON.stringify({ address: { hostname: "", ip, port: Number(port) } });
  const zooKeeper = await FakeZooKeeper.start({
    "/mesos": "",
    "/mesos/json.info_0000000004": info,
  });
  const where = `me:p@ss/word@${hostPortText(zooKeeper.address)}/mesos`;
  const options = {
    mesos: `zk://${where}`,
    "mesos-principal": "jupyter",
    "mesos-role": "research",
  };
  const log = await withController(options, () => told("True"));
  const { subscribe } = await master.received("SUBSCRIBE");
  expect(subscribe.framework_info).toMatchObject({ principal: "jupyter", role: "research" });
  for (const { headers } of master.calls) expect(headers.authorization).toBe(AUTHORIZATION);
  expect(zooKeeper.credentials).toEqual(["digest me:p@ss/word"]);
  const kept = await stateText();
  expect(kept).toContain(`zk://${hostPortText(zooKeeper.address)}/mesos`);
  for (const text of [log, kept]) expect(text).not.toMatch(/p@ss|word|a-secret-of-the-site/);
});

it("a master of another authority gets no credential, and the condition says why", async () => {
  const other = await makeCertificate(dir, "other");
  const log = await withController({ "mesos-ca": other.certFile }, () =>
    told("shows a certificate that is not trusted"),
  );
  expect(master.calls).toEqual([]);
  expect(log).toContain("Is --mesos-ca its authority's?");
});

it("a wrong secret is refused, and the condition says what to look at", async () => {
  const wrong = join(dir, "wrong");
  await writeFile(wrong, '{"principal": "jupyter", "secret": "another-secret"}', { mode: 0o600 });
  const log = await withController({ "mesos-credential-file": wrong }, () =>
    told("refused with HTTP 401: without a reason. Is --mesos-credential-file the right one?"),
  );
  expect(log).not.toContain("another-secret");
});

it("a master without TLS is told apart", async () => {
  await master.stop();
  master = await ScriptedMaster.start();
  await withController({}, () => told("does not speak TLS"));
});
