/** Valid ones, for fuzzers to make wrong ones of. */
import type { SchedulerEvent } from "../../../../controller/mesos/wire.ts";
import { JuteWriter } from "../../../../controller/zookeeper/jute.ts";
import { XID } from "../../../../controller/zookeeper/messages.ts";

const id = (value: string) => ({ value });
const cpus = { name: "cpus", type: "SCALAR" as const, scalar: { value: 2 }, role: "*" };
const ports = { name: "ports", type: "RANGES" as const, ranges: { range: [{ begin: 1, end: 9 }] } };

/** Of a Mesos master. */
export const EVENTS: readonly SchedulerEvent[] = [
  { type: "SUBSCRIBED", subscribed: { framework_id: id("f"), heartbeat_interval_seconds: 15 } },
  {
    type: "INVERSE_OFFERS",
    inverse_offers: {
      inverse_offers: [
        {
          ...{ id: id("i"), agent_id: id("a") },
          unavailability: { start: { nanoseconds: 1e18 }, duration: { nanoseconds: 1e12 } },
        },
      ],
    },
  },
  {
    type: "OFFERS",
    offers: {
      offers: [
        {
          ...{ id: id("o"), framework_id: id("f"), agent_id: id("a"), hostname: "host-a" },
          resources: [
            cpus,
            { ...cpus, name: "mem", role: "lab", reservations: [{ role: "lab" }] },
            ports,
          ],
          attributes: [
            { name: "rack", type: "TEXT", text: { value: "r1" } },
            { name: "disks", type: "SCALAR", scalar: { value: 3 } },
            { name: "units", type: "RANGES", ranges: { range: [{ begin: 1, end: 2 }] } },
          ],
        },
      ],
    },
  },
  {
    type: "UPDATE",
    update: {
      status: {
        ...{ task_id: id("default.lab.1.0.0"), state: "TASK_RUNNING", agent_id: id("a") },
        ...{
          source: "SOURCE_EXECUTOR",
          timestamp: 1,
          uuid: "AAAAAAAAAAAAAAAAAAAAAA==",
          healthy: true,
        },
        container_status: {
          container_id: id("c"),
          network_infos: [{ name: "n", ip_addresses: [{ ip_address: "172.30.0.10" }] }],
        },
      },
    },
  },
  { type: "RESCIND", rescind: { offer_id: id("o") } },
  { type: "FAILURE", failure: { agent_id: id("a"), status: 1 } },
  { type: "ERROR", error: { message: "Framework has been removed" } },
  { type: "HEARTBEAT" },
];

const framework_id = id("f");
const container = {
  type: "DOCKER",
  docker: { image: "i", network: "USER", parameters: [{ key: "ip", value: "1.2.3.4" }] },
};
const task = {
  ...{ name: "t", task_id: id("t"), agent_id: id("agent-0"), resources: [cpus, ports] },
  command: {
    shell: false,
    arguments: ["sh"],
    environment: { variables: [{ name: "A", value: "b" }] },
  },
  ...{
    container,
    kill_policy: { grace_period: { nanoseconds: 1e9 } },
    labels: { labels: [{ key: "k", value: "v" }] },
  },
};

/** Of a scheduler, to the embedded Mesos. */
export const CALLS: readonly object[] = [
  {
    type: "SUBSCRIBE",
    subscribe: {
      framework_info: {
        user: "u",
        name: "n",
        roles: ["*"],
        capabilities: [{ type: "PARTITION_AWARE" }],
      },
    },
  },
  {
    ...{ type: "ACCEPT", framework_id },
    accept: {
      offer_ids: [id("o")],
      operations: [{ type: "LAUNCH", launch: { task_infos: [task] } }],
      filters: { refuse_seconds: 1 },
    },
  },
  {
    type: "DECLINE",
    framework_id,
    decline: { offer_ids: [id("o")], filters: { refuse_seconds: 5 } },
  },
  { type: "KILL", framework_id, kill: { task_id: id("t"), agent_id: id("agent-0") } },
  {
    ...{ type: "ACKNOWLEDGE", framework_id },
    acknowledge: { agent_id: id("agent-0"), task_id: id("t"), uuid: "AAAAAAAAAAAAAAAAAAAAAA==" },
  },
  {
    type: "RECONCILE",
    framework_id,
    reconcile: { tasks: [{ task_id: id("t"), agent_id: id("agent-0") }] },
  },
  { type: "SUPPRESS", framework_id },
  { type: "REVIVE", framework_id },
  { type: "TEARDOWN", framework_id },
];

const initialCluster = { "slot-0": "http://172.30.0.10:2380" };
const jupyter = { token: "t", cookieSecret: "0123456789abcdef" };
const start = (etcd: object) => ({
  commandId: "t:1",
  etcd: { memberName: "slot-0", ...etcd },
  tls: null,
  jupyter,
});

/** Of the controller, to an agent. */
export const COMMANDS: readonly object[] = [
  start({ mode: "bootstrap", initialCluster, token: "a-token" }),
  start({ mode: "resume", clusterId: null }),
  start({ mode: "join", memberId: "a1", clusterId: "c1", initialCluster }),
  start({ mode: "force-new-cluster", clusterId: "c1" }),
  start({
    mode: "restore",
    snapshot: { sha256: "a".repeat(64), revision: 7 },
    initialCluster,
    token: "t",
    clusterId: "c1",
  }),
];

export const DOCKER_EVENTS: readonly object[] = [
  {
    Action: "die",
    Actor: { ID: "c1", Attributes: { name: "n", exitCode: "137", label: "v" } },
    timeNano: 1e18,
  },
  { Action: "start", Actor: { ID: "c1", Attributes: { name: "n" } }, timeNano: 1e18 },
];

/** A session that opens, a pong, names of children, a node's content, a watch that has fired. */
export const ZOOKEEPER_PACKETS: readonly Buffer[] = [
  new JuteWriter().int(0).int(10_000).long(7n).buffer(Buffer.alloc(16)),
  new JuteWriter().int(XID.PING).long(5n).int(0),
  new JuteWriter().int(1).long(6n).int(0).int(2).text("json.info_0000000001").text("log_replicas"),
  new JuteWriter().int(2).long(6n).int(0).text('{"address":{"ip":"10.0.0.1","port":5050}}'),
  new JuteWriter().int(XID.EVENT).long(-1n).int(0).int(4).int(3).text("/mesos"),
].map((writer) => writer.packet());
