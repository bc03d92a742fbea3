/** What this process uses. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { yieldToNode } from "../engine/settled.ts";

const BYTES_PER_MIB = 1024 * 1024;

/** Of one core, since the process began. Milliseconds. */
export function cpuNowMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** What is still in use after a collection. */
export async function heapMiB(): Promise<number> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  await yieldToNode();
  collect();
  return process.memoryUsage().heapUsed / BYTES_PER_MIB;
}

export function residentMiB(): number {
  return process.memoryUsage().rss / BYTES_PER_MIB;
}
