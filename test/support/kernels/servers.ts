/** Jupyter servers of the agent image in one container, with a stand-in for the nodes' agents. */
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import Docker from "dockerode";
import { inject } from "vitest";
import { jupyterConfig, jupyterEnv } from "../../../agent-image/agent/jupyter/jupyter-config.ts";
import type { NodeConfig } from "../../../controller/model/agent-api.ts";
import { TEST_LABEL } from "../docker-remains.ts";
import { until } from "../poll.ts";

const STAND_IN = new URL("stand_in_agent.py", import.meta.url);
const CONTROL_PORT = 9000;
/** JupyterLab's imports take the processor for seconds, and there may be others who want it. */
const START_MS_MAX = 90_000;
/** What is asked of a server or of the stand-in is answered by then; a kernel that is started takes longest. */
const ANSWER_MS_MAX = 60_000;
const USER = { name: "admin", uid: 1000, gid: 1000, home: "/home/admin" };

export interface KernelModel {
  readonly id: string;
  readonly execution_state: string;
  readonly reason?: string;
}

export interface SessionModel {
  readonly id: string;
  readonly path: string;
  readonly kernel: KernelModel;
}

interface Known {
  /** `keeper` is a process id too. */
  readonly kernels: Readonly<
    Record<string, { readonly pid: number; readonly keeper: number; readonly state: string }>
  >;
}

export class Servers {
  private constructor(
    private readonly container: Docker.Container,
    private readonly ip: string,
  ) {}

  /** @param names of the servers, of which none leads yet */
  static async start(names: readonly string[]): Promise<Servers> {
    const container = await new Docker().createContainer({
      Image: inject("agentImage"),
      Labels: { [TEST_LABEL]: "kernels" },
      Entrypoint: ["/usr/bin/tini", "--", "sleep", "infinity"],
    });
    await container.start();
    const { NetworkSettings } = await container.inspect();
    const ip = NetworkSettings.Networks["bridge"]?.IPAddress ?? "";
    const servers = new Servers(container, ip);
    try {
      await servers.prepare(names);
    } catch (error) {
      await servers.remove();
      throw error;
    }
    return servers;
  }

  private async prepare(names: readonly string[]): Promise<void> {
    await this.run(`mkdir -p ${ROOT}`);
    const standIn = `exec python3 - ${CONTROL_PORT} ${names.join(" ")} > /tmp/agent.log 2>&1 <<"END"`;
    await this.launch(["sh", "-c", `${standIn}\n${readFileSync(STAND_IN, "utf8")}\nEND`]);
    await until("the stand-in of the agents answers", () => this.known());
    await Promise.all(names.map((name) => this.startServer(name)));
  }

  /** `host:port` */
  address(name: string): string {
    return `${this.ip}:${port(name)}`;
  }

  async startServer(name: string): Promise<void> {
    const socket = `/tmp/${name}.sock`;
    const config = {
      jupyter: { port: port(name), auth: "token" },
      storage: { mountPath: ROOT },
    } as NodeConfig;
    const files = {
      configFile: `/tmp/${name}.json`,
      cookieSecretFile: `/tmp/${name}.cookie`,
      kernelsSocket: socket,
    };
    const secrets = { token: "t", cookieSecret: "c" };
    await this.run(
      `echo c > ${files.cookieSecretFile}; cat > ${files.configFile} <<'CONFIG'\n` +
        `${jupyterConfig(config, secrets, files)}\nCONFIG`,
    );
    const env = { ...jupyterEnv(USER, socket), JUPYTER_RUNTIME_DIR: `/tmp/runtime-${name}` };
    const command = `echo $$ > /tmp/${name}.pid; exec jupyter-lab --config=${files.configFile} > /tmp/${name}.log 2>&1`;
    await this.launch(["sh", "-c", command], env);
    const answers = async () => {
      const answer = await fetch(`http://${this.address(name)}/api`).catch(() => null);
      return answer?.ok === true;
    };
    await until(`server ${name} answers`, answers, START_MS_MAX);
  }

  /** Tells the stand-in who leads, and waits until that server is ready. */
  async lead(name: string, term: number): Promise<void> {
    await this.control({ leader: name, term });
    await until(`server ${name} has adopted`, async () => (await this.ready(name)).term === term);
  }

  async control(order: object): Promise<void> {
    const url = `http://${this.ip}:${CONTROL_PORT}/`;
    await ask(url, { method: "POST", body: JSON.stringify(order) });
  }

  async ready(name: string): Promise<{ status: number; term: number | null }> {
    const answer = await ask(`http://${this.address(name)}/api/jupyter-cluster/ready`);
    const { term } = (await answer.json()) as { term: number };
    return { status: answer.status, term: answer.ok ? term : null };
  }

  async signalServer(name: string, signal: "KILL" | "TERM" | "STOP" | "CONT"): Promise<void> {
    await this.run(`kill -${signal} $(cat /tmp/${name}.pid)`);
  }

  /** @returns the answer as JSON; an answer of 400 and above is an error with its text */
  async api<T>(name: string, method: string, path: string, body?: object): Promise<T> {
    const answer = await ask(`http://${this.address(name)}${path}`, {
      method,
      headers: { authorization: "token t", "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const said = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${said}`);
    return (said === "" ? null : JSON.parse(said)) as T;
  }

  async notebook(name: string, path: string, kernel = "python3"): Promise<SessionModel> {
    const session = { path, name: path, type: "notebook", kernel: { name: kernel } };
    return await this.api(name, "POST", "/api/sessions", session);
  }

  /** What the stand-in knows of the kernels. */
  async known(): Promise<Known> {
    return (await (await ask(`http://${this.ip}:${CONTROL_PORT}/`)).json()) as Known;
  }

  /** Runs a command as the cluster's user. @returns what it wrote */
  async run(command: string, user = USER.name): Promise<string> {
    const exec = await this.container.exec({
      Cmd: ["sh", "-c", command],
      User: user,
      AttachStdout: true,
      AttachStderr: true,
      Tty: true,
    });
    return (await text(await exec.start({ Tty: true }))).trim();
  }

  async log(name: string): Promise<string> {
    return await this.run(`cat /tmp/${name}.log`);
  }

  /** For whoever reads why a test has failed: what all have written last, and how their processes are. */
  async describe(): Promise<string> {
    const processes =
      "for p in /proc/[0-9]*; do echo $p $(tr '\\0' ' ' < $p/cmdline) $(grep State $p/status); done";
    return await this.run(`tail -n 30 /tmp/*.log; ${processes}`);
  }

  async remove(): Promise<void> {
    await this.container.remove({ force: true, v: true });
  }

  private async launch(command: string[], env: Record<string, string> = {}): Promise<void> {
    const exec = await this.container.exec({
      Cmd: command,
      User: USER.name,
      WorkingDir: USER.home,
      Env: Object.entries(env).map(([key, value]) => `${key}=${value}`),
    });
    await exec.start({ Detach: true });
  }
}

/** @throws Error that names the request, when nobody answers in time */
async function ask(url: string, init: RequestInit = {}): Promise<Response> {
  try {
    return await fetch(url, { ...init, signal: AbortSignal.timeout(ANSWER_MS_MAX) });
  } catch (error) {
    throw new Error(`${init.method ?? "GET"} ${url}: ${String(error)}`, { cause: error });
  }
}

/** Where notebooks are. */
export const ROOT = "/tmp/root";

function port(name: string): number {
  return 8800 + name.charCodeAt(0);
}
