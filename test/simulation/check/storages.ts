/** Nobody is told Ready while a node within the controller's reach has no shared storage. */
import type { JupyterClusterObject } from "../../../controller/model/resource.ts";
import type { World } from "../world/world.ts";
import type { Findings } from "./findings.ts";

/** Until what a node's agent says has reached the controller, and was published. */
const TOLD_MS = 10_000;

export class Storages {
  /** Container -> since when its agent, in reach, says that there is no shared storage. */
  private readonly awaySince = new Map<string, number>();
  private place: string | null = null;

  constructor(
    private readonly world: World,
    private readonly findings: Findings,
  ) {}

  /** @param place of the controller that acts */
  sample(place: string): void {
    if (place !== this.place) this.awaySince.clear();
    this.place = place;
    const { partitions } = this.world.network;
    for (const container of this.world.containers()) {
      const { name, running } = container;
      const node = this.world.nodeOf(container);
      const inReach = running && node?.hangs === false && partitions.connects(name, place);
      const isAway = inReach && node?.status?.storage.ready === false;
      if (!isAway) this.awaySince.delete(name);
      else if (!this.awaySince.has(name)) this.awaySince.set(name, this.world.now());
    }
  }

  onPublished({ metadata, status }: JupyterClusterObject): void {
    const ready = status.conditions.some((c) => c.type === "Ready" && c.status === "True");
    if (!ready) return;
    // Nothing of what people use rests on the spare, which has no name.
    const named = status.nodes.filter((n) => n.name !== null);
    const tasks = new Set(named.map((n) => n.taskId));
    for (const container of this.world.containers()) {
      const { name, config } = container;
      const since = this.awaySince.get(name) ?? Infinity;
      if (!tasks.has(config.taskId) || this.world.now() - since <= TOLD_MS) continue;
      // It may have come back since the last sample.
      if (this.world.nodeOf(container)?.status?.storage.ready !== false) continue;
      const what = `${metadata.name} is Ready, and slot ${config.slot} has had no shared storage since ${since}`;
      this.findings.add("Ready without storage", what);
    }
  }
}
