/** Puts the parts of one embedded Mesos together. Nothing here decides anything. */
import type { TaskStatus } from "../mesos/wire.ts";
import { Agents } from "./master/agents.ts";
import { Checkpoint } from "./master/checkpoint.ts";
import type { ContainerEnd, DockerEngine } from "./agent/docker-engine.ts";
import { DockerExecutor } from "./agent/docker-executor.ts";
import { DockerLink } from "./agent/docker-link.ts";
import { Frameworks } from "./master/frameworks.ts";
import { SandboxFiles } from "./http/files.ts";
import { HttpServer } from "./http/http-server.ts";
import { Master, masterInfo } from "./master/master.ts";
import type { TaskRecord } from "./master/model.ts";
import { OfferBook } from "./master/offers.ts";
import type { MesosLocalOptions } from "./options.ts";
import type { Registry } from "./master/registry.ts";
import { Sandboxes } from "./agent/sandboxes.ts";
import { documents } from "./master/state-document.ts";
import { StatusUpdates } from "./agent/status-updates.ts";
import { TaskReports } from "./agent/task-reports.ts";

/** Where a master without a TCP door says it is. */
const LOOPBACK = "127.0.0.1";

export interface Parts {
  readonly checkpoint: Checkpoint;
  readonly executor: DockerExecutor;
  readonly link: DockerLink;
  readonly offers: OfferBook;
  readonly server: HttpServer;
  /** Ends all streams and timers. */
  stopTimers(): void;
}

/** @param tcpPort of the door for other frameworks, once it is open */
export function assemble(
  options: MesosLocalOptions,
  registry: Registry,
  engine: DockerEngine,
  tcpPort: () => number,
): Parts {
  const { clock, log } = options;
  const checkpoint = new Checkpoint(options.stateDir, () => registry.snapshot(), clock, log);
  const saveSoon = () => checkpoint.saveSoon();
  const updates = statusUpdates(options, registry, saveSoon);
  const sandboxes = new Sandboxes(options.stateDir);
  const offers: OfferBook = new OfferBook(registry, clock, () => agents.areConnected, tcpPort);
  const tell = (task: TaskRecord, status: TaskStatus) => send(registry, task, status);
  const agents = new Agents(registry, offers, tell, clock);
  const { reports, executor, link } = agentSide(
    { options, registry, engine, sandboxes },
    updates,
    agents,
    saveSoon,
  );
  const info = () => masterInfo(registry.masterId, options.tcp?.host ?? LOOPBACK, tcpPort());
  const frameworks = new Frameworks({
    registry,
    offers,
    updates,
    master: info,
    discard: (task, graceSeconds) => executor.discard(task, graceSeconds),
    saveSoon,
    clock,
    log,
  });
  const save = () => checkpoint.save();
  const policy = {
    ownHostPaths: options.hostPaths ?? (() => []),
    otherHostPaths: options.tcp?.hostPaths ?? [],
  };
  const masterSide = { registry, agents, offers, updates, frameworks, policy, clock };
  const master = new Master({ ...masterSide, reports, executor, save, saveSoon });
  const docs = documents({ registry, link, master: info, startedAt: clock.now() });
  const files = new SandboxFiles(sandboxes, registry);
  const server = new HttpServer({ master, frameworks, documents: docs, files, clock, log });
  const timed = [offers, link, agents, updates, frameworks];
  const stopTimers = () => timed.forEach((part) => part.stop());
  return { checkpoint, executor, link, offers, server, stopTimers };
}

interface World {
  readonly options: MesosLocalOptions;
  readonly registry: Registry;
  readonly engine: DockerEngine;
  readonly sandboxes: Sandboxes;
}

function agentSide(
  { options, registry, engine, sandboxes }: World,
  updates: StatusUpdates,
  agents: Agents,
  saveSoon: () => Promise<void>,
) {
  const { clock, log } = options;
  const reports = new TaskReports(clock, (task, status) => updates.push(task, status));
  const id = registry.instanceId;
  const executor = new DockerExecutor(id, engine, sandboxes, reports, saveSoon, log);
  const target = {
    ended: (end: ContainerEnd) => executor.ended(end),
    synchronize: () => executor.synchronize(registry.allTasks()),
    connected: () => agents.connected(),
    disconnected: () => agents.disconnected(),
  };
  return { reports, executor, link: new DockerLink(engine, target, clock, log) };
}

function statusUpdates(
  options: MesosLocalOptions,
  registry: Registry,
  saveSoon: () => Promise<void>,
): StatusUpdates {
  return new StatusUpdates(options.clock, {
    forward(task, status) {
      // `docker inspect` is long, and nothing is answered from it.
      const { data: _, ...reported } = status;
      task.reported = reported;
      return send(registry, task, status);
    },
    changed: () => void saveSoon(),
    completed: (task) => registry.deleteTask(task),
  });
}

/** @returns false when the task's framework has no stream now */
function send(registry: Registry, task: TaskRecord, status: TaskStatus): boolean {
  const stream = registry.frameworks.get(task.frameworkId)?.stream ?? null;
  stream?.send({ type: "UPDATE", update: { status } });
  return stream !== null;
}
