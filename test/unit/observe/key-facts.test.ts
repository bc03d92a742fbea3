import { describe, expect, it } from "vitest";
import { ERROR_CODES, OperationError } from "../../../controller/model/errors.ts";
import { KeyFacts } from "../../../controller/observe/key-facts.ts";
import { ManualClock } from "../../support/loop/manual-clock.ts";
import { until } from "../../support/poll.ts";
import { silentLog } from "../../support/silent-log.ts";

const KEY = "default/nb";
const DESIRED = { generation: 1, slots: [{ slot: 0, ip: "10.0.0.10" }] };
const POLL_MS = 30_000;

/** An etcd that answers so, and how often it was asked. */
function bench() {
  const etcd = {
    text: JSON.stringify(DESIRED) as string | null,
    auth: false,
    away: false,
    asked: 0,
    statuses: 0,
  };
  const fail = () => new OperationError(ERROR_CODES.ETCD_UNAVAILABLE, "Get", "no member answered");
  const clock = new ManualClock(1_000_000);
  let woken = 0;
  const facts = new KeyFacts({
    clock,
    log: silentLog,
    etcdOf: () => ({
      isAuthEnabled: async () => {
        etcd.asked += 1;
        if (etcd.away) throw fail();
        return etcd.auth;
      },
      get: async () => etcd.text,
    }),
    checkStatus: async () => {
      etcd.statuses += 1;
    },
    onChange: () => {
      woken += 1;
    },
  });
  /** Looked at after this time, and once more when that is in. */
  const lookAfter = async (ms: number) => {
    clock.after(ms, () => undefined);
    clock.next();
    const before = facts.observe(KEY);
    await until("another reading", () => facts.observe(KEY) !== before);
    return facts.observe(KEY);
  };
  return { etcd, facts, clock, lookAfter, wokenSoFar: () => woken };
}

describe("what etcd holds of the controller's", () => {
  it("is unknown at first, then read, and the status looked after with it", async () => {
    const { etcd, facts, lookAfter } = bench();
    expect(facts.observe("default/other").freshness).toBe("unknown");
    const value = { authEnabled: false, desired: DESIRED };
    expect(await lookAfter(0)).toEqual({ freshness: "fresh", value });
    expect(etcd.statuses).toBe(2);
  });

  it("is not asked for at each look, but every half minute", async () => {
    const { etcd, facts, clock, lookAfter } = bench();
    await lookAfter(0);
    clock.after(POLL_MS - 1, () => undefined);
    clock.next();
    facts.observe(KEY);
    expect(etcd.asked).toBe(1);
    etcd.text = null;
    expect(await lookAfter(1)).toMatchObject({ value: { desired: null } });
    expect(etcd.asked).toBe(2);
  });

  it.each(["{", "[]", '{"slots":[]}', "null"])("counts %s as not there", async (text) => {
    const { etcd, lookAfter } = bench();
    etcd.text = text;
    expect(await lookAfter(0)).toMatchObject({ value: { desired: null } });
  });

  it("is stale while etcd does not answer", async () => {
    const { etcd, lookAfter } = bench();
    await lookAfter(0);
    etcd.away = true;
    expect(await lookAfter(POLL_MS)).toMatchObject({
      freshness: "stale",
      since: 1_000_000,
      value: { desired: DESIRED },
    });
  });

  it("is not read while etcd asks who one is", async () => {
    const { etcd, lookAfter } = bench();
    etcd.auth = true;
    const value = { authEnabled: true };
    expect(await lookAfter(0)).toEqual({ freshness: "fresh", value });
    expect(etcd.statuses).toBe(0);
  });

  it("wakes nobody as long as it is as it should be", async () => {
    const { etcd, facts, lookAfter, wokenSoFar } = bench();
    await lookAfter(0);
    await lookAfter(POLL_MS);
    expect(wokenSoFar()).toBe(0);
    etcd.text = null;
    await lookAfter(POLL_MS);
    expect(wokenSoFar()).toBe(1);
    etcd.text = JSON.stringify(DESIRED);
    facts.changed(KEY);
    await lookAfter(0);
    // What was put right is told to whoever waits for it.
    expect(wokenSoFar()).toBe(2);
  });

  it("is void after a write, and so is what was being read then", async () => {
    const { etcd, facts, lookAfter } = bench();
    etcd.text = null;
    await lookAfter(0);
    facts.changed(KEY);
    etcd.text = JSON.stringify(DESIRED);
    expect(facts.observe(KEY).freshness).toBe("unknown");
    await until("another reading", () => facts.observe(KEY).freshness === "fresh");
    expect(facts.observe(KEY)).toMatchObject({ value: { desired: DESIRED } });
  });
});
