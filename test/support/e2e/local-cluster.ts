/** One JupyterCluster on this machine, run as its user would: the built program, a spec file. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createWriteStream, existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import Docker from "dockerode";
import { ClusterCertificates } from "../../../controller/certificates/certificates.ts";
import { type ClusterRef, clusterKey } from "../../../controller/model/ids.ts";
import type { TlsIdentity } from "../../../controller/model/tls-identity.ts";
import { ClusterMemoryStore } from "../../../controller/store/cluster-memory-store.ts";
import { systemClock } from "../../../controller/support/clock.ts";
import { silentLog } from "../silent-log.ts";
import { dataVolumeName } from "../../../controller/model/ids.ts";
import type { JupyterClusterObject, NodeStatus } from "../../../controller/model/resource.ts";
import { freePort } from "../free-port.ts";
import { until } from "../poll.ts";
import { describeCluster, nodeLogs } from "./describe-cluster.ts";
import { remainsOf, removeRemains } from "./remains.ts";
import { type CommandResult, runCommand } from "./run-command.ts";

/** Tests and benches are run from the project's root. */
const PROGRAM = resolve("dist/controller/main.js");

export interface LocalClusterOptions {
  /** Begins with `e2e-`: what an earlier run left under this name is removed, data included. */
  readonly name: `e2e-${string}`;
  /** The first three numbers of a /24 that no other test uses, e.g. `172.31.60`. */
  readonly subnet: string;
  readonly replicas?: number;
  /** More of `spec.network`, after its subnet, beginning with a comma. */
  readonly network?: string;
  /** Where the masters are; left out: the embedded one. */
  readonly mesos?: string;
  /** More lines of the spec, indented by two. */
  readonly spec?: readonly string[];
  /** More of the controller's command line. */
  readonly args?: readonly string[];
  /** The spec's directory is watched, and no file is in it yet. */
  readonly empty?: boolean;
}

export interface OtherRelease {
  /** Its compiled `main.js`. */
  readonly program: string;
  /** Reference of its nodes' image. */
  readonly image: string;
}

export class LocalCluster {
  private child: ChildProcess | null = null;

  private constructor(
    readonly options: LocalClusterOptions,
    readonly dir: string,
    readonly ports: { readonly api: number; readonly proxy: number },
  ) {}

  static async create(options: LocalClusterOptions): Promise<LocalCluster> {
    await removeRemains({ namespace: "default", name: options.name });
    const dir = await mkdtemp(join(tmpdir(), `jupyter-cluster-${options.name}-`));
    const ports = { api: await freePort(), proxy: await freePort() };
    const cluster = new LocalCluster(options, dir, ports);
    await mkdir(cluster.specDir);
    if (!options.empty) {
      await writeFile(cluster.specFile, cluster.specText(options.replicas ?? 3));
    }
    return cluster;
  }

  get ref(): ClusterRef {
    return { namespace: "default", name: this.options.name };
  }

  get specDir(): string {
    return join(this.dir, "specs");
  }

  get specFile(): string {
    return join(this.specDir, "cluster.yaml");
  }

  get logFile(): string {
    return join(this.dir, "controller.log");
  }

  get stateDir(): string {
    return join(this.dir, "state");
  }

  get proxyUrl(): string {
    return `http://127.0.0.1:${this.ports.proxy}`;
  }

  /** Of the controller; null: it does not run. */
  get pid(): number | null {
    return this.child?.pid ?? null;
  }

  get apiUrl(): string {
    return `http://127.0.0.1:${this.ports.api}`;
  }

  get objectUrl(): string {
    const { name } = this.options;
    return `${this.apiUrl}/apis/jupytercluster.dev/v1alpha1/namespaces/default/jupyterclusters/${name}`;
  }

  specText(replicas: number): string {
    const { name, subnet, network = "", spec = [] } = this.options;
    return [
      "apiVersion: jupytercluster.dev/v1alpha1",
      "kind: JupyterCluster",
      "metadata:",
      `  name: ${name}`,
      "spec:",
      `  replicas: ${replicas}`,
      "  resources: { cpus: 0.1, memory: 512Mi }",
      `  network: { subnet: ${subnet}.0/24${network} }`,
      `  proxy: { port: ${this.ports.proxy} }`,
      ...spec,
      "",
    ].join("\n");
  }

  /** Resolves when the controller's API answers. */
  async untilServing(): Promise<void> {
    const ask = async () => ((await fetch(`${this.apiUrl}/readyz`)).ok ? true : undefined);
    await until("the controller is ready", ask, 30_000);
  }

  /** Saves as many editors do: a new file is renamed over the old one. */
  async save(text: string): Promise<void> {
    const next = join(this.dir, "cluster.yaml.new");
    await writeFile(next, text);
    await rename(next, this.specFile);
  }

  /** @param other program and image of another release; default: what is built of these sources */
  startController(other?: OtherRelease): void {
    if (this.child !== null) throw new Error("the controller runs already");
    const { api } = this.ports;
    const { empty, mesos, args = [] } = this.options;
    const spec = empty ? this.specDir : this.specFile;
    const log = createWriteStream(this.logFile, { flags: "a" });
    this.child = spawn(
      process.execPath,
      [
        ...[other?.program ?? PROGRAM, "controller", "--spec", spec],
        ...["--state-dir", this.stateDir, "--api", `127.0.0.1:${api}`],
        ...(other === undefined ? [] : ["--agent-image", other.image]),
        ...(mesos === undefined ? [] : ["--mesos", mesos]),
        ...["--log-level", "debug", ...args],
      ],
      { stdio: ["ignore", "pipe", "pipe"] },
    );
    this.child.stdout?.pipe(log);
    this.child.stderr?.pipe(log);
  }

