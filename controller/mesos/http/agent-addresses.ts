/** Where the agents are, as the master names them in its offers: no other address is ever asked. */
import type { HostPort } from "../../support/host-port.ts";
import type { Offer } from "../wire.ts";
import type { MasterPlace } from "./master-address.ts";

/** The one that was named longest ago goes first. */
const AGENTS_MAX = 10_000;

export class AgentAddresses {
  private readonly known = new Map<string, HostPort>();

  /**
   * @param scheme of the masters: credentials must not leave TLS
   * @param socket of an embedded master without a port: its agents are behind it too
   */
  constructor(
    private readonly scheme: "http" | "https",
    private readonly socket: MasterPlace | null = null,
  ) {}

  learn(offers: readonly Offer[]): void {
    for (const { agent_id, url } of offers) {
      const place = this.placeOf(url);
      if (place === null) continue;
      this.known.delete(agent_id.value);
      this.known.set(agent_id.value, place);
      if (this.known.size <= AGENTS_MAX) continue;
      for (const [oldest] of this.known) {
        this.known.delete(oldest);
        break;
      }
    }
  }

  of(agentId: string): MasterPlace | undefined {
    return this.socket ?? this.known.get(agentId);
  }

  /** What an offer says is not checked before: any part may be of any type. */
  private placeOf(url: Offer["url"] | null): HostPort | null {
    const address: Partial<NonNullable<Offer["url"]>["address"]> | null = url?.address ?? null;
    if (address === null || url?.scheme !== this.scheme) return null;
    const { hostname, ip, port } = address;
    // A certificate names the host.
    const host = this.scheme === "https" ? hostname || ip : ip || hostname;
    if (typeof host !== "string" || !/^[A-Za-z0-9.:_-]+$/.test(host)) return null;
    return Number.isInteger(port) && Number(port) > 0 && Number(port) < 65_536
      ? { host, port: Number(port) }
      : null;
  }
}
