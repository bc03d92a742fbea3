/**
 * The floor: the same image, driven by hand as fast as one can with Docker's API: containers
 * first, then etcd in all of them at once, Jupyter and sshd beside it. No controller, no agent.
 */
import Docker from "dockerode";
import { clientUrl, memberNameOf, peerUrl } from "../../controller/model/ids.ts";
import { findLabelled, removeFound } from "../support/docker-remains.ts";
import { Probe } from "./probe.ts";
import { PLAIN } from "../support/etcd/transport.ts";

const LABEL = "jupytercluster.dev/bench";
const NETWORK = "jupyter-cluster-bench-floor";
const JUPYTER_PORT = 8888;
/** What Mesos makes of the spec that the bench uses: 0.1 cpus and 512 MiB. */
const CPU_SHARES = 102;
const MEMORY_BYTES = 512 * 2 ** 20;

export class HandDriven {
  private readonly docker = new Docker();
  private readonly containers: (Docker.Container | null)[] = [];

  constructor(
    private readonly image: string,
    private readonly probe: Probe,
    /** First three numbers of a /24. */
    private readonly subnet: string,
    readonly size = 3,
  ) {}

  ip(slot: number): string {
    return `${this.subnet}.${10 + slot}`;
  }

  get slots(): number[] {
    return Array.from({ length: this.size }, (_, slot) => slot);
  }

  /** Client URL of its etcd. */
  clientUrl(slot: number): string {
    return clientUrl(this.ip(slot), PLAIN);
  }

  /** Slot of the one that leads among these. */
  async leader(among = this.slots): Promise<number> {
    const leader = await this.probe.untilLeader(among.map((slot) => this.clientUrl(slot)));
    return among.find((slot) => this.clientUrl(slot) === leader) ?? 0;
  }

  async up(): Promise<void> {
    await this.down();
    await this.docker.createNetwork({
      Name: NETWORK,
      Labels: { [LABEL]: "floor" },
      IPAM: { Driver: "default", Config: [{ Subnet: `${this.subnet}.0/24` }] },
    });
    const { slots } = this;
    await Promise.all(slots.map((slot) => this.container(slot)));
    await Promise.all(slots.map((slot) => this.services(slot, "new")));
    const leader = await this.leader();
    await Promise.all(slots.map((slot) => this.probe.until200(this.jupyterUrl(slot))));
    await this.probe.untilVoter(this.clientUrl(leader));
  }

  async kill(slot: number): Promise<void> {
    await this.containers[slot]?.kill();
  }

  /** A new container on the same volume and address; etcd goes on with its data. */
  async replace(slot: number): Promise<void> {
    await this.containers[slot]?.remove({ force: true });
    await this.container(slot);
    await this.services(slot, "existing");
  }

  jupyterUrl(slot: number): string {
    return `http://${this.ip(slot)}:${JUPYTER_PORT}/api`;
  }

  async down(): Promise<void> {
    await removeFound(this.docker, await findLabelled(this.docker, `${LABEL}=floor`));
  }

  private async container(slot: number): Promise<void> {
    const volume = `jupyter-cluster-bench-floor-${slot}`;
    await this.docker.createVolume({ Name: volume, Labels: { [LABEL]: "floor" } });
    const container = await this.docker.createContainer({
      Image: this.image,
      Entrypoint: ["/usr/bin/tini", "--", "sleep", "infinity"],
      Hostname: `floor-${slot}`,
      Labels: { [LABEL]: "floor" },
      HostConfig: {
        NetworkMode: NETWORK,
        Binds: [`${volume}:/data`],
        CpuShares: CPU_SHARES,
        Memory: MEMORY_BYTES,
      },
      NetworkingConfig: {
        EndpointsConfig: { [NETWORK]: { IPAMConfig: { IPv4Address: this.ip(slot) } } },
      },
    });
    await container.start();
    this.containers[slot] = container;
  }

  private async services(slot: number, state: "new" | "existing"): Promise<void> {
    const jupyter = [
      ...["nice", "jupyter", "lab", "--allow-root", "--no-browser", "--ip=0.0.0.0"],
      ...[`--port=${JUPYTER_PORT}`, "--IdentityProvider.token=", "--ServerApp.root_dir=/tmp"],
    ];
    await Promise.all([this.detached(slot, this.etcd(slot, state)), this.detached(slot, jupyter)]);
  }

  private etcd(slot: number, state: "new" | "existing"): string[] {
    const ip = this.ip(slot);
    const first = this.slots
      .map((other) => `${memberNameOf(other)}=${peerUrl(this.ip(other), PLAIN)}`)
      .join(",");
    return [
      ...["etcd", "--name", memberNameOf(slot), "--data-dir", "/data/etcd"],
      ...[
        "--listen-peer-urls",
        peerUrl(ip, PLAIN),
        "--initial-advertise-peer-urls",
        peerUrl(ip, PLAIN),
      ],
      ...[
        "--listen-client-urls",
        clientUrl(ip, PLAIN),
        "--advertise-client-urls",
        clientUrl(ip, PLAIN),
      ],
      ...["--initial-cluster", first, "--initial-cluster-state", state],
      ...["--heartbeat-interval", "20", "--election-timeout", "200"],
    ];
  }

  private async detached(slot: number, command: string[]): Promise<void> {
    const container = this.containers[slot];
    if (!container) throw new Error(`slot ${slot} has no container`);
    const exec = await container.exec({ Cmd: command });
    // Its connection stays open until it is closed, and would keep the bench from ending.
    (await exec.start({ Detach: true })).destroy();
  }
}
