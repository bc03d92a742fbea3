/** Sockets and processes of the container that kernels need. */
import { readdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { LineSplitter } from "../../../controller/support/line-splitter.ts";
import type { KeeperLink, KernelHost, LinkWatcher, ProcessFacts } from "../ports/kernel-host.ts";

const LINE_LENGTH_MAX = 256 * 1024;
/** Of memory, which statm counts in (getconf PAGESIZE); on every machine that Debian's etcd runs on. */
const PAGE_BYTES = 4096;

export const nodeKernelHost: KernelHost = {
  link: linkTo,
  processCount: () => processNames().length,
  processes: () => processNames().flatMap(factsOf),
  signalGroup(group, signal) {
    try {
      process.kill(-group, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  },
};

function linkTo(path: string, { onLine, onClose }: LinkWatcher): KeeperLink {
  const socket = connect({ path });
  const what = "a keeper's control socket";
  const splitter = new LineSplitter({ what, lengthMax: LINE_LENGTH_MAX, tooLong: "cut" });
  socket.on("data", (chunk) => splitter.push(chunk).forEach(onLine));
  // "close" follows, and tells of it.
  socket.on("error", () => undefined);
  socket.once("close", onClose);
  return { send: (line) => socket.write(`${line}\n`), close: () => socket.destroy() };
}

function processNames(): readonly string[] {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name));
}

function factsOf(name: string): ProcessFacts[] {
  try {
    const stat = readFileSync(`/proc/${name}/stat`, "latin1");
    // The program's name stands in parentheses, and may have some of its own.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [, resident, shared] = readFileSync(`/proc/${name}/statm`, "latin1")
      .split(" ")
      .map(Number);
    const ownBytes = Math.max(0, (resident ?? 0) - (shared ?? 0)) * PAGE_BYTES;
    const [state, parent, group] = fields;
    const zombie = state === "Z";
    const threads = Number(fields[17]);
    const own = { pid: Number(name), parent: Number(parent), group: Number(group) };
    return [{ ...own, threads, zombie, ownBytes }];
  } catch {
    // It has ended.
    return [];
  }
}
