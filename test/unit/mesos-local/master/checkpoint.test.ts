import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  Checkpoint,
  type CheckpointState,
  loadCheckpoint,
} from "../../../../controller/mesos-local/master/checkpoint.ts";
import { agentRecords } from "../../../../controller/mesos-local/options.ts";
import { AGENT, taskRecord } from "../../../support/mesos-local/fixtures.ts";
import { SteppedClock } from "../../../support/mesos-local/stepped-clock.ts";
import { silentLog } from "../../../support/silent-log.ts";

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "mesos-local-state-"));
});

afterEach(() => rm(directory, { recursive: true, force: true }));

describe("the checkpoint", () => {
  const state: CheckpointState = {
    instanceId: "i",
    agents: [],
    frameworks: [{ id: "f", info: { user: "u", name: "n" }, owner: "tcp:guest" }],
    removedFrameworks: ["old"],
    tasks: [taskRecord("t")],
  };

  test("is read back as it was written", async () => {
    await new Checkpoint(directory, () => state, new SteppedClock(), silentLog).save();
    expect(await loadCheckpoint(directory)).toEqual(state);
  });

  test("takes frameworks that were stored before there were owners for this machine's own", async () => {
    const frameworks = [{ id: "f", info: { user: "u", name: "n" } }] as never;
    const old = { ...state, frameworks };
    await new Checkpoint(directory, () => old, new SteppedClock(), silentLog).save();
    expect((await loadCheckpoint(directory))?.frameworks).toMatchObject([{ owner: "socket" }]);
  });

  test("is absent in a new directory", async () => {
    expect(await loadCheckpoint(directory)).toBeNull();
  });

  test("that is damaged is named, and never taken for an empty one", async () => {
    await writeFile(join(directory, "checkpoint.json"), '{"version":1,');
    await expect(loadCheckpoint(directory)).rejects.toMatchObject({ code: "ERR_STATE_CORRUPT" });
  });

  test("of another release is named as such, and nobody is told to move it away", async () => {
    await writeFile(join(directory, "checkpoint.json"), '{"version":2}');
    await expect(loadCheckpoint(directory)).rejects.toMatchObject({
      code: "ERR_STATE_VERSION",
      message: expect.not.stringContaining("Move it away"),
    });
  });

  test("holds what was true when the save was asked for, however many come at once", async () => {
    const tasks = [taskRecord("a")];
    const snapshot = () => ({ ...state, tasks });
    const checkpoint = new Checkpoint(directory, snapshot, new SteppedClock(), silentLog);
    const first = checkpoint.save();
    tasks.push(taskRecord("b"));
    const second = checkpoint.save();
    tasks.push(taskRecord("c"));
    await Promise.all([first, second, checkpoint.save()]);
    expect((await loadCheckpoint(directory))?.tasks).toHaveLength(3);
  });

  test("that cannot be written rejects, and is tried again for those who do not wait", async () => {
    const clock = new SteppedClock();
    const gone = join(directory, "gone");
    const checkpoint = new Checkpoint(gone, () => state, clock, silentLog);
    await expect(checkpoint.save()).rejects.toThrow("ENOENT");
    await checkpoint.saveSoon();
    await mkdir(gone);
    clock.advance(1000);
    await checkpoint.close();
    expect(await loadCheckpoint(gone)).toEqual(state);
  });
});

describe("agents", () => {
  const newId = (index: number) => `new-S${index}`;
  const other = { ...AGENT, hostname: "host-b" };

  test("keep their ids by name over a restart", () => {
    const first = agentRecords([AGENT, other], [], newId);
    const again = agentRecords([other, AGENT], first, () => "unused");
    expect(again.map(({ id }) => id)).toEqual(["new-S1", "new-S0"]);
  });

  test("keep the id of the only one when the machine is renamed", () => {
    const first = agentRecords([AGENT], [], newId);
    expect(agentRecords([other], first, () => "unused")[0]?.id).toBe("new-S0");
  });

  test("take the id that is given", () => {
    expect(agentRecords([{ ...AGENT, id: "mine" }], [], newId)[0]?.id).toBe("mine");
  });

  test("share the ports of the machine without overlap", () => {
    const ranges = agentRecords([AGENT, other], [], newId).map(({ ports }) => ports[0]);
    expect(ranges).toEqual([
      { begin: 31_000, end: 31_499 },
      { begin: 31_500, end: 31_999 },
    ]);
  });
});
