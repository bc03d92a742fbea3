/** Real processes. */
import { spawn } from "node:child_process";
import { setPriority } from "node:os";
import { LineSplitter } from "../../../controller/support/line-splitter.ts";
import type { Processes, ProcessWatcher, RunningProcess } from "../ports/processes.ts";
import { withOomScore } from "./oom-score.ts";
import { probeSshBanner } from "./probe-ssh.ts";
import { runCommand } from "./run-command.ts";

const LOOPBACK = "127.0.0.1";
/** A line that is longer is cut. */
const LINE_LENGTH_MAX = 64 * 1024;
/**
 * A process that has ended, and whose output somebody still holds open (a kernel of Jupyter's, which is
 * in a session of its own), is waited for so long and no longer, in milliseconds.
 */
const OUTPUT_MS_MAX = 1_000;

export const nodeProcesses: Processes = {
  start({ file, args, env, cwd, owner, oomScoreAdj, input }, watcher) {
    const [program = file, ...rest] = [...withOomScore(oomScoreAdj), file, ...args];
    const child = spawn(program, rest, {
      env: { ...env },
      cwd,
      detached: true,
      stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
      ...owner,
    });
    // It may have ended before it has read anything; then "close" tells of that.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(input);
    const pid = child.pid ?? null;
    child.once("error", (error) => {
      watcher.onError(error);
      if (pid === null) watcher.onEnd(null, null);
    });
    let patience: NodeJS.Timeout | undefined;
    child.once("exit", () => {
      patience = setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, OUTPUT_MS_MAX);
    });
    child.once("close", (code, signal) => {
      clearTimeout(patience);
      if (pid !== null) watcher.onEnd(code, signal);
    });
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null) readLines(file, stream, watcher);
    }
    return pid === null ? NOT_STARTED : running(pid);
  },
  run: runCommand,
  probeSsh: (port, timeoutMs) => probeSshBanner(LOOPBACK, port, timeoutMs),
  async probeHttp(port, path, timeoutMs) {
    // HTTP takes a while to load, and is needed only when a node has long begun its work.
    const { probeHttp } = await import("./probe-http.ts");
    return probeHttp(LOOPBACK, port, path, timeoutMs);
  },
};

const NOT_STARTED: RunningProcess = {
  pid: null,
  signal: () => undefined,
  renice: () => undefined,
};

function running(pid: number): RunningProcess {
  return {
    pid,
    signal(signal) {
      try {
        process.kill(-pid, signal);
      } catch (error) {
        // It has ended by itself in this moment; "close" is on its way.
        if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
      }
    },
    renice: (nice) => setPriority(pid, nice),
  };
}

function readLines(what: string, stream: NodeJS.ReadableStream, { onLine }: ProcessWatcher): void {
  const splitter = new LineSplitter({ what, lengthMax: LINE_LENGTH_MAX, tooLong: "cut" });
  stream.on("data", (chunk: Buffer) => splitter.push(chunk).forEach(onLine));
  stream.once("end", () => splitter.end().forEach(onLine));
}
