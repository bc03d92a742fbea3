/**
 * The embedded Mesos: a master and agents on this machine's Docker engine behind the v1 scheduler
 * HTTP API. It is embedded and local, not Apache Mesos, and says so in `master_info.version`.
 */
import { randomUUID } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { assemble, type Parts } from "./assemble.ts";
import { type CheckpointState, loadCheckpoint } from "./master/checkpoint.ts";
import type { DockerEngine } from "./agent/docker-engine.ts";
import { DockerodeEngine } from "./agent/dockerode-engine.ts";
import { acquireLock, type DirectoryLock } from "../support/files/lock.ts";
import { atMost } from "../support/within.ts";
import { agentRecords, defaultAgent, type MesosLocalOptions, validateOptions } from "./options.ts";
import type { Clock } from "../model/ports.ts";
import { Registry } from "./master/registry.ts";

export interface MesosLocal {
  /** `http://host:port`, without a path. */
  readonly url: string;
  /** Idempotent. Containers run on and are adopted by the next start on the same directory. */
  stop(): Promise<void>;
  /** Resolves to null when it has been stopped. It never ends by itself. */
  readonly finished: Promise<null>;
}

/** A stop does not wait longer for launches that are under way; the next start finds them. */
const STOP_MS_MAX = 10_000;
const CONNECT_MS_MAX = 5000;

/**
 * Starts it. Docker need not be reachable: the agents are then disconnected (no offers) until it
 * is, which /state tells.
 *
 * @throws OperationError STATE_LOCKED, STATE_CORRUPT or ADDRESS_IN_USE
 * @throws TypeError for options that make no sense
 */
export function startMesosLocal(options: MesosLocalOptions): Promise<MesosLocal> {
  const { dockerSocket } = options;
  return startMesosLocalOn((instanceId) => new DockerodeEngine(instanceId, dockerSocket), options);
}

/** The same on any Docker engine. */
export async function startMesosLocalOn(
  engineOf: (instanceId: string) => DockerEngine,
  options: MesosLocalOptions,
): Promise<MesosLocal> {
  validateOptions(options);
  await mkdir(options.stateDir, { recursive: true, mode: 0o700 });
  const lock = await acquireLock(options.stateDir, "an embedded Mesos");
  try {
    return await startLocked(engineOf, options, lock);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function startLocked(
  engineOf: (instanceId: string) => DockerEngine,
  options: MesosLocalOptions,
  lock: DirectoryLock,
): Promise<MesosLocal> {
  const registry = registryOf(options, await loadCheckpoint(options.stateDir));
  const { clock } = options;
  let { port } = options;
  const parts = assemble(options, registry, engineOf(registry.instanceId), () => port);
  const { checkpoint, link, offers, server } = parts;
  try {
    await checkpoint.save();
    // Taken first: a start that finds its port in use has not touched a container.
    port = await server.listen(options.host, options.port);
    // A Docker that hangs does not hold up the start: it counts as not reachable yet.
    await atMost(clock, CONNECT_MS_MAX, link.connect());
  } catch (error) {
    parts.stopTimers();
    await server.close();
    throw error;
  }
  server.open();
  offers.start();
  const url = `http://${options.host}:${port}`;
  options.log.info({ url, stateDir: options.stateDir }, "embedded Mesos listens");
  let stopping: Promise<void> | null = null;
  let finish: (end: null) => void = () => undefined;
  const finished = new Promise<null>((resolve) => {
    finish = resolve;
  });
  return {
    url,
    finished,
    stop() {
      stopping ??= stop(parts, lock, clock).finally(() => finish(null));
      return stopping;
    },
  };
}

async function stop(parts: Parts, lock: DirectoryLock, clock: Clock): Promise<void> {
  const { checkpoint, executor, server } = parts;
  parts.stopTimers();
  await server.close();
  await atMost(clock, STOP_MS_MAX, executor.idle());
  await checkpoint.close();
  await lock.release();
}

function registryOf(options: MesosLocalOptions, state: CheckpointState | null): Registry {
  const asked = options.agents ?? [defaultAgent(options.stateDir)];
  const masterId = randomUUID();
  const agents = agentRecords(asked, state?.agents ?? [], (index) => `${masterId}-S${index}`);
  const ids = new Set(agents.map((agent) => agent.id));
  const tasks = state?.tasks ?? [];
  const kept = tasks.filter((task) => ids.has(task.agentId));
  if (kept.length < tasks.length) {
    // As of an agent that unregistered: its containers are orphans from now on.
    const count = tasks.length - kept.length;
    options.log.warn({ tasks: count }, "tasks of agents that are configured no more are removed");
  }
  const instanceId = state?.instanceId ?? randomUUID();
  return new Registry(masterId, instanceId, agents, {
    frameworks: state?.frameworks ?? [],
    removedFrameworks: state?.removedFrameworks ?? [],
    tasks: kept,
  });
}
