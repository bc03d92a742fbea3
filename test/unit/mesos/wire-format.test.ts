import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { fatalError } from "../../../controller/mesos/fatal-errors.ts";
import { Introduction } from "../../../controller/mesos/framework-info.ts";
import { silenceMaxMs } from "../../../controller/mesos/session.ts";
import {
  addressText,
  type MasterAddress,
  redirectTarget,
  SCHEDULER_PATH,
} from "../../../controller/mesos/http/master-address.ts";
import { parseEvent } from "../../../controller/mesos/http/parse-event.ts";
import { StaticMasters } from "../../../controller/mesos/master-detector.ts";
import { parseHostPort } from "../../../controller/support/host-port.ts";
import { captured } from "../../support/mesos/captures.ts";
import { FRAMEWORK } from "../../support/mesos/test-scheduler.ts";

const STATUS = { task_id: { value: "t" }, state: "TASK_RUNNING" };

function master(text: string): MasterAddress {
  return { ...parseHostPort(text), path: SCHEDULER_PATH };
}

describe("events", () => {
  const files = readdirSync(new URL("../../fixtures/mesos/events/", import.meta.url));
  const names = files.filter((f) => f.endsWith(".json")).map((f) => f.replace(".json", ""));

  it.each(names)("of a real master are understood: %s", (name) => {
    for (const event of captured(name)) {
      expect(parseEvent(JSON.stringify(event))).toEqual({ event });
    }
  });

  it.each([
    [{ type: "UPDATE", update: { status: { state: "TASK_RUNNING" } } }, /UPDATE without/],
    [{ type: "UPDATE", update: { status: { task_id: { value: "t" }, state: "X" } } }, /UPDATE/],
    [{ type: "UPDATE", update: { status: { ...STATUS, message: { toString: 1 } } } }, /UPDATE/],
    [{ type: "UPDATE", update: { status: { ...STATUS, container_status: [null] } } }, /UPDATE/],
    [{ type: "FAILURE", failure: { agent_id: null } }, /FAILURE/],
    [{ type: "RESCIND" }, /RESCIND without/],
    [{ type: "UPDATE_OPERATION_STATUS", update_operation_status: {} }, /no use here/],
    [{ no: "type" }, /without a type/],
    [null, /without a type/],
    [[], /without a type/],
  ])("that lack what they must have are left out: %j", (json, why) => {
    const { event, ignored } = parseEvent(JSON.stringify(json));
    expect(event).toBeNull();
    expect(ignored).toMatch(why);
  });

  it("keep the good offers of a list with a bad one", () => {
    const [event] = captured("offers");
    if (event?.type !== "OFFERS") throw new Error("no offers");
    const [good] = event.offers.offers;
    const parsed = parseEvent(JSON.stringify({ type: "OFFERS", offers: { offers: [{}, good] } }));
    expect(parsed).toMatchObject({ event: { offers: { offers: [good] } } });
    expect(parsed.ignored).toMatch(/1 offers without/);
  });

  it.each([
    ["nothing among the attributes", { attributes: [null] }],
    ["nothing among the resources", { resources: [null] }],
    ["a scalar without a number", { resources: [{ name: "cpus", type: "SCALAR", scalar: {} }] }],
    ["a text of another type", { attributes: [{ name: "a", type: "TEXT", text: { value: 1 } }] }],
  ])("leave out an offer with %s", (_what, change) => {
    const [event] = captured("offers");
    if (event?.type !== "OFFERS") throw new Error("no offers");
    const offers = [{ ...event.offers.offers[0], ...change }];
    const parsed = parseEvent(JSON.stringify({ type: "OFFERS", offers: { offers } }));
    expect(parsed).toMatchObject({ event: { offers: { offers: [] } } });
  });

  it("may leave out an empty list", () => {
    const parsed = parseEvent('{"type":"OFFERS","offers":{}}');
    expect(parsed.event).toEqual({ type: "OFFERS", offers: { offers: [] } });
  });

  it("that are not JSON mean that the stream is out of step", () => {
    expect(() => parseEvent('{"type":')).toThrow(/not JSON/);
  });
});

