import { expect, it } from "vitest";
import { fateOf, viewsOf } from "../../../../agent-image/agent/kernels/kernel-fate.ts";
import { decodeKernels } from "../../../../agent-image/agent/kernels/kernel-records.ts";
import { etcdKeys } from "../../../../controller/model/ids.ts";
import type { KernelExit } from "../../../../controller/model/kernels.ts";
import { writeValue } from "../../../../controller/support/key-values.ts";
import { aMember, aRecord, aSpec, aStatus } from "./kernel-fixtures.ts";

const desired = { generation: 1, slots: [1, 2].map((slot) => ({ slot, ip: `10.0.0.${slot}` })) };
const keys = etcdKeys({ namespace: "default", name: "lab" });
const exit: KernelExit = {
  ...{ incarnation: 1, at: 8, reason: "OutOfMemory", message: "It was large.", code: null },
  signal: "SIGKILL",
};

it("a kernel whose node is silent is not dead", () => {
  const record = { ...aRecord("a", 1), status: null };
  expect(fateOf(record, { members: [], desired })).toBe("unknown");
  expect(fateOf(record, { members: [aMember(1)], desired })).toBe("unknown");
});

it("it is lost when its slot has another container, or is wanted no more and has none", () => {
  expect(fateOf(aRecord("a", 1), { members: [aMember(1, "task-9")], desired })).toBe("lost");
  expect(fateOf(aRecord("a", 7), { members: [], desired })).toBe("lost");
  const leaving = aRecord("a", 7);
  expect(fateOf(leaving, { members: [aMember(7, leaving.spec.taskId)], desired })).toBe("alive");
});

it("it is dead when its node says so, and lives else", () => {
  expect(fateOf(aRecord("a", 1, { exit }), { members: [aMember(1)], desired })).toBe("dead");
  expect(fateOf(aRecord("a", 1), { members: [aMember(1)], desired })).toBe("alive");
});

it("a restart that is ordered and not begun says nothing of its life", () => {
  const record = aRecord("a", 1, { exit });
  const again = { ...record, spec: aSpec("a", 1, { incarnation: 2 }) };
  expect(fateOf(again, { members: [aMember(1)], desired })).toBe("unknown");
});

const entry = (key: string, value: string) => ({ key, value, modRevision: "4" });

it("records and their status are read back as they were written, and a session names the notebook", () => {
  const spec = aSpec("a-1", 1, { signal: { seq: 2, signal: 2 }, lastExit: exit });
  const ports = { shell: 1, iopub: 2, stdin: 3, control: 4, hb: 5 };
  const front = { term: 3, ip: "10.0.0.1", ports, serverKey: "s".repeat(40), key: "secret" };
  const status = aStatus(spec, { front, exit, lastExit: exit, state: "dead" });
  const session = {
    sessionId: "s-1",
    path: "a.ipynb",
    name: "a",
    type: "notebook",
    kernelId: "a-1",
  };
  const records = decodeKernels(keys, [
    entry(keys.kernelSpec("a-1"), writeValue(spec)),
    entry(keys.kernelStatus("a-1"), writeValue(status)),
    entry(keys.kernelSession("s-1"), writeValue(session)),
  ]);
  expect(records.kernels.get("a-1")).toEqual({ spec, status, revision: "4" });
  expect(records.sessions).toEqual([session]);
  const [view] = viewsOf(records, {
    members: [aMember(1)],
    desired,
    hosts: null,
    hostsKey: "held",
    hostsRevision: "1",
  });
  expect(view).toMatchObject({ id: "a-1", notebook: "a.ipynb", state: "dead", lastExit: exit });
  expect(JSON.stringify(view)).not.toContain("secret");
});

it("a status of another container, of another key or of no kernel that is wanted counts for nothing", () => {
  const spec = aSpec("a", 1);
  const records = decodeKernels(keys, [
    entry(keys.kernelSpec("a"), writeValue(spec)),
    entry(keys.kernelStatus("a"), writeValue({ ...aStatus(spec), taskId: "other" })),
    entry(keys.kernelStatus("b"), writeValue(aStatus(aSpec("b", 1)))),
    entry(keys.kernelSpec("c"), writeValue(aSpec("d", 1))),
    entry(keys.kernelSpec("e"), "{"),
  ]);
  expect([...records.kernels.keys()]).toEqual(["a"]);
  expect(records.kernels.get("a")?.status).toBeNull();
  expect(records.leftBehind).toEqual(["b"]);
});
