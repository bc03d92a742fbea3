/**
 * Somebody in a node who saves on the shared files all the time; what was told to be saved has to be read
 * by every other node in the end.
 */
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { PassThrough } from "node:stream";
import { until } from "../../support/poll.ts";
import type { RunningContainer } from "../machine/agent-host.ts";
import { execIn, follow } from "../machine/exec.ts";

const PROGRAM = new URL("file-writer.py", import.meta.url);
/** A write that finds no brick waits for one. */
const SAVED_MS_MAX = 60_000;

export interface FileReport {
  readonly saved: number;
  /** Of one line and one file. */
  readonly longestMs: number;
  /** What writes ended with, and how often: those may be there, or not. */
  readonly failures: Readonly<Record<string, number>>;
  /** What must not be, a sentence each. */
  readonly violations: readonly string[];
}

export class FileWriter {
  private readonly saved: number[] = [];
  private readonly failures: Record<string, number> = {};
  private longestMs = 0;
  private complaint = "";

  private constructor(
    private readonly node: RunningContainer,
    /** Of this writer alone. */
    private readonly directory: string,
    private readonly ended: Promise<void>,
  ) {}

  /**
   * Resolves when something was saved.
   *
   * @param shared where the files are mounted
   */
  static async start(node: RunningContainer, shared: string, run: string): Promise<FileWriter> {
    const directory = `${shared}/${run}`;
    const program = await readFile(PROGRAM, "utf8");
    const output = new PassThrough();
    const errors = new PassThrough();
    const argv = ["python3", "-c", program, directory, stopFileOf(run)];
    const ended = follow(node, argv, output, errors);
    const writer = new FileWriter(node, directory, ended);
    createInterface({ input: output }).on("line", (line) => writer.note(line));
    createInterface({ input: errors }).on("line", (line) => {
      writer.complaint += `${line}\n`;
    });
    await writer.untilSaved(1);
    return writer;
  }

  /** Resolves when `more` have been saved since now. */
  async untilSaved(more: number): Promise<void> {
    const goal = this.saved.length + more;
    const enough = () => this.saved.length >= goal;
    await until(`${more} more writes to shared files`, enough, SAVED_MS_MAX);
  }

  /** @param reader another node's container, on which all is read back */
  async stop(reader: RunningContainer): Promise<FileReport> {
    const run = this.directory.split("/").at(-1) ?? "";
    await execIn(this.node, ["touch", stopFileOf(run)]);
    await this.ended;
    const { saved, failures, longestMs, complaint, directory } = this;
    const log = await execIn(reader, ["cat", `${directory}/log`]);
    const last = Number(await execIn(reader, ["cat", `${directory}/last`]));
    const violations = violationsOf(saved, log.split("\n"), last);
    if (complaint !== "") violations.push(`the writer said: ${complaint}`);
    return { saved: saved.length, longestMs, failures, violations };
  }

  private note(line: string): void {
    const [number = "", ms = "", ...outcome] = line.split(" ");
    const said = outcome.join(" ");
    if (said === "saved") {
      this.saved.push(Number(number));
      this.longestMs = Math.max(this.longestMs, Number(ms));
    } else {
      this.failures[said] = (this.failures[said] ?? 0) + 1;
    }
  }
}

function violationsOf(saved: readonly number[], lines: readonly string[], last: number): string[] {
  const counts = new Map<string, number>();
  for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1);
  const wrong = saved.filter((number) => counts.get(String(number)) !== 1);
  const violations = wrong.map(
    (n) => `line ${n} was saved, and is there ${counts.get(`${n}`)} times`,
  );
  const newest = saved.at(-1) ?? 0;
  if (!(last >= newest)) violations.push(`file ${newest} was saved, and ${last} is there`);
  return violations;
}

/** On the node's own disk. */
function stopFileOf(run: string): string {
  return `/tmp/stop-${run}`;
}
