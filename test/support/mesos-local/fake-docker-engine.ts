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
import { RECORD_LABEL } from "../../../controller/mesos-local/agent/container-config.ts";
import type { ContainerBody } from "../../../controller/mesos-local/agent/parameters.ts";

interface FakeContainer {
  readonly madeAs: string;
  /** Whoever works with the engine may change it. */
  name: string;
  readonly body: ContainerBody;
  status: "created" | "running" | "exited";
  exitCode: number;
}

type Method = "create" | "start" | "inspect" | "stop" | "remove" | "pull" | "list" | "watchEnds";

export class FakeDockerEngine implements DockerEngine {
  /** By id. */
  readonly containers = new Map<string, FakeContainer>();
  /** `method name` of each call, in order, with the name under which the container was made. */
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
  end(container: string, exitCode: number): void {
    const [dockerId, found] = this.found(container) ?? [];
    if (dockerId === undefined || found === undefined) throw new Error(`no container ${container}`);
    found.status = "exited";
    found.exitCode = exitCode;
    this.watcher?.onEnd({ dockerId, madeAs: found.madeAs, exitCode });
  }

  rename(container: string, name: string): void {
    const [, found] = this.found(container) ?? [];
    if (found !== undefined) found.name = name;
  }

  /** The container goes, and nobody is told: e.g. while the events are not followed. */
  vanish(container: string): void {
    this.containers.delete(this.found(container)?.[0] ?? "");
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
    const id = `id of ${name}`;
    this.containers.set(id, { madeAs: name, name, body, status: "created", exitCode: 0 });
    return id;
  }

  async start(container: string): Promise<void> {
    await this.called("start", this.madeAs(container));
    this.existing(container).status = "running";
  }

  async inspect(container: string): Promise<ContainerInspectInfo | null> {
    await this.called("inspect", this.madeAs(container));
    const [id, found] = this.found(container) ?? [];
    if (found === undefined) return null;
    const network = found.body.HostConfig.NetworkMode as string;
    const settings = found.body.NetworkingConfig?.EndpointsConfig?.[network];
    const IPAddress = settings?.IPAMConfig?.IPv4Address ?? "";
    return {
      Id: id,
      Name: `/${found.name}`,
      State: { Status: found.status, ExitCode: found.exitCode },
      NetworkSettings: { Networks: { [network]: { IPAddress } } },
    } as unknown as ContainerInspectInfo;
  }

  async stop(container: string, graceSeconds: number): Promise<void> {
    await this.called("stop", `${this.madeAs(container)} ${graceSeconds}`);
    if (this.found(container)?.[1].status === "running") this.end(container, 143);
  }

  async remove(container: string): Promise<void> {
    await this.called("remove", this.madeAs(container));
    this.vanish(container);
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
    return [...this.containers].map(([dockerId, { madeAs, body }]) => {
      return { dockerId, madeAs, record: body.Labels[RECORD_LABEL] ?? null };
    });
  }

  async ping(): Promise<void> {
    return undefined;
  }

  dataRootPath = "/";

  async dataRoot(): Promise<string> {
    return this.dataRootPath;
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

  /** By id or by name, as the real one finds it. */
  private found(container: string): readonly [string, FakeContainer] | undefined {
    return [...this.containers].find(([id, { name }]) => id === container || name === container);
  }

  private madeAs(container: string): string {
    return this.found(container)?.[1].madeAs ?? container;
  }

  private existing(container: string): FakeContainer {
    const [, found] = this.found(container) ?? [];
    if (found === undefined) throw new EngineError("refused", `No such container: ${container}`);
    return found;
  }

  private async called(method: Method, subject: string): Promise<void> {
    this.calls.push(`${method} ${subject}`.trim());
    await this.gates.get(method);
    const failure = this.failures.get(method);
    if (failure !== undefined) throw failure;
  }
}
