/** What starts an embedded Mesos, and the agents that come of it. */
import { statfsSync } from "node:fs";
import { isIPv4 } from "node:net";
import { availableParallelism, hostname, totalmem } from "node:os";
import { resolve } from "node:path";
import type { Clock, Logger } from "../model/ports.ts";
import type { Credential } from "./http/credential.ts";
import type { AgentRecord } from "./master/model.ts";
import type { PortRange } from "./master/resources.ts";
import { isEngineAddress } from "./agent/engine-address.ts";

export interface LocalAgentOptions {
  /** Default: kept from the last start (by hostname), else a new one. */
  readonly id?: string;
  readonly hostname: string;
  readonly cpus: number;
  readonly memMiB: number;
  readonly diskMiB: number;
  readonly attributes: Readonly<Record<string, string>>;
  /**
   * Its Docker engine: path of a socket, or `tcp://HOST:PORT` in a network where nobody else is.
   * Agents that name the same one share it. Default: the one of {@link MesosLocalOptions}.
   */
  readonly docker?: string;
}

/** For frameworks of other programs. There is none unless it is asked for. */
export interface TcpDoorOptions {
  /** IPv4 address to listen on. */
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Who may come in. Default: the one in `credential` of the state directory, made if need be. */
  readonly credential?: Credential;
  /** Directories of this host that tasks may mount. Default: none. */
  readonly hostPaths?: readonly string[];
  /** Whether tasks may be commands that run on this host as this user. Default: false. */
  readonly commands?: boolean;
  /** Whether they may mount file systems in their containers. Default: false. */
  readonly mounts?: boolean;
}

export interface MesosLocalOptions {
  /** Directory of this instance alone; made when it is not there. */
  readonly stateDir: string;
  readonly tcp?: TcpDoorOptions;
  /**
   * Directories of this host that tasks of frameworks on the Unix socket may mount; asked for each
   * launch. Default: none.
   */
  readonly hostPaths?: () => readonly string[];
  /** Whether they may mount file systems in their containers; asked likewise. Default: false. */
  readonly mounts?: () => boolean;
  /** Path of the Docker engine's socket. Default: DOCKER_HOST, else the usual one. */
  readonly dockerSocket?: string;
  /** Default: one agent with this machine's name, cores, memory (less 1 GiB) and disk. */
  readonly agents?: readonly LocalAgentOptions[];
  /**
   * Name of a site with several masters, of which one leads. Its containers bear their tasks, so
   * that a master without a checkpoint learns of them from the engines, as one of Mesos does from
   * the agents. Left out: this master is alone, and remembers by itself.
   */
  readonly site?: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Host ports that all agents together offer, split evenly; below the ephemeral range. */
const PORTS: PortRange = { begin: 31_000, end: 31_999 };
const MIB = 2 ** 20;

/** @throws TypeError naming the option */
export function validateOptions(options: MesosLocalOptions): void {
  const { tcp, stateDir, agents } = options;
  if (tcp !== undefined) validateTcp(tcp);
  if (stateDir === "") throw new TypeError("stateDir: must not be empty");
  if (agents === undefined) return;
  if (agents.length === 0 || agents.length > PORTS.end - PORTS.begin) {
    throw new TypeError("agents: at least one is needed");
  }
  for (const agent of agents) {
    for (const name of ["cpus", "memMiB", "diskMiB"] as const) {
      if (!(agent[name] >= 0) || !Number.isFinite(agent[name])) {
        throw new TypeError(`agents: ${name} of ${agent.hostname} must be a number from 0 up`);
      }
    }
    if (agent.docker !== undefined && !isEngineAddress(agent.docker)) {
      throw new TypeError(`agents: '${agent.docker}' is neither a path nor tcp://HOST:PORT`);
    }
  }
  const ids = agents.flatMap((agent) => agent.id ?? []);
  if (new Set(ids).size < ids.length) throw new TypeError("agents: an id is given twice");
}

function validateTcp({ host, port, hostPaths = [] }: TcpDoorOptions): void {
  if (!isIPv4(host)) throw new TypeError(`host: an IPv4 address is needed, not '${host}'`);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new TypeError(`port: 0 to 65535 is allowed, not ${port}`);
  }
  const wrong = hostPaths.find((path) => resolve(path) !== path);
  if (wrong !== undefined) throw new TypeError(`hostPaths: '${wrong}' is no absolute directory`);
}

/**
 * This machine as one agent. Memory: all but 1 GiB, at least half.
 *
 * @param dir whose file system's free space is the agent's disk
 */
export function defaultAgent(dir: string): LocalAgentOptions {
  const memMiB = Math.floor(totalmem() / MIB);
  const { bavail, bsize } = statfsSync(dir);
  return {
    hostname: hostname(),
    cpus: availableParallelism(),
    memMiB: Math.max(memMiB - 1024, Math.floor(memMiB / 2)),
    diskMiB: Math.floor((bavail * bsize) / MIB),
    attributes: {},
  };
}

/**
 * The agents with their ids: given, kept from the last start, or new. A machine's only agent
 * keeps its id, and so its tasks, when the machine is renamed.
 */
export function agentRecords(
  agents: readonly LocalAgentOptions[],
  known: readonly AgentRecord[],
  newId: (index: number) => string,
): AgentRecord[] {
  const given = new Set(agents.flatMap((agent) => agent.id ?? []));
  const left = known.filter(({ id }) => !given.has(id));
  const take = (name: string) => {
    const isOnly = agents.length === 1 && left.length === 1;
    const at = isOnly ? 0 : left.findIndex((record) => record.hostname === name);
    return at < 0 ? undefined : left.splice(at, 1)[0]?.id;
  };
  const size = Math.floor((PORTS.end - PORTS.begin + 1) / agents.length);
  return agents.map((agent, index) => {
    const begin = PORTS.begin + index * size;
    return {
      id: agent.id ?? take(agent.hostname) ?? newId(index),
      hostname: agent.hostname,
      cpus: agent.cpus,
      memMiB: agent.memMiB,
      diskMiB: agent.diskMiB,
      ports: [{ begin, end: begin + size - 1 }],
      attributes: agent.attributes,
    };
  });
}
