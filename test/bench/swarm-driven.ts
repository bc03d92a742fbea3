/**
 * The peer: Docker Swarm keeps the same three etcd members alive, from the same image and each on a
 * volume of its own. A service of one replica is a member; its name is its address. What ended is
 * started again at once, where Swarm by itself waits for 5 s.
 */
import Docker from "dockerode";
import { findLabelled, removeFound } from "../support/docker-remains.ts";
import type { Probe } from "./probe.ts";

const LABEL = "jupytercluster.dev/bench";
const NETWORK = "jupyter-cluster-bench-swarm";
/** Swarm makes it and leaves it behind. */
const GATEWAY_NETWORK = "docker_gwbridge";
const MEMBERS = [0, 1, 2] as const;
/** On loopback and every other address of this machine, while the bench runs. */
const FIRST_PORT = 23_790;
const MEMORY_BYTES = 512 * 2 ** 20;
const ENDED_MS_MAX = 30_000;

export class SwarmDriven {
  private readonly docker = new Docker();
  /** The swarm is ours. */
  private begun = false;

  constructor(
    private readonly image: string,
    private readonly probe: Probe,
  ) {}

  /** @returns why there is no Swarm to measure on this engine; null: there is one */
  async obstacle(): Promise<string | null> {
    const { Swarm } = (await this.docker.info()) as { Swarm: { LocalNodeState: string } };
    const { LocalNodeState: state } = Swarm;
    return state === "inactive" ? null : `this engine's part in a swarm is "${state}" already`;
  }

  async up(): Promise<void> {
    const { docker, probe } = this;
    await docker.swarmInit({ ListenAddr: "127.0.0.1:2377", AdvertiseAddr: "127.0.0.1:2377" });
    this.begun = true;
    await docker.createNetwork({
      Name: NETWORK,
      Driver: "overlay",
      Labels: { [LABEL]: "swarm" },
    });
    await Promise.all(MEMBERS.map((member) => this.create(member)));
    await Promise.all(MEMBERS.map((member) => probe.untilVoter(clientUrlOf(member))));
    await Promise.all(MEMBERS.map((member) => probe.until200(this.jupyterUrl(member))));
  }

  async down(): Promise<void> {
    const { docker } = this;
    if (!this.begun) return;
    for (const { ID } of await docker.listServices({ filters: { label: [`${LABEL}=swarm`] } })) {
      await docker.getService(ID).remove();
    }
    const gone = async () => (await this.containers()).length === 0;
    await this.probe.until("Swarm's containers are gone", gone, ENDED_MS_MAX);
    // A task that has just ended holds its network and volume a moment longer.
    const removed = async () => {
      await removeFound(docker, await findLabelled(docker, `${LABEL}=swarm`));
      return true;
    };
    await this.probe.until("what Swarm has used is removed", removed, ENDED_MS_MAX);
    await docker.swarmLeave({ force: true });
    await docker.getNetwork(GATEWAY_NETWORK).remove();
  }

  /** One that does not lead. */
  async follower(): Promise<number> {
    const leader = await this.probe.untilLeader(MEMBERS.map(clientUrlOf));
    return MEMBERS.find((member) => clientUrlOf(member) !== leader) ?? 0;
  }

  /** Kills its container, and waits for its successor. */
  async killUntilVoter(member: number): Promise<void> {
    const [container] = await this.containers(member);
    if (container === undefined) throw new Error(`Swarm runs no member ${member}`);
    await this.docker.getContainer(container.Id).kill();
    await this.probe.untilVoter(clientUrlOf(member));
  }

  /** The second of work that its Jupyter makes is not the next one's. */
  async calm(member: number): Promise<void> {
    await this.probe.until200(this.jupyterUrl(member));
  }

  private jupyterUrl(member: number): string {
    return `http://127.0.0.1:${FIRST_PORT + 10 + member}/api`;
  }

  private containers(member?: number): Promise<Docker.ContainerInfo[]> {
    const service = member === undefined ? "" : `=${nameOf(member)}`;
    const label = [`${LABEL}=swarm`, `com.docker.swarm.service.name${service}`];
    return this.docker.listContainers({ filters: { label } });
  }

  private async create(member: number): Promise<void> {
    const published = (target: number, port: number) => ({
      Protocol: "tcp" as const,
      PublishMode: "host" as const,
      TargetPort: target,
      PublishedPort: port,
    });
    const volume = `jupyter-cluster-bench-swarm-${member}`;
    await this.docker.createVolume({ Name: volume, Labels: { [LABEL]: "swarm" } });
    await this.docker.createService({
      Name: nameOf(member),
      Labels: { [LABEL]: "swarm" },
      TaskTemplate: {
        ContainerSpec: {
          Image: this.image,
          Command: ["/usr/bin/tini", "--", "sh", "-c"],
          Args: [`${JUPYTER} & exec ${etcd(member)}`],
          Labels: { [LABEL]: "swarm" },
          Mounts: [{ Type: "volume", Source: volume, Target: "/data" }],
        },
        Resources: { Limits: { MemoryBytes: MEMORY_BYTES } },
        RestartPolicy: { Condition: "any", Delay: 0 },
        Networks: [{ Target: NETWORK }],
      },
      Mode: { Replicated: { Replicas: 1 } },
      EndpointSpec: {
        Mode: "dnsrr",
        Ports: [published(2379, FIRST_PORT + member), published(8888, FIRST_PORT + 10 + member)],
      },
    });
  }
}

const JUPYTER = [
  ...["nice", "jupyter", "lab", "--allow-root", "--no-browser", "--ip=0.0.0.0", "--port=8888"],
  ...[
    "--IdentityProvider.token=",
    "--ServerApp.root_dir=/tmp",
    "--ServerApp.allow_remote_access=1",
  ],
].join(" ");

function nameOf(member: number): string {
  return `bench-swarm-${member}`;
}

function clientUrlOf(member: number): string {
  return `http://127.0.0.1:${FIRST_PORT + member}`;
}

function etcd(member: number): string {
  const peers = MEMBERS.map((m) => `${nameOf(m)}=http://${nameOf(m)}:2380`).join(",");
  const name = nameOf(member);
  return [
    ...["etcd", "--name", name, "--data-dir", "/data/etcd"],
    ...["--listen-peer-urls", "http://0.0.0.0:2380"],
    ...["--initial-advertise-peer-urls", `http://${name}:2380`],
    ...["--listen-client-urls", "http://0.0.0.0:2379"],
    ...["--advertise-client-urls", `http://${name}:2379`],
    ...["--initial-cluster", peers, "--initial-cluster-state", "new"],
    ...["--heartbeat-interval", "20", "--election-timeout", "200"],
  ].join(" ");
}
