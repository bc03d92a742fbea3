/**
 * What the client must make of each capture of a real master: one row for each, and for each row
 * of the table of ends in docs/mesos.md at least one.
 */
import { ERROR_CODES, type ErrorCode } from "../../../controller/model/errors.ts";
import type { ObservedTask } from "../../../controller/model/observed.ts";

export interface Outcome {
  /** What happened there. */
  readonly what: string;
  /** Which rows of the table of ends in docs/mesos.md it is, as they stand there. */
  readonly ends?: readonly string[];
  /** Of each task the states that it passes through in what we know, without `TASK_`. */
  readonly tasks: Readonly<Record<string, string>>;
  /** What is known of them then. */
  readonly known?: Readonly<Record<string, Partial<ObservedTask>>>;
  /** Nobody subscribes again; left out: the subscription goes on. */
  readonly fatal?: ErrorCode;
}

const KILLED_137 = { message: "Container exited with status 137" };

/** By name in `test/fixtures/mesos/events`. */
export const EVENT_OUTCOMES: Readonly<Record<string, Outcome>> = {
  subscribed: { what: "a subscription begins", tasks: {} },
  "failover-subscribed": { what: "a subscription takes a framework over", tasks: {} },
  heartbeat: { what: "a heartbeat", tasks: {} },
  offers: { what: "an offer with allocation_info", tasks: {} },
  "offers-two-agents": { what: "the offers of two agents in one event", tasks: {} },
  "docker-task-all-updates": {
    what: "a task from launch to end, asked for in between",
    tasks: { "t-run-1": "STARTING RUNNING FAILED" },
    known: { "t-run-1": { ip: "192.168.250.10", ...KILLED_137 } },
  },
  "docker-killed-task-failed": {
    what: "its container was killed from outside",
    // What a restart does to the container beside that, no status tells.
    ends: ["`docker kill`, `rm -f`, out of memory", "`docker restart`"],
    tasks: { "t-run-1": "FAILED" },
    // It carries the agent's address, which is none of the container's.
    known: { "t-run-1": { ip: null, reason: null, ...KILLED_137 } },
  },
  "docker-run-failed-125": {
    what: "docker run failed: an address in use, an unknown network",
    tasks: { "t-nonet": "FAILED" },
  },
  "image-pull-failed": {
    what: "the image is missing, without STARTING",
    tasks: { "t-noimage": "FAILED" },
    known: { "t-noimage": { reason: "REASON_CONTAINER_LAUNCH_FAILED" } },
  },
  "executor-terminated": {
    what: "the docker executor died",
    ends: ["the executor died"],
    tasks: { "t-check": "FAILED" },
    known: { "t-check": { reason: "REASON_EXECUTOR_TERMINATED" } },
  },
  "killing-killed": {
    what: "KILL of a framework with TASK_KILLING_STATE",
    ends: ["KILL"],
    tasks: { t2: "STARTING RUNNING KILLING KILLED" },
    known: { t2: { ip: "192.168.250.42" } },
  },
  "health-healthy": {
    what: "a health check passes",
    tasks: { "t-hc-ok": "RUNNING" },
    known: { "t-hc-ok": { healthy: true, ip: null } },
  },
  "health-unhealthy": {
    what: "a health check fails, and the task runs on",
    tasks: { "t-hc-ok": "RUNNING" },
    known: { "t-hc-ok": { healthy: false } },
  },
  "health-killed": {
    what: "a failed health check ends the task, as a KILL does",
    ends: ["a failed health check"],
    tasks: { "t-hc-ok": "KILLED" },
    known: { "t-hc-ok": { healthy: false } },
  },
  drain: {
    what: "the agent is drained",
    tasks: { "m-dr": "KILLED" },
    known: { "m-dr": { reason: "REASON_AGENT_DRAINING" } },
  },
  "gone-by-operator": {
    what: "the agent is marked gone",
    tasks: { "m-gone": "GONE_BY_OPERATOR" },
  },
  "agent-lost-PA": { what: "the agent is out of reach", tasks: { p1: "UNREACHABLE" } },
  "agent-lost-nonPA": { what: "the same, as told without PARTITION_AWARE", tasks: { n1: "LOST" } },
  "agent-disconnected-noncheckpoint": {
    what: "the agent of a framework without checkpoint is away",
    tasks: { c1: "LOST" },
  },
  "agent-unregistered": { what: "the agent unregistered", tasks: { p2: "LOST" } },
  "agent-replaced": { what: "the agent came back under another id", tasks: { q1: "LOST" } },
  "agent-back-PA": {
    what: "the agent is back with its task",
    tasks: { p1: "RUNNING" },
    known: { p1: { ip: "192.168.250.51" } },
  },
  "reconcile-running": {
    what: "an answer: it runs",
    tasks: { "t-run-1": "RUNNING" },
    known: { "t-run-1": { ip: "192.168.250.10" } },
  },
  "reconcile-unknown-PA": {
    what: "answers: unknown, gone, and unknown with an agent that nobody knows",
    tasks: { u1: "UNKNOWN", u2: "GONE", u3: "UNKNOWN" },
  },
  "reconcile-unknown-nonPA": {
    what: "an answer: unknown, as told without PARTITION_AWARE",
    tasks: { nope: "LOST" },
  },
  "invalid-offer-dropped-PA": {
    what: "a launch on an offer that is gone",
    tasks: { "t-stale": "DROPPED" },
  },
  "invalid-offer-lost-nonPA": {
    what: "the same without PARTITION_AWARE: it never ran, so it is not lost",
    tasks: { "t-stale": "DROPPED" },
  },
  "task-error-resources": {
    what: "a launch that needs more than is offered",
    tasks: { "t-toobig": "ERROR" },
  },
  "task-error-duplicate-id": {
    what: "a second launch under an id is refused: no end of the first, of which nothing is known",
    tasks: { t1: "" },
  },
  "failover-error-on-old-stream": {
    what: "another scheduler has taken the framework over",
    tasks: {},
    fatal: ERROR_CODES.FRAMEWORK_TAKEN_OVER,
  },
  "removed-framework-error": {
    what: "the framework was torn down, or was away for too long",
    ends: ["TEARDOWN, or `failover_timeout` passed"],
    tasks: {},
    fatal: ERROR_CODES.FRAMEWORK_REMOVED,
  },
};

