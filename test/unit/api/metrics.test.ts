import { describe, expect, test } from "vitest";
import { metricsOfLab } from "../../support/metrics-of-lab.ts";
import { clusterObject, election, snapshot } from "../cli/cluster-fixture.ts";

const LAB = '{namespace="default",name="lab"}';

function setUp() {
  const { published, metrics, text } = metricsOfLab();
  const lines = async () => (await text()).split("\n");
  const withLeader = (leader: number | null, restarts: readonly number[] = [0, 0, 0]) => {
    const object = clusterObject();
    const nodes = object.status.nodes.map((node) => ({
      ...node,
      leader: node.slot === leader,
      restarts: restarts[node.slot] ?? 0,
    }));
    published.publish({ ...object, status: { ...object.status, nodes } }, []);
  };
  return { published, metrics, lines, withLeader };
}

describe("the metrics", () => {
  test("have controller-runtime's names for the loop", async () => {
    const { metrics, lines } = setUp();
    metrics.reconcile.reconciled("success", 0.02);
    metrics.reconcile.reconciled("error", 0.3);
    metrics.reconcile.queueDepth(2);
    expect(await lines()).toEqual(
      expect.arrayContaining([
        'controller_runtime_reconcile_total{controller="jupytercluster",result="success"} 1',
        'controller_runtime_reconcile_total{controller="jupytercluster",result="error"} 1',
        'controller_runtime_reconcile_errors_total{controller="jupytercluster"} 1',
        'controller_runtime_reconcile_time_seconds_count{controller="jupytercluster"} 2',
        'workqueue_depth{name="jupytercluster"} 2',
      ]),
    );
  });

  test("tell each cluster's readiness and its nodes by phase", async () => {
    const { published, lines } = setUp();
    published.publish(clusterObject(), []);
    expect(await lines()).toEqual(
      expect.arrayContaining([
        `jupytercluster_ready${LAB} 1`,
        'jupytercluster_nodes{namespace="default",name="lab",phase="Running"} 3',
        'jupytercluster_nodes{namespace="default",name="lab",phase="Pending"} 0',
        `jupytercluster_generation_lag${LAB} 0`,
      ]),
    );
  });

  test("count a change of leader once, also when there was none in between", async () => {
    const { withLeader, lines } = setUp();
    for (const leader of [null, 0, 0, null, 0, null, 2, 1]) withLeader(leader);
    expect(await lines()).toContain(`jupytercluster_leader_changes_total${LAB} 2`);
  });

  test("count relaunches from what was seen first, and never backwards", async () => {
    const { withLeader, lines } = setUp();
    withLeader(0, [5, 0, 0]);
    withLeader(0, [5, 1, 0]);
    withLeader(0, [7, 1, 0]);
    withLeader(0, [0, 1, 0]);
    expect(await lines()).toContain(`jupytercluster_relaunches_total${LAB} 3`);
  });

  test("tell what the proxies do", async () => {
    const { lines } = setUp();
    expect(await lines()).toEqual(
      expect.arrayContaining([
        `jupytercluster_proxy_requests_total${LAB} 7`,
        `jupytercluster_proxy_held_total${LAB} 3`,
        `jupytercluster_proxy_held_requests${LAB} 1`,
        `jupytercluster_proxy_websockets${LAB} 5`,
        'jupytercluster_proxy_joins_total{namespace="default",name="lab",outcome="joined"} 8',
      ]),
    );
  });

  test("tell what each node that answers uses", async () => {
    const { lines } = setUp();
    const slot = '{namespace="default",name="lab",slot="1"}';
    const told = (await lines()).filter((line) => line.startsWith("jupytercluster_node_"));
    expect(told).toEqual([
      `jupytercluster_node_cpu_usage_seconds_total${slot} 12.5`,
      `jupytercluster_node_memory_working_set_bytes${slot} 4096`,
      `jupytercluster_node_memory_limit_bytes${slot} 8192`,
      `jupytercluster_node_filesystem_used_bytes${slot} 10`,
      `jupytercluster_node_filesystem_size_bytes${slot} 20`,
    ]);
  });

  test("tell how full etcd is, by etcd's own names", async () => {
    const { lines } = setUp();
    const slot = '{namespace="default",name="lab",slot="1"}';
    expect(await lines()).toEqual(
      expect.arrayContaining([
        `jupytercluster_etcd_db_total_size_in_bytes${slot} 20480`,
        `jupytercluster_etcd_db_total_size_in_use_in_bytes${slot} 16384`,
        `jupytercluster_etcd_quota_backend_bytes${slot} 2147483648`,
      ]),
    );
  });

  test("tell of snapshots and of lost quorums, and nothing of a snapshot that is not", async () => {
    const { published, lines } = setUp();
    const bare = clusterObject({ status: { backup: { count: 0, last: null } } });
    published.publish(bare, []);
    const before = await lines();
    expect(before).toContain(`jupytercluster_etcd_snapshots${LAB} 0`);
    expect(before.join("\n")).not.toMatch(/^jupytercluster_etcd_snapshot_latest/m);
    const last = snapshot(1);
    const { etcd } = bare.status;
    const status = { backup: { count: 3, last }, etcd: { ...etcd, recoveries: 2 } };
    published.publish(clusterObject({ status }), []);
    expect(await lines()).toEqual(
      expect.arrayContaining([
        `jupytercluster_etcd_snapshots${LAB} 3`,
        `jupytercluster_etcd_snapshot_latest_timestamp_seconds${LAB} ${Date.parse(last.takenAt) / 1000}`,
        `jupytercluster_etcd_snapshot_latest_size_bytes${LAB} ${last.sizeBytes}`,
        `jupytercluster_etcd_snapshot_latest_revision${LAB} ${last.revision}`,
        `jupytercluster_etcd_recoveries_total${LAB} 2`,
      ]),
    );
  });

  test("tell each condition's status, and how long the latest election took", async () => {
    const { published, lines } = setUp();
    const elections = [election({ durationMs: 900 }), election({ durationMs: 250 })];
    published.publish(clusterObject({ status: { elections } }), []);
    const quorate = (status: string) =>
      `jupytercluster_status_condition{namespace="default",name="lab",condition="Quorate",status="${status}"}`;
    expect(await lines()).toEqual(
      expect.arrayContaining([
        `${quorate("true")} 1`,
        `${quorate("false")} 0`,
        `${quorate("unknown")} 0`,
        `jupytercluster_latest_election_duration_seconds${LAB} 0.25`,
      ]),
    );
  });

  test("forget a cluster that is deleted", async () => {
    const { published, lines } = setUp();
    published.publish(clusterObject(), []);
    published.remove("default/lab");
    const left = (await lines()).filter((line) => line.includes(LAB));
    // The proxies and the databases are others'.
    expect(left.filter((line) => !line.startsWith("jupytercluster_proxy_"))).toEqual([]);
  });

  test("tell of the process", async () => {
    const { lines } = setUp();
    const text = (await lines()).join("\n");
    expect(text).toMatch(/^process_cpu_seconds_total \d/m);
    expect(text).toMatch(/^process_resident_memory_bytes \d+/m);
    expect(text).toContain('jupytercluster_build_info{version="1.2.3"} 1');
  });
});