  /** Resolves with the exit code, or the signal's name. */
  async endController(signal: NodeJS.Signals): Promise<number | string | null> {
    const { child } = this;
    if (child === null) return null;
    this.child = null;
    if (child.exitCode !== null || child.signalCode !== null) {
      return child.exitCode ?? child.signalCode;
    }
    child.kill(signal);
    const [code, by] = (await once(child, "exit")) as [number | null, string | null];
    return code ?? by;
  }

  async object(): Promise<JupyterClusterObject> {
    const response = await fetch(this.objectUrl, { signal: AbortSignal.timeout(2_000) });
    if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
    return (await response.json()) as JupyterClusterObject;
  }

  async until(
    what: string,
    met: (object: JupyterClusterObject) => boolean,
    timeoutMs = 60_000,
  ): Promise<JupyterClusterObject> {
    let last: JupyterClusterObject | null = null;
    const ask = async () => {
      last = await this.object();
      return met(last) ? last : undefined;
    };
    try {
      return await until(what, ask, timeoutMs);
    } catch (error) {
      const seen = [describeCluster(last), await this.logTail(), await nodeLogs(last)];
      throw new Error([String(error), ...seen].join("\n"), { cause: error });
    }
  }

  /** Ready at this generation at least, and since after `notBefore`. */
  untilReady(options: { generation?: number; timeoutMs?: number } = {}) {
    const { generation = 1, timeoutMs = 90_000 } = options;
    const ready = (o: JupyterClusterObject) =>
      o.status.observedGeneration >= generation && isTrue(o, "Ready") && !isTrue(o, "Progressing");
    return this.until("the cluster is Ready", ready, timeoutMs);
  }

  async cli(...args: readonly string[]): Promise<CommandResult> {
    const common = ["--state-dir", this.stateDir];
    return runCommand(process.execPath, [PROGRAM, ...args, ...common], {
      env: { ...process.env, JUPYTER_CLUSTER_API: this.apiUrl, NO_COLOR: "1" },
      timeoutMs: 120_000,
    });
  }

  /** Runs a command in a node's container as the normal user. */
  exec(node: NodeStatus, command: readonly string[], user = "admin"): Promise<CommandResult> {
    if (node.container === null) throw new Error(`slot ${node.slot} has no container`);
    return runCommand("docker", ["exec", "-u", user, node.container, ...command], {
      timeoutMs: 30_000,
    });
  }

  /** SIGKILL to the container, as `docker kill` does. */
  async killContainer(node: NodeStatus): Promise<void> {
    if (node.container === null) throw new Error(`slot ${node.slot} has no container`);
    await new Docker().getContainer(node.container).kill();
  }

  /** The data volumes of slots whose containers have ended; the containers go with them. */
  async removeDataVolumes(nodes: readonly NodeStatus[]): Promise<void> {
    const docker = new Docker();
    for (const { container, slot } of nodes) {
      if (container !== null) await docker.getContainer(container).remove();
      await docker.getVolume(dataVolumeName(this.ref, slot)).remove();
    }
  }

  /** As if no snapshot had ever been taken. */
  async forgetSnapshots(): Promise<void> {
    await rm(join(this.stateDir, "snapshots"), { recursive: true, force: true });
  }

  /** `etcdctl` on one of the nodes, as its root. */
  etcdctl(node: NodeStatus, ...args: readonly string[]): Promise<CommandResult> {
    return this.exec(node, ["etcdctl", ...args], "root");
  }

  /** What the controller proves itself with to etcd: whoever can read its state may do the same. */
  async etcdIdentity(): Promise<TlsIdentity | null> {
    const store = new ClusterMemoryStore(join(this.stateDir, "clusters"), silentLog);
    const memory = (await store.loadAll()).get(clusterKey(this.ref));
    if (memory === undefined) throw new Error("the controller has stored nothing of the cluster");
    return new ClusterCertificates(systemClock).ofController(memory);
  }

  /** The value of a key, asked with `etcdctl` on one of the nodes. */
  async etcdGet(node: NodeStatus, key: string): Promise<string> {
    const got = await this.etcdctl(node, "get", "--print-value-only", key);
    if (got.code !== 0) throw new Error(got.stderr);
    return got.stdout.trim();
  }

  async logTail(): Promise<string> {
    const text = await readFile(this.logFile, "utf8");
    return text.split("\n").slice(-60).join("\n");
  }

  /**
   * Removes everything that was made, whatever state it is in. With E2E_LOG_DIR in the environment
   * the controller's log is kept there.
   *
   * @param removeOwn removes what the test itself made for the cluster, which `down` rightly leaves
   * @throws Error when `down` fails, or leaves something on this machine
   */
  async destroy(removeOwn?: () => Promise<void>): Promise<void> {
    await this.endController("SIGTERM");
    const keep = process.env["E2E_LOG_DIR"];
    if (keep && existsSync(this.logFile)) {
      await copyFile(this.logFile, join(keep, `${this.options.name}-${Date.now()}.log`));
    }
    const down = await this.cli("down", "--volumes", "--yes");
    if (down.code !== 0) throw new Error(`down failed: ${down.stdout}${down.stderr}`);
    await removeOwn?.();
    const left = await remainsOf(this.ref);
    if (left.length > 0) throw new Error(`down left ${left.join(", ")}`);
    await rm(this.dir, { recursive: true, force: true });
  }
}

export function isTrue(object: JupyterClusterObject, type: string): boolean {
  return object.status.conditions.some((c) => c.type === type && c.status === "True");
}
