import { describe, expect, it } from "vitest";
import { supervise } from "../../../controller/cli/machine/supervise.ts";
import { ERROR_CODES, OperationError } from "../../../controller/model/errors.ts";
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
  it("stops what runs at the first signal and succeeds", async () => {
    const { context, signal, outcome } = capturedContext();
    const controller = running();
    const code = supervise(context, controller);
    signal("SIGINT");
    expect(await code).toBe(0);
    expect(controller.stops()).toBe(1);
    expect(outcome().stderr).toContain("once more Ctrl-C");
  });

  it("ends the process at the second signal", async () => {
    const { context, signal, outcome } = capturedContext();
    const code = supervise(context, running());
    signal("SIGTERM");
    signal("SIGTERM");
    await code;
    expect(outcome().code).toBe(143);
  });

  it("succeeds when it was told to end from elsewhere", async () => {
    const { context } = capturedContext();
    const controller = running();
    const code = supervise(context, controller);
    controller.end(null);
    expect(await code).toBe(0);
  });

  it("tells why it ended by itself, after it was stopped in order", async () => {
    const { context } = capturedContext();
    const controller = running();
    const removed = new OperationError(ERROR_CODES.FRAMEWORK_REMOVED, "subscribe", "removed");
    const code = supervise(context, controller);
    controller.end(removed);
    await expect(code).rejects.toBe(removed);
    expect(controller.stops()).toBe(1);
  });
});
