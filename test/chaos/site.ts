/** The cluster under test, and hands for what is done to it. */
import { open, symlink } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import Docker from "dockerode";
import { LABELS } from "../../controller/model/ids.ts";
import type { JupyterClusterObject, NodeStatus } from "../../controller/model/resource.ts";
import { findLabelled, removeFound, TEST_LABEL } from "../support/docker-remains.ts";
import { LocalCluster, type LocalClusterOptions } from "../support/e2e/local-cluster.ts";
import { runCommand } from "../support/e2e/run-command.ts";
import { SmallDisk } from "../support/e2e/small-disk.ts";
import { Filler } from "./filler.ts";
import { MissedError, unlessMissed } from "./faults/fault.ts";
import { SmallVolume } from "./small-volume.ts";
import { FIRST_SPEC, type Spec, specText } from "./spec.ts";

/** Of the state directory: its snapshots, its logs and what a controller remembers. */
const STATE_MIB = 512;
const COMMAND_MS = 20_000;
const POLL_MS = 50;
const UNTIL_MS = 60_000;
/** What Docker says when a container went away, or is paused, under a command. */
const GONE =
  /No such (container|exec|process)|is not running|is paused|cannot join network of a non/i;

export interface SiteOptions {
  readonly name: LocalClusterOptions["name"];
  /** The first three numbers of a /24. */
  readonly subnet: string;
  readonly image: string;
  /** Ends every wait. */
  readonly signal: AbortSignal;
}

export class Site {
  readonly docker = new Docker();
  readonly small: SmallVolume;
  /** Holds the state directory; null: whoever runs this is not root, and cannot mount it. */
  stateDisk: SmallDisk | null = null;
  readonly filler = new Filler(() => this.cluster.etcdIdentity());
  spec: Spec = FIRST_SPEC;
  /** No request can succeed then. */
  isControllerAway = true;

  private constructor(
    readonly cluster: LocalCluster,
    private readonly options: SiteOptions,
  ) {
    const { image, name } = options;
    this.small = new SmallVolume(this.docker, image, name, { [TEST_LABEL]: name });
  }

  static async create(options: SiteOptions): Promise<Site> {
    const { name, subnet } = options;
    await endHelpers(new Docker(), name);
    const site = new Site(await LocalCluster.create({ name, subnet, empty: true }), options);
    try {
      await site.mountStateDisk();
      await site.saveSpec(FIRST_SPEC);
      await site.small.create();
    } catch (error) {
      await site.destroy();
      throw error;
    }
    return site;
  }

  get gateway(): string {
    return `${this.options.subnet}.1`;
  }

  /** Of the cluster's network; nobody has it, ever. */
  get unusedAddress(): string {
    return `${this.options.subnet}.250`;
  }

  specText(): string {
    return specText(this.cluster, this.spec);
  }

  async saveSpec(spec: Spec): Promise<void> {
    this.spec = spec;
    await this.cluster.save(this.specText());
  }

  /**
   * Overwrites the file in place, up to the character `cut` first and the rest after a pause.
   *
   * @returns milliseconds from the moment at which it was no longer what it had been to its last byte
   */
  async saveInHalves(spec: Spec, cut: number, pauseMs: number): Promise<number> {
    this.spec = spec;
    const text = this.specText();
    const begun = performance.now();
    const file = await open(this.cluster.specFile, "w");
    try {
      await file.write(text.slice(0, cut));
      await this.hold(pauseMs);
      await file.write(text.slice(cut));
    } finally {
      await file.close();
    }
    return performance.now() - begun;
  }

  startController(): void {
    this.throwIfStopped();
    this.cluster.startController();
  }

  async killController(): Promise<void> {
    this.isControllerAway = true;
    await this.cluster.endController("SIGKILL");
  }

  async killContainer(node: NodeStatus): Promise<void> {
    await missable(this.container(node).kill({ signal: "SIGKILL" }));
  }

  /** @returns the container, whatever its name is */
  async rename(node: NodeStatus, name: string): Promise<{ kill(): Promise<void> }> {
    const { Id } = await missable(this.container(node).inspect());
    const container = this.docker.getContainer(Id);
    await missable(container.rename({ name: `${this.options.name}-${name}` }));
    return { kill: () => unlessMissed(missable(container.kill({ signal: "SIGKILL" }))) };
  }

  async pause(node: NodeStatus): Promise<void> {
    await missable(this.container(node).pause());
  }

  async unpause(node: NodeStatus): Promise<void> {
    await missable(this.container(node).unpause());
  }

  /** Runs a command in a node's container as root. @returns what it printed */
  inside(node: NodeStatus, command: readonly string[]): Promise<string> {
    return dockerCommand(["exec", "-u", "root", nameOf(node), ...command]);
  }

