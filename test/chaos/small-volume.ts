/**
 * One slot's data volume is made beforehand and has a size, so that it can be full without filling
 * the disk of the machine. It is a tmpfs, which lives as long as a container uses it: a helper that
 * does nothing holds it, also while the slot's own container is dead.
 */
import type Docker from "dockerode";
import { dataVolumeName } from "../../controller/model/ids.ts";
import { runCommand } from "../support/e2e/run-command.ts";

/** There is always a slot 2. */
export const SMALL_SLOT = 2;
/** etcd's log takes 128 MiB from the first minute on. */
const SIZE_MIB = 320;
const MOUNT = "/data";
const FILLER = `${MOUNT}/filler`;

export class SmallVolume {
  private holder: Docker.Container | null = null;

  constructor(
    private readonly docker: Docker,
    private readonly image: string,
    private readonly cluster: string,
    private readonly labels: Readonly<Record<string, string>>,
  ) {}

  async create(): Promise<void> {
    const ref = { namespace: "default", name: this.cluster };
    const name = dataVolumeName(ref, SMALL_SLOT);
    await this.docker.createVolume({
      Name: name,
      Driver: "local",
      DriverOpts: { type: "tmpfs", device: "tmpfs", o: `size=${SIZE_MIB}m` },
      Labels: { ...this.labels },
    });
    this.holder = await this.docker.createContainer({
      Image: this.image,
      Entrypoint: ["sleep", "infinity"],
      Labels: { ...this.labels },
      HostConfig: { Binds: [`${name}:${MOUNT}`], NetworkMode: "none" },
    });
    await this.holder.start();
  }

  async fill(): Promise<void> {
    await this.run(`dd if=/dev/zero of=${FILLER} bs=64k 2>/dev/null; true`);
  }

  async free(): Promise<void> {
    await this.run(`rm -f ${FILLER}`);
  }

  private async run(script: string): Promise<void> {
    if (this.holder === null) throw new Error("the small volume was not made");
    const command = ["exec", this.holder.id, "sh", "-c", script];
    const { code, stderr } = await runCommand("docker", command, { timeoutMs: 20_000 });
    if (code !== 0) throw new Error(`small volume: ${stderr}`);
  }
}
