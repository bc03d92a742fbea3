/**
 * A Docker engine in memory: containers with a state and an address, ends that are told when the
 * test says so, calls that fail when the test says so. It holds an address until it is released,
 * as the real one does for a while after an end.
 */
import type { ContainerInspectInfo } from "dockerode";
import {
  type ContainerEnd,
  type DockerEngine,
  EngineError,
  type OwnContainer,
  type Watch,
} from "../../../controller/mesos-local/agent/docker-engine.ts";
import type { ContainerBody } from "../../../controller/mesos-local/agent/parameters.ts";

interface FakeContainer {
  readonly name: string;
  readonly body: ContainerBody;
  status: "created" | "running" | "exited";
  exitCode: number;
}

type Method = "create" | "start" | "inspect" | "stop" | "remove" | "pull" | "list" | "watchEnds";

export class FakeDockerEngine implements DockerEngine {
  readonly containers = new Map<string, FakeContainer>();
  /** `method name` of each call, in order. */
  readonly calls: string[] = [];
  readonly images = new Set(["image"]);
  private readonly failures = new Map<Method, EngineError>();
  private readonly gates = new Map<Method, Promise<void>>();
  private watcher: { onEnd: (end: ContainerEnd) => void; onClosed: (why: string) => void } | null =
    null;

  /** From now on the call fails, until `heal`. */
  fail(method: Method, error: EngineError): void {
    this.failures.set(method, error);
  }

  heal(method: Method): void {
    this.failures.delete(method);
  }

  /** From now on the call waits until the returned function is called. */
  hold(method: Method): () => void {
    let open: () => void = () => undefined;
    this.gates.set(
      method,
      new Promise((resolve) => {
        open = resolve;
      }),
    );
    return () => {
      this.gates.delete(method);
      open();
    };
  }

  /** The container ends by itself, or by a hand that is not ours. */
  end(name: string, exitCode: number): void {
    const container = this.containers.get(name);
    if (container === undefined) throw new Error(`no container ${name}`);
    container.status = "exited";
    container.exitCode = exitCode;
    this.watcher?.onEnd({ name, exitCode });
  }

  /** The connection breaks; ends are told to nobody until the next watch. */
  disconnect(why: string): void {
    const { watcher } = this;
    this.watcher = null;
    watcher?.onClosed(why);
  }

  async create(name: string, body: ContainerBody): Promise<string> {
    await this.called("create", name);
    if (!this.images.has(body.Image as string)) {
      throw new EngineError("no-such-image", `No such image: ${body.Image}`);
    }
    this.containers.set(name, { name, body, status: "created", exitCode: 0 });
    return name;
  }

  async start(container: string): Promise<void> {
    await this.called("start", container);
    this.existing(container).status = "running";
  }

  async inspect(container: string): Promise<ContainerInspectInfo | null> {
    await this.called("inspect", container);
    const found = this.containers.get(container);
    if (found === undefined) return null;
    const network = found.body.HostConfig.NetworkMode as string;
    const settings = found.body.NetworkingConfig?.EndpointsConfig?.[network];
    const IPAddress = settings?.IPAMConfig?.IPv4Address ?? "";
    return {
      Id: container,
      Name: `/${container}`,
      State: { Status: found.status, ExitCode: found.exitCode },
      NetworkSettings: { Networks: { [network]: { IPAddress } } },
    } as unknown as ContainerInspectInfo;
  }

  async stop(container: string, graceSeconds: number): Promise<void> {
    await this.called("stop", `${container} ${graceSeconds}`);
    if (this.containers.get(container)?.status === "running") this.end(container, 143);
  }

  async remove(container: string): Promise<void> {
    await this.called("remove", container);
    this.containers.delete(container);
  }

  async pull(image: string): Promise<void> {
    await this.called("pull", image);
    this.images.add(image);
  }

  async logs(): Promise<{ stdout: Buffer; stderr: Buffer }> {
    return { stdout: Buffer.from("out"), stderr: Buffer.from("err") };
  }

  async list(): Promise<readonly OwnContainer[]> {
    await this.called("list", "");
    return [...this.containers.values()].map(({ name }) => ({ dockerId: name, name }));
  }

  async ping(): Promise<void> {
    return undefined;
  }

  async watchEnds(
    onEnd: (end: ContainerEnd) => void,
    onClosed: (why: string) => void,
  ): Promise<Watch> {
    await this.called("watchEnds", "");
    this.watcher = { onEnd, onClosed };
    return {
      close: () => {
        this.watcher = null;
      },
    };
  }

  private existing(name: string): FakeContainer {
    const container = this.containers.get(name);
    if (container === undefined) throw new EngineError("refused", `No such container: ${name}`);
    return container;
  }

  private async called(method: Method, subject: string): Promise<void> {
    this.calls.push(`${method} ${subject}`.trim());
    await this.gates.get(method);
    const failure = this.failures.get(method);
    if (failure !== undefined) throw failure;
  }
}
