/** The outstanding offers: made by the allocator, taken by ACCEPT and DECLINE, or rescinded. */
import type { Attribute, Offer } from "../../mesos/wire.ts";
import type { Clock } from "../../model/ports.ts";
import type { OutstandingOffer } from "./accept.ts";
import { ALLOCATION_MS, allocate, type Grant } from "./allocator.ts";
import { type AgentRecord, hasCapability, roleOf } from "./model.ts";
import type { Framework, Registry } from "./registry.ts";
import { add, type Amounts, subtract, sum, toWire } from "./resources.ts";

/** Where the agents' files are read: at the master's TCP door. */
export interface FilesAddress {
  readonly ip: string;
  /** 0: there is no door; a real agent would listen at {@link AGENT_PORT}. */
  readonly port: number;
}

const AGENT_PORT = 5051;
const NO_DOOR: FilesAddress = { ip: "127.0.0.1", port: 0 };

export class OfferBook {
  private readonly outstanding = new Map<string, OutstandingOffer>();
  private count = 0;
  private cancelTick: () => void = () => undefined;

  constructor(
    private readonly registry: Registry,
    private readonly clock: Clock,
    private readonly isConnected: (agentId: string) => boolean,
    private readonly files: () => FilesAddress = () => NO_DOOR,
  ) {}

  /** Allocates now and then each second. */
  start(): void {
    this.allocateNow();
    this.cancelTick = this.clock.after(ALLOCATION_MS, () => this.start());
  }

  stop(): void {
    this.cancelTick();
  }

  find(id: string): OutstandingOffer | undefined {
    return this.outstanding.get(id);
  }

  remove(id: string): void {
    this.outstanding.delete(id);
  }

  removeAllOf(frameworkId: string): void {
    for (const offer of this.outstanding.values()) {
      if (offer.frameworkId === frameworkId) this.outstanding.delete(offer.id);
    }
  }

  /** The agent is gone: its offers are taken back, and the frameworks told. */
  rescindAllOn(agentId: string): void {
    for (const offer of this.outstanding.values()) {
      if (offer.agentId !== agentId) continue;
      this.outstanding.delete(offer.id);
      const stream = this.registry.frameworks.get(offer.frameworkId)?.stream;
      stream?.send({ type: "RESCIND", rescind: { offer_id: { value: offer.id } } });
    }
  }

  /** Offers everything that is free, as one event a framework. */
  allocateNow(): void {
    const agents = [...this.registry.agents.values()].filter(({ id }) => this.isConnected(id));
    if (agents.length === 0) return;
    const now = this.clock.now();
    const wanting = [...this.registry.frameworks.values()].filter(
      (framework) => framework.stream !== null && !framework.suppressed,
    );
    if (wanting.length === 0) return;
    for (const framework of wanting) {
      framework.filters = framework.filters.filter((filter) => filter.until > now);
    }
    const grants = allocate(
      agents.map((agent) => this.allocatable(agent)),
      wanting.map((framework) => ({
        id: framework.record.id,
        allocated: this.allocatedTo(framework.record.id),
        filters: framework.filters,
      })),
      now,
    );
    for (const framework of wanting) {
      this.send(
        framework,
        grants.filter((g) => g.frameworkId === framework.record.id),
      );
    }
  }

  private send(framework: Framework, grants: readonly Grant[]): void {
    if (grants.length === 0) return;
    const offers = grants.map((grant) => {
      const id = `${this.registry.masterId}-O${this.count}`;
      this.count += 1;
      this.outstanding.set(id, { id, ...grant });
      const agent = this.registry.agents.get(grant.agentId) as AgentRecord;
      return offerOf(id, framework, agent, grant.amounts, this.files());
    });
    framework.stream?.send({ type: "OFFERS", offers: { offers } });
  }

  private allocatable(agent: AgentRecord) {
    const total = totalOf(agent);
    const used = this.registry.used((task) => task.agentId === agent.id);
    const offered = this.offered((offer) => offer.agentId === agent.id);
    return { id: agent.id, total, free: subtract(total, add(used, offered)) };
  }

  private allocatedTo(frameworkId: string): Amounts {
    const used = this.registry.used((task) => task.frameworkId === frameworkId);
    return add(
      used,
      this.offered((offer) => offer.frameworkId === frameworkId),
    );
  }

  private offered(matches: (offer: OutstandingOffer) => boolean): Amounts {
    return sum([...this.outstanding.values()].filter(matches).map((offer) => offer.amounts));
  }
}

export function totalOf(agent: AgentRecord): Amounts {
  return { cpus: agent.cpus, mem: agent.memMiB, disk: agent.diskMiB, ports: agent.ports };
}

function offerOf(
  id: string,
  framework: Framework,
  agent: AgentRecord,
  amounts: Amounts,
  files: FilesAddress,
): Offer {
  const { info } = framework.record;
  const role = hasCapability(info, "MULTI_ROLE") ? roleOf(info) : null;
  const attributes = Object.entries(agent.attributes).map(
    ([name, value]): Attribute => ({ name, type: "TEXT", text: { value } }),
  );
  return {
    id: { value: id },
    framework_id: { value: framework.record.id },
    agent_id: { value: agent.id },
    hostname: agent.hostname,
    url: {
      scheme: "http",
      address: { hostname: agent.hostname, ip: files.ip, port: files.port || AGENT_PORT },
      path: "/slave(1)",
    },
    resources: toWire(amounts, role),
    ...(attributes.length === 0 ? {} : { attributes }),
    ...(role === null ? {} : { allocation_info: { role } }),
  };
}
