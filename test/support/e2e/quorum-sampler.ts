/** Counts the running containers of a cluster all the time: was there ever no quorum of them, or a slot with two? */
import { setTimeout as delay } from "node:timers/promises";
import Docker from "dockerode";
import { LABELS } from "../../../controller/model/ids.ts";

const EVERY_MS = 50;

export class QuorumSampler {
  samples = 0;
  /** The fewest containers that ran at one moment. */
  fewest = Number.POSITIVE_INFINITY;
  /** The most containers that one slot had at one moment. */
  mostInOneSlot = 0;
  private stopped = false;
  private readonly loop: Promise<void>;

  private constructor(private readonly cluster: string) {
    this.loop = this.run();
  }

  static start(cluster: string): QuorumSampler {
    return new QuorumSampler(cluster);
  }

  async stop(): Promise<this> {
    this.stopped = true;
    await this.loop;
    return this;
  }

  private async run(): Promise<void> {
    const docker = new Docker();
    const filters = {
      label: [`${LABELS.cluster}=${this.cluster}`],
      status: ["running"],
    };
    while (!this.stopped) {
      const running = await docker.listContainers({ filters });
      this.samples += 1;
      this.fewest = Math.min(this.fewest, running.length);
      const slots = running.map(({ Labels }) => Labels[LABELS.slot]);
      const counts = slots.map((slot) => slots.filter((other) => other === slot).length);
      this.mostInOneSlot = Math.max(this.mostInOneSlot, ...counts);
      await delay(EVERY_MS);
    }
  }
}
