import type { EtcdHealth } from "../../../../controller/model/agent-api.ts";
import { spaceAvailable } from "../../../../controller/plan/conditions/space-available.ts";
import type { Plan } from "../../../../controller/plan/input.ts";
import { changeAgents } from "../../../support/planner/change-agents.ts";
import { conditionTable, decide } from "../../../support/planner/condition-table.ts";
import { fakeCluster } from "../../../support/planner/fixtures.ts";
import { readyRun } from "../../../support/planner/run.ts";

const MIB = 2 ** 20;
/** The disk of slot 1 is full, whatever its etcd says. */
const withFullDisk = (): Plan => {
  const run = readyRun();
  const { agents } = changeAgents(run.world.observed(), ({ slot, etcd }) => ({
    disk: { full: slot === 1, availableBytes: 12 * MIB, sizeBytes: 1000 * MIB },
    etcd: slot === 1 ? null : etcd,
  }));
  return decide(run, { agents });
};

const FULL = { alarms: [{ memberId: "1", alarm: "NOSPACE" }] } as const;

/** A quota of 100 MiB, and this said by every member. */
const withDatabase =
  (sizeMiB: number, inUseMiB: number, more: Partial<EtcdHealth> = {}) =>
  (): Plan => {
    const run = readyRun({ etcd: { ...fakeCluster().spec.etcd, quotaMiB: 100 } });
    const size = { dbSizeBytes: sizeMiB * MIB, dbSizeInUseBytes: inUseMiB * MIB };
    const { agents } = changeAgents(run.world.observed(), ({ etcd }) => ({
      etcd: etcd && { ...etcd, ...size, ...more },
    }));
    return decide(run, { agents });
  };

conditionTable("SpaceAvailable", spaceAvailable.reasons, {
  "a database far below its quota has room": [withDatabase(75, 75), "True", "BelowQuota", ""],
  "a database in use by more than three quarters is near its quota": [
    withDatabase(80, 76),
    "True",
    "NearQuota",
    "",
  ],
  "free pages do not count as use": [withDatabase(99, 75), "True", "BelowQuota", ""],
  "a database that takes no writes is compacted where history is what fills it": [
    withDatabase(100.4, 30, FULL),
    "False",
    "QuotaExceeded",
    "etcd takes no more writes: its database has 100 of 100 MiB, 30 MiB in use. " +
      "It is compacted and defragmented.",
  ],
  "a database that keys have filled is left to a person": [
    withDatabase(100, 90, FULL),
    "False",
    "QuotaExceeded",
    "etcd takes no more writes: its database has 100 of 100 MiB, 90 MiB in use. " +
      "Delete keys, or raise etcd.quota.",
  ],
  "a disk that is full is told with the volume that lies on it": [
    withFullDisk,
    "False",
    "DiskFull",
    "Disks with data of the nodes are full: " +
      "slot 1's (volume jupyter-cluster-default-demo-slot-1 on host-1: 12 of 1000 MiB left). " +
      "Delete files there, as notebooks write them: they can write no more, and etcd lives on what is set aside for it.",
  ],
  "nothing is known of it while no member answers": [
    () => decide(readyRun(), { agents: new Map() }),
    "Unknown",
    "NotSeen",
    "No etcd member answers.",
  ],
});
