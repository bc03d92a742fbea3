import { expect, it } from "vitest";
import { StatusSink } from "../../../controller/act/status-sink.ts";
import type { JupyterClusterObject } from "../../../controller/model/resource.ts";
import { ManualClock } from "../../support/loop/manual-clock.ts";
import { until } from "../../support/poll.ts";
import { silentLog } from "../../support/silent-log.ts";

const KEY = "default/nb";

function objectOf(generation: number): JupyterClusterObject {
  const status = { etcd: { leaderId: "a1" }, observedGeneration: generation };
  return { status } as unknown as JupyterClusterObject;
}

/** An etcd of one key. */
function bench() {
  const etcd = { value: null as string | null, puts: 0 };
  const client = {
    put: async (_: string, value: string) => {
      etcd.value = value;
      etcd.puts += 1;
    },
    get: async () => etcd.value,
  };
  const sink = new StatusSink({ for: () => client }, new ManualClock(0), silentLog);
  return { etcd, sink };
}

it("the status is written again when it is gone or something else is there", async () => {
  const { etcd, sink } = bench();
  sink.put(KEY, objectOf(1));
  await until("the first", () => etcd.value !== null);
  const first = etcd.value;
  for (const other of [null, "{}"]) {
    etcd.value = other;
    await sink.check(KEY);
    await until("it is there again", () => etcd.value === first);
  }
  expect(etcd.puts).toBe(3);
});

it("nothing is written where it is, nor before there was any", async () => {
  const { etcd, sink } = bench();
  await sink.check(KEY);
  expect(etcd.puts).toBe(0);
  sink.put(KEY, objectOf(1));
  await until("the first", () => etcd.puts === 1);
  await sink.check(KEY);
  sink.put(KEY, objectOf(2));
  await until("the second", () => etcd.puts === 2);
  expect(etcd.value).toBe(JSON.stringify(objectOf(2)));
});
