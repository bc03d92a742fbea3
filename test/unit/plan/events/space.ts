/** Events of etcd's database. */
import type { EtcdAlarm, EtcdHealth } from "../../../../controller/model/agent-api.ts";
import { plan } from "../../../../controller/plan/plan.ts";
import { changeAgents } from "../../../support/planner/change-agents.ts";
import { fakeCluster } from "../../../support/planner/fixtures.ts";
import { readyRun } from "../../../support/planner/run.ts";
import type { EventTable } from "./event-table.ts";

const MIB = 2 ** 20;

/** A quota of 100 MiB, and this said by every member. */
const withHealth = (health: Partial<EtcdHealth>) => () => {
  const run = readyRun({ etcd: { ...fakeCluster().spec.etcd, quotaMiB: 100 } });
  const { memory, now, world } = run;
  const observed = changeAgents(world.observed(), ({ etcd }) => ({
    etcd: etcd && { ...etcd, ...health },
  }));
  return plan({ memory, observed, now, defaultImage: "image" }).memory.events;
};

/** What is told of a disk, look by look. */
const withDisk =
  (...looks: readonly boolean[]) =>
  () => {
    const run = readyRun();
    let { memory } = run;
    for (const full of looks) {
      const observed = changeAgents(run.world.observed(), ({ slot }) =>
        slot === 1 ? { disk: { full, availableBytes: 12 * MIB, sizeBytes: 1000 * MIB } } : {},
      );
      memory = plan({ memory, observed, now: run.now, defaultImage: "image" }).memory;
    }
    return memory.events;
  };
const ROOM_AGAIN = "there is room again on the disk of slot 1's data";
const DISK_FULL =
  "the disk with this data is full: slot 1's (volume jupyter-cluster-default-demo-slot-1 on host-1: 12 of 1000 MiB left)";

const full: EtcdAlarm = { memberId: "2", alarm: "NOSPACE" };

export const SPACE_EVENTS = {
  EtcdCompacted: {
    "the database nears its quota": [
      withHealth({ revision: 17, dbSizeBytes: 80 * MIB, dbSizeInUseBytes: 80 * MIB }),
      "Normal",
      "history before revision 17 is compacted: the database nears its quota",
    ],
    "the database takes no more writes": [
      withHealth({ revision: 17, dbSizeBytes: 100 * MIB, alarms: [full] }),
      "Warning",
      "history before revision 17 is compacted: the database nears its quota",
    ],
  },
  DiskFull: {
    "a disk is full, once": [withDisk(true, true), "Warning", DISK_FULL],
  },
  DiskFreed: {
    "it has room again, once": [withDisk(true, false, false), "Normal", ROOM_AGAIN],
  },
  AlarmCleared: {
    "there is room again": [
      withHealth({ alarms: [full] }),
      "Normal",
      "etcd's alarm NOSPACE of 2 is taken back",
    ],
    "the member that raised it is gone": [
      withHealth({ alarms: [{ memberId: "77", alarm: "CORRUPT" }] }),
      "Normal",
      "etcd's alarm CORRUPT of 77 is taken back",
    ],
  },
} satisfies EventTable;
