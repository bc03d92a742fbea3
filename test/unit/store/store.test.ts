import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ERROR_CODES } from "../../../controller/model/errors.ts";
import type { ClusterMemory } from "../../../controller/model/memory.ts";
import type { ObservedTask } from "../../../controller/model/observed.ts";
import { readControlToken } from "../../../controller/store/control-token.ts";
import { openStateDir, type StateDir, stateDirPath } from "../../../controller/store/state-dir.ts";
import { silentLog } from "../../support/silent-log.ts";

const KEY = "default/lab";
let root: string;
let path: string;
let opened: StateDir[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "store-test-"));
  path = join(root, "a", "state");
  opened = [];
});

afterEach(async () => {
  for (const state of opened) await state.close();
  await rm(root, { recursive: true });
});

async function open(): Promise<StateDir> {
  const state = await openStateDir(path, { log: silentLog });
  opened.push(state);
  return state;
}

/** As a controller that ends, and one that starts after it. */
async function reopen(): Promise<StateDir> {
  await opened.pop()?.close();
  return open();
}

function memory(generation: number, launches = 0): ClusterMemory {
  return {
    uid: "0a1b2c3d",
    generation,
    cluster: { metadata: { namespace: "default", name: "lab" } },
    slots: [{ slot: 0, launches }],
  } as unknown as ClusterMemory;
}

function task(taskId: string, state: ObservedTask["state"] = "TASK_RUNNING"): ObservedTask {
  return {
    taskId,
    state,
    agentId: "agent-0",
    ip: "172.30.0.10",
    container: "mesos-1",
    healthy: null,
    reason: null,
    message: null,
    since: 1,
  };
}

describe("where the state is", () => {
  it.each([
    [{ JUPYTER_CLUSTER_STATE_DIR: "/a/b", XDG_STATE_HOME: "/x" }, "/a/b"],
    [{ JUPYTER_CLUSTER_STATE_DIR: "", XDG_STATE_HOME: "/x" }, "/x/jupyter-cluster"],
    [{ HOME: "/home/u" }, "/home/u/.local/state/jupyter-cluster"],
  ])("%j is %s", (env, expected) => {
    expect(stateDirPath(env)).toBe(expected);
  });
});

describe("the directory", () => {
  it("is for its own user only, with all that is in it", async () => {
    const state = await open();
    await state.memories.save(KEY, memory(1));
    await state.tasks.save(task("t"));
    await state.framework.save({ frameworkId: "f", masters: "local" });
    for (const name of ["", ...(await readdir(path, { recursive: true }))]) {
      const found = await stat(join(path, name));
      expect([name, found.mode & 0o777]).toEqual([name, found.isDirectory() ? 0o700 : 0o600]);
    }
  });

  it("is closed to others when it was open to them", async () => {
    await reopen();
    await chmod(path, 0o755);
    await reopen();
    expect((await stat(path)).mode & 0o777).toBe(0o700);
  });

  it("is refused when a newer version wrote it, and stays as it is", async () => {
    await open();
    await opened.pop()?.close();
    const file = join(path, "version.json");
    await writeFile(file, '{"version":99}');
    await expect(open()).rejects.toMatchObject({
      code: ERROR_CODES.STATE_VERSION,
      message: expect.stringContaining("99"),
    });
    expect(await readFile(file, "utf8")).toBe('{"version":99}');
    await writeFile(file, '{"version":1}');
    await open();
  });

  it("says what to do when it cannot be made", async () => {
    await writeFile(join(root, "a"), "a file");
    await expect(open()).rejects.toMatchObject({
      code: ERROR_CODES.STATE_UNWRITABLE,
      message: expect.stringContaining("Choose another state directory"),
    });
  });
});

describe("cluster memory", () => {
  const file = () => join(path, "clusters", "default", "lab.json");

  it("outlives the controller, until it is removed", async () => {
    const state = await open();
    await state.memories.save(KEY, memory(7));
    const second = await reopen();
    expect(await second.memories.loadAll()).toEqual(new Map([[KEY, memory(7)]]));
    await second.memories.save(KEY, memory(8));
    await second.memories.remove(KEY);
    expect(await (await reopen()).memories.loadAll()).toEqual(new Map());
  });

  it("has the newest on disk when any of several saves at once is told to be done", async () => {
    const state = await open();
    const saves = [1, 2, 3, 4, 5].map((generation) => state.memories.save(KEY, memory(generation)));
    await saves[0];
    await saves[1];
    expect(JSON.parse(await readFile(file(), "utf8"))).toMatchObject({ generation: 5 });
    await Promise.all(saves);
    await state.memories.save(KEY, memory(6));
    expect(JSON.parse(await readFile(file(), "utf8"))).toMatchObject({ generation: 6 });
  });

  it("falls back to the one before when the file is damaged, and uses no launch number twice", async () => {
    const state = await open();
    await state.memories.save(KEY, memory(1, 3));
    await state.memories.save(KEY, memory(2, 4));
    await writeFile(file(), '{"uid":');
    const loaded = (await (await reopen()).memories.loadAll()).get(KEY);
    expect(loaded).toEqual(memory(1, 4));
  });

  it("never lets a damaged file take the place of the good backup", async () => {
    const state = await open();
    await state.memories.save(KEY, memory(1));
    await state.memories.save(KEY, memory(2));
    await writeFile(file(), "");
    await state.memories.save(KEY, memory(3));
    await writeFile(file(), "");
    const loaded = (await (await reopen()).memories.loadAll()).get(KEY);
    expect(loaded?.generation).toBe(1);
  });

  it.each([[null], ["slot"], [{ slot: 0 }]])("is no memory with %j for a slot", async (slot) => {
    const state = await open();
    await state.memories.save(KEY, { ...memory(1), slots: [slot] } as never);
    const second = await reopen();
    await expect(second.memories.loadAll()).rejects.toMatchObject({
      code: ERROR_CODES.STATE_CORRUPT,
    });
  });

  it("is an error that names the file when there is nothing whole", async () => {
    const state = await open();
    await state.memories.save(KEY, memory(1));
    await writeFile(file(), "{");
    const second = await reopen();
    await expect(second.memories.loadAll()).rejects.toMatchObject({
      code: ERROR_CODES.STATE_CORRUPT,
      message: expect.stringContaining(file()),
    });
  });

  it("fails only the saves that failed, and goes on when the disk is well again", async () => {
    const state = await open();
    await state.memories.save(KEY, memory(1));
    const directory = join(path, "clusters", "default");
    await rm(directory, { recursive: true });
    await writeFile(directory, "in the way");
    await expect(state.memories.save(KEY, memory(2))).rejects.toMatchObject({
      code: ERROR_CODES.STATE_UNWRITABLE,
    });
    await rm(directory);
    await state.memories.save(KEY, memory(3));
    expect((await state.memories.loadAll()).get(KEY)?.generation).toBe(3);
  });
});

