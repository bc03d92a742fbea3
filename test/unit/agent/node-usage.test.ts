import { describe, expect, it } from "vitest";
import { diskReader, readUsage } from "../../../agent-image/agent/system/node-usage.ts";

const filesOf = (texts: Readonly<Record<string, string>>) => ({
  read: (path: string) => Promise.resolve(texts[path] ?? null),
});
const disk = { usedBytes: 1, sizeBytes: 2 };
const diskOf = () => Promise.resolve(disk);

const V2 = {
  "/sys/fs/cgroup/cpu.stat": "usage_usec 2500000\nuser_usec 1\nsystem_usec 2\n",
  "/sys/fs/cgroup/memory.current": "1000\n",
  "/sys/fs/cgroup/memory.stat": "anon 300\nfile 500\ninactive_anon 7\ninactive_file 400\n",
  "/sys/fs/cgroup/memory.events": "oom_kill 0\n",
  "/sys/fs/cgroup/memory.max": "4096\n",
};

describe("what a node uses", () => {
  it("is read from cgroups of version 2, without the page cache that nobody used lately", async () => {
    const usage = { cpuSeconds: 2.5, memoryBytes: 600, memoryLimitBytes: 4096, disk };
    expect(await readUsage(filesOf(V2), diskOf)).toEqual(usage);
  });

  it.each(["cpuacct", "cpu,cpuacct"])(
    "is read from cgroups of version 1, the processors' under %s",
    async (cpu) => {
      const files = filesOf({
        [`/sys/fs/cgroup/${cpu}/cpuacct.usage`]: "1500000000\n",
        "/sys/fs/cgroup/memory/memory.usage_in_bytes": "1000\n",
        "/sys/fs/cgroup/memory/memory.stat": "inactive_file 1\ntotal_inactive_file 400\n",
        "/sys/fs/cgroup/memory/memory.oom_control": "oom_kill 0\n",
        "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
      });
      const usage = { cpuSeconds: 1.5, memoryBytes: 600, memoryLimitBytes: null, disk };
      expect(await readUsage(files, diskOf)).toEqual(usage);
    },
  );

  it("is not known without a cgroup, and never below nothing", async () => {
    expect(await readUsage(filesOf({}), diskOf)).toBeNull();
    const files = filesOf({ ...V2, "/sys/fs/cgroup/memory.current": "100\n" });
    expect(await readUsage(files, diskOf)).toMatchObject({ memoryBytes: 0 });
  });

  it("has the disk of its data, where there is one", async () => {
    const usage = await readUsage(filesOf(V2));
    // This machine has no such mount.
    expect(usage?.disk).toBeNull();
  });

  it("leaves a disk that hangs out, and does not ask it again meanwhile", async () => {
    let asked = 0;
    const disk = diskReader("/data", () => {
      asked += 1;
      return new Promise(() => {});
    });
    const readings = await Promise.all([1, 2, 3].map(() => readUsage(filesOf(V2), disk)));
    expect(readings.map((usage) => usage?.disk)).toEqual([null, null, null]);
    expect(await disk()).toBeNull();
    expect(asked).toBe(1);
  });
});
