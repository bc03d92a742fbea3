/**
 * The proxy never goes on pointing to a deposed leader once a newer term is known to its process.
 */
import { findLeader } from "../../../controller/model/leader.ts";
import { clusterKey } from "../../../controller/model/ids.ts";
import type { ControllerProcess } from "../controller/process.ts";
import type { Findings } from "./findings.ts";

export class Proxies {
  private readonly found = new Set<string>();
  /** Controller -> its news as they were last looked at. */
  private readonly seen = new WeakMap<ControllerProcess, number>();

  constructor(private readonly findings: Findings) {}

  /** After every event of the run, for a controller that acts or stands by. */
  look(controller: ControllerProcess): void {
    const { news } = controller;
    if (this.seen.get(controller) === news) return;
    this.seen.set(controller, news);
    for (const memory of controller.memories().values()) {
      const key = clusterKey(memory.cluster.metadata);
      const target = controller.proxyTarget(key);
      if (target === null) continue;
      const leader = findLeader(controller.nodesOf(memory));
      if (leader === null || leader.ip === target.ip || leader.term <= target.term) continue;
      const what = `${key}: ${target.ip} of term ${target.term}, while ${leader.ip} leads in ${leader.term}`;
      if (this.found.has(what)) continue;
      this.found.add(what);
      this.findings.add("proxy on a deposed leader", what);
    }
  }
}
