/** The Docker engine of this machine through dockerode. Every call has a deadline. */
import Docker, { type ContainerCreateOptions, type ContainerInspectInfo } from "dockerode";
import { INSTANCE_LABEL } from "./container-config.ts";
import { readDieEvents } from "./docker-events.ts";
import {
  type ContainerEnd,
  type DockerEngine,
  EngineError,
  type OwnContainer,
  type Watch,
} from "./docker-engine.ts";
import { demultiplex } from "./docker-logs.ts";
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
  private readonly filters: { label: string[] };

  /** @param socket path of the engine's socket; undefined: DOCKER_HOST, else the usual one */
  constructor(instanceId: string, socket: string | undefined) {
    this.docker = socket === undefined ? new Docker() : new Docker({ socketPath: socket });
    this.filters = { label: [`${INSTANCE_LABEL}=${instanceId}`] };
  }

  async create(name: string, body: ContainerBody): Promise<string> {
    const created = await bounded(CALL_MS_MAX, (abortSignal) => {
      // Without these two names dockerode puts the whole body into the URL as well.
      const options = { _query: { name }, _body: body, abortSignal };
      return this.docker.createContainer(options as unknown as ContainerCreateOptions);
    });
    return created.id;
  }

  async start(container: string): Promise<void> {
    await bounded(START_MS_MAX, (abortSignal) =>
      this.docker.getContainer(container).start({ abortSignal }),
    );
  }

  async inspect(container: string): Promise<ContainerInspectInfo | null> {
    const call = (abortSignal: AbortSignal) =>
      this.docker.getContainer(container).inspect({ abortSignal });
    return allowing([NOT_FOUND], () => bounded(CALL_MS_MAX, call));
  }

  async stop(container: string, graceSeconds: number): Promise<void> {
    const call = (abortSignal: AbortSignal) =>
      this.docker.getContainer(container).stop({ t: graceSeconds, abortSignal });
    const deadline = graceSeconds * 1000 + CALL_MS_MAX;
    await allowing([NOT_FOUND, NOT_MODIFIED], () => bounded(deadline, call));
  }

  async remove(container: string): Promise<void> {
    const call = (abortSignal: AbortSignal) =>
      this.docker.getContainer(container).remove({ force: true, v: true, abortSignal });
    // A conflict means that its removal is already under way.
    await allowing([NOT_FOUND, CONFLICT], () => bounded(REMOVE_MS_MAX, call));
  }

  async pull(image: string): Promise<void> {
    await bounded(PULL_MS_MAX, async (abortSignal) => {
      const progress = await this.docker.pull(image, { abortSignal });
      await new Promise<void>((resolve, reject) => {
        this.docker.modem.followProgress(progress, (error) =>
          error === null ? resolve() : reject(error),
        );
      });
    });
  }

  async logs(container: string): Promise<{ stdout: Buffer; stderr: Buffer }> {
    const options = { follow: false, stdout: true, stderr: true, tail: LOG_LINES_MAX } as const;
    const call = (abortSignal: AbortSignal) =>
      this.docker.getContainer(container).logs({ ...options, abortSignal });
    const raw = await allowing([NOT_FOUND], () => bounded(CALL_MS_MAX, call));
    if (raw === null) return { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
    // dockerode parses whatever happens to be JSON; a terminal's output may be.
    return demultiplex(Buffer.isBuffer(raw) ? raw : Buffer.from(JSON.stringify(raw)));
  }

  async list(): Promise<readonly OwnContainer[]> {
    const found = await bounded(CALL_MS_MAX, (abortSignal) =>
      this.docker.listContainers({ all: true, filters: this.filters, abortSignal }),
    );
    return found.map((c) => ({
      dockerId: c.Id,
      name: (c.Names[0] ?? "").replace(/^\//, ""),
    }));
  }

  async ping(): Promise<void> {
    await bounded(PING_MS_MAX, () => this.docker.ping());
  }

  async watchEnds(
    onEnd: (end: ContainerEnd) => void,
    onClosed: (why: string) => void,
  ): Promise<Watch> {
    const wanted = { type: ["container"], event: ["die"], ...this.filters };
    const filters = JSON.stringify(wanted);
    // The deadline covers the answer's head only: the stream itself stays open.
    const stream = await bounded(CALL_MS_MAX, () => this.docker.getEvents({ filters }));
    return readDieEvents(stream, onEnd, onClosed);
  }
}

/**
 * Runs a call under a deadline. dockerode never settles when the engine closes the connection in
 * the middle of an answer, so the deadline is also raced here and not only given to it.
 */
async function bounded<T>(ms: number, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const abort = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new EngineError("unreachable", `Docker did not answer within ${ms} ms`));
      abort.abort();
    }, ms);
  });
  try {
    return await Promise.race([call(abort.signal), late]);
  } catch (error) {
    throw engineError(error);
  } finally {
    clearTimeout(timer);
  }
}

async function allowing<T>(statuses: readonly number[], call: () => Promise<T>): Promise<T | null> {
  try {
    return await call();
  } catch (error) {
    if (statuses.includes(statusOf(error))) return null;
    throw error;
  }
}

function engineError(error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  const { json, message } = error as { json?: { message?: string }; message?: string };
  const text = json?.message ?? message ?? String(error);
  const status = statusOf(error);
  if (status === NOT_FOUND && /no such image/i.test(text)) {
    return new EngineError("no-such-image", text, { cause: error });
  }
  return new EngineError(status === 0 ? "unreachable" : "refused", text, { cause: error });
}

/** The HTTP status behind an error; 0 when there was no answer at all. */
function statusOf(error: unknown): number {
  const status = (error as { statusCode?: unknown }).statusCode;
  if (typeof status === "number") return status;
  return error instanceof EngineError && error.cause !== undefined ? statusOf(error.cause) : 0;
}
