/** Counts the running containers of a cluster all the time: was there ever no quorum of them? */
import { setTimeout as delay } from "node:timers/promises";
import Docker from "dockerode";

const EVERY_MS = 50;

export class QuorumSampler {
  samples = 0;
  /** The fewest containers that ran at one moment. */
  fewest = Number.POSITIVE_INFINITY;
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
      label: [`jupytercluster.dev/cluster=${this.cluster}`],
      status: ["running"],
    };
    while (!this.stopped) {
      const running = await docker.listContainers({ filters });
      this.samples += 1;
      this.fewest = Math.min(this.fewest, running.length);
      await delay(EVERY_MS);
    }
  }
}
