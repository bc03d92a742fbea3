/** What the masters keep in their replicated log: it outlives each of them. */
export class Registry {
  private readonly admitted = new Map<string, AgentInfo>();
  /** Agent id -> when it was marked, milliseconds since the epoch. */
  readonly unreachable = new Map<string, number>();
  readonly gone = new Set<string>();
  /** Frameworks that were torn down. */
  readonly removedFrameworks = new Set<string>();
  private agents = 0;
  private frameworks = 0;

  nextAgentId(): string {
    return `S${this.agents++}`;
  }

  nextFrameworkId(): string {
    return `framework-${this.frameworks++}`;
  }

  admit(agent: AgentInfo): void {
    this.admitted.set(agent.agentId, agent);
    this.unreachable.delete(agent.agentId);
  }

  remove(agentId: string): void {
    this.admitted.delete(agentId);
    this.unreachable.delete(agentId);
  }

  markGone(agentId: string): void {
    this.remove(agentId);
    this.gone.add(agentId);
  }

  isAdmitted(agentId: string): boolean {
    return this.admitted.has(agentId);
  }

  agentIds(): readonly string[] {
    return [...this.admitted.keys()];
  }

  /** Of every agent that it knows on this host, under whatever id. */
  idsAt(hostname: string): readonly string[] {
    return [...this.admitted.values()]
      .filter((info) => info.hostname === hostname)
      .map(({ agentId }) => agentId);
  }

  /** Of an agent that registered before under another id, at the same address. */
  formerIdAt(hostname: string, agentId: string): string | null {
    for (const info of this.admitted.values()) {
      if (info.hostname === hostname && info.agentId !== agentId) return info.agentId;
    }
    return null;
  }

  /** As after a loss of the replicated log. */
  forgetEverything(): void {
    this.admitted.clear();
    this.unreachable.clear();
  }
}

export interface AgentInfo {
  readonly agentId: string;
  readonly hostname: string;
}
