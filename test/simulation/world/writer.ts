/**
 * A user of a cluster's etcd: puts one key after the other, and remembers what was acknowledged.
 */
import type { EtcdAnswer } from "../etcd/types.ts";
import type { Rng } from "../engine/rng.ts";
import { Endpoint } from "../wire/endpoint.ts";
import type { World } from "./world.ts";

export const CLIENT = "client";
const ANSWER_MS_MAX = 4_000;

export class Writer {
  /** Keys whose loss would be a lie, and the cluster id of the member that acknowledged each. */
  readonly acknowledged = new Map<string, string>();
  private next = 0;
  private paused = false;

  constructor(
    private readonly world: World,
    private readonly endpoint: Endpoint,
    readonly cluster: string,
    private readonly rng: Rng,
    private readonly everyMs: { readonly min: number; readonly max: number },
  ) {}

  start(): void {
    const { min, max } = this.everyMs;
    this.world.scheduler.after(this.rng.integer(min, max), () => {
      if (!this.paused) this.write();
      this.start();
    });
  }

  pause(paused: boolean): void {
    this.paused = paused;
  }

  /** These were lost by what people asked for, or with the last data that had them. */
  excuse(isLost: (key: string, clusterId: string) => boolean): void {
    for (const [key, clusterId] of this.acknowledged)
      if (isLost(key, clusterId)) this.acknowledged.delete(key);
  }

  private write(): void {
    const nodes = this.world
      .containers()
      .filter((c) => c.running && c.config.cluster === this.cluster);
    if (nodes.length === 0) return;
    const node = this.rng.pick(nodes);
    const key = `/written/${this.next++}`;
    const put = { type: "put", key, value: "x" } as const;
    this.endpoint.ask(node.name, "etcd", put, ANSWER_MS_MAX, (answer) => {
      if ((answer as EtcdAnswer | undefined)?.ok !== true) return;
      this.acknowledged.set(key, node.volume.etcd.identity?.clusterId ?? "");
    });
  }
}
