import { beforeEach, expect, test } from "vitest";
import { StartCommandWorker } from "../../../agent-image/agent/etcd/start-worker.ts";
import type { StatusBoard } from "../../../agent-image/agent/status/status-board.ts";
import type { StartCommand } from "../../../controller/model/agent-api.ts";
import { newBoard } from "../../support/agent/status-parts.ts";
import { ManualClock } from "../../support/loop/manual-clock.ts";
import { until } from "../../support/poll.ts";
import { silentLog } from "../../support/silent-log.ts";

let board: StatusBoard;
let clock: ManualClock;
let tries: { commandId: string; again: boolean; at: number }[];
let failures: number;
let worker: StartCommandWorker;

beforeEach(() => {
  board = newBoard();
  clock = new ManualClock(0);
  tries = [];
  failures = 0;
  worker = new StartCommandWorker({
    board,
    clock,
    log: silentLog,
    carryOut: async ({ commandId }, again) => {
      tries.push({ commandId: commandId, again, at: clock.now() });
      if (tries.length <= failures) throw new Error("no space left on device");
    },
  });
});

function command(commandId: string): StartCommand {
  const etcd = { mode: "resume", memberName: "slot-0", clusterId: null } as const;
  return { commandId: commandId, etcd, tls: null, jupyter: { token: "t", cookieSecret: "c" } };
}

function untilTried(count: number): Promise<unknown> {
  return until(`${count} tries`, () => tries.length >= count);
}

test("a command is carried out once", async () => {
  worker.take(command("a"));
  await untilTried(1);
  clock.next();
  await worker.stop();
  expect(tries).toEqual([{ commandId: "a", again: false, at: 0 }]);
});

test("one that fails is told, and tried again with growing pauses until it is carried out", async () => {
  failures = 3;
  worker.take(command("a"));
  for (const done of [1, 2, 3]) {
    await untilTried(done);
    await until("it is told", () => board.status().problems.length === 1 && clock.next());
  }
  await untilTried(4);
  await until("all is well", () => board.status().problems.length === 0);
  expect(tries.map((t) => t.again)).toEqual([false, true, true, true]);
  expect(tries.map((t) => t.at)).toEqual([0, 500, 1_500, 3_500]);
});

test("another command takes the place of one that fails, at once", async () => {
  failures = 1;
  worker.take(command("a"));
  await until("it is told", () => board.status().problems.length === 1);
  expect(board.status().problems[0]).toContain("no space left on device");
  worker.take(command("b"));
  await untilTried(2);
  expect(tries[1]).toEqual({ commandId: "b", again: false, at: 0 });
});

test("it is told when a command was tried once: carried out, failed, replaced or given up", async () => {
  const isTried = async (tried = worker.tried) => {
    let over = false;
    const end = tried.then(() => {
      over = true;
    });
    await until("it was tried", () => over || (clock.next(), false));
    return end;
  };
  worker.take(command("a"));
  await isTried();
  expect(tries.map((t) => t.commandId)).toEqual(["a"]);

  failures = 9;
  worker.take(command("b"));
  await isTried();
  expect(tries[1]).toMatchObject({ commandId: "b", again: false });

  worker.take(command("c"));
  const { tried } = worker;
  worker.take(command("d"));
  await isTried(tried);
  worker.take(command("e"));
  await worker.stop();
  await isTried();
});
