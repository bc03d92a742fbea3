import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { leadingEntry, parseMasterInfo, placesOf } from "../../../controller/mesos/master-info.ts";
import { captured } from "../../support/mesos/captures.ts";

const INFO = { address: { hostname: "m1.example", ip: "10.0.0.1", port: 5050 } };

function parsed(value: unknown) {
  return parseMasterInfo(Buffer.from(JSON.stringify(value)));
}

describe("what a master says of itself in ZooKeeper", () => {
  it("is its address and its name", () => {
    const more = { ...INFO, id: "x", ip: 16_777_226, pid: "master@10.0.0.1:5050", new: [] };
    expect(parsed(more)).toEqual({
      ok: true,
      byIp: { host: "10.0.0.1", port: 5050 },
      byName: { host: "m1.example", port: 5050 },
    });
  });

  it("is what a real master says of itself", () => {
    const [event] = captured("subscribed") as unknown[] as [
      { subscribed: { master_info: unknown } },
    ];
    const here = { host: "127.0.0.1", port: 5050 };
    expect(parsed(event.subscribed.master_info)).toEqual({ ok: true, byIp: here, byName: here });
  });

  it("leads to the address first, with TLS to the name, and never twice to one", () => {
    const info = parsed(INFO);
    if (!info.ok) return expect.fail(info.problem);
    const hosts = (isTls: boolean) => placesOf(info, isTls).map(({ host }) => host);
    expect(hosts(false)).toEqual(["10.0.0.1", "m1.example"]);
    expect(hosts(true)).toEqual(["m1.example", "10.0.0.1"]);
    const plain = parsed({ address: { ip: "10.0.0.1", port: 5050 } });
    expect(plain.ok && placesOf(plain, true)).toEqual([{ host: "10.0.0.1", port: 5050 }]);
  });

  it.each([
    ["", "it is no JSON"],
    ["null", "it must be object"],
    ["{}", "it must have required property 'address'"],
    ['{"address":{"port":5050}}', "/address must have required property 'ip'"],
    ['{"address":{"ip":"10.0.0.1","port":"5050"}}', "/address/port must be integer"],
    ['{"address":{"ip":"10.0.0.1","port":0}}', "/address/port must be >= 1"],
    ['{"address":{"ip":"m1","port":5050}}', "/address/ip is no IP address"],
    ['{"address":{"ip":"::1","port":1,"hostname":"a@b/c"}}', "/address/hostname must match"],
  ])("is refused when it is %j", (text, problem) => {
    const info = parseMasterInfo(Buffer.from(text));
    expect(info.ok ? "" : info.problem).toContain(problem);
  });

  it("is read or refused, whatever it is", () => {
    fc.assert(fc.property(fc.json(), (text) => void parseMasterInfo(Buffer.from(text))));
    fc.assert(fc.property(fc.uint8Array(), (bytes) => void parseMasterInfo(Buffer.from(bytes))));
  });
});

describe("the leading entry", () => {
  it.each<[string, string[], string | null]>([
    ["none where there is none", ["log_replicas", "info_0000000001", "json.info_1"], null],
    [
      "the lowest, gaps or not",
      ["json.info_0000000012", "log_replicas", "json.info_0000000009", "info_0000000001"],
      "json.info_0000000009",
    ],
  ])("is %s", (_, names, entry) => {
    expect(leadingEntry(names)).toBe(entry);
  });
});
