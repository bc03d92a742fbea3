/**
 * The proxy never goes on pointing to a deposed leader once a newer term is known to its process.
 */
import { findLeader } from "../../../controller/model/leader.ts";
import { clusterKey } from "../../../controller/model/ids.ts";
import type { SimulatedController } from "../controller/controller.ts";
import type { Findings } from "./findings.ts";

export class Proxies {
  private readonly found = new Set<string>();
  private seen: { readonly controller: SimulatedController; readonly news: number } | null = null;

  constructor(private readonly findings: Findings) {}

  /** After every event of the run, for a controller that works. */
  look(controller: SimulatedController): void {
    const { news } = controller;
    if (this.seen?.controller === controller && this.seen.news === news) return;
    this.seen = { controller, news };
    for (const memory of controller.loop.remembered().values()) {
      const key = clusterKey(memory.cluster.metadata);
      const target = controller.proxyTarget(key);
      if (target === null) continue;
      const leader = findLeader(controller.core.nodesOf(memory));
      if (leader === null || leader.ip === target.ip || leader.term <= target.term) continue;
      const what = `${key}: ${target.ip} of term ${target.term}, while ${leader.ip} leads in ${leader.term}`;
      if (this.found.has(what)) continue;
      this.found.add(what);
      this.findings.add("proxy on a deposed leader", what);
    }
  }
}
