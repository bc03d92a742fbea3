/** The person who decides what the controller must not decide, when it has said so for a while. */
import { clusterKey } from "../../../controller/model/ids.ts";
import { type LiveMember, liveMembers, quorumOf } from "../check/ground-truth.ts";
import type { Checker } from "../check/checker.ts";
import type { SlotVolume } from "../node/slot-volume.ts";
import type { World } from "../world/world.ts";

const PATIENCE_MS = 60_000;
const FOREIGN = /slot \d+: holds the data of another etcd cluster/;

export class Person {
  private readonly since = new Map<string, number>();

  constructor(
    private readonly world: World,
    private readonly checker: Checker,
  ) {}

  look(): void {
    const { world } = this;
    for (const name of world.user.names()) {
      const said = this.saidOf(name);
      if (said === null) {
        this.since.delete(name);
        continue;
      }
      const since = this.since.get(name) ?? world.now();
      this.since.set(name, since);
      if (world.now() - since < PATIENCE_MS) continue;
      this.since.delete(name);
      this.decide(name, said);
    }
  }

  /** What waits for a decision; null: nothing does. */
  private saidOf(name: string): string | null {
    const object = this.world.controller?.published.get(clusterKey({ namespace: "default", name }));
    const quorate = object?.status.conditions.find((c) => c.type === "Quorate");
    const ready = object?.status.conditions.find((c) => c.type === "Ready")?.message ?? "";
    if (quorate?.status === "True" && FOREIGN.test(ready)) return "foreign";
    if (quorate === undefined || quorate.status === "True") return null;
    const { reason, message } = quorate;
    if (reason === "ClusterIDMismatch") return "foreign";
    // What was left of a deleted cluster need not be a quorum of it.
    if (reason === "NoLeader" && this.world.user.deleted.has(name)) return "leftover";
    if (reason === "NotBootstrapped" && /data of an earlier/.test(message)) return "leftover";
    if (reason === "QuorumLost" && /A person must decide|Manual/.test(message)) return "lost";
    return null;
  }

  private decide(name: string, said: string): void {
    const { world, checker } = this;
    world.trace.add("person", "decides", name, said);
    if (said === "lost") {
      checker.personRestores(name, "nothing");
      const key = clusterKey({ namespace: "default", name });
      void world.controller?.loop.requestRestore(key, { from: "nothing" });
      return;
    }
    const leader = quorumOf(world, liveMembers(world, name))?.leader;
    if (leader === undefined) checker.writers.get(name)?.excuse(() => true);
    for (const host of world.hosts) {
      for (const container of host.containers.values()) {
        const { config, volume } = container;
        if (config.cluster === name && isLeftOver(volume, leader))
          host.kill(container, "its volume is removed");
      }
      for (const [volumeName, volume] of host.volumes) {
        const own = volumeName.startsWith(`jupyter-cluster-default-${name}-slot-`);
        if (own && isLeftOver(volume, leader)) volume.lose();
      }
    }
  }
}

/** Beside a quorum only what is of another cluster; without one, everything. */
function isLeftOver({ etcd }: SlotVolume, leader: LiveMember | undefined): boolean {
  if (leader === undefined) return true;
  return etcd.identity !== null && etcd.identity.clusterId !== leader.clusterId;
}
