import { beforeEach, expect, test } from "vitest";
import { OrderWorker } from "../../../agent-image/agent/etcd/order-worker.ts";
import type { StatusBoard } from "../../../agent-image/agent/status/status-board.ts";
import type { AgentOrder } from "../../../controller/model/agent-api.ts";
import { newBoard } from "../../support/agent/status-parts.ts";
import { ManualClock } from "../../support/loop/manual-clock.ts";
import { until } from "../../support/poll.ts";
import { silentLog } from "../../support/silent-log.ts";

let board: StatusBoard;
let clock: ManualClock;
let tries: { orderId: string; again: boolean; at: number }[];
let failures: number;
let worker: OrderWorker;

beforeEach(() => {
  board = newBoard();
  clock = new ManualClock(0);
  tries = [];
  failures = 0;
  worker = new OrderWorker({
    board,
    clock,
    log: silentLog,
    carryOut: async ({ orderId }, again) => {
      tries.push({ orderId, again, at: clock.now() });
      if (tries.length <= failures) throw new Error("no space left on device");
    },
  });
});

function order(orderId: string): AgentOrder {
  const etcd = { mode: "resume", memberName: "slot-0", clusterId: null } as const;
  return { orderId, etcd, jupyter: { token: "t", cookieSecret: "c" } };
}

function untilTried(count: number): Promise<unknown> {
  return until(`${count} tries`, () => tries.length >= count);
}

test("an order is carried out once", async () => {
  worker.take(order("a"));
  await untilTried(1);
  clock.next();
  await worker.stop();
  expect(tries).toEqual([{ orderId: "a", again: false, at: 0 }]);
});

test("one that fails is told, and tried again with growing pauses until it is carried out", async () => {
  failures = 3;
  worker.take(order("a"));
  for (const done of [1, 2, 3]) {
    await untilTried(done);
    await until("it is told", () => board.status().problems.length === 1 && clock.next());
  }
  await untilTried(4);
  await until("all is well", () => board.status().problems.length === 0);
  expect(tries.map((t) => t.again)).toEqual([false, true, true, true]);
  expect(tries.map((t) => t.at)).toEqual([0, 500, 1_500, 3_500]);
});

test("another order takes the place of one that fails, at once", async () => {
  failures = 1;
  worker.take(order("a"));
  await until("it is told", () => board.status().problems.length === 1);
  expect(board.status().problems[0]).toContain("no space left on device");
  worker.take(order("b"));
  await untilTried(2);
  expect(tries[1]).toEqual({ orderId: "b", again: false, at: 0 });
});
