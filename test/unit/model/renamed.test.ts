/** What early 0.1.0 stored, and what an agent of early 0.1.0 says, is understood under today's names. */
import { describe, expect, it } from "vitest";
import { parseStatus } from "../../../controller/agents/parse-status.ts";
import { completeMemory } from "../../../controller/model/complete-memory.ts";
import type { ClusterMemory } from "../../../controller/model/memory.ts";
import { fakeAgent } from "../../support/planner/fixtures.ts";
import { readyRun } from "../../support/planner/run.ts";

const OLD_NAMES: ReadonlyMap<string, string> = new Map([
  ["startCommand", "order"],
  ["commandId", "orderId"],
  ["agentUnreachableSince", "silentSince"],
  ["retiredMemberId", "spentMemberId"],
  ["inProgress", "reseed"],
  ["pendingVoterChange", "unconfirmed"],
  ["previousVoters", "former"],
  ["previousLeader", "former"],
]);

function asBefore<T>(value: T): T;
function asBefore(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((part: unknown) => asBefore(part));
  if (value === "awaiting-start") return "awaiting-order";
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([k, v]) => [OLD_NAMES.get(k) ?? k, asBefore(v)]);
  return Object.fromEntries(entries);
}

function memoryWithEverything(): ClusterMemory {
  const { memory } = readyRun();
  const [first, ...others] = memory.slots;
  if (first?.task == null) throw new Error("slot 0 has no task");
  const task = { ...first.task, agentUnreachableSince: 17 };
  const inProgress = {
    from: "survivor",
    slot: 1,
    since: 5,
    clusterId: "abc",
    memberId: "1",
    previousVoters: [{ slot: 0, memberId: "2" }],
  } as const;
  return {
    ...memory,
    slots: [{ ...first, task, retiredMemberId: "7" }, ...others],
    recovery: { ...memory.recovery, inProgress, pendingVoterChange: 2 },
  };
}

describe("names of early 0.1.0", () => {
  it("are read in a stored memory", () => {
    const memory = memoryWithEverything();
    const stored = asBefore(memory);
    expect(stored).not.toEqual(memory);
    expect(completeMemory(stored)).toEqual(memory);
  });

  it("do not change keys that are a person's own", () => {
    const memory = memoryWithEverything();
    const network = { ...memory.cluster.spec.network, options: { order: "1", former: "2" } };
    const spec = { ...memory.cluster.spec, network };
    const stored = { ...memory, cluster: { ...memory.cluster, spec } };
    expect(completeMemory(stored).cluster.spec.network.options).toEqual(network.options);
  });

  it("are read in an agent's status", () => {
    const status = fakeAgent({
      slot: 0,
      taskId: "default.lab.1.0.1",
      phase: "awaiting-start",
      commandId: null,
      data: { state: "empty" },
      etcd: null,
      snapshot: null,
      etcdExited: false,
      jupyterReady: false,
      hosts: null,
      sshKnownSlots: [],
    });
    const line = JSON.stringify(asBefore(status));
    expect(line).toContain("awaiting-order");
    expect(parseStatus(line)).toEqual({ ok: true, status });
  });
});

it("a message that is nested deeper than a stack is refused like any other", () => {
  const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
  expect(parseStatus(deep)).toMatchObject({ ok: false });
});
