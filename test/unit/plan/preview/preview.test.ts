import { describe, expect, it } from "vitest";
import { previewCluster } from "../../../../controller/plan/preview/preview.ts";
import { immutableProblems } from "../../../../crd-schema/immutable.ts";
import type { ClusterSpec, CompiledCluster } from "../../../../crd-schema/spec.ts";
import { fakeCluster } from "../../../support/planner/fixtures.ts";

const SPEC: ClusterSpec = {
  ...fakeCluster().spec,
  ssh: { user: "admin", authorizedKeys: ["ssh-ed25519 AAAA/a one", "ssh-ed25519 AAAA/b two"] },
  placement: {
    constraints: [
      { field: "rack", operator: "UNIQUE", value: null },
      { field: "zone", operator: "LIKE", value: "z1" },
    ],
    spread: null,
  },
};

function cluster(change: Partial<ClusterSpec> = {}, labels = {}): CompiledCluster {
  return {
    metadata: { name: "lab", namespace: "default", labels, annotations: {} },
    spec: { ...SPEC, ...change },
    written: {},
    source: { file: "lab.yaml", line: 1 },
  };
}

function changesOf(change: Partial<ClusterSpec>): string[] {
  const { changes } = previewCluster(cluster(), cluster(change), null);
  return changes.map((c) => `${c.kind} ${c.field}: ${c.effect}`);
}

