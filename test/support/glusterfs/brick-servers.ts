/**
 * Servers of GlusterFS in containers of their own, each with this machine's glusterd and a brick. What
 * is made here has the test's label.
 */
import { randomBytes } from "node:crypto";
import Docker from "dockerode";
import { findLabelled, removeFound, TEST_LABEL } from "../docker-remains.ts";
import { createVolume, restartBricks } from "./volume.ts";

export interface BrickServersOptions {
  /** Any Debian with /usr merged: its programs are this machine's. */
  readonly image: string;
  readonly network: string;
  readonly addresses: readonly string[];
  readonly volume: string;
  readonly pingSeconds: number;
}

export class BrickServers {
  private readonly docker = new Docker();
  private readonly label = randomBytes(4).toString("hex");
  private containers: Docker.Container[] = [];

  constructor(private readonly options: BrickServersOptions) {}

  /** Resolves when the volume can be mounted. */
  async start(): Promise<void> {
    const { volume, addresses, pingSeconds } = this.options;
    this.containers = await Promise.all(addresses.map((address) => this.run(address)));
    const plan = { name: volume, servers: addresses, directory: "/bricks", pingSeconds };
    await createVolume((argv) => this.exec(0, argv), plan);
  }

  /** Of one server: its brick's process alone; glusterd goes on. */
  async killBrick(index: number): Promise<void> {
    await this.exec(index, ["pkill", "-KILL", "-x", "glusterfsd"]);
  }

  /** All at once, or one after another. */
  async restartBricks(): Promise<void> {
    await restartBricks((argv) => this.exec(0, argv), this.options.volume);
  }

  /** As a machine that loses its power: nothing answers any more, not even with a refusal. */
  async pause(index: number): Promise<void> {
    await this.at(index).pause();
  }

  async unpause(index: number): Promise<void> {
    await this.at(index).unpause();
  }

  /** The directory of one brick: what a server holds of the files. */
  brickFile(index: number, path: string): Promise<string> {
    return this.exec(index, ["cat", `/bricks/${this.options.volume}/${path}`]);
  }

  async remove(): Promise<void> {
    await removeFound(this.docker, await findLabelled(this.docker, `${TEST_LABEL}=${this.label}`));
  }

  async exec(index: number, argv: readonly string[]): Promise<string> {
    const exec = await this.at(index).exec({
      ...{ Cmd: [...argv], AttachStdout: true, AttachStderr: true, Tty: true },
    });
    let text = "";
    const stream = await exec.start({ Tty: true, stdin: false });
    for await (const chunk of stream as AsyncIterable<Buffer>) text += chunk.toString();
    const { ExitCode } = await exec.inspect();
    if (ExitCode !== 0) throw new Error(`${argv.join(" ")} ended with ${ExitCode}: ${text}`);
    return text.replaceAll("\r\n", "\n");
  }

  private at(index: number): Docker.Container {
    const container = this.containers[index];
    if (container === undefined) throw new Error(`no server ${index}`);
    return container;
  }

  private async run(address: string): Promise<Docker.Container> {
    const { image, network } = this.options;
    const container = await this.docker.createContainer({
      Image: image,
      // A shell, for it reaps: a brick that is a zombie counts as one that runs.
      Entrypoint: ["/bin/bash", "-c", "glusterd --no-daemon; exit $?"],
      Labels: { [TEST_LABEL]: this.label },
      Volumes: { "/bricks": {}, "/var/lib/glusterd": {} },
      HostConfig: {
        NetworkMode: network,
        Binds: ["/usr:/usr:ro", "/etc/glusterfs:/etc/glusterfs:ro"],
        // Bricks keep what they know of a file in trusted.* attributes.
        CapAdd: ["SYS_ADMIN"],
      },
      NetworkingConfig: {
        EndpointsConfig: { [network]: { IPAMConfig: { IPv4Address: address } } },
      },
    });
    await container.start();
    return container;
  }
}