describe("task statuses", () => {
  it("are there after a restart, but for those that were forgotten", async () => {
    const state = await open();
    await Promise.all([
      state.tasks.save(task("default.lab.1.0.0", "TASK_STARTING")),
      state.tasks.save(task("default.lab.1.0.0")),
      state.tasks.save(task("default.lab.1.1.0")),
    ]);
    await state.tasks.remove("default.lab.1.1.0");
    await state.tasks.remove("never seen");
    const loaded = await (await reopen()).tasks.loadAll();
    expect([...loaded.values()]).toEqual([task("default.lab.1.0.0")]);
  });

  it.each(["../../etc/passwd", ".", "..", "", "a/b", "ä".repeat(300), "a".repeat(300)])(
    "may have any id: %s",
    async (taskId) => {
      const state = await open();
      await state.tasks.save(task(taskId));
      expect([...(await state.tasks.loadAll()).keys()]).toEqual([taskId]);
      expect(await readdir(join(path, "tasks"))).toHaveLength(1);
    },
  );

  it("are told again by Mesos: a damaged one does not keep the others away", async () => {
    const state = await open();
    await state.tasks.save(task("good"));
    await state.tasks.save(task("bad"));
    await writeFile(join(path, "tasks", "bad.json"), "{");
    expect([...(await state.tasks.loadAll()).keys()]).toEqual(["good"]);
  });
});

describe("framework", () => {
  it("is remembered with the masters it is registered with", async () => {
    const state = await open();
    expect(await state.framework.load()).toBeNull();
    await state.framework.save({ frameworkId: null, masters: "local" });
    await state.framework.save({ frameworkId: "f-1", masters: "local" });
    expect(await (await reopen()).framework.load()).toEqual({
      frameworkId: "f-1",
      masters: "local",
    });
  });
});

describe("files of before there were checksums", () => {
  it("are read as they are, but never for the state of something else", async () => {
    const state = await open();
    const lab = join(path, "clusters", "default", "lab.json");
    await state.memories.save(KEY, memory(1));
    await state.tasks.save(task("t"));
    await writeFile(lab, JSON.stringify(memory(2)));
    await writeFile(join(path, "tasks", "t.json"), JSON.stringify(task("t", "TASK_LOST")));
    await writeFile(join(path, "framework.json"), '{"frameworkId":"f-0","masters":"local"}');
    await writeFile(join(path, "version.json"), '{"version":1}');
    const second = await reopen();
    expect((await second.memories.loadAll()).get(KEY)).toEqual(memory(2));
    expect((await second.tasks.loadAll()).get("t")?.state).toBe("TASK_LOST");
    expect((await second.framework.load())?.frameworkId).toBe("f-0");
    await writeFile(lab, JSON.stringify(memory(2)).replace('"lab"', '"mab"'));
    await writeFile(join(path, "tasks", "t.json"), JSON.stringify(task("u")));
    await expect(second.memories.loadAll()).rejects.toMatchObject({
      code: ERROR_CODES.STATE_CORRUPT,
    });
    expect(await second.tasks.loadAll()).toEqual(new Map());
  });

  it("are no reason for a new identity when damaged: an older backup that knew no id", async () => {
    const file = join(path, "framework.json");
    const state = await open();
    await writeFile(file, '{"frameworkId":"f-');
    await writeFile(`${file}.bak`, '{"frameworkId":null,"masters":"local"}');
    await expect(state.framework.load()).rejects.toMatchObject({
      code: ERROR_CODES.STATE_CORRUPT,
      message: expect.stringContaining(`move it and ${file}.bak away`),
    });
  });
});

describe("control token", () => {
  it("is made once and read by commands", async () => {
    const { controlToken } = await open();
    expect(controlToken).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(await readControlToken(path)).toBe(controlToken);
    expect((await reopen()).controlToken).toBe(controlToken);
  });

  it("is told to be missing where no controller ever ran", async () => {
    await expect(readControlToken(path)).rejects.toMatchObject({
      code: ERROR_CODES.CONTROLLER_UNREACHABLE,
    });
  });
});
