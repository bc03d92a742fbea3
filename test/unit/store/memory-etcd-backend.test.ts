import { EtcdBackend } from "../../../controller/store/etcd/etcd-backend.ts";
import { SiteKeys } from "../../../controller/store/etcd/keys.ts";
import { systemClock } from "../../../controller/support/clock.ts";
import { sealJson, unsealJson } from "../../../controller/support/files/sealed-json.ts";
import type { FormatRecord } from "../../../controller/model/state-format.ts";
import { silentLog } from "../../support/silent-log.ts";
import { describeStateBackend } from "../../support/store/backend-contract.ts";
import { MemoryEtcd } from "../../support/store/memory-etcd.ts";

describeStateBackend("an etcd in memory", async () => {
  const etcd = new MemoryEtcd(systemClock);
  const prefix = "/site";
  const keys = new SiteKeys(prefix);
  const put = async (key: string, value: string) => {
    etcd.transact({ conditions: [], writes: [{ key, value, lease: null }], elseRead: [] });
  };
  return {
    open: async (waits) =>
      new EtcdBackend({
        description: "etcd://memory/site",
        prefix,
        servers: [etcd.connect()],
        ttlSeconds: 10,
        masters: "local",
        waits,
        clock: systemClock,
        monotonicMs: () => performance.now(),
        log: silentLog,
      }),
    writeVersion: (version) => put(keys.format, sealJson({ version })),
    format: async () => {
      const { start, end } = keys.all;
      const found = etcd.range({ start, end }, { limit: 1_000, revision: null }).keys;
      const text = found.find((one) => one.key === keys.format)?.value ?? "{}";
      return unsealJson(text) as FormatRecord;
    },
    writeMark: (mark) => put(keys.moved, sealJson(mark)),
    damage: async (key) => {
      await put(keys.memory(key), "{");
      return keys.memory(key);
    },
    remove: async () => undefined,
  };
});
