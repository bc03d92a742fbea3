/** Puts the parts of one embedded Mesos together. Nothing here decides anything. */
import type { TaskStatus } from "../mesos/wire.ts";
import { Agents } from "./master/agents.ts";
import { Checkpoint } from "./master/checkpoint.ts";
import { AgentSides, type EngineOfAgents } from "./agent/agent-sides.ts";
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
  readonly sides: AgentSides;
  readonly offers: OfferBook;
  readonly server: HttpServer;
  /** Ends all streams and timers. */
  stopTimers(): void;
}

/** @param tcpPort of the door for other frameworks, once it is open */
export function assemble(
  options: MesosLocalOptions,
  registry: Registry,
  engines: readonly EngineOfAgents[],
  tcpPort: () => number,
): Parts {
  const { clock, log } = options;
  const checkpoint = new Checkpoint(options.stateDir, () => registry.snapshot(), clock, log);
  const saveSoon = () => checkpoint.saveSoon();
  const updates = statusUpdates(options, registry, saveSoon);
  const sandboxes = new Sandboxes(options.stateDir);
  const host = options.tcp?.host ?? LOOPBACK;
  const filesAt = () => ({ ip: host, port: tcpPort() });
  const isConnected = (agentId: string) => agents.isConnected(agentId);
  const offers: OfferBook = new OfferBook(registry, clock, isConnected, filesAt);
  const tell = (task: TaskRecord, status: TaskStatus) => send(registry, task, status);
  const agents = new Agents(registry, offers, tell, clock);
  const reports = new TaskReports(clock, (task, status) => updates.push(task, status));
  const isRecorded = options.site !== undefined;
  const sides = new AgentSides(engines, {
    ...{ registry, sandboxes, reports, isRecorded, agents, saveSoon, clock, log },
  });
  const info = () => masterInfo(registry.masterId, host, tcpPort());
  const frameworks = new Frameworks({
    registry,
    offers,
    updates,
    master: info,
    discard: (task, graceSeconds) => sides.discard(task, graceSeconds),
    saveSoon,
    clock,
    log,
  });
  const save = () => checkpoint.save();
  const policy = {
    ownHostPaths: options.hostPaths ?? (() => []),
    otherHostPaths: options.tcp?.hostPaths ?? [],
    otherCommands: options.tcp?.commands ?? false,
    ownMounts: options.mounts ?? (() => false),
    otherMounts: options.tcp?.mounts ?? false,
  };
  const masterSide = { registry, agents, offers, updates, frameworks, policy, clock };
  const master = new Master({ ...masterSide, reports, executor: sides, save, saveSoon });
  const docs = documents({ registry, sides, master: info, startedAt: clock.now() });
  const files = new SandboxFiles(sandboxes, registry);
  const server = new HttpServer({ master, frameworks, documents: docs, files, clock, log });
  const timed = [offers, sides, agents, updates, frameworks];
  const stopTimers = () => timed.forEach((part) => part.stop());
  return { checkpoint, sides, offers, server, stopTimers };
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
