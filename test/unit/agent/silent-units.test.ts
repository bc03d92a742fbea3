/** The agent's watch over its units, in virtual time. */
import { describe, expect, test } from "vitest";
import type { UnitName } from "../../../controller/model/agent-api.ts";
import { type Mode, SilentUnit } from "../../support/agent/silent-units.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

async function answering(name: UnitName): Promise<SilentUnit> {
  const unit = await SilentUnit.start(name);
  expect(unit.status).toMatchObject({ state: "running", ready: true, silent: null, wedged: null });
  return unit;
}

describe("a unit that has answered", () => {
  // It is asked every few seconds, and then at short intervals.
  test.each<[UnitName, Mode, number]>([
    ["etcd", "stopped", 10],
    ["etcd", "busy", 10],
    ["etcd", "refuses", 10],
    ["sshd", "stopped", 10],
    ["jupyter", "stopped", 10],
    ["jupyter", "refuses", 10],
    ["jupyter", "busy", 60],
  ])("%s, is killed when it is %s for %i s, and starts again", async (name, mode, seconds) => {
    const unit = await answering(name);
    unit.programs.mode = mode;
    const after = await unit.untilKilled(3 * MINUTE);
    expect(after).toBeGreaterThanOrEqual(seconds * SECOND);
    expect(after).toBeLessThanOrEqual((seconds + 12) * SECOND);
    await unit.pass(6 * SECOND);
    const how = { stopped: "stopped", busy: "unanswered", refuses: "refused" }[mode as "busy"];
    expect(unit.status).toMatchObject({
      ...{ state: "running", ready: true, restarts: 1, silent: null },
      wedged: { count: 1, how },
    });
    expect(unit.status.wedged?.silentMs).toBeGreaterThanOrEqual(seconds * SECOND);
    expect(unit.programs.killed).toHaveLength(1);
  });

  test("sshd, is killed when it takes connections and says nothing", async () => {
    const unit = await answering("sshd");
    unit.programs.mode = "busy";
    const after = await unit.untilKilled(2 * MINUTE);
    // Each banner costs it a process, so that a running one is asked twice a minute.
    expect(after).toBeGreaterThanOrEqual(10 * SECOND);
    expect(after).toBeLessThanOrEqual(45 * SECOND);
  });

  test("tells since when it is silent, and how", async () => {
    const unit = await answering("jupyter");
    unit.programs.mode = "busy";
    const begin = unit.now;
    await unit.pass(20 * SECOND);
    const { silent, ready, state } = unit.status;
    expect([ready, state, silent?.how]).toEqual([false, "running", "unanswered"]);
    const since = Date.parse(silent?.since ?? "");
    expect(since).toBeGreaterThanOrEqual(begin);
    expect(since).toBeLessThanOrEqual(begin + 6 * SECOND);
    unit.programs.mode = "stopped";
    await unit.pass(8 * SECOND);
    expect(unit.status.silent).toEqual({ since: silent?.since, how: "stopped" });
  });

  test("jupyter, is left alone when its loop is busy for half a minute, again and again", async () => {
    const unit = await answering("jupyter");
    for (let round = 0; round < 5; round += 1) {
      unit.programs.mode = "busy";
      expect(await unit.untilKilled(30 * SECOND)).toBeNull();
      unit.programs.mode = "answers";
      expect(await unit.untilKilled(15 * SECOND)).toBeNull();
    }
    expect(unit.status).toMatchObject({ ready: true, restarts: 0, silent: null, wedged: null });
  });

  test.each<UnitName>(["etcd", "jupyter"])(
    "%s, begins anew with every answer, however often it is stopped for some seconds",
    async (name) => {
      const unit = await answering(name);
      for (let round = 0; round < 10; round += 1) {
        unit.programs.mode = "stopped";
        expect(await unit.untilKilled(9 * SECOND)).toBeNull();
        unit.programs.mode = "answers";
        expect(await unit.untilKilled(7 * SECOND)).toBeNull();
      }
      expect(unit.status.restarts).toBe(0);
    },
  );

  test("is killed as often as it is wedged", async () => {
    const unit = await answering("etcd");
    for (let count = 1; count <= 3; count += 1) {
      unit.programs.mode = "stopped";
      expect(await unit.untilKilled(MINUTE)).not.toBeNull();
      await unit.pass(2 * SECOND);
      expect(unit.status).toMatchObject({ ready: true, restarts: count, wedged: { count } });
    }
  });
});

