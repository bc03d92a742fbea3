/**
 * A site with two controllers: an etcd of the site, an embedded Mesos of its own, a container network,
 * two hosts, and a cluster on it. Whatever is made is removed again.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import Docker from "dockerode";
import type { JupyterClusterObject } from "../../controller/model/resource.ts";
import { readControlToken } from "../../controller/store/control-token.ts";
import { hostPortText } from "../../controller/support/host-port.ts";
import { launchesSince } from "../support/docker-launches.ts";
import { findLabelled, removeFound, TEST_LABEL } from "../support/docker-remains.ts";
import { ControllerProcess } from "../support/e2e/controller-process.ts";
import { isTrue } from "../support/e2e/local-cluster.ts";
import { removeRemains } from "../support/e2e/remains.ts";
import { until } from "../support/poll.ts";
import { SiteEtcd } from "../support/store/site-etcd.ts";
import { Host } from "./hosts.ts";
import { Relay } from "./relay.ts";

const PROGRAM = resolve("dist/controller/main.js");
const NAME = "e2e-takeover";
const REF = { namespace: "default", name: NAME };
const OBJECT = `/apis/jupytercluster.dev/v1alpha1/namespaces/default/jupyterclusters/${NAME}`;
const SUBNET = "172.31.88";
const NETWORK = `jupyter-cluster-${NAME}`;
const BRIDGE = "br-takeover";
const PROXY_PORT = 8890;
const API_PORT = 8001;
const LABEL = `jupytercluster.dev/cluster=${NAME}`;
const READY_MS_MAX = 180_000;

/** One controller's place: its host, its way to the store, and the process that runs there now. */
export interface Place {
  readonly host: Host;
  readonly relay: Relay;
  process: ControllerProcess;
}

export class Site {
  readonly places: Place[] = [];
  private readonly docker = new Docker();
  private readonly removers: (() => Promise<unknown>)[] = [];

  private constructor(
    private readonly directory: string,
    private readonly image: string,
    private readonly leaseSeconds: number,
  ) {}

  static async create(image: string, leaseSeconds: number): Promise<Site> {
    await removeRemains(REF);
    for (const { Id, Name } of await new Docker().listNetworks()) {
      if (Name === NETWORK) await new Docker().getNetwork(Id).remove();
    }
    const directory = await mkdtemp(join(tmpdir(), "takeover-"));
    const site = new Site(directory, image, leaseSeconds);
    try {
      await site.build();
      return site;
    } catch (error) {
      await site.destroy();
      throw error;
    }
  }

  get logFile(): string {
    return join(this.directory, "controllers.log");
  }

  /** Stands by as soon as it sees who acts, or acts at once. */
  startController(place: Omit<Place, "process">): ControllerProcess {
    return new ControllerProcess({
      spec: join(this.directory, "lab.yaml"),
      stateDir: join(this.directory, place.host.ip),
      api: `${place.host.ip}:${API_PORT}`,
      logFile: this.logFile,
      within: place.host.within,
      more: [
        ...["--mesos", `unix:${join(this.directory, "mesos", "socket", "mesos.sock")}`],
        ...["--state", `etcd://${hostPortText(place.relay.address)}/takeover`],
        ...["--state-lease", String(this.leaseSeconds), "--agent-image", this.image],
      ],
    });
  }

  /** As the controller at this place shows it. */
  async object(place: Place): Promise<JupyterClusterObject> {
    const answer = await fetch(place.process.url + OBJECT, { signal: AbortSignal.timeout(2_000) });
    if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as JupyterClusterObject;
  }

  async untilReady(place: Place): Promise<void> {
    const ready = async () => {
      const object = await this.object(place);
      return isTrue(object, "Ready") && !isTrue(object, "Progressing") ? true : undefined;
    };
    await until(`the cluster is Ready at ${place.host.ip}`, ready, READY_MS_MAX);
  }

