/** How long each unit may be silent, and why (docs/decisions/0012). Milliseconds. */
import type { UnitName } from "../../../controller/model/agent-api.ts";
import type { Patience } from "./silence-watch.ts";

export const PATIENCE: Readonly<Record<UnitName, Patience>> = {
  // Its start may have to read a long log.
  etcd: {
    ...{ questionMs: 500, doubtfulMs: 3_000 },
    ...{ runningMs: 10_000, deadMs: 10_000, startMs: 600_000 },
  },
  sshd: {
    ...{ questionMs: 1_000, doubtfulMs: 3_000 },
    ...{ runningMs: 10_000, deadMs: 10_000, startMs: 60_000 },
  },
  // One thread does everything: an extension, or a big notebook that is saved, keeps it silent for many
  // seconds, and a restart would end its kernels. So as long as it runs it has much longer.
  jupyter: {
    ...{ questionMs: 2_000, doubtfulMs: 6_000 },
    ...{ runningMs: 60_000, deadMs: 10_000, startMs: 180_000 },
  },
};
