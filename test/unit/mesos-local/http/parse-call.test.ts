import { describe, expect, test } from "vitest";
import { parseCall } from "../../../../controller/mesos-local/http/parse-call.ts";
import { taskInfo } from "../../../support/mesos-local/fixtures.ts";

const framework_id = { value: "f" };
const UUID = Buffer.alloc(16, 7).toString("base64");

function parse(body: unknown) {
  return parseCall(typeof body === "string" ? body : JSON.stringify(body));
}

describe("a call is refused", () => {
  test.each<[string, unknown, number, RegExp]>([
    ["that is no JSON", "{", 400, /^Failed to parse body into JSON/],
    ["that is no object", "[]", 400, /^Failed to parse body into JSON/],
    ["without a type", {}, 400, /Expecting 'type' to be present/],
    ["of a type nobody knows", { type: "DANCE" }, 400, /Expecting 'type' to be present/],
    ["of a type this server lacks", { type: "MESSAGE", framework_id }, 501, /does not carry out/],
    ["without its body", { type: "SUBSCRIBE" }, 400, /Expecting 'subscribe' to be present/],
    [
      "without a user",
      { type: "SUBSCRIBE", subscribe: { framework_info: { name: "n" } } },
      400,
      /Missing required fields: subscribe.framework_info.user/,
    ],
    [
      "with a framework id in one place only",
      {
        type: "SUBSCRIBE",
        framework_id,
        subscribe: { framework_info: { user: "u", name: "n" } },
      },
      400,
      /'framework_id' differs from 'subscribe.framework_info.id'/,
    ],
    [
      "with nothing in a list",
      { type: "ACCEPT", framework_id, accept: { operations: [null] } },
      400,
      /'accept.operations\[0\]' must be an object/,
    ],
    ["without a framework id", { type: "REVIVE" }, 400, /Expecting 'framework_id' to be present/],
    [
      "with a uuid that is not 16 bytes",
      {
        type: "ACKNOWLEDGE",
        framework_id,
        acknowledge: { agent_id: { value: "a" }, task_id: { value: "t" }, uuid: "AAAA" },
      },
      400,
      /Not a valid UUID/,
    ],
    [
      "with a field of a wrong type",
      { type: "KILL", framework_id, kill: { task_id: "t" } },
      400,
      /'kill.task_id' must be an object/,
    ],
    [
      "with an operation this server lacks",
      { type: "ACCEPT", framework_id, accept: { operations: [{ type: "RESERVE" }] } },
      501,
      /LAUNCH operations only, not RESERVE/,
    ],
  ])("%s", (_name, body, status, message) => {
    const parsed = parse(body);
    expect(parsed).toMatchObject({ ok: false, status });
    expect(parsed.ok ? "" : parsed.message).toMatch(message);
  });
});

describe("a call is taken", () => {
  test("with fields that nobody knows", () => {
    expect(parse({ type: "REVIVE", framework_id, revive: { roles: [] }, more: 1 }).ok).toBe(true);
  });

  test("with a null where a field may be absent", () => {
    const kill = { task_id: { value: "t" }, agent_id: null };
    expect(parse({ type: "KILL", framework_id, kill }).ok).toBe(true);
  });

  test("when it acknowledges with 16 bytes", () => {
    const acknowledge = { agent_id: { value: "a" }, task_id: { value: "t" }, uuid: UUID };
    expect(parse({ type: "ACKNOWLEDGE", framework_id, acknowledge }).ok).toBe(true);
  });

  test("and lists that were left out are empty", () => {
    const parsed = parse({ type: "ACCEPT", framework_id, accept: {} });
    expect(parsed).toMatchObject({ call: { accept: { offer_ids: [], operations: [] } } });
  });

  test("and a network that was left out is the host's", () => {
    const { network: _, ...docker } = taskInfo("t").container.docker;
    const task = { ...taskInfo("t"), container: { type: "DOCKER", docker } };
    const operations = [{ type: "LAUNCH", launch: { task_infos: [task] } }];
    const parsed = parse({ type: "ACCEPT", framework_id, accept: { operations } });
    if (!parsed.ok || parsed.call.type !== "ACCEPT") throw new Error("refused");
    const [launched] = parsed.call.accept.operations;
    expect(launched?.launch.task_infos[0]?.container?.docker.network).toBe("HOST");
  });
});