const LAUNCH_FAILED = "STARTING FAILED";
const RAN_AND_FAILED = "STARTING RUNNING FAILED";
const RAN_AND_WAS_KILLED = "STARTING RUNNING KILLED";

/** By name in `test/fixtures/mesos/streams`. */
export const STREAM_OUTCOMES: Readonly<Record<string, Outcome>> = {
  "launch-and-deaths": {
    what: "launches of all kinds, and how they end",
    ends: ["the process ended with 0, or with n"],
    tasks: {
      "t-run-1": RAN_AND_FAILED,
      ...{ nope: "LOST", nope2: "LOST", "never-was": "LOST", "never-was2": "LOST" },
      // Exit 0 after a KILL is the kill's.
      ...{ "t-kill-call": RAN_AND_WAS_KILLED, "t-kill-call2": RAN_AND_WAS_KILLED },
      ...{ "t-exit0": "STARTING RUNNING FINISHED", "t-exit3": RAN_AND_FAILED },
      ...{ "t-noimage": "FAILED", "t-nonet": LAUNCH_FAILED, "t-user-nonetinfo": LAUNCH_FAILED },
      ...{ "t-badvol": LAUNCH_FAILED, "t-nocmd": LAUNCH_FAILED, "t-args": RAN_AND_FAILED },
      ...{ "t-oom": RAN_AND_FAILED, "t-badparam": LAUNCH_FAILED, "t-badip": LAUNCH_FAILED },
      "t-volumes-from-missing-rw": "STARTING RUNNING FINISHED",
      ...{ "t-toobig": "ERROR", "t-stale": "DROPPED" },
      // Its end comes three times.
      "t-check": RAN_AND_FAILED,
      ...{ "t-hostname-host": LAUNCH_FAILED, "t-ip-a": "STARTING RUNNING" },
    },
    known: {
      "t-exit0": { message: "Container exited with status 0" },
      "t-exit3": { message: "Container exited with status 3" },
    },
  },
  "health-kill-unacknowledged": {
    what: "health checks, kills, and RUNNING that is withheld until STARTING is acknowledged",
    tasks: {
      // Launched a second time under its id, which nobody here does: its end was told.
      ...{ "t-ip-a": LAUNCH_FAILED, "t-ip-b": LAUNCH_FAILED },
      ...{ "t-hc-ok": RAN_AND_WAS_KILLED, "t-hc-tcp": RAN_AND_WAS_KILLED },
      ...{ "t-hc-http": RAN_AND_WAS_KILLED, "t-hc-http-bad": RAN_AND_WAS_KILLED },
      ...{ "t-hc-nostart": RAN_AND_WAS_KILLED, "t-k": RAN_AND_WAS_KILLED },
      ...{ "t-kp": RAN_AND_WAS_KILLED, "t-noack": "STARTING RUNNING" },
    },
  },
  "two-agents-drain-gone": {
    what: "two agents, one drained, restarted and marked gone",
    tasks: {
      ...{ "m-mix": "DROPPED", "m-bad": "ERROR", "m-wrongagent": "ERROR", "m-fp": "FAILED" },
      // Its double was refused before it had started.
      "m-ok": RAN_AND_FAILED,
      ...{ "m-tcp": RAN_AND_WAS_KILLED, "m-dr": RAN_AND_WAS_KILLED },
      "m-gone": "STARTING RUNNING GONE_BY_OPERATOR",
    },
    known: { "m-ok": KILLED_137 },
  },
  "agent-loss-partition-aware": {
    what: "an agent away for 82 s, then away while its container dies, then unregistered",
    tasks: {
      p1: "STARTING RUNNING UNREACHABLE RUNNING FAILED",
      p2: "STARTING RUNNING LOST",
      p3: "DROPPED",
    },
  },
  "agent-loss-not-partition-aware": {
    what: "the same without PARTITION_AWARE: TASK_LOST comes back",
    tasks: { n1: "STARTING RUNNING LOST RUNNING FAILED", n2: "DROPPED", n3: "DROPPED" },
  },
  "agent-loss-no-checkpoint": {
    what: "the same without checkpoint: lost at once",
    tasks: { c1: "STARTING RUNNING LOST" },
  },
  "agent-new-id": {
    what: "an agent that comes back under another id",
    tasks: { q1: "STARTING RUNNING LOST", q2: "STARTING RUNNING" },
  },
  "master-restart": {
    what: "a master with an empty registry: unknown, then running when its agent registers",
    tasks: { q2: "UNKNOWN RUNNING UNREACHABLE RUNNING" },
  },
  "unreachable-reconcile": {
    what: "asked for with and without agent id while it is out of reach",
    tasks: { d28: "STARTING RUNNING UNREACHABLE RUNNING KILLED" },
  },
  "failover-first-scheduler": {
    what: "a duplicate id is no end, and another scheduler takes over",
    tasks: { t1: "STARTING RUNNING" },
    fatal: ERROR_CODES.FRAMEWORK_TAKEN_OVER,
  },
  "failover-resubscribe-running": {
    what: "asked for after a resubscription",
    tasks: { t1: "RUNNING" },
  },
  "failover-second-scheduler": {
    what: "an end that was told while nobody was subscribed",
    tasks: {
      ...{ t1: "FAILED", t2: "STARTING RUNNING KILLING KILLED", t3: "STARTING RUNNING" },
      ...{ "t-stale": "DROPPED", u1: "UNKNOWN", u2: "GONE", u3: "UNKNOWN" },
    },
  },
  "zookeeper-failover-before": {
    what: "before the leading master dies",
    tasks: { z1: "STARTING RUNNING" },
  },
  "zookeeper-failover-after": {
    what: "the next master answers once the agent has come to it",
    tasks: { z1: "RUNNING" },
  },
  "zookeeper-failover-later": {
    what: "an agent comes to a master late: nothing is told of its task by itself",
    tasks: {},
  },
};
