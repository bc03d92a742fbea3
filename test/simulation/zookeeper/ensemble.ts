/** ZooKeeper's servers and the tree on which a quorum of them agrees. Nothing fails by itself. */
import type { Rng } from "../engine/rng.ts";
import type { Scheduler } from "../engine/scheduler.ts";
import type { Network } from "../wire/network.ts";
import { ZooKeeperServer } from "./server.ts";

/** After which a server has heard of a change. Milliseconds. */
const FOLLOWS_MS = { min: 0, max: 20 };

export class ZooKeeperEnsemble {
  readonly servers: readonly ZooKeeperServer[];
  private readonly nodes = new Map<string, string>();
  private zxid = 0n;
  private quorum = true;
  /** Server -> it hears of changes so much later; milliseconds. */
  private readonly lags = new Map<ZooKeeperServer, number>();
  /** Called when a quorum is there again. */
  onQuorum: () => void = () => undefined;

  constructor(
    private readonly deps: {
      readonly clock: Scheduler;
      readonly rng: Rng;
      readonly network: Network;
    },
    count: number,
  ) {
    this.servers = Array.from({ length: count }, (_, i) => new ZooKeeperServer(`zk-${i}`, deps));
  }

  get hasQuorum(): boolean {
    return this.quorum;
  }

  /** Names of the nodes below. */
  namesBelow(path: string): readonly string[] {
    const below = [...this.nodes.keys()].filter((node) => node.startsWith(`${path}/`));
    return below.map((node) => node.slice(path.length + 1));
  }

  set(path: string, content: string): void {
    this.nodes.set(path, content);
    this.tell(path, content);
  }

  remove(path: string): void {
    if (this.nodes.delete(path)) this.tell(path, null);
  }

  /** Nobody can be asked, and nothing changes. */
  setQuorum(quorum: boolean): void {
    if (this.quorum === quorum) return;
    this.quorum = quorum;
    for (const server of this.servers) server.setServing(quorum);
    if (quorum) this.onQuorum();
  }

  /** @param ms so much later than others it hears of what happens from now on */
  lag(server: ZooKeeperServer, ms: number): void {
    this.lags.set(server, ms);
  }

  /** Every disk was lost, and the ensemble has begun anew. */
  wipe(): void {
    this.nodes.clear();
    this.zxid = 0n;
    for (const server of this.servers) server.wipe();
  }

  /** Whoever is there reaches at least one that serves. */
  isReachedFrom(place: string): boolean {
    const { partitions } = this.deps.network;
    return (
      this.quorum && this.servers.some((s) => s.isRunning && partitions.connects(place, s.name))
    );
  }

  private tell(path: string, content: string | null): void {
    this.zxid += 1n;
    const { rng } = this.deps;
    for (const server of this.servers) {
      const delayMs = rng.integer(FOLLOWS_MS.min, FOLLOWS_MS.max) + (this.lags.get(server) ?? 0);
      server.hear({ path, content, zxid: this.zxid }, delayMs);
    }
  }
}