  /** Takes damage back in a node's container; one that is gone has taken it along. */
  async healInside(node: NodeStatus, script: string): Promise<void> {
    const heal = async () => {
      try {
        await this.inside(node, ["sh", "-c", script]);
        return true;
      } catch (error) {
        if (!(error instanceof MissedError)) throw error;
        return !/is paused/.test(error.message);
      }
    };
    while (!(await heal())) await this.hold(POLL_MS);
  }

  /** The oldest process of this name in a node's container; it is there or about to be. */
  async processIn(node: NodeStatus, name: string): Promise<number> {
    return Number(await this.inside(node, ["pgrep", "-o", "-x", name]));
  }

  /** Runs a script in the network of whatever container a slot has now; none: does nothing. */
  async inNetworkOf(slot: number, script: string): Promise<void> {
    const [container] = await this.containersOf({ [LABELS.slot]: String(slot) });
    if (container === undefined) return;
    const { image, name } = this.options;
    const run = ["run", "--rm", "--network", `container:${container}`, "--cap-add", "NET_ADMIN"];
    const labels = ["--label", `${TEST_LABEL}=${name}`];
    const command = ["--entrypoint", "sh", image, "-c", script];
    await unlessMissed(dockerCommand([...run, ...labels, ...command]));
  }

  /** Ids of the cluster's running containers. */
  async containersOf(labels: Readonly<Record<string, string>> = {}): Promise<string[]> {
    const wanted = { [LABELS.cluster]: this.options.name, ...labels };
    const label = Object.entries(wanted).map(([key, value]) => `${key}=${value}`);
    return (await this.docker.listContainers({ filters: { label } })).map((c) => c.Id);
  }

  throwIfStopped(): void {
    this.options.signal.throwIfAborted();
  }

  async hold(forMs: number): Promise<void> {
    await delay(forMs, undefined, { signal: this.options.signal });
  }

  /** The first object that meets a condition; an API that does not answer is asked again. */
  async until(
    what: string,
    met: (object: JupyterClusterObject) => boolean | Promise<boolean>,
    timeoutMs = UNTIL_MS,
  ): Promise<JupyterClusterObject> {
    const deadline = performance.now() + timeoutMs;
    let last = "the API never answered";
    while (performance.now() < deadline) {
      try {
        const object = await this.cluster.object();
        if (await met(object)) return object;
        last = brief(object);
      } catch (error) {
        last = String(error);
      }
      await this.hold(POLL_MS);
    }
    throw new Error(`not within ${timeoutMs / 1000} s: ${what}; ${last}`);
  }

  /** Removes everything, whatever state it is in. */
  async destroy(): Promise<void> {
    try {
      // The slot's container uses the small volume until `down` has removed it.
      await this.cluster.destroy(() => removeHelpers(this.docker, this.options.name));
    } finally {
      await this.stateDisk?.unmount();
    }
  }

  /** Before the controller makes the directory. */
  private async mountStateDisk(): Promise<void> {
    if (process.getuid?.() !== 0) return;
    this.stateDisk = await SmallDisk.mount(STATE_MIB);
    await symlink(this.stateDisk.path, this.cluster.stateDir);
  }

  private container(node: NodeStatus): Docker.Container {
    return this.docker.getContainer(nameOf(node));
  }
}

/**
 * Containers that hold the small volume, or act in a node's network, of a run that was cut off. Its slots
 * may run still: the volume goes with them, when the cluster is made anew.
 */
async function endHelpers(docker: Docker, name: string): Promise<void> {
  const { containers } = await findLabelled(docker, `${TEST_LABEL}=${name}`);
  await removeFound(docker, { containers, networks: [], volumes: [] });
}

/** The volume too, which no slot uses any more. */
async function removeHelpers(docker: Docker, name: string): Promise<void> {
  await removeFound(docker, await findLabelled(docker, `${TEST_LABEL}=${name}`));
}

function nameOf(node: NodeStatus): string {
  if (node.container === null) throw new MissedError(`slot ${node.slot} has no container`);
  return node.container;
}

async function dockerCommand(args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runCommand("docker", args, { timeoutMs: COMMAND_MS });
  if (code === 0) return stdout.trim();
  const message = `docker ${args.join(" ")}: ${code} ${stderr.trim()}`;
  // 137: the container was killed under the command; 1 and nothing said: no such process.
  const isMissed = GONE.test(stderr) || code === 137 || (code === 1 && stderr === "");
  throw isMissed ? new MissedError(message) : new Error(message);
}

async function missable<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    const message = String(error);
    throw GONE.test(message) || /not paused|already paused/i.test(message)
      ? new MissedError(message)
      : error;
  }
}

function brief({ status }: JupyterClusterObject): string {
  const conditions = status.conditions
    .filter((c) => ["Ready", "Progressing", "SpecValid"].includes(c.type))
    .map((c) => `${c.type}=${c.status} (${c.reason}: ${c.message})`);
  const nodes = status.nodes.map((n) => `${n.slot} ${n.name} ${n.phase} ${n.message}`.trim());
  return [...conditions, ...nodes].join("; ");
}
