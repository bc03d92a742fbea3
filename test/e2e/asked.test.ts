/** What people ask of a cluster that runs: its past, the way back, and what it says of itself. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { NodeUsageStatus } from "../../controller/model/node-usage.ts";
import type { JupyterClusterObject } from "../../controller/model/resource.ts";
import { unsealJson } from "../../controller/support/files/sealed-json.ts";
import { LocalCluster } from "../support/e2e/local-cluster.ts";
import { until } from "../support/poll.ts";
import { runCommand } from "../support/e2e/run-command.ts";
import { type WebhookReceiver, webhookReceiver } from "../support/webhook-receiver.ts";

let site: LocalCluster;
let webhook: WebhookReceiver;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "e2e-asked-webhook-"));
  const secretFile = join(folder, "secret");
  await writeFile(secretFile, "a secret of the two of us\n", { mode: 0o600 });
  webhook = await webhookReceiver("a secret of the two of us");
  site = await LocalCluster.create({
    name: "e2e-asked",
    subnet: "172.31.94",
    spec: ["  etcd: { snapshots: { intervalSeconds: 0 } } # none of its own accord"],
    args: ["--webhook", webhook.url, "--webhook-secret-file", secretFile],
  });
  site.startController();
  await site.untilServing();
  await site.untilReady();
});

afterAll(async () => {
  await site.destroy();
  webhook.close();
  await rm(folder, { recursive: true });
});

/** What it prints, of a verb that ends with this exit code. */
async function printed(code: number, ...args: readonly string[]): Promise<string> {
  const result = await site.cli(...args);
  expect(result.code, `${args.join(" ")}: ${result.stderr}`).toBe(code);
  return result.stdout;
}

describe("the specs that were in force", () => {
  it("can be looked back at, and gone back to, with the file's comments", async () => {
    const before = await readFile(site.specFile, "utf8");
    await site.save(
      before.replace("holdSeconds", "x").replace("  proxy: {", "  proxy: { holdSeconds: 7,"),
    );
    await site.until("the change is in force", (o) => o.status.observedGeneration === 2);
    expect(await printed(0, "history", "e2e-asked")).toMatch(
      /^2 .*spec\.proxy\.holdSeconds: \(none\) -> 7$/m,
    );
    expect(await printed(1, "diff", "e2e-asked")).toContain("\n+    holdSeconds: 7\n");
    expect((await site.cli("undo", "e2e-asked")).code).toBe(5);
    expect(await printed(0, "undo", "e2e-asked", "--yes")).toContain("\n-    holdSeconds: 7\n");
    expect((await site.object()).status.observedGeneration).toBe(3);
    expect(await readFile(site.specFile, "utf8")).toBe(before);
  });

  it("come back over a broken file", async () => {
    const whole = await readFile(site.specFile, "utf8");
    await site.save(whole.replace("replicas: 3", "replicas: three # odd"));
    const isRefused = ({ status }: JupyterClusterObject) =>
      status.conditions.some((c) => c.type === "SpecValid" && c.status === "False");
    await site.until("the file is refused", isRefused);
    await printed(0, "undo", "e2e-asked", "--yes");
    expect(await readFile(site.specFile, "utf8")).toBe(
      whole.replace("replicas: 3", "replicas: 3 # odd"),
    );
    await site.until("the file is good again", (o) => !isRefused(o));
  });
});

describe("a snapshot that somebody asks for", () => {
  it("is an operation, with who asked and what came of it", async () => {
    const id = (await printed(0, "snapshot", "save", "e2e-asked", "-o", "name")).trim();
    const { operations } = (await site.object()).status;
    expect(operations).toMatchObject([
      {
        ...{ id: "snapshot-1", kind: "SaveSnapshot", state: "Succeeded", snapshotId: id },
        askedBy: { via: "CommandLine", user: expect.stringContaining("@") },
      },
    ]);
    const table = await printed(0, "operations", "e2e-asked");
    expect(table).toMatch(/^snapshot-1 +Succeeded +\S+@\S+ .*: revision \d+, \d+ keys$/m);
  });
});

describe("a restart of the controller", () => {
  it("keeps events, elections, operations, and since when conditions hold", async () => {
    const before = await site.untilReady();
    const events = await printed(0, "events", "e2e-asked", "-o", "json");
    await site.endController("SIGKILL");
    site.startController();
    await site.untilServing();
    const times = (o: JupyterClusterObject) =>
      o.status.conditions.map(({ type, status, lastTransitionTime }) => [
        type,
        status,
        lastTransitionTime,
      ]);
    const after = await site.untilReady();
    expect(times(after)).toEqual(times(before));
    expect(after.status.elections).toEqual(before.status.elections);
    expect(after.status.elections).not.toEqual([]);
    expect(after.status.operations).toEqual(before.status.operations);
    const kept = JSON.parse(await printed(0, "events", "e2e-asked", "-o", "json")) as {
      items: object[];
    };
    const { items } = JSON.parse(events) as { items: object[] };
    expect(kept.items.slice(0, items.length)).toEqual(items);
  });
});

