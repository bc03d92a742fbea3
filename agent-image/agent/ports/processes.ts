/** Programs of the container: those that the agent supervises, and those that it waits for. */
import type { FileOwner } from "./files.ts";

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly owner: FileOwner | null;
  /** What it reads from its standard input, which then ends; left out: nothing. */
  readonly input?: string;
  /** Of it and of all that it starts (proc(5)); left out: as the agent's own, 0. */
  readonly oomScoreAdj?: number;
}

export interface ProcessWatcher {
  /** Of stdout or stderr. */
  readonly onLine: (line: string) => void;
  /** It could not be started, or could not be signalled. */
  readonly onError: (error: Error) => void;
  /** Once, and after its last line; both are null when it was never started. */
  readonly onEnd: (code: number | null, signal: string | null) => void;
}

export interface RunningProcess {
  /** null: it could not be started. */
  readonly pid: number | null;
  /** To it and its helpers; one that has ended already is no error. */
  signal(signal: "SIGTERM" | "SIGKILL"): void;
  /** @throws Error when the system forbids it */
  renice(nice: number): void;
}

/**
 * What a service makes of a question in its own protocol: `ready`: what it should say; `wrong`:
 * something else; `refused`: the connection is refused or cut; `unanswered`: nothing in time.
 */
export type ProbeAnswer = "ready" | "wrong" | "refused" | "unanswered";

export interface RunOptions {
  readonly timeoutMs: number;
  /** Run as this user instead of root. */
  readonly owner?: FileOwner;
}

/** A command that had not ended in its time: it was killed, and may hang in the kernel all the same. */
export class StillRunning extends Error {
  override readonly name = "StillRunning";

  /** @param ended resolves when it has, and all that it had started */
  constructor(
    message: string,
    readonly ended: Promise<void>,
  ) {
    super(message);
  }
}

export interface Processes {
  /** In a process group of its own. Nothing is called back before this has returned. */
  start(command: Command, watcher: ProcessWatcher): RunningProcess;
  /**
   * Resolves with stdout.
   *
   * @throws Error with what the command wrote to stderr; {@link StillRunning} when it took too long
   */
  run(file: string, args: readonly string[], options: RunOptions): Promise<string>;
  /** Ready: an SSH banner came from this port of the container. */
  probeSsh(port: number, timeoutMs: number): Promise<ProbeAnswer>;
  /** Ready: GET was answered with 200 there. */
  probeHttp(port: number, path: string, timeoutMs: number): Promise<ProbeAnswer>;
}