  /** A user's address of Jupyter, with the token, through the proxy of this place's controller. */
  async jupyterUrl({ host, process: { url } }: Place): Promise<string> {
    const control = await readControlToken(join(this.directory, host.ip));
    const headers = { authorization: `Bearer ${control}` };
    const answer = await fetch(`${url}${OBJECT}/access`, { headers });
    const access = (await answer.json()) as { readonly jupyter: { readonly url: string } };
    return `http://${host.ip}:${PROXY_PORT}/lab${new URL(access.jupyter.url).search}`;
  }

  /** Ids and start times of all containers of the cluster: one that was restarted is another. */
  async containers(): Promise<readonly string[]> {
    const filters = { label: [LABEL] };
    const found = await this.docker.listContainers({ all: true, filters });
    const inspected = await Promise.all(
      found.map(({ Id }) => this.docker.getContainer(Id).inspect()),
    );
    return inspected.map(({ Id, State }) => `${Id} ${State.StartedAt}`).toSorted();
  }

  /** Names of containers that were made since then, also of those that are gone again. */
  launchesSince(ms: number): Promise<string[]> {
    return launchesSince(this.docker, ms, LABEL);
  }

  async destroy(): Promise<void> {
    for (const remove of this.removers.splice(0).reverse()) await remove();
  }

  private async build(): Promise<void> {
    const { docker, image, directory } = this;
    this.removers.push(() => rm(directory, { recursive: true }));
    const run = `takeover-${process.pid}`;
    this.removers.push(async () =>
      removeFound(docker, await findLabelled(docker, `${TEST_LABEL}=${run}`)),
    );
    const etcd = await SiteEtcd.start({ docker, image, run });
    this.removers.push(() => etcd.close());
    const [server] = etcd.addresses;
    if (server === undefined) throw new Error("etcd has no address");
    await this.makeNetwork();
    await this.startMesos();
    await writeFile(join(directory, "lab.yaml"), specText());
    for (const [i, name] of ["jc-one", "jc-two"].entries()) {
      const host = await Host.make(name, BRIDGE, `${SUBNET}.${200 + i}`);
      this.removers.push(() => host.remove());
      const relay = await Relay.open(`${SUBNET}.1`, server);
      this.removers.push(() => relay.close());
      const place: Place = { host, relay, process: this.startController({ host, relay }) };
      this.places.push(place);
      this.removers.push(() => place.process.end("SIGKILL"));
      await place.process.untilRole(i === 0 ? "acting" : "standby");
    }
    for (const place of this.places) await this.untilReady(place);
  }

  /** Made by hand, as a site makes its own. */
  private async makeNetwork(): Promise<void> {
    const network = await this.docker.createNetwork({
      Name: NETWORK,
      IPAM: { Config: [{ Subnet: `${SUBNET}.0/24`, Gateway: `${SUBNET}.1` }] },
      Options: { "com.docker.network.bridge.name": BRIDGE },
    });
    this.removers.push(() => network.remove());
    this.removers.push(() => removeRemains(REF));
  }

  private async startMesos(): Promise<void> {
    const log = createWriteStream(join(this.directory, "mesos.log"));
    const args = [PROGRAM, "mesos-local", "--state-dir", join(this.directory, "mesos")];
    const mesos: ChildProcess = spawn(process.execPath, args, {
      stdio: ["ignore", "pipe", "pipe"],
    });
    mesos.stderr?.pipe(log);
    const exited = once(mesos, "exit");
    this.removers.push(() => {
      mesos.kill("SIGTERM");
      return exited;
    });
    await Promise.resolve();
  }
}

function specText(): string {
  return [
    "apiVersion: jupytercluster.dev/v1alpha1",
    "kind: JupyterCluster",
    "metadata:",
    `  name: ${NAME}`,
    "spec:",
    "  replicas: 3",
    "  resources: { cpus: 0.1, memory: 512Mi }",
    `  network: { name: ${NETWORK}, subnet: ${SUBNET}.0/24 }`,
    `  proxy: { address: 0.0.0.0, port: ${PROXY_PORT} }`,
    "",
  ].join("\n");
}
