/** Documents in the site's store, as a controller reads them with its host's own files. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { StoredSpec } from "../../../controller/model/stored-spec.ts";
import type { SpecSnapshot } from "../../../controller/model/spec-snapshot.ts";
import { ManagedInStore } from "../../../controller/spec-files/managed-in-store.ts";
import { ManagedSpecFiles } from "../../../controller/spec-files/managed-specs.ts";
import { SpecWatcher } from "../../../controller/spec-files/spec-watcher.ts";
import { EtcdBackend } from "../../../controller/store/etcd/etcd-backend.ts";
import type { Term } from "../../../controller/store/state-backend.ts";
import { systemClock } from "../../../controller/support/clock.ts";
import { silentLog } from "../../support/silent-log.ts";
import { controllerOn } from "../../support/store/fixtures.ts";
import { MemoryEtcd } from "../../support/store/memory-etcd.ts";

const REF = { namespace: "default", name: "team" };
const KEY = "default/team";
const never = new AbortController().signal;
let directory: string;
let etcd: MemoryEtcd;
const ends: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "managed-in-store-"));
  etcd = new MemoryEtcd(systemClock);
});

afterEach(async () => {
  for (const end of ends.splice(0)) await end();
  await rm(directory, { recursive: true });
});

function document(replicas: number) {
  return {
    ...{ apiVersion: "jupytercluster.dev/v1alpha1", kind: "JupyterCluster", metadata: REF },
    spec: { replicas },
  };
}

async function act(hostname: string): Promise<Term> {
  const backend = new EtcdBackend({
    ...{ description: "etcd://memory/site", prefix: "/site", servers: [etcd.connect()] },
    ...{ ttlSeconds: 10, masters: "m", waits: true, clock: systemClock, log: silentLog },
    monotonicMs: () => performance.now(),
  });
  const term = await backend.campaign(controllerOn(hostname), never);
  ends.push(async () => {
    await term.resign();
    await backend.close();
  });
  return term;
}

/** One host, whose own directory of spec files is empty. */
async function host() {
  const snapshots: SpecSnapshot[] = [];
  const place = new ManagedInStore("/site");
  const onSnapshot = (snapshot: SpecSnapshot) => snapshots.push(snapshot);
  const common = { path: directory, clock: systemClock, log: silentLog };
  const watcher = new SpecWatcher({ ...common, managed: place, onSnapshot });
  await watcher.start();
  ends.push(() => watcher.stop());
  const files = new ManagedSpecFiles<ReturnType<typeof document>, string>({
    ...{ place, path: directory, readNow: () => watcher.readNow() },
    inForce: () => snapshots.at(-1)?.clusters.get(KEY),
  });
  const enter = async (term: Term) => {
    const { stored, specs } = term.state;
    if (specs === null) throw new Error("an etcd of a site keeps specs");
    place.enter(stored.specs, specs);
    await watcher.readNow();
  };
  return { place, files, enter, seen: () => snapshots.at(-1) };
}

describe("documents in the store", () => {
  it("are unknown before a controller has acted: nothing counts as removed", async () => {
    const { seen, files } = await host();
    expect(seen()).toMatchObject({ complete: false });
    await expect(files.save(document(3), [])).rejects.toMatchObject({ code: "ERR_NOT_ACTING" });
  });

  it("are in force when they are stored, with their owners, and gone when they are removed", async () => {
    const { seen, files, enter } = await host();
    await enter(await act("a"));
    expect(seen()).toMatchObject({ complete: true });
    expect(await files.problems(document(3))).toEqual([]);
    await files.save(document(3), ["kubectl"]);
    expect(seen()?.clusters.get(KEY)?.spec.replicas).toBe(3);
    expect(await files.owners(REF)).toEqual(["kubectl"]);
    expect(files.foreignFile(REF)).toBeNull();
    await files.save(document(5), []);
    expect(seen()?.clusters.get(KEY)?.spec.replicas).toBe(5);
    await files.remove(REF);
    expect(seen()?.clusters.size).toBe(0);
    expect(seen()?.complete).toBe(true);
  });

  it("are those of whoever acts next, under the same name; the former writes none any more", async () => {
    const first = await host();
    const term = await act("a");
    await first.enter(term);
    await first.files.save(document(3), ["kubectl"]);
    const file = first.seen()?.clusters.get(KEY)?.source.file;
    await term.resign();
    const second = await host();
    await second.enter(await act("b"));
    expect(second.seen()?.clusters.get(KEY)).toMatchObject({
      spec: { replicas: 3 },
      source: { file },
    });
    expect(await second.files.owners(REF)).toEqual(["kubectl"]);
    const late = first.files.save(document(7), []);
    await expect(late).rejects.toMatchObject({ code: "ERR_NOT_ACTING" });
    expect(first.seen()?.clusters.get(KEY)?.spec.replicas).toBe(3);
  });

  it("are told apart from a person's files, and checked like them", async () => {
    const { place, files, enter } = await host();
    await enter(await act("a"));
    await files.save(document(3), []);
    expect(place.owns(place.fileOf(REF))).toBe(true);
    expect(place.owns(join(directory, "team.yaml"))).toBe(false);
    expect(await files.problems(document(0))).not.toEqual([]);
  });

  it("that are damaged keep a controller from acting: left out, a cluster would count as removed", async () => {
    const key = "/site/specs/default/team";
    etcd.transact({ conditions: [], writes: [{ key, value: "{", lease: null }], elseRead: [] });
    const refused = { code: "ERR_STATE_CORRUPT", message: expect.stringContaining(key) };
    await expect(act("a")).rejects.toMatchObject(refused);
  });

  it("that belong to another key are not taken", async () => {
    const term = await act("a");
    const spec: StoredSpec = { text: "", owners: [] };
    await term.state.specs?.save(KEY, spec);
    const { keys } = etcd.range(
      { start: "/site/specs/", end: "/site/specs0" },
      { limit: 9, revision: null },
    );
    const value = keys[0]?.value ?? "";
    const key = "/site/specs/default/other";
    etcd.transact({ conditions: [], writes: [{ key, value, lease: null }], elseRead: [] });
    await term.resign();
    await expect(act("b")).rejects.toMatchObject({ code: "ERR_STATE_CORRUPT" });
  });
});
