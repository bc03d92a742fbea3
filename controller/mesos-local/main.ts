/**
 * The embedded Mesos: a master and agents on this machine's Docker engine behind the v1 scheduler
 * HTTP API, on a Unix socket that only this user can open, and on TCP when that is asked for.
 * It is embedded and local, not Apache Mesos, and says so at /version and /state.
 */
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { assemble, type Parts } from "./assemble.ts";
import { type CheckpointState, loadCheckpoint } from "./master/checkpoint.ts";
import type { EngineOfAgents } from "./agent/agent-sides.ts";
import type { DockerEngine } from "./agent/docker-engine.ts";
import { DockerodeEngine } from "./agent/dockerode-engine.ts";
import { ensureCredential } from "./http/credential.ts";
import type { HttpServer } from "./http/http-server.ts";
import { TcpGuard } from "./http/tcp-guard.ts";
import { acquireLock, type DirectoryLock } from "../support/files/lock.ts";
import { prepareSocket, type SocketPlace } from "../support/unix-socket.ts";
import { atMost } from "../support/within.ts";
import {
  agentRecords,
  defaultAgent,
  type LocalAgentOptions,
  type MesosLocalOptions,
  validateOptions,
} from "./options.ts";
import { messageOf } from "../model/errors.ts";
import type { Clock } from "../model/ports.ts";
import { Registry } from "./master/registry.ts";

export interface MesosLocal {
  /** For this user and root: `unix:PATH`, as `--mesos` takes it. */
  readonly url: string;
  /** The same socket, to connect to in this process. */
  readonly socketPath: string;
  /** For other frameworks, when it was asked for. */
  readonly tcp: TcpDoor | null;
  /** Idempotent. Containers run on and are adopted by the next start on the same directory. */
  stop(): Promise<void>;
  /** Resolves to null when it has been stopped. It never ends by itself. */
  readonly finished: Promise<null>;
}

export interface TcpDoor {
  /** `http://host:port`, without a path. */
  readonly url: string;
  /** Where the credential is that was made here; null: the caller brought one. */
  readonly credentialFile: string | null;
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
  return startMesosLocalOn(
    (instanceId, address = dockerSocket) => new DockerodeEngine(instanceId, address),
    options,
  );
}

/** @param address as an agent names its engine; left out: the one of this machine */
export type EngineMaker = (instanceId: string, address?: string) => DockerEngine;

/** The same on any Docker engines. */
export async function startMesosLocalOn(
  engineOf: EngineMaker,
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
  engineOf: EngineMaker,
  options: MesosLocalOptions,
  lock: DirectoryLock,
): Promise<MesosLocal> {
  const state = await loadCheckpoint(options.stateDir);
  const instanceId = state?.instanceId ?? options.site ?? randomUUID();
  const agents = options.agents ?? [defaultAgent(await diskOf(engineOf(instanceId), options))];
  const registry = registryOf({ ...options, agents }, instanceId, state);
  const engines = enginesOf({ ...options, agents }, registry, (address) =>
    engineOf(instanceId, address),
  );
  const { clock } = options;
  let tcpPort = 0;
  const parts = assemble(options, registry, engines, () => tcpPort);
  const { checkpoint, sides, offers, server } = parts;
  const socketFile = join(options.stateDir, "socket", "mesos.sock");
  const socket = await prepareSocket(socketFile);
  let tcp: TcpDoor | null;
  try {
    await checkpoint.save();
    // Taken first: a start that finds its port in use has not touched a container.
    tcp = await openTcp(server, options);
    if (tcp !== null) tcpPort = Number(new URL(tcp.url).port);
    await server.listenOnSocket(socket.path);
    const connecting = sides.connect();
    // A Docker that hangs does not hold up the start: it counts as not reachable yet. Of several
    // masters the leading one is there before its agents are.
    if (options.site === undefined) await atMost(clock, CONNECT_MS_MAX, connecting);
  } catch (error) {
    parts.stopTimers();
    await server.close();
    await socket.release();
    throw error;
  }
  server.open();
  offers.start();
  options.log.info({ socket: socketFile, tcp }, "embedded Mesos listens");
  let stopping: Promise<void> | null = null;
  let finish: (end: null) => void = () => undefined;
  const finished = new Promise<null>((resolve) => {
    finish = resolve;
  });
  const end = () => stop(parts, socket, lock, clock).finally(() => finish(null));
  return {
    url: `unix:${socketFile}`,
    socketPath: socket.path,
    tcp,
    finished,
    stop() {
      stopping ??= end();
      return stopping;
    },
  };
}