describe("previewCluster", () => {
  it("says create for a cluster that the controller does not know", () => {
    expect(previewCluster(null, cluster(), null)).toEqual({
      namespace: "default",
      name: "lab",
      verdict: "create",
      changes: [],
      kernels: [],
    });
  });

  it("says unchanged when nothing differs", () => {
    expect(previewCluster(cluster(), cluster(), null)).toMatchObject({
      verdict: "unchanged",
      changes: [],
    });
  });

  it("takes lists in another order for no change", () => {
    const moved = cluster({
      ssh: { ...SPEC.ssh, authorizedKeys: [...SPEC.ssh.authorizedKeys].reverse() },
      placement: { ...SPEC.placement, constraints: [...SPEC.placement.constraints].reverse() },
    });
    expect(previewCluster(cluster(), moved, null).verdict).toBe("unchanged");
  });

  const rolling = "rolling update of 3 nodes, one at a time: followers first, the leader last";
  const immutable =
    "refused, immutable: every container's address hangs on it; make a new cluster instead";
  const storage =
    "refused, immutable: the nodes' shared files are there; make a new cluster instead";
  const table: readonly [string, Partial<ClusterSpec>, string[]][] = [
    [
      "growing adds learners one at a time",
      { replicas: 5 },
      [
        "scale spec.replicas: two nodes are added one at a time as etcd learners, " +
          "promoted when caught up; running containers stay",
      ],
    ],
    [
      "shrinking hands leadership over",
      { replicas: 1 },
      [
        "scale spec.replicas: two nodes are removed one at a time, highest slot first; " +
          "a leader among them hands leadership over before it goes",
      ],
    ],
    ["a new image rolls", { image: "other:1" }, [`rolling spec.image: ${rolling}`]],
    [
      "a new image waits with OnDelete",
      { image: "other:1", updateStrategy: "OnDelete" },
      [
        "rolling spec.image: used by containers that start from now on; " +
          "running ones keep the old value (OnDelete)",
        "live spec.updateStrategy.type: updates wait until a container is killed; " +
          "one that is under way stops",
      ],
    ],
    [
      "a network can't be changed",
      { network: { ...SPEC.network, subnet: "172.31.0.0/24", options: { mtu: "1400" } } },
      [
        `refused spec.network.options.mtu: ${immutable}`,
        `refused spec.network.subnet: ${immutable}`,
      ],
    ],
    [
      "a new proxy port moves the proxy alone",
      { proxy: { ...SPEC.proxy, port: 9999 } },
      [
        "live spec.proxy.port: the proxy moves to 127.0.0.1:9999; containers keep running, " +
          "open connections to the old address end",
      ],
    ],
    [
      "an ssh key with a slash in it is named by itself",
      { ssh: { ...SPEC.ssh, authorizedKeys: ["ssh-ed25519 AAAA/a one"] } },
      [`rolling spec.ssh.authorizedKeys[ssh-ed25519 AAAA/b two]: ${rolling}`],
    ],
    [
      "suspending stops everything",
      { suspend: true },
      ["stop spec.suspend: all containers are stopped; their data stays"],
    ],
    [
      "shared files are not left behind in another place",
      {
        storage: {
          shared: { type: "nfs", mountPath: "/work", server: "s", path: "/", options: [] },
        },
      },
      [
        `rolling spec.storage.shared.mountPath: ${rolling}`,
        `rolling spec.storage.shared.options: ${rolling}`,
        `refused spec.storage.shared.path: ${storage}`,
        `refused spec.storage.shared.server: ${storage}`,
        `refused spec.storage.shared.type: ${storage}`,
        `refused spec.storage.shared.volumeName: ${storage}`,
      ],
    ],
  ];
  it.each(table)("%s", (_, change, expected) => {
    expect(changesOf(change)).toEqual(expected);
  });

  it("refuses what the schema's own check refuses, and nothing else", () => {
    const shared = {
      type: "hostPath",
      mountPath: "/work",
      hostPath: "/srv",
      requireMount: true,
    } as const;
    const wanted = cluster({
      network: { ...SPEC.network, name: "n", driver: "d", ipamDriver: "i", subnet: "10.0.0.0/24" },
      storage: { shared },
      etcd: { ...SPEC.etcd, dataVolume: "ephemeral", heartbeatMs: 10, electionMs: 100 },
      proxy: { ...SPEC.proxy, port: 1 },
    });
    const refused = previewCluster(cluster(), wanted, null).changes.filter(
      (c) => c.kind === "refused",
    );
    const problems = immutableProblems(cluster(), wanted).map((problem) => problem.field);
    const withTheirType = ["spec.storage.shared.hostPath", "spec.storage.shared.volumeName"];
    expect(refused.map((c) => c.field)).toEqual([...problems, ...withTheirType].sort());
  });

  it("is refused as a whole when one field is immutable", () => {
    const wanted = cluster({ replicas: 5, network: { ...SPEC.network, name: "other" } });
    expect(previewCluster(cluster(), wanted, null).verdict).toBe("refused");
  });

  it("knows the effect of every field of the spec", () => {
    const other: ClusterSpec = {
      ...SPEC,
      etcd: {
        tls: true,
        dataVolume: "ephemeral",
        heartbeatMs: 1,
        electionMs: 2,
        quotaMiB: 16,
        snapshots: { intervalSeconds: 1, keep: 1, maxMiB: 1, directory: "/b" },
        recovery: { mode: "Manual", graceSeconds: 1 },
        standby: "learner",
      },
      jupyter: {
        port: 1,
        auth: "none",
        standby: "cold",
        idle: { kernelsAfterSeconds: 1, terminalsAfterSeconds: 1 },
      },
      kernels: { placement: "spread", memoryMiB: 1, processes: 1, busyWaitSeconds: 1 },
      resources: { cpus: 9, memoryMiB: 9, diskMiB: 9, pids: 9 },
      proxy: { address: "::1", port: 1, holdSeconds: 1, hostNames: ["x"] },
      placement: { constraints: [{ field: "rack", operator: "MAX_PER", value: "1" }], spread: "z" },
      unreachable: { replaceAfterSeconds: 1 },
      backoff: { initialSeconds: 9, factor: 9, maxSeconds: 9 },
      deletionPolicy: "Delete",
    };
    const { changes } = previewCluster(
      cluster(),
      cluster(other, { "example.org/team": "a" }),
      null,
    );
    expect(changes.map((c) => c.field)).toContain("metadata.labels[example.org/team]");
    expect(changes.every((c) => c.effect.length > 0)).toBe(true);
    expect(changes).toHaveLength(39);
  });
});
