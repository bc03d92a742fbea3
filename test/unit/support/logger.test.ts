import { describe, expect, test } from "vitest";
import { ERROR_CODES, OperationError } from "../../../controller/model/errors.ts";
import { createLogger, type LoggerOptions } from "../../../controller/support/logger.ts";

function capture(options: Partial<LoggerOptions> & { readonly tty?: boolean } = {}) {
  const lines: string[] = [];
  const { tty = false, ...rest } = options;
  const destination = { write: (text: string) => lines.push(text), isTTY: tty };
  const log = createLogger({ level: "info", destination, ...rest });
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? "{}") as Record<string, unknown> };
}

describe("the log", () => {
  test("is one JSON object a line, with time, level, facts and message", () => {
    const { log, lines, last } = capture();
    log.info({ cluster: "default/lab", slot: 2 }, "task launched");
    expect(lines.join("")).toMatch(/^\{.*\}\n$/);
    expect(last()).toEqual({
      level: "info",
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
      cluster: "default/lab",
      slot: 2,
      msg: "task launched",
    });
  });

  test("leaves out what is below its level", () => {
    const { log, lines } = capture({ level: "warn" });
    log.info({}, "quiet");
    log.warn({}, "loud");
    expect(lines).toHaveLength(1);
  });

  test.each([
    ["a field by its name", { agentToken: "s3cret" }],
    ["a header", { headers: { Authorization: "Bearer s3cret" } }],
    ["a cookie secret deep inside", { order: { jupyter: [{ cookieSecret: "s3cret" }] } }],
    ["a token in a URL", { url: "http://127.0.0.1:8888/lab?a=1&token=s3cret#x" }],
    ["a password in a URL", { master: "http://user:s3cret@10.0.0.1:5050" }],
    ["a password of ZooKeeper", { where: "zk://user:a@ 's3cret/b@10.0.0.1:2181/mesos" }],
    ["a token in an error", { err: new Error("GET /lab?token=s3cret failed") }],
    ["a token in an error's cause", { err: new Error("x", { cause: new Error("Bearer s3cret") }) }],
    ["a map", { tokens: new Map([["a", "s3cret"]]) }],
  ])("hides %s", (_, fields) => {
    const { log, lines } = capture();
    log.info(fields, "message");
    expect(lines.join("")).not.toContain("s3cret");
    expect(lines.join("")).toContain("[redacted]");
  });

  test("hides nothing that is not secret", () => {
    const { log, last } = capture();
    log.info({ tokenSha256: "abc", hasToken: true, token: null, url: "http://h:1/x?a=1" }, "m");
    expect(last()).toMatchObject({
      tokenSha256: "abc",
      hasToken: true,
      token: null,
      url: "http://h:1/x?a=1",
    });
  });

  test("tells an operating error by code and cause, and a bug by its stack", () => {
    const { log, last } = capture();
    const cause = new Error("connect ECONNREFUSED");
    const error = new OperationError(ERROR_CODES.TIMEOUT, "put", "Too late.", { cause });
    log.warn({ err: error }, "failed");
    expect(last()["err"]).toMatchObject({
      type: "OperationError",
      code: "ERR_TIMEOUT",
      operation: "put",
      message: "Too late.",
      cause: { message: "connect ECONNREFUSED" },
    });
    expect(last()["err"]).not.toHaveProperty("stack");
    log.error({ err: new TypeError("bug") }, "failed");
    expect(last()["err"]).toMatchObject({
      stack: expect.stringContaining("logger.test") as string,
    });
  });

  test("survives a value that refers to itself", () => {
    const { log, lines } = capture();
    const loop: Record<string, unknown> = {};
    loop["self"] = loop;
    log.info({ loop, big: 10n }, "message");
    expect(lines).toHaveLength(1);
  });

  test("is short lines for a person at a terminal", () => {
    const { log, lines } = capture({ format: "pretty" });
    const error = new OperationError(ERROR_CODES.TIMEOUT, "put", "Too late.");
    log.warn({ cluster: "default/lab", note: "two words", err: error }, "put failed");
    expect(lines.join("")).toMatch(
      /^[\d:.]{12} warn {2}put failed cluster=default\/lab note="two words" err="ERR_TIMEOUT Too late."\n$/,
    );
    const { log: tty, lines: colored } = capture({ tty: true });
    tty.info({}, "hello");
    expect(colored.join("")).toContain("hello");
    expect(colored.join("")).not.toContain("{");
  });
});
