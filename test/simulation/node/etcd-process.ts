/** The etcd program of one container: started as its flags say, on the data that it finds. */
import type { Command, RunningProcess } from "../../../agent-image/agent/ports/processes.ts";
import type { StartCommand, EtcdStart } from "../../../controller/model/agent-api.ts";
import { peerUrl } from "../../../controller/model/ids.ts";
import { ProcessClock } from "../engine/process-clock.ts";
import type { EtcdData } from "../etcd/data.ts";
import { logLine } from "../etcd/log-lines.ts";
import { EtcdServer } from "../etcd/server.ts";
import type { NodeOptions } from "./node.ts";
import type { Pipe } from "./pipe.ts";

/** What etcd makes of a cluster that says nothing else. */
const TOKEN = "etcd-cluster";
const SNAPSHOT_EVERY = 200;
const ENTRIES_KEPT = 50;

export class EtcdProcess {
  /** null: no process runs. */
  server: EtcdServer | null = null;
  /** The commands that the agent has taken, by which a member knows whom it joins; newest last. */
  readonly commands: StartCommand[] = [];
  private readonly endings = new Set<() => void>();
  private kill = () => {};
  private starts = 0;

  constructor(private readonly options: NodeOptions) {}

  start({ args }: Command, pipe: Pipe): RunningProcess {
    const flags = new Flags(args);
    const { config, clock: world, rng, volume, sendPeer, observeRaft } = this.options;
    this.starts += 1;
    const pid = this.starts;
    const clock = new ProcessClock(world);
    const data = volume.tree.takeForEtcd(flags.get("data-dir"));
    this.prepare(data, flags);
    let over = false;
    const end = (code: number | null, signal: string | null) => {
      if (over) return;
      over = true;
      this.server = null;
      clock.end();
      for (const tell of this.endings) tell();
      pipe.end(code, signal);
    };
    const server = new EtcdServer({
      name: flags.get("name"),
      peerUrl: peerUrl(config.ip, config.etcd),
      data,
      clock,
      rng: rng.fork(`etcd ${pid}`),
      heartbeatMs: Number(flags.get("heartbeat-interval")),
      electionMs: Number(flags.get("election-timeout")),
      snapshotEvery: SNAPSHOT_EVERY,
      entriesKept: ENTRIES_KEPT,
      quotaBytes: Number(flags.get("quota-backend-bytes")),
      initialPeers: Object.values(flags.initialCluster),
      send: sendPeer,
      observe: observeRaft,
      onLog: (fields) => pipe.line(logLine(world.now(), fields)),
      onExit: ({ code, reason }) => {
        this.options.trace.add(this.options.name, "etcd ended", code, reason);
        end(code, null);
      },
    });
    if (!over) this.server = server;
    this.kill = () => {
      if (!over) server.kill(rng.integer(0, 2));
      end(null, "SIGKILL");
    };
    const { kill } = this;
    const stop = () => server.shutDown(() => end(null, "SIGTERM"));
    const signal = (name: "SIGTERM" | "SIGKILL") => (name === "SIGKILL" ? kill() : stop());
    return { pid, signal, renice: () => undefined };
  }

  /** kill -9 of etcd alone. */
  crash(): void {
    this.kill();
  }

  /** Calls back when the process that runs then has ended; the returned function takes it back. */
  whenEnded(tell: () => void): () => void {
    this.endings.add(tell);
    return () => this.endings.delete(tell);
  }

  /**
   * What etcd puts into an empty directory; flags for a beginning mean nothing on one that is not.
   */
  private prepare(data: EtcdData, flags: Flags): void {
    const { histories, onNewBeginning } = this.options;
    const { command } = this;
    if (flags.has("force-new-cluster") && data.open() !== null) {
      if (command !== undefined) onNewBeginning(command);
      data.forceNewCluster(histories.next());
    }
    if (data.written || command === undefined) return;
    data.wipe();
    if (flags.get("initial-cluster-state") === "existing") {
      const { memberId, clusterId } = this.orderOf("join");
      data.join({ memberId, clusterId, token: TOKEN });
      return;
    }
    const token = flags.get("initial-cluster-token");
    onNewBeginning(command);
    data.bootstrap(flags.get("name"), { members: flags.initialCluster, token });
    if (command.etcd.mode === "restore") data.learnHistory(histories.next());
  }

  private get command(): StartCommand | undefined {
    return this.commands.at(-1);
  }

  private orderOf<M extends EtcdStart["mode"]>(mode: M): Extract<EtcdStart, { mode: M }> {
    const found = this.commands.findLast(({ etcd }) => etcd.mode === mode)?.etcd;
    if (found === undefined) throw new Error(`etcd is run as for ${mode}, and no command said so`);
    return found as Extract<EtcdStart, { mode: M }>;
  }
}

/** `--name=value` and `--name`. */
export class Flags {
  private readonly values: ReadonlyMap<string, string>;

  constructor(args: readonly string[]) {
    this.values = new Map(
      args.flatMap((arg) => {
        const [, name, value] = /^--([a-z-]+)(?:=(.*))?$/.exec(arg) ?? [];
        return name === undefined ? [] : [[name, value ?? ""] as const];
      }),
    );
  }

  has(name: string): boolean {
    return this.values.has(name);
  }

  get(name: string): string {
    return this.values.get(name) ?? "";
  }

  /** member name -> peer URL */
  get initialCluster(): Readonly<Record<string, string>> {
    const pairs = this.get("initial-cluster")
      .split(",")
      .filter((pair) => pair !== "");
    return Object.fromEntries(
      pairs.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]),
    );
  }
}
