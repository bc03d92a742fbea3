/**
 * JSON Schema of {@link AgentStatus}. Fields that it does not know are let through: an agent of a
 * newer image may say more.
 */
import { ELECTION_LIST_MAX, ELECTIONS_MAX } from "../model/election.ts";
import { KERNEL_EXIT_REASONS, KERNEL_STATES } from "../model/kernels.ts";
import { KERNEL_ID } from "../support/kernel-values.ts";

const text = { type: "string" } as const;
const hex = { type: "string", pattern: "^[0-9a-f]{1,16}$" } as const;
const count = { type: "integer", minimum: 0 } as const;
const amount = { type: "number", minimum: 0 } as const;
/** Milliseconds since the epoch, as far as a date can be. */
const epochMs = { ...amount, maximum: 8.64e15 } as const;
const moment = { ...text, pattern: "^\\d{4}-\\d\\d-\\d\\dT[0-9:.]+Z$" } as const;

function nullable(schema: object): object {
  return { anyOf: [{ type: "null" }, schema] };
}

function listOf(items: object, maxItems: number): object {
  return { type: "array", items, maxItems };
}

function record(
  properties: Readonly<Record<string, object>>,
  optional: Readonly<Record<string, object>> = {},
): object {
  const required = Object.keys(properties);
  return { type: "object", properties: { ...properties, ...optional }, required };
}

/** More nodes than any cluster has; a list without an end is a fault of the sender. */
const NODES_MAX = 1024;

/** Twice as many as an agent lets there be. */
const KERNELS_TOLD_MAX = 1024;

/** A release speaks its own version and those of the release before. */
const VERSIONS_MAX = 16;

const how = { enum: ["stopped", "refused", "unanswered"] } as const;

const unit = record(
  {
    state: { enum: ["stopped", "starting", "running", "backoff", "exited"] },
    ready: { type: "boolean" },
    pid: nullable(count),
    restarts: count,
    lastExit: nullable(record({ code: nullable({ type: "integer" }), signal: nullable(text) })),
  },
  {
    silent: nullable(record({ since: moment, how })),
    wedged: nullable(record({ count, silentMs: count, how })),
  },
);

const data = {
  oneOf: [
    record({ state: { const: "empty" } }),
    record(
      {
        state: { const: "present" },
        memberId: nullable(hex),
        clusterId: nullable(hex),
        raftIndex: count,
        raftTerm: count,
      },
      { readingDue: { type: "boolean" } },
    ),
    record({ state: { const: "corrupt" }, reason: text }),
  ],
};

const member = record({
  id: hex,
  name: text,
  peerUrls: listOf(text, 16),
  isLearner: { type: "boolean" },
});

const alarm = record({ memberId: hex, alarm: { enum: ["NOSPACE", "CORRUPT"] } });

const etcd = record({
  memberId: hex,
  clusterId: hex,
  version: text,
  raftTerm: count,
  raftIndex: count,
  leaderId: nullable(hex),
  isLearner: { type: "boolean" },
  revision: count,
  dbSizeBytes: count,
  dbSizeInUseBytes: count,
  members: nullable(listOf(member, NODES_MAX)),
  alarms: listOf(alarm, 2 * NODES_MAX),
});

const snapshot = record({
  sha256: { type: "string", pattern: "^[0-9a-f]{64}$" },
  revision: count,
});

const hosts = record({
  clusterId: hex,
  term: count,
  leaderSlot: count,
  names: listOf(record({ slot: count, index: count, ip: text }), NODES_MAX),
});

/** Milliseconds since the election's start; whole, and none is before it. */
const step = record({ member: hex, atMs: count });
const ballot = record({ candidate: hex, from: hex, granted: { type: "boolean" }, atMs: count });

const election = record({
  term: count,
  cause: nullable({
    enum: ["FirstElection", "Restart", "LeaderLost", "QuorumLost", "Transfer"],
  }),
  previousLeader: nullable(record({ leaderId: hex, term: count })),
  voters: listOf(hex, NODES_MAX),
  lost: listOf(step, ELECTION_LIST_MAX),
  preVotes: listOf(ballot, ELECTION_LIST_MAX),
  candidates: listOf(step, ELECTION_LIST_MAX),
  votes: listOf(ballot, ELECTION_LIST_MAX),
  learned: listOf(step, ELECTION_LIST_MAX),
  leaderId: nullable(hex),
  startedAt: moment,
  durationMs: nullable(count),
  toldBy: hex,
});

const kernelExit = record({
  incarnation: count,
  at: epochMs,
  reason: { enum: [...KERNEL_EXIT_REASONS] },
  message: text,
});

const kernel = record({
  id: { ...text, pattern: KERNEL_ID.source },
  name: text,
  notebook: nullable(text),
  slot: count,
  taskId: text,
  incarnation: count,
  state: { enum: [...KERNEL_STATES, "unknown", "lost"] },
  since: nullable(epochMs),
  memoryBytes: nullable(amount),
  lastExit: nullable(kernelExit),
});

export const AGENT_STATUS_SCHEMA = record(
  {
    slot: count,
    taskId: text,
    instanceId: text,
    sequence: count,
    phase: { enum: ["awaiting-start", "running", "stopping"] },
    commandId: nullable(text),
    data,
    snapshot: nullable(snapshot),
    units: record({ etcd: unit, sshd: unit, jupyter: unit }),
    etcd: nullable(etcd),
    hosts: nullable(hosts),
    sshKnownSlots: listOf(count, NODES_MAX),
    storage: record(
      { ready: { type: "boolean" }, message: text },
      { fault: nullable(text), mounts: count },
    ),
    elections: listOf(election, ELECTIONS_MAX),
    problems: listOf(text, 256),
  },
  {
    release: text,
    apiVersions: listOf(count, VERSIONS_MAX),
    certificateNotAfter: nullable(count),
    memory: nullable(record({ limitBytes: nullable(count), oomKills: count })),
    disk: nullable(
      record({ full: { type: "boolean" }, availableBytes: amount, sizeBytes: amount }),
    ),
    kernels: nullable(listOf(kernel, KERNELS_TOLD_MAX)),
  },
);
