/** Keeps the process alive until the controller ends or a signal asks for the end. */
import { type CliContext, exitAtOnce } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { OperationError } from "../../model/errors.ts";
import type { Logger } from "../../model/ports.ts";
import { within } from "../../support/within.ts";

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
 * The first signal stops it, a second one ends the process at once ({@link exitAtOnce}).
 *
 * @returns the exit code
 * @throws OperationError why it ended, or ERR_TIMEOUT when it did not stop in time
 */
export async function supervise(
  context: CliContext,
  running: Running,
  log: Logger,
): Promise<number> {
  let signals = 0;
  let signalled: (signal: NodeJS.Signals) => void = () => {};
  const firstSignal = new Promise<NodeJS.Signals>((resolve) => {
    signalled = resolve;
  });
  const unsubscribe = context.onSignal((signal) => {
    signals += 1;
    if (signals > 1) exitAtOnce(context, signal);
    signalled(signal);
  });
  try {
    const end = await Promise.race([firstSignal, running.finished]);
    if (end instanceof OperationError) {
      await within(STOP_MS, "Stopping the controller", running.stop());
      throw end;
    }
    if (end !== null) {
      log.info({ signal: end }, "stopping at a signal; containers run on");
      context.stderr.write("\nStopping; once more Ctrl-C ends it at once.\n");
    }
    await within(STOP_MS, "Stopping the controller", running.stop());
    return EXIT.OK;
  } finally {
    unsubscribe();
  }
}
