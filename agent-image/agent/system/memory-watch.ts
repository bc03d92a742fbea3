/** What the node's memory is bound to, and how often the kernel has ended a process over it. */
import type { NodeMemory } from "../../../controller/model/node-memory.ts";
import type { Files } from "../ports/files.ts";
import type { AgentPorts } from "../ports/ports.ts";
import type { StatusBoard } from "../status/status-board.ts";
import { RepeatingTask } from "./repeating-task.ts";

const LOOK_EVERY_MS = 2_000;
/** Of the two versions of cgroups (cgroups(7)): where the limit is, and where the kills are counted. */
const PLACES = [
  { limit: "/sys/fs/cgroup/memory.max", events: "/sys/fs/cgroup/memory.events" },
  {
    limit: "/sys/fs/cgroup/memory/memory.limit_in_bytes",
    events: "/sys/fs/cgroup/memory/memory.oom_control",
  },
] as const;
/** Version 1 says "no limit" as the largest number of whole pages. */
const NO_LIMIT_BYTES = 2 ** 60;

export class MemoryWatch {
  private readonly task: RepeatingTask;

  constructor(
    options: Pick<AgentPorts, "clock" | "log" | "files"> & { readonly board: StatusBoard },
  ) {
    const { clock, log, files, board } = options;
    const run = async () => {
      board.update({ memory: await readMemory(files) });
      return LOOK_EVERY_MS;
    };
    this.task = new RepeatingTask({ name: "memory-watch", clock, log, run });
  }

  start(): void {
    this.task.start();
  }

  stop(): Promise<void> {
    return this.task.stop();
  }
}

/** Null where the container has no cgroup file system mounted. */
export async function readMemory(files: Pick<Files, "read">): Promise<NodeMemory | null> {
  for (const { limit, events } of PLACES) {
    const text = await files.read(events);
    if (text === null) continue;
    const kills = /^oom_kill (\d+)$/m.exec(text)?.[1];
    const bytes = Number((await files.read(limit)) ?? Number.NaN);
    return {
      limitBytes: Number.isSafeInteger(bytes) && bytes < NO_LIMIT_BYTES ? bytes : null,
      oomKills: kills === undefined ? 0 : Number(kills),
    };
  }
  return null;
}
