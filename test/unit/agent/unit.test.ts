import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "../../../controller/support/clock.ts";
import { Unit, type UnitOptions } from "../../../agent-image/agent/unit/unit.ts";
import { withoutTime } from "../../../agent-image/agent/unit/timed-line.ts";
import { UnitLog } from "../../../agent-image/agent/unit/unit-log.ts";
import { PATIENCE } from "../../../agent-image/agent/unit/patience.ts";
import { nodeFiles } from "../../../agent-image/agent/system/node-files.ts";
import { nodeProcesses } from "../../../agent-image/agent/system/node-processes.ts";
import { until } from "../../support/poll.ts";
import { silentLog } from "../../support/silent-log.ts";

let directory: string;
const units: Unit[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "unit-"));
});

afterEach(async () => {
  await Promise.all(units.splice(0).map((unit) => unit.stop()));
  await rm(directory, { recursive: true });
});

function shell(script: string, more: Partial<UnitOptions> = {}): { unit: Unit; lines: string[] } {
  const lines: string[] = [];
  const unit = new Unit({
    name: "sshd",
    clock: systemClock,
    log: silentLog,
    processes: nodeProcesses,
    files: nodeFiles,
    patience: PATIENCE.sshd,
    output: new UnitLog(join(directory, "unit.log")),
    command: () => ({
      file: "/bin/sh",
      args: ["-c", script],
      env: { PATH: "/usr/bin:/bin" },
      cwd: "/",
      owner: null,
    }),
    stopTimeoutMs: 5_000,
    onChange: () => undefined,
    onLine: (line) => lines.push(line),
    ...more,
  });
  units.push(unit);
  return { unit, lines };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe("a supervised unit", () => {
  test("is running once its prober says that it answers", async () => {
    const { unit, lines } = shell("echo up; exec sleep 60");
    unit.start();
    await until("its first line", () => lines.includes("up"));
    expect(unit.status()).toMatchObject({ state: "starting", ready: false, restarts: 0 });
    unit.setReady(true);
    expect(unit.status()).toMatchObject({ state: "running", ready: true });
  });

  test("is started again when it ends, and says how it ended", async () => {
    const { unit, lines } = shell("echo up; exit 3");
    unit.start();
    await until("a second start", () => lines.length >= 2);
    expect(unit.status().restarts).toBeGreaterThanOrEqual(1);
    expect(unit.status().lastExit).toEqual({ code: 3, signal: null });
  });

  test("is left alone after an end that is final", async () => {
    const { unit } = shell("exit 0", { isFinalExit: (code) => code === 0 });
    unit.start();
    await until("its end", () => unit.status().state === "exited");
    expect(unit.status()).toMatchObject({ pid: null, restarts: 0 });
  });

  test("ends on SIGTERM", async () => {
    const { unit, lines } = shell(
      "trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.05; done",
    );
    unit.start();
    await until("its first line", () => lines.includes("up"));
    await unit.stop();
    expect(lines).toContain("bye");
    expect(unit.status()).toMatchObject({ state: "stopped", pid: null });
  });

  test("is killed with its helpers when it does not go", async () => {
    const { unit, lines } = shell("trap '' TERM; sleep 60 & echo $!; wait; sleep 60", {
      stopTimeoutMs: 50,
    });
    unit.start();
    const helper = Number(await until("its helper", () => lines[0]));
    expect(isAlive(helper)).toBe(true);
    await unit.stop();
    expect(unit.status().lastExit).toEqual({ code: null, signal: "SIGKILL" });
    await until("the helper's end", () => !isAlive(helper));
  });

  test("is started again though somebody else still holds its output open", async () => {
    const { unit, lines } = shell("setsid sleep 60 & echo $!; exit 3");
    unit.start();
    await until("a second start", () => lines.length >= 2);
    expect(unit.status().lastExit).toEqual({ code: 3, signal: null });
    await unit.stop();
    for (const line of lines) process.kill(Number(line), "SIGKILL");
  });

  test("that is stopped is killed, and starts again", async () => {
    const patience = {
      questionMs: 20,
      doubtfulMs: 20,
      runningMs: 60_000,
      deadMs: 60,
      startMs: 60_000,
    };
    const { unit, lines } = shell("echo up; exec sleep 60", { patience });
    unit.start();
    await until("its first line", () => lines.length === 1);
    await unit.ask(() => Promise.resolve("ready"));
    process.kill(unit.status().pid as number, "SIGSTOP");
    const silence = (ms: number) =>
      new Promise<"unanswered">((resolve) => setTimeout(resolve, ms, "unanswered"));
    await until("its second start", async () => {
      await unit.ask(silence);
      return lines.length === 2;
    });
    const { restarts, lastExit, wedged, silent } = unit.status();
    expect([restarts, lastExit, silent]).toEqual([1, { code: null, signal: "SIGKILL" }, null]);
    expect(wedged).toMatchObject({ count: 1, how: "stopped" });
  });

  test("whose program is missing keeps trying and does not crash the agent", async () => {
    const command = () => ({ file: "/no/such", args: [], env: {}, cwd: "/", owner: null });
    const { unit } = shell("", { command });
    unit.start();
    await until("a second try", () => unit.status().restarts >= 2);
    expect(unit.status().pid).toBeNull();
  });

  test("can be started again after it was stopped", async () => {
    const { unit, lines } = shell("echo up; exec sleep 60");
    unit.start();
    await until("its first line", () => lines.length === 1);
    await unit.stop();
    unit.start();
    await until("its second start", () => lines.length === 2);
    expect(unit.status()).toMatchObject({ state: "starting", restarts: 0 });
  });
});

describe("the log of a unit", () => {
  test("turns over, and its tail reaches into the former file", async () => {
    const log = new UnitLog(join(directory, "small.log"), 100);
    for (let i = 0; i < 40; i += 1) {
      log.write(`line ${i}`);
      await log.flush();
    }
    const tail = log.tail(5).map(withoutTime);
    expect(tail).toEqual(["line 35", "line 36", "line 37", "line 38", "line 39"]);
    expect(log.tail(1_000).length).toBeLessThan(40);
    expect(log.tail(0)).toEqual([]);
  });

  test("is followed line by line until the follower has enough", async () => {
    const log = new UnitLog(join(directory, "followed.log"));
    const seen: string[] = [];
    const unfollow = log.follow((line) => seen.push(line));
    log.write("a");
    log.write("b");
    unfollow();
    log.write("c");
    await log.flush();
    expect(seen.map(withoutTime)).toEqual(["a", "b"]);
    expect(log.tail(9).map(withoutTime)).toEqual(["a", "b", "c"]);
  });

  test("drops what is too much for a slow disk, and says how much", async () => {
    const log = new UnitLog(join(directory, "flooded.log"));
    const line = "x".repeat(1_000);
    for (let i = 0; i < 2_000; i += 1) log.write(line);
    await log.flush();
    expect(withoutTime(log.tail(1)[0] ?? "")).toMatch(/^… \d+ lines dropped/);
  });
});