/** @throws OperationError ADDRESS_IN_USE */
async function openTcp(
  server: HttpServer,
  { tcp, stateDir }: MesosLocalOptions,
): Promise<TcpDoor | null> {
  if (tcp === undefined) return null;
  const credentialFile = tcp.credential === undefined ? join(stateDir, "credential") : null;
  const credential = tcp.credential ?? (await ensureCredential(join(stateDir, "credential")));
  const port = await server.listenOnTcp(tcp, new TcpGuard(tcp.host, credential));
  return { url: `http://${tcp.host}:${port}`, credentialFile };
}

async function stop(
  parts: Parts,
  socket: SocketPlace,
  lock: DirectoryLock,
  clock: Clock,
): Promise<void> {
  const { checkpoint, sides, server } = parts;
  parts.stopTimers();
  await server.close();
  await socket.release();
  await atMost(clock, STOP_MS_MAX, sides.idle());
  await checkpoint.close();
  await lock.release();
}

/** Where what containers write lands; the state directory while the engine does not say. */
async function diskOf(
  engine: DockerEngine,
  { stateDir, clock, log }: MesosLocalOptions,
): Promise<string> {
  let found = stateDir;
  const asked = engine.dataRoot().then(
    (root) => {
      // An engine in a machine or a namespace of its own names a directory that is not here.
      if (existsSync(root)) found = root;
    },
    (error: unknown) => log.warn({ error: messageOf(error) }, "Docker's data root is not known"),
  );
  await atMost(clock, CONNECT_MS_MAX, asked);
  return found;
}

/** One engine for all agents that name the same one. */
function enginesOf(
  { agents, dockerSocket }: ServedOptions,
  registry: Registry,
  engineAt: (address: string | undefined) => DockerEngine,
): EngineOfAgents[] {
  const ids = [...registry.agents.keys()];
  const byAddress = new Map<string | undefined, Set<string>>();
  agents.forEach(({ docker }, index) => {
    const agentIds = byAddress.get(docker) ?? new Set();
    byAddress.set(docker, agentIds.add(ids[index] as string));
  });
  return [...byAddress].map(([address, agentIds]) => {
    return { engine: engineAt(address), address: address ?? dockerSocket, agentIds };
  });
}

type ServedOptions = MesosLocalOptions & { readonly agents: readonly LocalAgentOptions[] };

function registryOf(
  options: ServedOptions,
  instanceId: string,
  state: CheckpointState | null,
): Registry {
  const masterId = randomUUID();
  const agents = agentRecords(
    options.agents,
    state?.agents ?? [],
    (index) => `${masterId}-S${index}`,
  );
  const ids = new Set(agents.map((agent) => agent.id));
  const tasks = state?.tasks ?? [];
  const kept = tasks.filter((task) => ids.has(task.agentId));
  if (kept.length < tasks.length) {
    // As of an agent that unregistered: its containers are orphans from now on.
    const count = tasks.length - kept.length;
    options.log.warn({ tasks: count }, "tasks of agents that are configured no more are removed");
  }
  return new Registry(masterId, instanceId, agents, {
    frameworks: state?.frameworks ?? [],
    removedFrameworks: state?.removedFrameworks ?? [],
    tasks: kept,
  });
}
