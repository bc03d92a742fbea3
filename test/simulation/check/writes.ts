/**
 * No acknowledged write is lost, but by a new beginning that could not keep it, and that was told.
 */
import type { StartCommand } from "../../../controller/model/agent-api.ts";
import type { Container } from "../mesos/docker-host.ts";
import type { Writer } from "../world/writer.ts";
import type { World } from "../world/world.ts";
import type { Findings } from "./findings.ts";
import { isGivenUp, liveMembers, quorumOf } from "./ground-truth.ts";
import { keysIn } from "./quorum-recoveries.ts";

export class Writes {
  constructor(
    private readonly world: World,
    private readonly findings: Findings,
    private readonly writers: ReadonlyMap<string, Writer>,
  ) {}

  /** A cluster begins anew by this command: what goes with the old one is no lie any more. */
  onNewBeginning(container: Container, { etcd }: StartCommand): void {
    const writer = this.writers.get(container.config.cluster);
    if (writer === undefined) return;
    if (etcd.mode === "force-new-cluster") this.judgeSurvivor(container, writer);
    else if (etcd.mode === "restore") {
      const handed = this.world.nodeOf(container)?.handedOver;
      const kept = new Set(etcd.snapshot === null ? [] : handed?.kvs.map((kv) => kv.key));
      writer.excuse((key) => !kept.has(key));
    } else writer.excuse((key) => !this.isSomewhere(container.config.cluster, key));
  }

  /** On a machine of the site, whether it is up or not. */
  private isSomewhere(cluster: string, key: string): boolean {
    const prefix = `jupyter-cluster-default-${cluster}-slot-`;
    const hosts = this.world.hosts.filter((host) => !isGivenUp(this.world, host.name));
    const kept = hosts.flatMap((host) =>
      [...host.volumes].filter(([name]) => name.startsWith(prefix)).map(([, volume]) => volume),
    );
    const mounted = this.world.containers().filter((c) => c.config.cluster === cluster);
    const volumes = new Set([...kept, ...mounted.map((c) => c.volume)]);
    return [...volumes].some((volume) => keysIn(volume.etcd).has(key));
  }

  /** The leader that a quorum follows must have everything. */
  check(cluster: string): void {
    const writer = this.writers.get(cluster);
    const leader = quorumOf(this.world, liveMembers(this.world, cluster))?.leader;
    if (writer === undefined || leader === undefined) return;
    // One that was deleted may have been written to until its last container ended.
    if (this.world.user.deleted.has(cluster)) {
      writer.excuse((_, clusterId) => clusterId !== leader.clusterId);
    }
    const lost = [...writer.acknowledged.keys()].filter(
      (k) => leader.server.store.get(k) === undefined,
    );
    if (lost.length > 0) {
      this.findings.add("acknowledged write lost", `${cluster}: ${lost.slice(0, 5).join(", ")}`);
    }
  }

  private judgeSurvivor(container: Container, writer: Writer): void {
    const { cluster } = container.config;
    const kept = keysIn(container.volume.etcd);
    const lost = [...writer.acknowledged.keys()].filter((key) => !kept.has(key));
    for (const other of this.world.containers()) {
      if (other === container || !other.running || other.config.cluster !== cluster) continue;
      if (other.volume.etcd.identity?.clusterId !== container.volume.etcd.identity?.clusterId)
        continue;
      if (isGivenUp(this.world, other.hostname)) continue;
      const held = keysIn(other.volume.etcd);
      const lie = lost.find((key) => held.has(key));
      if (lie === undefined) continue;
      const what = `${cluster}: ${lie} is in slot ${other.config.slot}, and another goes on`;
      this.findings.add("acknowledged write lost", what);
    }
    writer.excuse((key) => !kept.has(key));
  }
}
