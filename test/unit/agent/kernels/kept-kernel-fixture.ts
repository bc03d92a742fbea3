/** A kernel whose keeper is the test: what it is told, and what becomes of it. */
import { KeptKernel } from "../../../../agent-image/agent/kernels/kept-kernel.ts";
import type { LinkWatcher } from "../../../../agent-image/agent/ports/kernel-host.ts";
import type { Command, ProcessWatcher } from "../../../../agent-image/agent/ports/processes.ts";
import type { KernelSpec } from "../../../../controller/model/kernels.ts";
import { ManualClock } from "../../../support/loop/manual-clock.ts";
import { silentLog } from "../../../support/silent-log.ts";

const USER = { name: "ada", uid: 1000, gid: 1000, home: "/home/ada" };

/** What runs keepers in a container. */
export class FakeHost {
  readonly commands: Command[] = [];
  readonly watchers: ProcessWatcher[] = [];
  readonly links: LinkWatcher[] = [];
  /** Of all keepers, in order. */
  readonly told: unknown[] = [];
  readonly signals: string[] = [];
  readonly removed: string[] = [];
  /** Keepers that are told to stop do. */
  obeys = false;

  readonly processes = {
    start: (command: Command, watcher: ProcessWatcher) => {
      this.commands.push(command);
      this.watchers.push(watcher);
      const signal = (name: string) => {
        this.signals.push(name);
        if (this.obeys) watcher.onEnd(null, name);
      };
      return { pid: 100 + this.commands.length, signal };
    },
  };

  readonly host = {
    link: (_: string, watcher: LinkWatcher) => {
      const keeper = this.watchers.at(-1);
      this.links.push(watcher);
      return {
        send: (line: string) => {
          const order = JSON.parse(line) as object;
          this.told.push(order);
          if (this.obeys && "stop" in order) keeper?.onEnd(0, null);
        },
        close: () => undefined,
      };
    },
  };

  readonly files = {
    makeDirectory: () => Promise.resolve(),
    chown: () => Promise.resolve(),
    remove: (path: string) => Promise.resolve(void this.removed.push(path)),
    read: () => Promise.resolve(null),
  };

  /** The keeper says it. */
  says(news: object): void {
    this.links.at(-1)?.onLine(JSON.stringify(news));
  }

  /** The keeper ends. */
  ends(code: number | null, signal: string | null): void {
    this.watchers.at(-1)?.onEnd(code, signal);
  }
}

export function keptKernel(first: KernelSpec) {
  const machine = new FakeHost();
  const clock = new ManualClock(0);
  const node = { oomKills: 0, changes: 0 };
  const options = {
    ...{ clock, log: silentLog, files: machine.files, processes: machine.processes },
    ...{ host: machine.host, output: { write: () => undefined }, user: USER, ip: "10.0.0.1" },
    ...{ env: { HOME: "/home/ada" }, nproc: 256 },
    oomKills: () => Promise.resolve(node.oomKills),
    onChange: () => {
      node.changes += 1;
    },
  };
  const kernel = new KeptKernel(
    first.kernelId,
    options as unknown as ConstructorParameters<typeof KeptKernel>[1],
    first,
  );
  return { machine, clock, node, kernel };
}

/** Until all that has been begun waits for something else than its turn. */
export const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
