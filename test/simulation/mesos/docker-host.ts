/** One machine: its containers, and the data volumes that stay on it. */
import type { Clock } from "../../../controller/model/ports.ts";
import {
  DATA_MOUNT,
  NODE_CONFIG_ENV,
  type NodeConfig,
} from "../../../controller/model/agent-api.ts";
import type { TaskInfo } from "../../../controller/mesos/wire.ts";
import { containerOf } from "../../../controller/mesos-local/master/model.ts";
import type { Rng } from "../engine/rng.ts";
import type { Trace } from "../engine/trace.ts";
import { SlotVolume } from "../node/slot-volume.ts";
import type { Addresses } from "./addresses.ts";

/** What runs in a container. */
export interface ContainerProcess {
  /** As by SIGTERM; `done` when it has ended by itself. */
  stop(done: () => void): void;
  /** As by SIGKILL. */
  kill(): void;
}

/** `dead`: each call fails at once. `hung`: none ever ends. */
export type SharedStorageState = "mounted" | "dead" | "hung";

export interface Container {
  /** Its name on the network; every launch has another. */
  readonly name: string;
  readonly task: TaskInfo;
  readonly config: NodeConfig;
  readonly volume: SlotVolume;
  readonly hostname: string;
  running: boolean;
  /** Nobody manages it any more: its executor died. */
  orphan: boolean;
  process: ContainerProcess | null;
}

export interface DockerHostOptions {
  readonly name: string;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly trace: Trace;
  readonly addresses: Addresses;
  readonly start: (container: Container) => ContainerProcess;
  /** It ended by itself, or was killed by others than its executor. */
  readonly onEnd: (container: Container, how: string) => void;
  /** It ended, whatever the reason. */
  readonly onGone: (container: Container) => void;
  readonly nextContainer: () => string;
}

const START_MS = { min: 250, max: 600 };
/** The real error is only in the sandbox; so long it takes until Mesos tells of it. */
const REFUSED_MS = 5_000;

export class DockerHost {
  readonly name: string;
  readonly containers = new Map<string, Container>();
  readonly volumes = new Map<string, SlotVolume>();
  up = true;
  /** It never comes up again. */
  retired = false;
  /** An operator has told Mesos so. */
  givenUp = false;
  /** As its containers find it. */
  sharedStorage: SharedStorageState = "mounted";

  constructor(private readonly options: DockerHostOptions) {
    this.name = options.name;
  }

  /**
   * `docker run`. @param onOutcome null when it runs, else why not
   * @returns the container; it counts from now on
   */
  run(task: TaskInfo, onOutcome: (refused: string | null) => void): Container {
    const { clock, rng, addresses, nextContainer } = this.options;
    const container: Container = {
      name: nextContainer(),
      task,
      config: configOf(task),
      volume: this.volumeOf(task),
      hostname: this.name,
      running: false,
      orphan: false,
      process: null,
    };
    this.containers.set(container.name, container);
    const { ip } = container.config;
    clock.after(rng.integer(START_MS.min, START_MS.max), () => {
      if (!this.containers.has(container.name)) return;
      if (addresses.claim(ip, container.name)) {
        container.running = true;
        container.process = this.options.start(container);
        onOutcome(null);
        return;
      }
      clock.after(REFUSED_MS, () => {
        if (!this.containers.delete(container.name)) return;
        onOutcome(`Container exited with status 125: address ${ip} in use`);
      });
    });
    return container;
  }

  /** `docker stop`: after the grace it is killed. */
  stop(container: Container, graceMs: number, done: () => void): void {
    const { process } = container;
    let over = false;
    const end = () => {
      if (over) return;
      over = true;
      this.remove(container, "stopped");
      done();
    };
    if (process === null || !this.containers.has(container.name)) {
      end();
      return;
    }
    this.options.clock.after(graceMs, end);
    process.stop(end);
  }

  /** `docker kill`, or whatever else ends it at once. */
  kill(container: Container, how: string): void {
    if (!this.remove(container, how)) return;
    this.options.onEnd(container, how);
  }

  /** `docker restart`: the same container with its address and data, and a process of its own. */
  restart(container: Container): void {
    if (container.process === null || !this.containers.has(container.name)) return;
    this.options.trace.add(this.name, "container restarted", container.name);
    container.process.kill();
    container.process = this.options.start(container);
  }

  /** The power goes: every container with it, and nobody is told. */
  powerOff(): void {
    this.up = false;
    for (const container of this.containers.values()) this.remove(container, "power off");
  }

  powerOn(): void {
    this.up = !this.retired;
  }

  private remove(container: Container, how: string): boolean {
    if (!this.containers.delete(container.name)) return false;
    container.running = false;
    container.process?.kill();
    container.process = null;
    this.options.addresses.release(container.config.ip, container.name);
    this.options.trace.add(this.name, "container ended", container.name, how);
    this.options.onGone(container);
    return true;
  }

  private volumeOf(task: TaskInfo): SlotVolume {
    const mounts = (containerOf(task).docker.parameters ?? []).filter((p) => p.key === "volume");
    const name = mounts.find((p) => p.value.endsWith(`:${DATA_MOUNT}`))?.value.split(":")[0];
    // Without a volume the data lives and dies with the container.
    if (name === undefined) return new SlotVolume();
    const known = this.volumes.get(name);
    if (known !== undefined) return known;
    const volume = new SlotVolume();
    this.volumes.set(name, volume);
    return volume;
  }
}

function configOf(task: TaskInfo): NodeConfig {
  const variables = task.command.environment?.variables ?? [];
  const text = variables.find((v) => v.name === NODE_CONFIG_ENV)?.value;
  if (text === undefined) throw new Error(`task ${task.task_id.value} has no node configuration`);
  return JSON.parse(text) as NodeConfig;
}
