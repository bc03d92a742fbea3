/** What a verb may touch of the process it runs in; tests give it their own. */
import { once } from "node:events";
import { constants } from "node:os";
import { createInterface } from "node:readline/promises";
import { createColors } from "picocolors";

export interface TextSink {
  write(text: string | Uint8Array): void;
  readonly isTTY: boolean;
  /** Width in columns; 80 when unknown. */
  readonly columns: number;
}

export interface CliContext {
  /** Data, and nothing else. */
  readonly stdout: TextSink;
  /** Talk: progress, warnings, errors. */
  readonly stderr: TextSink;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** How this process was started: program, its own options, script, arguments. */
  readonly command: readonly string[];
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number;
  readonly setExitCode: (code: number) => void;
  /** Calls back on each SIGINT, SIGTERM and SIGHUP; the returned function unsubscribes. */
  readonly onSignal: (listener: (signal: NodeJS.Signals) => void) => () => void;
  /** Asks for a yes or no; null when nobody is there to answer. */
  readonly confirm: ((question: string) => Promise<boolean>) | null;
  /** Ends the process at once: the last resort after a second Ctrl-C. */
  readonly exitNow: (code: number) => void;
}

export type Colors = ReturnType<typeof createColors>;

/** Colours for a sink: only on a terminal, never with NO_COLOR (https://no-color.org). */
export function colorsFor(context: CliContext, sink: TextSink): Colors {
  const refused = (context.env["NO_COLOR"] ?? "") !== "" || context.env["TERM"] === "dumb";
  return createColors(sink.isTTY && !refused);
}

/** Ctrl-C, a supervisor's stop, and a terminal that closes. */
const END_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * A further signal ends the process at once, with the exit code by which a shell tells of it. A
 * further SIGHUP says nothing new: of a terminal that closes, both its shell and the kernel send
 * one.
 */
export function exitAtOnce(context: CliContext, signal: NodeJS.Signals): void {
  if (signal !== "SIGHUP") context.exitNow(128 + constants.signals[signal]);
}

/** The context of this process. */
export function processContext(): CliContext {
  endOnBrokenPipe();
  return {
    stdout: sinkOf(process.stdout),
    stderr: sinkOf(process.stderr),
    env: process.env,
    command: [process.execPath, ...process.execArgv, ...process.argv.slice(1)],
    now: Date.now,
    setExitCode: (code) => {
      process.exitCode = code;
    },
    onSignal: (listener) => {
      for (const signal of END_SIGNALS) process.on(signal, listener);
      return () => END_SIGNALS.forEach((signal) => process.off(signal, listener));
    },
    confirm: process.stdin.isTTY && process.stderr.isTTY ? confirmOnTerminal : null,
    exitNow: (code) => process.exit(code),
  };
}

/** Anything but y or yes is a no; so is the end of the input. */
async function confirmOnTerminal(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await Promise.race([
      terminal.question(`${question} [y/N] `),
      once(terminal, "close").then(() => ""),
    ]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}

/**
 * A reader of the data that went away (`| head`) ends the program quietly. Talk that nobody reads
 * any more is dropped: a controller does not die with the terminal that it talked to. To write to
 * a terminal that has closed gives EIO; what ends the program then is its SIGHUP, in order.
 */
function endOnBrokenPipe(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EIO") return;
    if (error.code !== "EPIPE") throw error;
    process.exit();
  });
  process.stderr.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE" && error.code !== "EIO") throw error;
  });
}

function sinkOf(stream: NodeJS.WriteStream): TextSink {
  return {
    write: (text) => {
      stream.write(text);
    },
    get isTTY() {
      return stream.isTTY === true;
    },
    get columns() {
      return stream.columns ?? 80;
    },
  };
}
