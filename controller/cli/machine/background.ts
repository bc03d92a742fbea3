/** `up --detach`: starts the controller in a session of its own, and waits until it serves. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { CliContext } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { withClient } from "../options/connection.ts";
import { type BackgroundController, backgroundController } from "./pid-file.ts";
import { messageOf, OperationError } from "../../model/errors.ts";

/** For it to act and to answer; the image is there by then. Milliseconds. */
const START_MS_MAX = 60_000;
/** For one that did not, to end in order. */
const END_MS_MAX = 20_000;
const POLL_MS = 100;
/** Of its log, when it did not come up. */
const LINES_MAX = 10;

export interface BackgroundStart {
  readonly stateDir: string;
  /** Where its log is, in JSON. */
  readonly logFile: string;
  /** Program and arguments; the process has to write its pid file when it serves. */
  readonly command: readonly string[];
  readonly startMsMax?: number;
}

/** @returns null when it did not come up, which was told; the exit code is set */
export async function startInBackground(
  context: CliContext,
  { stateDir, logFile, command, startMsMax = START_MS_MAX }: BackgroundStart,
): Promise<BackgroundController | null> {
  const talkFile = join(stateDir, "controller.out");
  const talk = openSync(talkFile, "w", 0o600);
  const [program = "", ...args] = command;
  // A session of its own: neither Ctrl-C nor the end of this terminal reaches it.
  const child = spawn(program, args, { detached: true, stdio: ["ignore", talk, talk] });
  closeSync(talk);
  const unsubscribe = context.onSignal(() => child.kill("SIGTERM"));
  try {
    const started = await untilServing(child, stateDir, context.now() + startMsMax, context);
    if (started !== null) return started;
    await endOf(child);
  } finally {
    unsubscribe();
    child.unref();
  }
  const { exitCode, signalCode } = child;
  const ended =
    signalCode === null ? `has ended with exit code ${exitCode}` : `was ended (${signalCode})`;
  const how = child.pid === undefined ? "was not started" : ended;
  const log = `The last lines of ${logFile}:\n${lastLines(logFile)}`;
  context.stderr.write(`${lastLines(talkFile)}The controller ${how}. ${log}`);
  // Of a process that was not started, Node has a negative one.
  context.setExitCode(exitCode !== null && exitCode > 0 ? exitCode : EXIT.UNREACHABLE);
  return null;
}

/** Null: it has ended, or the time is over. */
async function untilServing(
  child: ChildProcess,
  stateDir: string,
  deadline: number,
  { now, stderr }: CliContext,
): Promise<BackgroundController | null> {
  let problem: Error | null = null;
  child.once("error", (error) => {
    problem = error;
  });
  while (child.exitCode === null && child.signalCode === null && problem === null) {
    const found = await backgroundController(stateDir);
    if (found?.pid === child.pid && found !== null && (await answers(found, stateDir)))
      return found;
    if (now() > deadline) {
      stderr.write("The controller did not come up in time, and is ended.\n");
      return null;
    }
    await delay(POLL_MS);
  }
  if (problem !== null) stderr.write(`Its process cannot be started: ${messageOf(problem)}\n`);
  return null;
}

export async function answers(
  { pid, apiUrl: api }: BackgroundController,
  stateDir: string,
): Promise<boolean> {
  try {
    const { controller } = await withClient({ api, stateDir }, (client) => client.status());
    return controller.process.pid === pid;
  } catch (error) {
    if (error instanceof OperationError) return false;
    throw error;
  }
}

async function endOf(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const cancel = setTimeout(() => child.kill("SIGKILL"), END_MS_MAX);
  await ended;
  clearTimeout(cancel);
}

/** Empty where there is no such file. */
function lastLines(path: string): string {
  try {
    const lines = readFileSync(path, "utf8").trimEnd().split("\n").slice(-LINES_MAX);
    return lines[0] === "" ? "" : `${lines.join("\n")}\n`;
  } catch {
    // It was never opened: what is there to tell stands in the other one.
    return "";
  }
}
