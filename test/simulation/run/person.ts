/** The person who decides what the controller must not decide, when it has said so for a while. */
import { clusterKey } from "../../../controller/model/ids.ts";
import { PERSON, unlessDeleted } from "../faults/people.ts";
import { type LiveMember, liveMembers, quorumOf } from "../check/ground-truth.ts";
import type { Checker } from "../check/checker.ts";
import type { SlotVolume } from "../node/slot-volume.ts";
import type { World } from "../world/world.ts";

const PATIENCE_MS = 60_000;
/** What is said now and then is one and the same wait. */
const FORGETS_MS = 20_000;
/** A host that nobody will ever bring back, and that Mesos may have forgotten. */
const WAITS_FOR_HOST = /waits for an offer of the host with its data \((\S+)\)/;
const FOREIGN = /slot \d+: holds the data of another etcd cluster/;

export class Person {
  /** Cluster -> since when it waits for a decision, and when it last said so. */
  private readonly waits = new Map<string, { readonly since: number; readonly saidAt: number }>();

  constructor(
    private readonly world: World,
    private readonly checker: Checker,
  ) {}

  look(): void {
    const { world } = this;
    const now = world.now();
    for (const name of world.user.names()) {
      const said = this.saidOf(name);
      const known = this.waits.get(name);
      if (said === null) {
        if (known !== undefined && now - known.saidAt > FORGETS_MS) this.waits.delete(name);
        continue;
      }
      const wait = { since: known?.since ?? now, saidAt: now };
      this.waits.set(name, wait);
      if (now - wait.since < PATIENCE_MS) continue;
      this.waits.delete(name);
      this.decide(name, said);
    }
  }

  /** What waits for a decision; null: nothing does. */
  private saidOf(name: string): string | null {
    const object = this.world.controller?.published.get(clusterKey({ namespace: "default", name }));
    const quorate = object?.status.conditions.find((c) => c.type === "Quorate");
    const ready = object?.status.conditions.find((c) => c.type === "Ready")?.message ?? "";
    if (quorate?.status === "True" && FOREIGN.test(ready)) return "foreign";
    if (quorate?.status !== "True" && this.waitsForRetired(ready)) return "lost";
    if (quorate === undefined || quorate.status === "True") return null;
    const { reason, message } = quorate;
    if (reason === "ClusterIDMismatch") return "foreign";
    // What was left of a deleted cluster need not be a quorum of it.
    if (reason === "NoLeader" && this.world.user.deleted.has(name)) return "leftover";
    if (reason === "NotBootstrapped" && /data of an earlier/.test(message)) return "leftover";
    if (reason === "QuorumLost" && /A person must decide|Manual/.test(message)) return "lost";
    return null;
  }

  private waitsForRetired(message: string): boolean {
    const hostname = WAITS_FOR_HOST.exec(message)?.[1];
    return this.world.hosts.some(({ name, retired }) => name === hostname && retired);
  }

  private decide(name: string, said: string): void {
    const { world, checker } = this;
    world.trace.add("person", "decides", name, said);
    if (said === "lost") {
      checker.personRestores(name, "nothing");
      const key = clusterKey({ namespace: "default", name });
      void world.controller?.loop
        .requestRestore(key, { from: "nothing" }, PERSON)
        .catch(unlessDeleted);
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