describe("what nodes have logged", () => {
  it("is there of the container before, and of all nodes at once", async () => {
    const { status } = await site.untilReady();
    const follower = status.nodes.find((node) => !node.leader);
    if (follower === undefined) throw new Error("no follower");
    const slot = `slot-${follower.slot}`;
    const last = (await printed(0, "logs", slot, "agent", "--timestamps"))
      .trimEnd()
      .split("\n")
      .at(-1);
    await site.killContainer(follower);
    await site.until("it is replaced", (o) =>
      o.status.nodes.some(
        (n) => n.slot === follower.slot && n.ready && n.taskId !== follower.taskId,
      ),
    );
    expect(await printed(0, "logs", slot, "agent", "--previous", "--timestamps")).toContain(last);
    expect(await printed(0, "logs", slot, "agent", "--timestamps")).not.toContain(last);
    const all = await site.cli("logs", "--all", "e2e-asked", "--since", "1h");
    expect(all.stderr).toBe("");
    const lines = all.stdout.trimEnd().split("\n");
    expect(lines.map((line) => line.slice(0, 24))).toEqual(
      lines.map((line) => line.slice(0, 24)).toSorted(),
    );
    const nodes = new Set(lines.map((line) => line.split(/ +/).slice(1, 3).join(" ")));
    expect(nodes).toContain("e2e-asked-0 jupyter");
    expect(nodes).toContain("e2e-asked-2 etcd");
  });
});

describe("what nodes use", () => {
  it("is told by their own agents, and in the metrics", async () => {
    await site.untilReady();
    const { items } = JSON.parse(await printed(0, "top", "e2e-asked", "-o", "json")) as {
      items: readonly { readonly nodes: readonly NodeUsageStatus[] }[];
    };
    const nodes = items[0]?.nodes ?? [];
    expect(nodes.map(({ slot, problem }) => [slot, problem])).toEqual(
      [0, 1, 2].map((slot) => [slot, null]),
    );
    for (const { usage, cpus } of nodes) {
      expect(cpus).toBeGreaterThan(0);
      expect(usage?.memoryBytes).toBeGreaterThan(20 * 2 ** 20);
      expect(usage?.memoryLimitBytes).toBeGreaterThan(usage?.memoryBytes ?? Number.NaN);
      expect(usage?.disk?.usedBytes).toBeGreaterThan(0);
    }
    const metrics = await (await fetch(`${site.apiUrl}/metrics`)).text();
    const series = metrics.match(/^jupytercluster_node_cpu_usage_seconds_total\{.*\} [\d.]+$/gm);
    expect(series).toHaveLength(3);
    expect(await printed(0, "top")).toMatch(/^e2e-asked-0 +\d +\S+ +\d\.\d\d +\S+MiB +512\.0MiB/m);
  });
});

describe("a support bundle", () => {
  it("has logs and history, and no secret of the cluster", async () => {
    await site.untilReady();
    const file = join(site.dir, "bundle.tar.gz");
    await printed(0, "dump", "e2e-asked", file);
    const unpacked = await runCommand("tar", ["-xzOf", file], { timeoutMs: 30_000 });
    const listed = await runCommand("tar", ["-tzf", file], { timeoutMs: 30_000 });
    expect(listed.stdout).toMatch(/\/logs\/slot-2\/jupyter\.log$/m);
    expect(listed.stdout).toMatch(/\/history\.json$/m);
    const stored = await readFile(
      join(site.stateDir, "clusters", "default", "e2e-asked.json"),
      "utf8",
    );
    const { secrets } = unsealJson(stored) as { secrets: Record<string, string> };
    const token = await readFile(join(site.stateDir, "control-token"), "utf8");
    const lines = [token, ...Object.values(secrets)].flatMap((secret) => secret.trim().split("\n"));
    expect(lines.length).toBeGreaterThan(5);
    const shown = lines.filter((line) => line.length >= 16 && unpacked.stdout.includes(line));
    expect(shown).toEqual([]);
  });
});

describe("a webhook", () => {
  it("was told each change once, in order, through a restart and the loss of a node", async () => {
    const { conditions } = (await site.untilReady()).status;
    const now = new Map<string, string>(conditions.map(({ type, status }) => [type, status]));
    // The last of them are on their way.
    const chained = () => {
      const last = new Map<string, string>();
      for (const { condition, oldStatus, newStatus } of webhook.genuine) {
        expect(last.get(condition) ?? oldStatus).toBe(oldStatus);
        last.set(condition, newStatus);
      }
      return [...last].every(([condition, status]) => now.get(condition) === status);
    };
    await until("the last change is told", chained, 10_000);
    const sequences = webhook.genuine.map(({ sequence }) => sequence);
    expect(sequences).toEqual(sequences.map((_, i) => i + 1));
    expect(webhook.genuine).toContainEqual(
      expect.objectContaining({ condition: "Ready", oldStatus: "False", newStatus: "True" }),
    );
    const lost = webhook.genuine.filter(({ condition }) => condition === "AllMembersReady");
    expect(lost.map(({ newStatus }) => newStatus)).toContain("False");
    expect(webhook.forged()).toBe(0);
  });
});
