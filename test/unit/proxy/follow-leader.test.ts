import { describe, expect, it } from "vitest";
import type { EtcdHealth, Silence } from "../../../controller/model/agent-api.ts";
import type { LeaderCandidate } from "../../../controller/model/leader.ts";
import { followLeader } from "../../../controller/proxy/follow-leader.ts";
import type { ProxyTarget } from "../../../controller/proxy/upstream.ts";
import { type FakeAgent, fakeAgent } from "../../support/planner/fixtures.ts";

const CLUSTER = { jupyterPort: 8888, epoch: 0 };
const OLD: ProxyTarget = { ip: "10.0.0.1", port: 8888, epoch: 0, term: 2 };

class FakeGate {
  assigned: ProxyTarget | null = OLD;
  readonly doubted: string[] = [];

  constructor(readonly isAsked: boolean) {}

  setTarget(target: ProxyTarget): void {
    this.assigned = target;
  }

  dropTarget(): void {
    this.assigned = null;
  }

  doubtTarget(ip: string): void {
    this.doubted.push(ip);
  }
}

const HEALTH: Omit<EtcdHealth, "memberId" | "raftTerm" | "leaderId"> = {
  clusterId: "c0ffee",
  version: "3.5.16",
  raftIndex: 10,
  isLearner: false,
  revision: 5,
  dbSizeBytes: 20_480,
  dbSizeInUseBytes: 20_480,
  members: null,
  alarms: [],
};

const NODE: Omit<FakeAgent, "slot" | "etcd" | "jupyterReady"> = {
  taskId: "task",
  phase: "running",
  commandId: "order",
  data: { state: "empty" },
  snapshot: null,
  etcdExited: false,
  hosts: null,
  sshKnownSlots: [],
};

interface Seen {
  readonly slot: number;
  readonly term: number;
  readonly leader: number | null;
  readonly jupyter: boolean;
  /** How its Jupyter does not answer any more. */
  readonly silent?: Silence;
}

function node({ slot, term, leader, jupyter, silent }: Seen): LeaderCandidate {
  const leaderId = leader === null ? null : `member-${leader}`;
  const etcd = { ...HEALTH, memberId: `member-${slot}`, leaderId, raftTerm: term };
  const agent = fakeAgent({ ...NODE, slot, etcd, jupyterReady: jupyter });
  const silence = silent === undefined ? null : { since: "2026-01-01T00:00:00.000Z", how: silent };
  const units = { ...agent.units, jupyter: { ...agent.units.jupyter, silent: silence } };
  return { slot, ip: `10.0.0.${slot + 1}`, agent: { ...agent, units } };
}

describe("the proxy follows the leader", () => {
  it.each([
    [
      "leaves a leader that was deposed and has not heard of it, while the new one has no Jupyter yet",
      [
        { slot: 0, term: 2, leader: 0, jupyter: true },
        { slot: 1, term: 3, leader: 1, jupyter: false },
      ],
      null,
    ],
    [
      "goes to the new leader as soon as that serves",
      [
        { slot: 0, term: 2, leader: 0, jupyter: true },
        { slot: 1, term: 3, leader: 1, jupyter: true },
      ],
      "10.0.0.2",
    ],
    [
      "stays while nobody knows a leader and the last one still serves",
      [
        { slot: 0, term: 2, leader: null, jupyter: true },
        { slot: 1, term: 2, leader: null, jupyter: true },
      ],
      "10.0.0.1",
    ],
    [
      "stays at a leader whose Jupyter is busy for long: its requests wait there, its WebSockets go on",
      [
        { slot: 0, term: 2, leader: 0, jupyter: false, silent: "unanswered" },
        { slot: 1, term: 2, leader: 0, jupyter: true },
      ],
      "10.0.0.1",
    ],
    [
      "goes to a new leader whose Jupyter is busy: nobody else is to come",
      [
        { slot: 0, term: 3, leader: 1, jupyter: true },
        { slot: 1, term: 3, leader: 1, jupyter: false, silent: "unanswered" },
      ],
      "10.0.0.2",
    ],
    [
      "leaves a leader whose Jupyter is stopped",
      [{ slot: 0, term: 2, leader: 0, jupyter: false, silent: "stopped" }],
      null,
    ],
    [
      "leaves a leader at whose port nobody listens",
      [{ slot: 0, term: 2, leader: 0, jupyter: false, silent: "refused" }],
      null,
    ],
  ] as const)("%s", (_, seen, ip) => {
    const gate = new FakeGate(false);
    followLeader(gate, seen.map(node), CLUSTER);
    expect(gate.assigned?.ip ?? null).toBe(ip);
  });

  it("asks a leader of whose Jupyter the agent has heard that it is not ready", () => {
    const gate = new FakeGate(false);
    followLeader(gate, [node({ slot: 0, term: 2, leader: 0, jupyter: false })], CLUSTER);
    expect([gate.assigned?.ip, gate.doubted]).toEqual([OLD.ip, [OLD.ip]]);
  });

  it.each([
    ["leaves a leader whose Jupyter has stopped", false, null],
    ["stays with one that it asks itself, and sends nobody to before that is ready", true, OLD.ip],
  ] as const)("%s", (_, isAsked, ip) => {
    const gate = new FakeGate(isAsked);
    const stopped = { slot: 0, term: 2, leader: 0, jupyter: false, silent: "stopped" } as const;
    followLeader(gate, [node(stopped)], CLUSTER);
    expect([gate.assigned?.ip ?? null, gate.doubted]).toEqual([ip, []]);
  });
});
