import { describe, expect, it } from "vitest";
import { readMemory } from "../../../agent-image/agent/system/memory-watch.ts";

const filesOf = (texts: Readonly<Record<string, string>>) => ({
  read: (path: string) => Promise.resolve(texts[path] ?? null),
});

const V1 = "/sys/fs/cgroup/memory";
const CONTROL = "oom_kill_disable 0\nunder_oom 0\noom_kill 4\n";

describe("a node's memory", () => {
  it("is read from cgroups of version 2", async () => {
    const events = "low 0\nhigh 0\nmax 37\noom 3\noom_kill 2\noom_group_kill 0\n";
    const files = filesOf({
      "/sys/fs/cgroup/memory.events": events,
      "/sys/fs/cgroup/memory.max": "805306368\n",
    });
    expect(await readMemory(files)).toEqual({ limitBytes: 805_306_368, oomKills: 2 });
  });

  it("is read from cgroups of version 1", async () => {
    const files = filesOf({
      [`${V1}/memory.oom_control`]: CONTROL,
      [`${V1}/memory.limit_in_bytes`]: "805306368\n",
    });
    expect(await readMemory(files)).toEqual({ limitBytes: 805_306_368, oomKills: 4 });
  });

  it.each([
    ["2", { "/sys/fs/cgroup/memory.events": "oom_kill 0\n", "/sys/fs/cgroup/memory.max": "max\n" }],
    [
      "1",
      {
        [`${V1}/memory.oom_control`]: "oom_kill 0\n",
        [`${V1}/memory.limit_in_bytes`]: "9223372036854771712\n",
      },
    ],
  ])("has no limit where version %s says so", async (_version, texts) => {
    expect(await readMemory(filesOf(texts))).toEqual({ limitBytes: null, oomKills: 0 });
  });

  it("is unknown without a cgroup file system", async () => {
    expect(await readMemory(filesOf({}))).toBeNull();
  });
});
