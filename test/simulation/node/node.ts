/** What runs in one container: the real agent, and the programs that it starts. */
import { Agent, type AgentApi } from "../../../agent-image/agent/agent.ts";
import { ETCD_DIR } from "../../../agent-image/agent/paths.ts";
import type { StatusBoard } from "../../../agent-image/agent/status/status-board.ts";
import {
  type StartCommand,
  DATA_MOUNT,
  type NodeConfig,
} from "../../../controller/model/agent-api.ts";
import { messageOf } from "../../../controller/model/errors.ts";
import type { Clock, Logger } from "../../../controller/model/ports.ts";
import { ProcessClock } from "../engine/process-clock.ts";
import type { Rng } from "../engine/rng.ts";
import type { Trace } from "../engine/trace.ts";
import type { EtcdServerOptions } from "../etcd/server-options.ts";
import { snapshotIn } from "../etcd/snapshot-bytes.ts";
import type { EtcdRequest, EtcdSnapshot } from "../etcd/types.ts";
import type { ContainerProcess, SharedStorageState } from "../mesos/docker-host.ts";
import { Endpoint } from "../wire/endpoint.ts";
import type { Network } from "../wire/network.ts";
import { containerTree } from "./container-tree.ts";
import { EtcdProcess } from "./etcd-process.ts";
import { LocalEtcd } from "./local-etcd.ts";
import { MemoryFiles } from "./memory-files.ts";
import { Programs } from "./programs.ts";
import type { SlotVolume } from "./slot-volume.ts";
import { WireServer } from "./wire-server.ts";

export interface NodeOptions {
  /** On the network. */
  readonly name: string;
  readonly config: NodeConfig;
  readonly volume: SlotVolume;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly trace: Trace;
  readonly network: Network;
  readonly sendPeer: EtcdServerOptions["send"];
  readonly observeRaft: NonNullable<EtcdServerOptions["observe"]>;
  /** Names of histories that begin when a survivor is forced to go on alone. */
  readonly histories: { next(): string };
  /** Of its host. */
  readonly sharedStorage: () => SharedStorageState;
  /** A new history begins by this command, on what the volume now holds. */
  readonly onNewBeginning: (command: StartCommand) => void;
  /** The agent's process has ended by itself, and with it the container. */
  readonly onExit: () => void;
}

const BOOT_MS = { min: 150, max: 600 };
/** As main.ts of the agent: then it ends, whatever would not go. */
const STOP_MS_MAX = 4_000;
const REQUEST_MS_MAX = 5_000;

export class Node implements ContainerProcess {
  readonly etcd: EtcdProcess;
  private readonly agent: Agent;
  private api: AgentApi | null = null;
  /** Of the agent, which may hang while etcd goes on. */
  private readonly clock: ProcessClock;
  private readonly endpoint: Endpoint;
  private readonly detachPeer: () => void;
  private over = false;

  constructor(readonly options: NodeOptions) {
    const { name, network, rng } = options;
    this.clock = new ProcessClock(options.clock);
    this.endpoint = new Endpoint(name, network, options.clock);
    this.etcd = new EtcdProcess(options);
    this.agent = this.newAgent();
    this.detachPeer = network.attachPeer(name, (message) => this.etcd.server?.receive(message));
    this.endpoint.serve("etcd", (_, body, answer) => {
      // Where no process runs nobody listens: the connection is refused.
      this.etcd.server?.request(body as EtcdRequest, REQUEST_MS_MAX, answer);
    });
    this.clock.after(rng.integer(BOOT_MS.min, BOOT_MS.max), () => void this.agent.start());
  }

  get board(): StatusBoard {
    if (this.api === null) throw new Error("the agent has not made its API known");
    return this.api.board;
  }

  /** What its agent says; null before it has begun. */
  get status(): StatusBoard["now"] | null {
    return this.api?.board.now ?? null;
  }

  /** The snapshot that lies there for a restore. */
  get handedOver(): EtcdSnapshot | null {
    const { snapshot } = this.board.now;
    if (snapshot === null) return null;
    return snapshotIn(this.options.volume.tree.content(this.agent.stage.pathOf(snapshot)));
  }

  /** SIGTERM. */
  stop(done: () => void): void {
    const end = () => this.clock.after(0, done);
    this.clock.after(0, () => {
      this.clock.after(STOP_MS_MAX, end);
      void this.agent.stop().then(end);
    });
  }

  kill(): void {
    this.over = true;
    this.etcd.crash();
    this.clock.end();
    this.endpoint.shut();
    this.detachPeer();
  }

  get hangs(): boolean {
    return this.clock.paused;
  }

  /** The agent hangs, or goes on; etcd is another process, and unaffected by it. */
  hang(hanging: boolean): void {
    if (hanging) this.clock.pause();
    else this.clock.resume();
  }

  private newAgent(): Agent {
    const { name, config, volume, rng } = this.options;
    const { clock, etcd, endpoint } = this;
    const quiet = { write: () => undefined };
    const files = new MemoryFiles({
      clock,
      rng: rng.fork("files"),
      mounts: [
        { at: "", tree: containerTree(config) },
        { at: DATA_MOUNT, tree: volume.tree },
      ],
      isOver: () => this.over,
      onRename: (from) => {
        if (from === ETCD_DIR) this.onDataMoved();
      },
    });
    const processes = new Programs({
      ...this.options,
      ...{ clock, etcd, rng: rng.fork("programs") },
      onRestore: () => this.onRestore(),
    });
    return new Agent({
      config,
      instanceId: name,
      ports: {
        clock,
        soon: (callback) => clock.after(0, callback),
        log: this.logger(),
        files,
        processes,
        connectEtcd: () => Promise.resolve(new LocalEtcd(etcd, clock)),
      },
      // Nobody opens a notebook here.
      kernels: null,
      // And nobody fills the disk.
      disk: null,
      preload: () => Promise.resolve(),
      logs: { etcd: quiet, sshd: quiet, jupyter: quiet },
      onStop: () => this.stop(this.options.onExit),
      serve: (api) => {
        this.api = api;
        const onCommand = (command: StartCommand, answer: string) =>
          this.onCommand(command, answer);
        const onFailure = (error: unknown) => {
          this.options.trace.add(name, "request failed", messageOf(error));
        };
        return new WireServer({ api, config, volume, endpoint, clock, onCommand, onFailure });
      },
    });
  }

  private onCommand(command: StartCommand, answer: string): void {
    this.options.trace.add(this.options.name, "command", command.commandId, answer);
    if (answer === "taken") this.etcd.commands.push(command);
  }

  private onRestore(): void {
    const command = this.etcd.commands.at(-1);
    if (command !== undefined) this.options.onNewBeginning(command);
  }

  /** For a restore of nothing: what is there is about to be lost. */
  private onDataMoved(): void {
    const command = this.etcd.commands.at(-1);
    if (command?.etcd.mode === "restore" && command.etcd.snapshot === null) this.onRestore();
  }

  private logger(): Logger {
    const { trace, name } = this.options;
    const quiet = () => undefined;
    const tell = (fields: object, message: string) => {
      trace.add(name, message, JSON.stringify(fields));
    };
    return { debug: quiet, info: quiet, warn: tell, error: tell };
  }
}
