/**
 * What a site has made on this machine, written down before it is used: a run that was killed is
 * cleared away by the next one, by these records and nothing else.
 */
import { lstat, mkdir, readdir, readFile, rm, rmdir, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { messageOf } from "../../../controller/model/errors.ts";
import { writeStateFile } from "../../../controller/support/files/state-file.ts";
import {
  identityOf,
  isAlive,
  ownIdentity,
  type ProcessIdentity,
} from "../../../controller/support/files/process-identity.ts";
import { until } from "../../support/poll.ts";

interface Content {
  readonly runner: ProcessIdentity;
  readonly processes: readonly ProcessIdentity[];
}

const BASE = join(tmpdir(), "jupyter-cluster-sites");
const NUMBERS = 200;
/** A directory without a record is one that is just being made. */
const UNRECORDED_MS_MAX = 60_000;

export class SiteRecord {
  private processes: ProcessIdentity[] = [];
  private saving: Promise<void> = Promise.resolve();

  private constructor(
    /** Of this machine's sites; names everything that it makes. */
    readonly number: number,
    private readonly runner: ProcessIdentity,
  ) {}

  /** Clears away what killed runs have left, and takes a number that no living one has. */
  static async open(): Promise<SiteRecord> {
    if (process.getuid?.() !== 0) throw new Error("a site makes namespaces: run this as root");
    await prepareBase();
    await removeLeftovers();
    const runner = await ownIdentity();
    for (let number = 1; number <= NUMBERS; number += 1) {
      try {
        await mkdir(directoryOf(number), { mode: 0o700 });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "EEXIST") continue;
        throw error;
      }
      const record = new SiteRecord(number, runner);
      await record.save();
      return record;
    }
    throw new Error(`${NUMBERS} sites run on this machine, or ${BASE} is damaged`);
  }

  /** Shared by all sites, and kept. */
  static get cache(): string {
    return join(BASE, "cache");
  }

  get dir(): string {
    return directoryOf(this.number);
  }

  get cgroup(): string {
    return cgroupOf(this.number);
  }

  /** Whatever becomes of us, the process is found and ended. */
  async add(pid: number): Promise<void> {
    // 0 and below are whole groups of processes to kill(2).
    if (!Number.isInteger(pid) || pid <= 1) throw new Error(`no process of ours: ${pid}`);
    this.processes.push(await identityOf(pid));
    await this.save();
  }

  /** Ends what is left of it, and removes what it has made. */
  async close(): Promise<void> {
    await clear(this.number, this.processes);
  }

  /** One after another: hosts are switched on side by side. */
  private save(): Promise<void> {
    this.saving = this.saving.then(() => {
      const content: Content = { runner: this.runner, processes: this.processes };
      return writeStateFile(recordOf(this.dir), JSON.stringify(content));
    });
    return this.saving;
  }
}

/** Whoever else may write there could have us remove, or run, what is not ours. */
async function prepareBase(): Promise<void> {
  await mkdir(BASE, { recursive: true, mode: 0o700 });
  const { uid, mode } = await lstat(BASE);
  if (uid !== 0 || (mode & 0o777) !== 0o700) throw new Error(`${BASE} is not root's alone`);
  await mkdir(SiteRecord.cache, { recursive: true, mode: 0o700 });
}

async function removeLeftovers(): Promise<void> {
  const numbers = (await readdir(BASE)).map(Number).filter((number) => number > 0);
  for (const number of numbers) {
    const dir = directoryOf(number);
    const content = await readRecord(dir);
    if (content === null) {
      const { mtimeMs } = await stat(dir);
      if (Date.now() - mtimeMs > UNRECORDED_MS_MAX) await clear(number, []);
    } else if (!(await isAlive(content.runner))) {
      await clear(number, content.processes);
    }
  }
}

async function readRecord(dir: string): Promise<Content | null> {
  try {
    return JSON.parse(await readFile(recordOf(dir), "utf8")) as Content;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw new Error(`${recordOf(dir)}: ${messageOf(error)}`, { cause: error });
  }
}

/** Namespaces end with their first process, and all that is in them. */
async function clear(number: number, processes: readonly ProcessIdentity[]): Promise<void> {
  for (const identity of processes) await end(identity);
  for (const identity of processes) {
    await until(`process ${identity.pid} is gone`, async () => !(await isAlive(identity)));
  }
  await removeCgroups(cgroupOf(number));
  await rm(directoryOf(number), { recursive: true, force: true, maxRetries: 10 });
}

async function end(identity: ProcessIdentity): Promise<void> {
  if (!(await isAlive(identity))) return;
  try {
    process.kill(identity.pid, "SIGKILL");
  } catch (error) {
    // It was about to end by itself, as it does when its runner is gone.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Of containers that were switched off with their host. Their processes may take a while to go. */
async function removeCgroups(name: string): Promise<void> {
  // With cgroup v2 there is one hierarchy, at the root.
  for (const controller of ["", ...(await readdir("/sys/fs/cgroup"))]) {
    const root = join("/sys/fs/cgroup", controller, name);
    const groups = [root, ...(await directoriesBelow(root))].toReversed();
    for (const group of groups) {
      await until(`the cgroup ${group} is empty`, async () => {
        try {
          await rmdir(group);
          return true;
        } catch (error) {
          if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) {
            return true;
          }
          throw error;
        }
      });
    }
  }
}

/** Parents before what is in them. */
async function directoriesBelow(root: string): Promise<string[]> {
  try {
    const entries = await readdir(root, { recursive: true, withFileTypes: true });
    const found = entries.filter((entry) => entry.isDirectory());
    return found.map(({ parentPath, name }) => join(parentPath, name)).toSorted();
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return [];
    throw error;
  }
}

function directoryOf(number: number): string {
  return join(BASE, String(number));
}

function recordOf(dir: string): string {
  return join(dir, "record.json");
}

function cgroupOf(number: number): string {
  return `jupyter-cluster-site-${number}`;
}
