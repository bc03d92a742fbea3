/**
 * A cluster is begun anew by itself only when the data of a quorum is gone for good, and then from
 * the survivor that has most. What is out of sight may come back, and is not gone.
 */
import type { StartCommand } from "../../../controller/model/agent-api.ts";
import type { EtcdData } from "../etcd/data.ts";
import type { Container } from "../mesos/docker-host.ts";
import type { SlotVolume } from "../node/slot-volume.ts";
import type { World } from "../world/world.ts";
import type { Findings } from "./findings.ts";
import { isGivenUp, majorityOf } from "./ground-truth.ts";

export class QuorumRecoveries {
  /** Cluster -> a person asked for the next new beginning. */
  readonly askedFor = new Map<string, "snapshot" | "nothing">();
  private readonly seen = new Set<string>();

  constructor(
    private readonly world: World,
    private readonly findings: Findings,
    /** Of a cluster, as last committed: the voters' member ids. */
    private readonly votersOf: (cluster: string) => readonly string[],
  ) {}

  onNewBeginning(container: Container, { commandId, etcd }: StartCommand): void {
    const { cluster, slot } = container.config;
    if (this.seen.has(`${cluster} ${commandId}`)) return;
    this.seen.add(`${cluster} ${commandId}`);
    if (this.askedFor.has(cluster) || this.world.user.deleted.has(cluster)) return;
    const voters = this.votersOf(cluster);
    const holders = this.volumes(cluster).filter(({ volume }) => isWhole(volume.etcd, voters));
    // From the only one that has anything left, nothing can get lost, and nobody else goes on.
    const alone = holders.every(({ volume }) => volume === container.volume);
    if (holders.length >= majorityOf(voters.length) && !alone) {
      const where = holders.map((h) => h.where).join(", ");
      const what = `${cluster}: slot ${slot} ${etcd.mode}, but ${where} have the data of a quorum`;
      this.findings.add("begun anew too early", what);
    }
    if (etcd.mode === "force-new-cluster") this.judgeChoice(container, voters);
  }

  private judgeChoice(container: Container, voters: readonly string[]): void {
    const { cluster } = container.config;
    const own = endOf(container.volume.etcd);
    for (const other of this.world.containers()) {
      if (other === container || !other.running || other.config.cluster !== cluster) continue;
      if (!isWhole(other.volume.etcd, voters) || isGivenUp(this.world, other.hostname)) continue;
      const end = endOf(other.volume.etcd);
      if (end.term < own.term || (end.term === own.term && end.index <= own.index)) continue;
      const ends = `${own.term}/${own.index} and ${end.term}/${end.index}`;
      this.findings.add("worse survivor chosen", `${cluster}: ${ends} (slot ${other.config.slot})`);
    }
  }

  /** Wherever they are, mounted or not. */
  private volumes(cluster: string): { readonly where: string; readonly volume: SlotVolume }[] {
    const prefix = `jupyter-cluster-default-${cluster}-slot-`;
    const hosts = this.world.hosts.filter((host) => !isGivenUp(this.world, host.name));
    return hosts.flatMap((host) =>
      [...host.volumes]
        .filter(([name]) => name.startsWith(prefix))
        .map(([name, volume]) => ({ where: `${host.name} ${name}`, volume })),
    );
  }
}

function isWhole(data: EtcdData, voters: readonly string[]): boolean {
  const found = data.inspect();
  return found.state === "present" && voters.includes(found.identity.memberId);
}

function endOf(data: EtcdData): { readonly term: number; readonly index: number } {
  const log = data.open()?.disk.read().log;
  return { term: log?.lastTerm ?? 0, index: log?.lastIndex ?? 0 };
}

/** Every key in a data directory, committed or not. */
export function keysIn(data: EtcdData): ReadonlySet<string> {
  const keys = new Set<string>();
  const disk = data.open()?.disk.read();
  if (disk === undefined) return keys;
  const state = disk.snapshot?.state as { readonly kvs?: ReadonlyMap<string, unknown> } | undefined;
  for (const key of state?.kvs?.keys() ?? []) keys.add(key);
  for (const { body } of disk.log.from(disk.log.offset + 1, Infinity)) {
    if (body.kind !== "command") continue;
    const command = body.command as { readonly success?: readonly { readonly key: string }[] };
    for (const { key } of command.success ?? []) keys.add(key);
  }
  return keys;
}
