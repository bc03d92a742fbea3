/** Keeps the process alive until the controller ends or a signal asks for the end. */
import { EXIT } from "../exit-codes.ts";
import { OperationError } from "../../model/errors.ts";
import { within } from "../../support/within.ts";
import type { CliContext } from "../context.ts";

/** What can be supervised: a running controller, or the embedded master. */
export interface Running {
  /** Idempotent. */
  stop(): Promise<void>;
  /** Resolves when it has ended by itself: null, or why. */
  readonly finished: Promise<OperationError | null>;
}

/** Longer than any orderly stop takes: agents' streams, the API and the state file are closed. */
const STOP_MS = 20_000;

/**
 * The first signal stops it, a second one ends the process at once.
 *
 * @returns the exit code
 * @throws OperationError why it ended, or ERR_TIMEOUT when it did not stop in time
 */
export async function supervise(context: CliContext, running: Running): Promise<number> {
  let signals = 0;
  let signalled: (signal: NodeJS.Signals) => void = () => {};
  const firstSignal = new Promise<NodeJS.Signals>((resolve) => {
    signalled = resolve;
  });
  const unsubscribe = context.onSignal((signal) => {
    signals += 1;
    if (signals > 1) context.exitNow(signal === "SIGINT" ? 130 : 143);
    signalled(signal);
  });
  try {
    const end = await Promise.race([firstSignal, running.finished]);
    if (end instanceof OperationError) {
      await within(STOP_MS, "Stopping the controller", running.stop());
      throw end;
    }
    if (end !== null) context.stderr.write("\nStopping; once more Ctrl-C ends it at once.\n");
    await within(STOP_MS, "Stopping the controller", running.stop());
    return EXIT.OK;
  } finally {
    unsubscribe();
  }
}
