import { describe, expect, it } from "vitest";
import { supervise } from "../../../controller/cli/machine/supervise.ts";
import { processContext } from "../../../controller/cli/context.ts";
import { ERROR_CODES, OperationError } from "../../../controller/model/errors.ts";
import { createLogger } from "../../../controller/support/logger.ts";
import { silentLog } from "../../support/silent-log.ts";
import { capturedContext } from "./captured-context.ts";

/** Something that runs until it is told to stop, or until it is ended from inside. */
function running() {
  let stops = 0;
  let end: (error: OperationError | null) => void = () => {};
  const finished = new Promise<OperationError | null>((resolve) => {
    end = resolve;
  });
  return {
    finished,
    end,
    stops: () => stops,
    stop: async () => {
      stops += 1;
      end(null);
      await finished;
    },
  };
}

describe("supervise", () => {
  const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

  it.each(SIGNALS)("stops what runs at the first %s, logs it, and succeeds", async (name) => {
    const { context, signal, outcome } = capturedContext();
    const controller = running();
    const lines: string[] = [];
    const log = createLogger({ level: "info", destination: { write: (text) => lines.push(text) } });
    const code = supervise(context, controller, log);
    signal(name);
    expect(await code).toBe(0);
    expect(controller.stops()).toBe(1);
    expect(outcome().stderr).toContain("once more Ctrl-C");
    expect(lines.map((line) => JSON.parse(line) as object)).toEqual([
      expect.objectContaining({ signal: name, msg: "stopping at a signal; containers run on" }),
    ]);
  });

  // Of a terminal that closes, both the shell and the kernel send a SIGHUP.
  it.each([
    ["SIGINT", "SIGINT", 130],
    ["SIGTERM", "SIGTERM", 143],
    ["SIGHUP", "SIGTERM", 143],
    ["SIGHUP", "SIGHUP", 0],
    ["SIGTERM", "SIGHUP", 0],
  ] as const)(
    "after %s, %s ends the process with %d (0: in order)",
    async (first, second, code) => {
      const { context, signal, outcome } = capturedContext();
      const ended = supervise(context, running(), silentLog);
      signal(first);
      signal(second);
      await ended;
      expect(outcome().code).toBe(code);
    },
  );

  it.each(SIGNALS)("hears %s of this process", (name) => {
    const heard: NodeJS.Signals[] = [];
    const unsubscribe = processContext().onSignal((signal) => heard.push(signal));
    try {
      process.listeners(name).at(-1)?.(name);
    } finally {
      unsubscribe();
    }
    expect(heard).toEqual([name]);
  });

  it("succeeds when it was told to end from elsewhere", async () => {
    const { context } = capturedContext();
    const controller = running();
    const code = supervise(context, controller, silentLog);
    controller.end(null);
    expect(await code).toBe(0);
  });

  it("tells why it ended by itself, after it was stopped in order", async () => {
    const { context } = capturedContext();
    const controller = running();
    const removed = new OperationError(ERROR_CODES.FRAMEWORK_REMOVED, "subscribe", "removed");
    const code = supervise(context, controller, silentLog);
    controller.end(removed);
    await expect(code).rejects.toBe(removed);
    expect(controller.stops()).toBe(1);
  });
});
