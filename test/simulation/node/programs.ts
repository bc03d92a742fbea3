/** The programs of a container's image, as its agent runs them. */
import type {
  Command,
  ProbeAnswer,
  Processes,
  ProcessWatcher,
  RunningProcess,
  RunOptions,
} from "../../../agent-image/agent/ports/processes.ts";
import type { Clock } from "../../../controller/model/ports.ts";
import type { Rng } from "../engine/rng.ts";
import { snapshotBytes, snapshotIn } from "../etcd/snapshot-bytes.ts";
import { type EtcdProcess, Flags } from "./etcd-process.ts";
import type { NodeOptions } from "./node.ts";
import { Pipe } from "./pipe.ts";

const SSHD_MS = { min: 50, max: 300 };
const JUPYTER_MS = { min: 700, max: 2_500 };
const END_MS = 20;
const COMMAND_MS = { min: 1, max: 30 };
const SNAPSHOT_MS_MAX = 5_000;

interface Service {
  listens: boolean;
}

export interface ProgramsOptions
  extends Pick<NodeOptions, "config" | "volume" | "histories" | "sharedStorage"> {
  readonly etcd: EtcdProcess;
  /** The agent's: it may be stopped for a while. */
  readonly clock: Clock;
  readonly rng: Rng;
  /** A new history begins in the place of the data that is there now. */
  readonly onRestore: () => void;
}

export class Programs implements Processes {
  private readonly services = new Map<string, Service>();
  private pids = 1_000;

  constructor(private readonly options: ProgramsOptions) {}

  start(command: Command, watcher: ProcessWatcher): RunningProcess {
    const pipe = new Pipe(this.options.clock, watcher);
    switch (command.file) {
      case "/usr/bin/etcd":
        return this.options.etcd.start(command, pipe);
      case "/usr/sbin/sshd":
        return this.serve("sshd", SSHD_MS, pipe);
      case "/usr/bin/jupyter-lab":
        return this.serve("jupyter", JUPYTER_MS, pipe);
      default:
        throw new Error(`there is no ${command.file} in the simulated image`);
    }
  }

  async run(file: string, args: readonly string[], options: RunOptions): Promise<string> {
    const { clock, rng } = this.options;
    await new Promise<void>((resolve) => {
      clock.after(rng.integer(COMMAND_MS.min, COMMAND_MS.max), resolve);
    });
    const command = [file, ...args.slice(0, 2)].join(" ");
    switch (file) {
      case "/bin/sh":
        return this.probeStorage(options.timeoutMs);
      case "/usr/bin/ssh-keygen":
        return this.makeKey(args[args.indexOf("-f") + 1] ?? "");
      case "/usr/bin/etcd":
        return "etcd Version: 3.5.16\n";
      case "/usr/bin/etcdctl":
        return this.saveSnapshot(args.at(-1) ?? "", options.timeoutMs);
      case "/usr/bin/etcdutl":
        return this.runUtility(args);
      default:
        throw new Error(`there is no ${command} in the simulated image`);
    }
  }

  probeSsh(): Promise<ProbeAnswer> {
    return this.probe("sshd");
  }

  probeHttp(): Promise<ProbeAnswer> {
    return this.probe("jupyter");
  }

  private probe(name: string): Promise<ProbeAnswer> {
    return Promise.resolve(this.services.get(name)?.listens ? "ready" : "refused");
  }

  /** A service that listens some time after its start, and ends when it is told to. */
  private serve(name: string, startMs: typeof SSHD_MS, pipe: Pipe): RunningProcess {
    const { clock, rng } = this.options;
    const service = { listens: false };
    this.services.set(name, service);
    const cancel = clock.after(rng.integer(startMs.min, startMs.max), () => {
      service.listens = true;
    });
    let over = false;
    const end = (signal: string) => {
      if (over) return;
      over = true;
      cancel();
      service.listens = false;
      pipe.end(null, signal);
    };
    this.pids += 1;
    return {
      pid: this.pids,
      signal: (signal) => clock.after(signal === "SIGKILL" ? 0 : END_MS, () => end(signal)),
      renice: () => undefined,
    };
  }

  /** The one script that the agent has a shell run writes to the shared file system. */
  private probeStorage(timeoutMs: number): Promise<string> {
    const { sharedStorage, clock } = this.options;
    const state = sharedStorage();
    if (state === "mounted") return Promise.resolve("");
    if (state === "dead") return Promise.reject(new Error("Transport endpoint is not connected"));
    return new Promise((_, reject) => {
      clock.after(timeoutMs, () => reject(new Error(`no end within ${timeoutMs} ms`)));
    });
  }

  private makeKey(path: string): string {
    const { config, clock, volume } = this.options;
    const text = `${config.taskId} ${path}`;
    const key = `ssh-ed25519 ${Buffer.from(text).toString("base64")}`;
    volume.tree.write(path, Buffer.from(text), clock.now());
    volume.tree.write(`${path}.pub`, Buffer.from(`${key} jupyter-cluster\n`), clock.now());
    return "";
  }

  private saveSnapshot(path: string, timeoutMs: number): Promise<string> {
    const { etcd, volume, clock } = this.options;
    const { server } = etcd;
    return new Promise((resolve, reject) => {
      const refuse = (why: string) => reject(new Error(`etcdctl snapshot: ${why}`));
      if (server === null) return refuse("connection refused");
      const cancel = clock.after(Math.min(timeoutMs, SNAPSHOT_MS_MAX), () => refuse("no answer"));
      server.request({ type: "snapshot" }, SNAPSHOT_MS_MAX, (answer) => {
        clock.after(0, () => {
          cancel();
          if (!answer.ok || answer.snapshot === null) return refuse("refused");
          volume.tree.write(path, snapshotBytes(answer.snapshot), clock.now());
          resolve("");
        });
      });
    });
  }

  private runUtility(args: readonly string[]): string {
    const { volume, histories, onRestore } = this.options;
    const [, verb, path = ""] = args;
    const snapshot = snapshotIn(volume.tree.content(path));
    if (verb === "status") {
      return JSON.stringify({ revision: snapshot.revision, totalKey: snapshot.kvs.length });
    }
    const flags = new Flags(args);
    onRestore();
    const data = volume.tree.takeForEtcd(flags.get("data-dir"));
    const cluster = { members: flags.initialCluster, token: flags.get("initial-cluster-token") };
    data.restore(flags.get("name"), cluster, snapshot);
    data.learnHistory(histories.next());
    return "";
  }
}
