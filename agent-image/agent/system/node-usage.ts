/** What the container uses, read from its cgroup and its data's file system when somebody asks (cgroups(7)). */
import type { StatsFs } from "node:fs";
import { DATA_MOUNT } from "../../../controller/model/agent-api.ts";
import type { NodeUsage } from "../../../controller/model/node-usage.ts";
import type { Files } from "../ports/files.ts";
import { fileSystemReader } from "./file-system.ts";
import { readMemory } from "./memory-watch.ts";

const V2 = "/sys/fs/cgroup";
/** Version 1 has a hierarchy for each of them; the processors' may be mounted under either name. */
const V1 = "/sys/fs/cgroup/memory";
const V1_CPU = ["/sys/fs/cgroup/cpuacct/cpuacct.usage", "/sys/fs/cgroup/cpu,cpuacct/cpuacct.usage"];

type Reads = Pick<Files, "read">;
type Disk = NodeUsage["disk"];

/** Null where the container has no cgroup file system mounted. */
export async function readUsage(files: Reads, disk = diskOfData): Promise<NodeUsage | null> {
  const cpuSeconds = await readCpuSeconds(files);
  const memoryBytes = await readMemoryBytes(files);
  if (cpuSeconds === null || memoryBytes === null) return null;
  const memory = await readMemory(files);
  const memoryLimitBytes = memory?.limitBytes ?? null;
  return { cpuSeconds, memoryBytes, memoryLimitBytes, disk: await disk() };
}

async function readCpuSeconds(files: Reads): Promise<number | null> {
  const stat = await files.read(`${V2}/cpu.stat`);
  const microseconds = numberIn(stat, /^usage_usec (\d+)$/m);
  if (microseconds !== null) return microseconds / 1e6;
  for (const path of V1_CPU) {
    const nanoseconds = numberIn(await files.read(path), /^(\d+)$/m);
    if (nanoseconds !== null) return nanoseconds / 1e9;
  }
  return null;
}

async function readMemoryBytes(files: Reads): Promise<number | null> {
  for (const [all, stat, unused] of [
    [`${V2}/memory.current`, `${V2}/memory.stat`, /^inactive_file (\d+)$/m],
    [`${V1}/memory.usage_in_bytes`, `${V1}/memory.stat`, /^total_inactive_file (\d+)$/m],
  ] as const) {
    const bytes = numberIn(await files.read(all), /^(\d+)$/m);
    if (bytes === null) continue;
    return Math.max(0, bytes - (numberIn(await files.read(stat), unused) ?? 0));
  }
  return null;
}

function numberIn(text: string | null, pattern: RegExp): number | null {
  const found = pattern.exec(text ?? "")?.[1];
  return found === undefined ? null : Number(found);
}

/** Of the file system that a path is on; null: it does not answer in time. */
export function diskReader(path: string, read?: (path: string) => Promise<StatsFs>) {
  const ask = fileSystemReader(path, read);
  return async (): Promise<Disk> => {
    const stats = await ask();
    if (stats === null) return null;
    const { bsize, blocks, bfree } = stats;
    return { usedBytes: (blocks - bfree) * bsize, sizeBytes: blocks * bsize };
  };
}

const diskOfData = diskReader(DATA_MOUNT);