describe("the agent's own pause", () => {
  test.each<UnitName>(["etcd", "sshd", "jupyter"])(
    "is no silence of %s, which went on meanwhile",
    async (name) => {
      const unit = await answering(name);
      for (let round = 0; round < 5; round += 1) {
        await unit.pauseAgent(MINUTE);
        expect(await unit.untilKilled(SECOND)).toBeNull();
      }
      await unit.pass(10 * SECOND);
      expect(unit.status).toMatchObject({ ready: true, restarts: 0, wedged: null });
    },
  );

  test.each<UnitName>(["etcd", "sshd", "jupyter"])(
    "is no silence of %s, which was paused with it for an hour",
    async (name) => {
      const unit = await answering(name);
      unit.programs.mode = "stopped";
      // A question is under way when the pause begins.
      await unit.pass(5_500);
      await unit.pauseAgent(60 * MINUTE);
      unit.programs.mode = "answers";
      expect(await unit.untilKilled(10 * SECOND)).toBeNull();
      expect(unit.status).toMatchObject({ ready: true, restarts: 0, wedged: null });
    },
  );

  test("does not hide that etcd is stopped before and after it", async () => {
    const unit = await answering("etcd");
    unit.programs.mode = "stopped";
    await unit.pass(8 * SECOND);
    await unit.pauseAgent(MINUTE);
    expect(await unit.untilKilled(15 * SECOND)).not.toBeNull();
    expect(unit.status.wedged?.silentMs).toBeLessThan(20 * SECOND);
  });

  test.each([3_600_000, -3_600_000])("a clock that jumps by %i ms is none either", async (ms) => {
    const unit = await answering("jupyter");
    unit.programs.mode = "busy";
    await unit.pass(20 * SECOND);
    unit.clock.jump(ms);
    expect(await unit.untilKilled(25 * SECOND)).toBeNull();
    expect(await unit.untilKilled(45 * SECOND)).not.toBeNull();
  });
});

describe("a unit that has not answered since its start", () => {
  test.each<[UnitName, number]>([
    ["etcd", 10],
    ["jupyter", 3],
    ["sshd", 1],
  ])("%s, has %i minutes for it, and longer the next time", async (name, minutes) => {
    const unit = await SilentUnit.start(name, "starting");
    const first = (await unit.untilKilled(11 * MINUTE)) ?? 0;
    expect(Math.abs(first / MINUTE - minutes)).toBeLessThan(0.2);
    expect(unit.status.wedged).toMatchObject({ count: 1, how: "refused" });
    expect(await unit.untilKilled(1.8 * minutes * MINUTE)).toBeNull();
    expect(await unit.untilKilled(0.4 * minutes * MINUTE)).not.toBeNull();
    unit.programs.next = "answers";
    unit.programs.mode = "answers";
    await unit.pass(7 * SECOND);
    expect(unit.status).toMatchObject({ ready: true, restarts: 2 });
  });

  test.each<UnitName>(["etcd", "jupyter", "sshd"])(
    "%s, is killed soon when it is stopped",
    async (name) => {
      const unit = await SilentUnit.start(name, "stopped");
      const after = await unit.untilKilled(MINUTE);
      expect(after).toBeGreaterThanOrEqual(9 * SECOND);
      expect(after).toBeLessThanOrEqual(20 * SECOND);
    },
  );

  test("etcd, waits for a quorum as long as it takes, unless it is stopped", async () => {
    const unit = await SilentUnit.start("etcd", "starting");
    unit.withoutQuorum = true;
    expect(await unit.untilKilled(30 * MINUTE)).toBeNull();
    unit.programs.mode = "stopped";
    expect(await unit.untilKilled(MINUTE)).not.toBeNull();
  });
});
