/** One container with the agent in it, run by plain Docker as the controller's tasks are. */
import { createHash } from "node:crypto";
import { request } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type Docker from "dockerode";
import type { EndpointSettings } from "dockerode";
import {
  AGENT_PORT,
  type StartCommand,
  type AgentStatus,
  DATA_MOUNT,
  NODE_CONFIG_ENV,
  type NodeConfig,
  type UnitName,
} from "../../../controller/model/agent-api.ts";
import {
  applyParameters,
  type ContainerBody,
} from "../../../controller/mesos-local/agent/parameters.ts";
import type { DockerParameter } from "../../../crd-schema/storage/docker-parameter.ts";
import { dial } from "../../../controller/agents/agent-http.ts";
import { slotHostname } from "../../../controller/model/ids.ts";
import { etcdctlEnvironment } from "../../../controller/model/tls-identity.ts";

const CONNECT_MS_MAX = 300;
const CALL_MS_MAX = 2_000;

export interface NodeOptions {
  readonly docker: Docker;
  readonly image: string;
  readonly network: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly dataVolume: string;
  /** What its shared storage needs of Docker. */
  readonly storage: readonly DockerParameter[];
  /** The agent's bearer token. */
  readonly token: string;
  readonly config: Omit<NodeConfig, "tokenSha256">;
}

export class AgentNode {
  private container: Docker.Container | null = null;

  constructor(readonly options: NodeOptions) {}

  get ip(): string {
    return this.options.config.ip;
  }

  get slot(): number {
    return this.options.config.slot;
  }

  /** A new container in the slot, on the slot's volume. */
  async run(): Promise<void> {
    const { docker, image, network, labels, dataVolume, storage, token, config } = this.options;
    const tokenSha256 = createHash("sha256").update(token).digest("hex");
    const body: ContainerBody = {
      Image: image,
      Hostname: slotHostname(config.cluster, config.slot),
      Labels: { ...labels },
      Env: [
        `${NODE_CONFIG_ENV}=${JSON.stringify({ ...config, tokenSha256 })}`,
        ...Object.entries(etcdctlEnvironment(config.etcd)).map(
          ([name, value]) => `${name}=${value}`,
        ),
      ],
      HostConfig: {
        NetworkMode: network,
        Binds: [`${dataVolume}:${DATA_MOUNT}`],
        SecurityOpt: ["no-new-privileges"],
      },
      NetworkingConfig: {
        EndpointsConfig: {
          [network]: { IPAMConfig: { IPv4Address: config.ip } } as EndpointSettings,
        },
      },
    };
    const refusal = applyParameters({ body, endpoint: {} }, storage);
    if (refusal !== null) throw new Error(refusal);
    const container = await docker.createContainer(body);
    this.container = container;
    await container.start();
  }

  /** As a machine that dies: no signal that could be handled. The container is removed. */
  async kill(): Promise<void> {
    await this.container?.kill();
    await this.container?.remove({ force: true });
    this.container = null;
  }

  /** Everything in it stands still, the agent too (`docker pause`), until {@link unpause}. */
  async pause(): Promise<void> {
    await this.here().pause();
  }

  async unpause(): Promise<void> {
    await this.here().unpause();
  }

  /** SIGSTOP to its unit. */
  async stopUnit(name: UnitName): Promise<void> {
    const { pid } = (await this.status()).units[name];
    if (pid === null) throw new Error(`${name} of slot ${this.slot} does not run`);
    await this.exec(["sh", "-c", `kill -STOP ${pid}`]);
  }

  /** As Mesos ends a task: SIGTERM, and a grace period. Resolves with the exit code. */
  async stop(): Promise<number> {
    const container = this.here();
    await container.stop({ t: 10 });
    const { State } = await container.inspect();
    await container.remove({ force: true });
    this.container = null;
    return State.ExitCode;
  }

  /** Resolves with the exit code when it has ended by itself. */
  async ended(): Promise<number> {
    const { StatusCode } = (await this.here().wait()) as { StatusCode: number };
    return StatusCode;
  }

  status(): Promise<AgentStatus> {
    return this.call("GET", "/v1/status").then(({ text }) => JSON.parse(text) as AgentStatus);
  }

  /** Resolves with the HTTP status code. */
  async command(command: StartCommand): Promise<{ code: number; text: string }> {
    return this.call("PUT", "/v1/start", JSON.stringify(command));
  }

  call(
    method: string,
    path: string,
    body = "",
    token = this.options.token,
  ): Promise<{ code: number; text: string }> {
    return new Promise((resolve, reject) => {
      const req = request({
        ...this.way(),
        method,
        path,
        headers: { authorization: `Bearer ${token}` },
      });
      bound(req, CALL_MS_MAX);
      req.once("error", reject);
      req.once("response", (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => {
          text += chunk;
        });
        response.once("end", () => resolve({ code: response.statusCode ?? 0, text }));
        response.once("error", reject);
      });
      req.end(body);
    });
  }

  /** Each status line of `/v1/watch`, until the signal. */
  async watch(onStatus: (status: AgentStatus) => void, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.watchOnce(onStatus, signal);
      await delay(20);
    }
  }

  private watchOnce(onStatus: (status: AgentStatus) => void, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const req = request({
        ...this.way(),
        path: "/v1/watch",
        headers: { authorization: `Bearer ${this.options.token}` },
        signal,
      });
      const dial = setTimeout(() => req.destroy(), CONNECT_MS_MAX);
      req.once("response", (response) => {
        clearTimeout(dial);
        let rest = "";
        response.setEncoding("utf8").on("data", (chunk: string) => {
          const lines = (rest + chunk).split("\n");
          rest = lines.pop() ?? "";
          for (const line of lines) onStatus(JSON.parse(line) as AgentStatus);
        });
        response.once("error", () => undefined);
        response.once("close", resolve);
      });
      req.once("error", () => resolve());
      req.end();
    });
  }

  /** Runs a command in the container; resolves with its output, or rejects with it. */
  async exec(argv: readonly string[], user = "root"): Promise<string> {
    const exec = await this.here().exec({
      Cmd: [...argv],
      User: user,
      AttachStdout: true,
      AttachStderr: true,
      Tty: true,
    });
    const stream = await exec.start({ Tty: true, stdin: false });
    let text = "";
    for await (const chunk of stream as AsyncIterable<Buffer>) text += chunk.toString();
    const { ExitCode } = await exec.inspect();
    if (ExitCode !== 0) throw new Error(`${argv.join(" ")} ended with ${ExitCode}: ${text}`);
    return text.replaceAll("\r\n", "\n");
  }

  private way() {
    const { ip } = this;
    const { token, config } = this.options;
    const target = { ip, token, tls: config.etcd.tls };
    const createConnection = () => dial(ip, AGENT_PORT, target);
    return { host: ip, port: AGENT_PORT, createConnection };
  }

  private here(): Docker.Container {
    if (this.container === null) throw new Error(`slot ${this.slot} has no container`);
    return this.container;
  }
}

function bound(req: ReturnType<typeof request>, ms: number): void {
  const timer = setTimeout(() => req.destroy(new Error(`no answer within ${ms} ms`)), ms);
  req.once("close", () => clearTimeout(timer));
}
