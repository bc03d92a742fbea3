/**
 * What our proxy costs beside configurable-http-proxy, nginx and haproxy: the same backend, the same load,
 * in turns. It is the proxy's own processor time that counts, which a busy machine changes least.
 */
import { getPriority, setPriority } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { compare, type Measured } from "../stats.ts";
import { download, messages, requests, withIdleSockets } from "./load.ts";
import { OURS, PEERS, PROXIES, ProxyHouse, type ProxyName, type RunningProxy } from "./peers.ts";
import { IDLE_SOCKETS } from "./what.ts";

interface Trial {
  readonly what: string;
  readonly unit: string;
  /** Of ratios to peers; the others have none. */
  readonly targets: Partial<Record<ProxyName, number>>;
  measure(proxy: RunningProxy): Promise<number>;
}

/** In this order, each process being new: what the idle ones take is seen before any load. */
const TRIALS: readonly Trial[] = [
  { what: "memory of an idle WebSocket", unit: "KiB", targets: {}, measure: memoryOfIdle },
  {
    what: "CPU of a request, 1 KiB, kept connections",
    unit: "µs",
    targets: { "configurable-http-proxy": 0.5 },
    measure: cpuOf(requests, 1),
  },
  {
    what: "CPU of a WebSocket message and its echo",
    unit: "µs",
    targets: {},
    measure: cpuOf(messages, 1),
  },
  {
    what: "CPU of a download of 512 MiB",
    unit: "ms",
    targets: { haproxy: 3 },
    measure: cpuOf(download, 1_000),
  },
  {
    what: "memory after all of this",
    unit: "MiB",
    targets: {},
    measure: async ({ child }) => (await child.memoryBytes()) / 2 ** 20,
  },
];

/** What was closed is given up, and what was allocated at once has come to rest. */
const REST_MS = 500;
/** Nice value: whatever else runs on this machine waits, and evicts no cache. */
const PRIORITY = -10;

export async function proxies(runs: number): Promise<Measured[]> {
  if (process.getuid?.() !== 0) return measured(runs);
  const before = getPriority();
  // All that is started from now on has it too.
  setPriority(PRIORITY);
  try {
    return await measured(runs);
  } finally {
    setPriority(before);
  }
}

async function measured(runs: number): Promise<Measured[]> {
  const figures = new Map<string, number[]>();
  const of = (trial: Trial, name: ProxyName) => {
    const key = `${trial.what} ${name}`;
    const known = figures.get(key) ?? [];
    figures.set(key, known);
    return known;
  };
  const house = await ProxyHouse.open();
  try {
    for (let run = 0; run < runs; run++) {
      await withAll(house, async (running) => {
        // Another is first each time.
        const turn = running.map((_, i) => running[(i + run) % running.length] as RunningProxy);
        for (const trial of TRIALS) {
          for (const proxy of turn) of(trial, proxy.name).push(await trial.measure(proxy));
        }
      });
    }
  } finally {
    await house.close();
  }
  return TRIALS.flatMap((trial) =>
    PEERS.map((peer) => {
      const { what, unit, targets } = trial;
      const target = targets[peer] ?? null;
      return compare(`${what}, beside ${peer}`, target, of(trial, OURS), of(trial, peer), unit);
    }),
  );
}

async function withAll(
  house: ProxyHouse,
  then: (running: readonly RunningProxy[]) => Promise<void>,
): Promise<void> {
  const running: RunningProxy[] = [];
  try {
    for (const name of PROXIES) running.push(await house.start(name));
    await then(running);
  } finally {
    await Promise.all(running.map(({ child }) => child.end()));
  }
}

/** @returns of one of what `load` does the second time, compiled; in microseconds, or so many of them */
function cpuOf(
  load: (port: number) => Promise<number>,
  unitUs: number,
): (proxy: RunningProxy) => Promise<number> {
  return async ({ port, child }) => {
    await load(port);
    const before = await child.cpuUs();
    const count = await load(port);
    return ((await child.cpuUs()) - before) / count / unitUs;
  };
}

async function memoryOfIdle({ port, child }: RunningProxy): Promise<number> {
  const before = await child.memoryBytes();
  let during = before;
  await withIdleSockets(port, async () => {
    await delay(REST_MS);
    during = await child.memoryBytes();
  });
  return (during - before) / IDLE_SOCKETS / 1024;
}
