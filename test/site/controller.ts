/** A controller of the site, as a process on a host of its own, and what it tells of the cluster. */
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Overview } from "../../controller/api/controller-status.ts";
import type { ClusterRef } from "../../controller/model/ids.ts";
import type { JupyterClusterObject } from "../../controller/model/resource.ts";
import { overviewOf, untilRole } from "../support/e2e/controller-role.ts";
import { type CommandResult, runCommand } from "../support/e2e/run-command.ts";
import { isTrue } from "../support/e2e/local-cluster.ts";
import { until } from "../support/poll.ts";
import type { SiteHost } from "./machine/host.ts";
import type { InnerProcess } from "./machine/namespaces.ts";

const PROGRAM = resolve("dist/controller/main.js");
const API_PORT = 8001;
const COMMAND_MS_MAX = 60_000;

export interface ControllerOptions {
  readonly host: SiteHost;
  /** As `--mesos` takes it. */
  readonly mesos: string;
  readonly credentialFile: string | null;
  readonly agentImage: string;
  /** Watched for spec files. */
  readonly specDir: string;
  readonly cluster: ClusterRef;
  /** More of the command line. */
  readonly args?: readonly string[];
}

export class SiteController {
  private process: InnerProcess | null = null;

  constructor(private readonly options: ControllerOptions) {}

  get host(): SiteHost {
    return this.options.host;
  }

  get stateDir(): string {
    return join(this.host.dir, "state");
  }

  get apiUrl(): string {
    return `http://${this.host.ip}:${API_PORT}`;
  }

  get objectUrl(): string {
    const { namespace, name } = this.options.cluster;
    const collection = `${this.apiUrl}/apis/jupytercluster.dev/v1alpha1/namespaces/${namespace}`;
    return `${collection}/jupyterclusters/${name}`;
  }

  get isRunning(): boolean {
    return this.process !== null && !this.process.hasEnded;
  }

  async start(): Promise<void> {
    if (this.isRunning) throw new Error("the controller runs");
    const { host, mesos, credentialFile, agentImage, specDir, args = [] } = this.options;
    await mkdir(this.stateDir, { recursive: true, mode: 0o700 });
    const credential = credentialFile === null ? [] : ["--mesos-credential-file", credentialFile];
    this.process = await host.spawn("controller", [
      ...[process.execPath, PROGRAM, "controller", "--spec", specDir, "--mesos", mesos],
      ...[...credential, "--agent-image", agentImage, "--state-dir", this.stateDir],
      ...["--api", `${host.ip}:${API_PORT}`, "--log-level", "debug", ...args],
    ]);
  }

  /** @returns how it ended */
  async end(signal: NodeJS.Signals): Promise<number | string | null> {
    const over = this.process?.end(signal);
    // One that was paused hears nothing but SIGKILL.
    this.resume();
    const ended = (await over) ?? null;
    this.process = null;
    return ended;
  }

  pause(): void {
    this.process?.signal("SIGSTOP");
  }

  resume(): void {
    this.process?.signal("SIGCONT");
  }

  status(): Promise<Overview> {
    return overviewOf(this.apiUrl);
  }

  /** Acts and is subscribed to Mesos, or stands by and sees who acts. */
  untilRole(role: "acting" | "standby"): Promise<Overview> {
    return untilRole(this.apiUrl, role);
  }

  async object(): Promise<JupyterClusterObject> {
    const answer = await fetch(this.objectUrl, { signal: AbortSignal.timeout(2000) });
    if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as JupyterClusterObject;
  }

  /** The first object that meets it. @throws Error with what was last seen */
  async until(
    what: string,
    met: (object: JupyterClusterObject) => boolean,
    timeoutMs: number,
  ): Promise<JupyterClusterObject> {
    let last: JupyterClusterObject | null = null;
    const ask = async () => {
      last = await this.object();
      return met(last) ? last : undefined;
    };
    try {
      return await until(what, ask, timeoutMs);
    } catch (error) {
      throw new Error(`${String(error)}\n${brief(last)}\n${await this.logTail()}`, {
        cause: error,
      });
    }
  }

  /** Ready, of this generation at least, and nothing under way. */
  untilReady(timeoutMs: number, generation = 1): Promise<JupyterClusterObject> {
    const ready = (o: JupyterClusterObject) =>
      o.status.observedGeneration >= generation && isTrue(o, "Ready") && !isTrue(o, "Progressing");
    return this.until("the cluster is Ready", ready, timeoutMs);
  }

  /** Runs a verb of the program on this machine. */
  cli(...args: readonly string[]): Promise<CommandResult> {
    return runCommand(process.execPath, [PROGRAM, ...args, "--state-dir", this.stateDir], {
      env: { ...process.env, JUPYTER_CLUSTER_API: this.apiUrl, NO_COLOR: "1" },
      timeoutMs: COMMAND_MS_MAX,
    });
  }

  /** Of Jupyter through this controller's proxy, with its token. */
  async jupyterUrl(): Promise<string> {
    const { code, stdout, stderr } = await this.cli("url", this.options.cluster.name);
    if (code !== 0) throw new Error(stderr);
    const url = new URL(stdout.trim());
    url.hostname = this.host.ip;
    return url.href;
  }

  async logTail(): Promise<string> {
    const text = await readFile(join(this.host.dir, "controller.log"), "utf8");
    return text.split("\n").slice(-40).join("\n");
  }
}

/** Saves as many editors do: a new file is renamed over the old one. */
export async function saveSpec(specDir: string, text: string): Promise<void> {
  await mkdir(specDir, { recursive: true });
  const next = join(specDir, "..", "next.yaml");
  await writeFile(next, text);
  await rename(next, join(specDir, "cluster.yaml"));
}

function brief(object: JupyterClusterObject | null): string {
  if (object === null) return "the API never answered";
  const { conditions, nodes, lastErrors } = object.status;
  return [
    ...conditions.map((c) => `${c.type}=${c.status} ${c.reason} ${c.message}`),
    ...nodes.map((n) => `${n.slot} ${n.name} ${n.phase} ${n.hostname} ${n.message}`),
    ...lastErrors.map((e) => `${e.code} ${e.operation}: ${e.message}`),
  ].join("\n");
}
