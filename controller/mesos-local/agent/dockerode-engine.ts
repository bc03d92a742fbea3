/** A Docker engine through dockerode. Every call has a deadline. */
import type Docker from "dockerode";
import { type ContainerCreateOptions, type ContainerInspectInfo } from "dockerode";
import { watchContainers } from "../../docker/container-watch.ts";
import { dockerCall, engineWords, refusalStatus } from "../../docker/docker-calls.ts";
import { OutputFrames } from "../../docker/output-frames.ts";
import { followProgress } from "../../docker/progress.ts";
import { messageOf } from "../../model/errors.ts";
import { INSTANCE_LABEL, madeAs, RECORD_LABEL } from "./container-config.ts";
import { engineAt } from "./engine-address.ts";
import {
  type ContainerEnd,
  type ContainerOutput,
  type DockerEngine,
  EngineError,
  type OwnContainer,
  type Watch,
} from "./docker-engine.ts";
import type { ContainerBody } from "./parameters.ts";

const CALL_MS_MAX = 30_000;
const START_MS_MAX = 60_000;
const REMOVE_MS_MAX = 60_000;
const PING_MS_MAX = 10_000;
const PULL_MS_MAX = 10 * 60_000;
const LOG_LINES_MAX = 500;

const NOT_FOUND = 404;
const NOT_MODIFIED = 304;
const CONFLICT = 409;

export class DockerodeEngine implements DockerEngine {
  private readonly docker: Docker;
  private readonly labels: readonly [string];

  /** @param address see {@link engineAt} */
  constructor(instanceId: string, address: string | undefined) {
    this.docker = engineAt(address);
    this.labels = [`${INSTANCE_LABEL}=${instanceId}`];
  }

  async create(name: string, body: ContainerBody): Promise<string> {
    const created = await engineCall("create a container", CALL_MS_MAX, (abortSignal) => {
      // Without these two names dockerode puts the whole body into the URL as well.
      const options = { _query: { name }, _body: body, abortSignal };
      return this.docker.createContainer(options as unknown as ContainerCreateOptions);
    });
    return created.id;
  }

  async start(dockerId: string): Promise<void> {
    await engineCall("start a container", START_MS_MAX, (abortSignal) =>
      this.docker.getContainer(dockerId).start({ abortSignal }),
    );
  }

  async inspect(dockerId: string): Promise<ContainerInspectInfo | null> {
    return orNull([NOT_FOUND], () =>
      engineCall("inspect a container", CALL_MS_MAX, (abortSignal) =>
        this.docker.getContainer(dockerId).inspect({ abortSignal }),
      ),
    );
  }

  async stop(dockerId: string, graceSeconds: number): Promise<void> {
    await orNull([NOT_FOUND, NOT_MODIFIED], () =>
      engineCall("stop a container", graceSeconds * 1000 + CALL_MS_MAX, (abortSignal) =>
        this.docker.getContainer(dockerId).stop({ t: graceSeconds, abortSignal }),
      ),
    );
  }

  async remove(dockerId: string): Promise<void> {
    // A conflict means that its removal is already under way.
    await orNull([NOT_FOUND, CONFLICT], () =>
      engineCall("remove a container", REMOVE_MS_MAX, (abortSignal) =>
        this.docker.getContainer(dockerId).remove({ force: true, v: true, abortSignal }),
      ),
    );
  }

  async pull(image: string): Promise<void> {
    await engineCall(`pull ${image}`, PULL_MS_MAX, async (abortSignal) => {
      const progress = await this.docker.pull(image, { abortSignal });
      await followProgress(progress, { silenceMsMax: PULL_MS_MAX });
    });
  }

  async logs(dockerId: string): Promise<ContainerOutput> {
    const options = { follow: false, stdout: true, stderr: true, tail: LOG_LINES_MAX } as const;
    const raw = await orNull([NOT_FOUND], () =>
      engineCall("read the output of a container", CALL_MS_MAX, (abortSignal) =>
        this.docker.getContainer(dockerId).logs({ ...options, abortSignal }),
      ),
    );
    const parts = raw === null ? [] : new OutputFrames().push(raw);
    const all = (target: "stdout" | "stderr") =>
      Buffer.concat(parts.flatMap((part) => (part.target === target ? [part.bytes] : [])));
    return { stdout: all("stdout"), stderr: all("stderr") };
  }

  async list(): Promise<readonly OwnContainer[]> {
    const filters = { label: [...this.labels] };
    const found = await engineCall("list containers", CALL_MS_MAX, (abortSignal) =>
      this.docker.listContainers({ all: true, filters, abortSignal }),
    );
    return found.map((c) => ({
      dockerId: c.Id,
      madeAs: madeAs(c.Labels, (c.Names[0] ?? "").replace(/^\//, "")),
      record: c.Labels[RECORD_LABEL] ?? null,
    }));
  }

  async ping(): Promise<void> {
    await engineCall("ping", PING_MS_MAX, () => this.docker.ping());
  }

  async dataRoot(): Promise<string> {
    const info = await engineCall("ask the engine", CALL_MS_MAX, () => this.docker.info());
    return (info as { DockerRootDir: string }).DockerRootDir;
  }

  async watchEnds(
    onEnd: (end: ContainerEnd) => void,
    onClosed: (why: string) => void,
  ): Promise<Watch> {
    const ending = new AbortController();
    try {
      await watchContainers(this.docker, {
        actions: ["die"],
        labels: this.labels,
        signal: ending.signal,
        onEvent: ({ containerId: dockerId, containerName, labels, exitCode }) =>
          onEnd({
            dockerId,
            madeAs: madeAs(labels, containerName),
            exitCode: exitCode ?? Number.NaN,
          }),
        onClosed,
      });
    } catch (error) {
      throw engineError(error);
    }
    return { close: () => ending.abort() };
  }
}

async function engineCall<T>(
  operation: string,
  deadlineMs: number,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  try {
    return await dockerCall(operation, deadlineMs, call);
  } catch (error) {
    throw engineError(error);
  }
}

async function orNull<T>(statuses: readonly number[], call: () => Promise<T>): Promise<T | null> {
  try {
    return await call();
  } catch (error) {
    const status = error instanceof EngineError ? refusalStatus(error.cause) : null;
    if (status !== null && statuses.includes(status)) return null;
    throw error;
  }
}

function engineError(error: unknown): EngineError {
  const status = refusalStatus(error);
  if (status === null) return new EngineError("unreachable", messageOf(error), { cause: error });
  const text = engineWords((error as Error).cause);
  const isImage = status === NOT_FOUND && /no such image/i.test(text);
  return new EngineError(isImage ? "no-such-image" : "refused", text, { cause: error });
}
