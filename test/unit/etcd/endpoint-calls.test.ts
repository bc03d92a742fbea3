import { setTimeout as delay } from "node:timers/promises";
import { GRPCDeadlineExceededError, GRPCUnavailableError } from "etcd3";
import { describe, expect, it } from "vitest";
import { callAny, type MemberCall } from "../../../controller/etcd/endpoint-calls.ts";
import { ERROR_CODES } from "../../../controller/model/errors.ts";
import type { MemberRpc } from "../../../controller/etcd/member-client.ts";
import { systemClock } from "../../../controller/support/clock.ts";

/** What one request may take in all, and a busy machine. */
const BOUND_MS = 2_000 + 300;

type Behaviour = (deadlineMs: number) => Promise<string>;

/** As the address of a killed container, or a member without a leader. */
const swallows: Behaviour = async (deadlineMs) => {
  await delay(deadlineMs);
  throw new GRPCDeadlineExceededError("4 DEADLINE_EXCEEDED: x");
};
const refuses: Behaviour = () =>
  Promise.reject(new GRPCUnavailableError("14 UNAVAILABLE: ECONNREFUSED"));
const answers: Behaviour = () => Promise.resolve("done");

/** @param members tells of each round anew who is there */
async function call(members: () => readonly Behaviour[]) {
  const asked: number[] = [];
  const request: MemberCall<string> = (member, options) => {
    const index = (member as unknown as { index: number }).index;
    asked.push(index);
    const deadlineMs = Number(options.deadline) - Date.now();
    return (members()[index] as Behaviour)(deadlineMs);
  };
  const endpoints = {
    clock: systemClock,
    urls: () => members().map((_, index) => String(index)),
    client: (url: string) => ({ index: Number(url) }) as unknown as MemberRpc,
  };
  const begun = performance.now();
  const outcome = await callAny("a test", endpoints, request).catch((error: unknown) => error);
  return { outcome, asked, ms: performance.now() - begun };
}

describe("a request to members that vanish", () => {
  it.each([1, 2, 3, 4])("is answered in time behind %i addresses that swallow it", async (dead) => {
    const members = [...Array<Behaviour>(dead).fill(swallows), answers];
    const { outcome, asked, ms } = await call(() => members);
    expect(outcome).toBe("done");
    expect(asked).toEqual([...members.keys()]);
    expect(ms).toBeLessThan(dead * 350 + 300);
  });

  it("ends in time when all of them do, with an error of ours", async () => {
    const { outcome, ms } = await call(() => Array<Behaviour>(5).fill(swallows));
    expect(outcome).toMatchObject({
      code: ERROR_CODES.ETCD_UNAVAILABLE,
      message: expect.stringContaining("no etcd member answered in time"),
    });
    expect(ms).toBeLessThan(BOUND_MS);
  });

  it("is tried again while they refuse at once, as when they all start", async () => {
    let asked = 0;
    const starting: Behaviour = (deadlineMs) => {
      asked += 1;
      return asked > 12 ? answers(deadlineMs) : refuses(deadlineMs);
    };
    const { outcome, ms } = await call(() => [starting, starting, starting]);
    expect(outcome).toBe("done");
    expect(ms).toBeLessThan(BOUND_MS);
  });

  it("goes to those that are there by then", async () => {
    let rounds = 0;
    const { outcome } = await call(() => {
      rounds += 1;
      return rounds > 4 ? [answers] : [refuses, refuses];
    });
    expect(outcome).toBe("done");
  });

  it("ends at once when there are none", async () => {
    const { outcome, ms } = await call(() => []);
    expect(outcome).toMatchObject({
      code: ERROR_CODES.ETCD_UNAVAILABLE,
      message: "no etcd member is in sight",
    });
    expect(ms).toBeLessThan(200);
  });
});