describe("addresses of masters", () => {
  const from = master("10.0.0.1:5050");

  it("a redirect has no scheme and may have another path", () => {
    expect(redirectTarget("//10.0.0.2:5051/master/api/v1/scheduler", from, "http")).toEqual({
      host: "10.0.0.2",
      port: 5051,
      path: "/master/api/v1/scheduler",
    });
    expect(redirectTarget("//[fd00::2]:5050/x", from, "https")?.host).toBe("fd00::2");
  });

  it("a redirect never leaves TLS, and a malformed one is not followed", () => {
    expect(redirectTarget("http://10.0.0.2:5050/x", from, "https")).toBeNull();
    expect(redirectTarget("//", from, "http")).toBeNull();
    expect(redirectTarget(undefined, from, "http")).toBeNull();
  });
});

describe("the list of masters", () => {
  const texts = (masters: StaticMasters) => masters.candidates().map(addressText);

  it("is tried from the last leader on, be it on the list or not", () => {
    const masters = new StaticMasters([master("a:1"), master("b:1")]);
    masters.leads(master("c:1"));
    expect(texts(masters)).toEqual(["c:1", "a:1", "b:1"]);
    masters.leads(master("b:1"));
    expect(texts(masters)).toEqual(["b:1", "a:1"]);
  });

  it("begins behind the one that failed", () => {
    const masters = new StaticMasters([master("a:1"), master("b:1"), master("c:1")]);
    masters.leads(master("a:1"));
    masters.failed(master("a:1"));
    expect(texts(masters)).toEqual(["b:1", "c:1", "a:1"]);
  });

  it("must not be empty", () => {
    expect(() => new StaticMasters([])).toThrow(/no Mesos master/);
  });
});

describe("small rules", () => {
  it("a master is silent for too long after three of its own heartbeats", () => {
    expect(silenceMaxMs(15)).toBe(45_000);
    expect(silenceMaxMs(undefined)).toBe(45_000);
    expect(silenceMaxMs(Number.NaN)).toBe(45_000);
    expect(silenceMaxMs(0)).toBe(45_000);
    expect(silenceMaxMs(1e9)).toBe(180_000);
  });

  it("only two errors are final", () => {
    const [gone] = captured("removed-framework-error");
    const [other] = captured("failover-error-on-old-stream");
    if (gone?.type !== "ERROR" || other?.type !== "ERROR") throw new Error("no errors");
    expect(fatalError(gone.error.message)?.code).toBe("ERR_FRAMEWORK_REMOVED");
    expect(fatalError(other.error.message)?.message).toMatch(/Another controller has taken over/);
    expect(fatalError("User 'x' is not authorized")).toBeNull();
  });

  it("a framework that comes back says its id in both places, a new one in none", () => {
    const back = new Introduction(FRAMEWORK).subscribeCall("f-1", true);
    expect(back.framework_id).toEqual({ value: "f-1" });
    expect(back.subscribe.framework_info.id).toEqual({ value: "f-1" });
    const first = new Introduction(FRAMEWORK).subscribeCall(null, true);
    expect(JSON.stringify(first)).not.toContain('"id"');
    expect(first.subscribe).not.toHaveProperty("suppressed_roles");
    expect(first.subscribe.framework_info).toMatchObject({
      checkpoint: true,
      failover_timeout: 604_800,
      role: "*",
      capabilities: [{ type: "PARTITION_AWARE" }, { type: "TASK_KILLING_STATE" }],
    });
  });

  it.each([null, "f-1"])("a framework (%s) that wants no offers subscribes silently", (id) => {
    const introduction = new Introduction({ ...FRAMEWORK, role: "lab" });
    const { subscribe } = introduction.subscribeCall(id, false);
    expect(subscribe.suppressed_roles).toEqual(["lab"]);
    const quantities = { cpus: { value: 0.01 }, mem: { value: 256 }, disk: { value: 256 } };
    expect(subscribe.framework_info.offer_filters).toEqual({
      lab: { min_allocatable_resources: { quantities: [{ quantities }] } },
    });
  });
});
