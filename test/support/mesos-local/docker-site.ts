/** A network, an image and a scheduler for the embedded Mesos on the real Docker engine. */
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Docker from "dockerode";
import type { DockerTaskInfo, Offer, Parameter, TaskInfo } from "../../../controller/mesos/wire.ts";
import { TEST_LABEL } from "../docker-remains.ts";
import { until } from "../poll.ts";
import { RawScheduler } from "./raw-scheduler.ts";
import { ensureSmallImage, SMALL_IMAGE } from "./small-image.ts";

const SUBNET = "172.31.40.0/24";
const CAPABILITIES = ["PARTITION_AWARE", "TASK_KILLING_STATE"].map((type) => ({ type }));

export type TaskMaker = (offer: Offer) => TaskInfo;

export class DockerSite {
  readonly docker = new Docker();
  /** Marks everything of this run on the engine. */
  readonly run = randomUUID();
  readonly network = `mesos-local-test-${this.run.slice(0, 8)}`;
  stateDir = "";
  private subscribed: RawScheduler | null = null;
  private readonly usedOffers = new Set<string>();

  async create(): Promise<void> {
    await ensureSmallImage(this.docker);
    await this.docker.createNetwork({
      Name: this.network,
      IPAM: { Config: [{ Subnet: SUBNET }] },
      Labels: { [TEST_LABEL]: this.run },
    });
  }

  async remove(): Promise<void> {
    await this.docker.getNetwork(this.network).remove();
  }

  async newStateDir(): Promise<void> {
    this.stateDir = await mkdtemp(join(tmpdir(), "mesos-local-docker-"));
  }

  /** Removes what a test left, whatever became of it. */
  async clear(): Promise<void> {
    for (const { Id } of await this.containers()) {
      await this.docker.getContainer(Id).remove({ force: true, v: true });
    }
    await rm(this.stateDir, { recursive: true });
  }

  containers() {
    return this.docker.listContainers({
      all: true,
      filters: { label: [`${TEST_LABEL}=${this.run}`] },
    });
  }

  /** Of a real agent's ended containers one may be found for hours. */
  async noneRuns(): Promise<void> {
    const runs = async () => (await this.containers()).some(({ State }) => State === "running");
    await until("no container runs", async () => !(await runs()));
  }

  async allGone(): Promise<void> {
    await until("no container left", async () => (await this.containers()).length === 0);
  }

  get scheduler(): RawScheduler {
    if (this.subscribed === null) throw new Error("not subscribed");
    return this.subscribed;
  }

  /** @param frameworkId of an earlier subscription that is taken up again */
  async subscribe(url: string, frameworkId?: string): Promise<void> {
    this.subscribed = await RawScheduler.subscribe(url, {
      capabilities: CAPABILITIES,
      ...(frameworkId === undefined ? {} : { id: { value: frameworkId } }),
    });
  }

  task(
    id: string,
    offer: Offer,
    parameters: readonly Parameter[] = [],
    command = "exec sleep 1000",
  ): DockerTaskInfo {
    return {
      name: id,
      task_id: { value: id },
      agent_id: offer.agent_id,
      resources: [
        { name: "cpus", type: "SCALAR", scalar: { value: 0.1 } },
        { name: "mem", type: "SCALAR", scalar: { value: 32 } },
      ],
      command: { shell: true, value: command },
      container: {
        type: "DOCKER",
        docker: {
          image: SMALL_IMAGE,
          network: "USER",
          parameters: [{ key: "label", value: `${TEST_LABEL}=${this.run}` }, ...parameters],
        },
        network_infos: [{ name: this.network }],
      },
    };
  }

  async launch(...makers: TaskMaker[]): Promise<void> {
    await this.launchOn(await this.freshOffer(), ...makers);
  }

  async launchOn(offer: Offer, ...makers: TaskMaker[]): Promise<void> {
    const task_infos = makers.map((make) => make(offer));
    await this.scheduler.call("ACCEPT", {
      accept: {
        offer_ids: [offer.id],
        operations: [{ type: "LAUNCH", launch: { task_infos } }],
        filters: { refuse_seconds: 0 },
      },
    });
  }

  /** An offer that was not used before, waiting for it. */
  async freshOffer(): Promise<Offer> {
    const offer = await until("a fresh offer", () =>
      this.scheduler.seen
        .flatMap(({ event }) => (event.type === "OFFERS" ? event.offers.offers : []))
        .find(({ id }) => !this.usedOffers.has(id.value)),
    );
    this.usedOffers.add(offer.id.value);
    return offer;
  }

  async runningContainer(taskId: string): Promise<Docker.Container> {
    const status = await this.scheduler.status(taskId, "TASK_RUNNING");
    return this.docker.getContainer(`mesos-${status.container_status?.container_id?.value}`);
  }

  states(taskId: string): string[] {
    return this.scheduler.statusesOf(taskId).map(({ state }) => state);
  }

  async kill(taskId: string, graceSeconds: number): Promise<void> {
    const kill_policy = { grace_period: { nanoseconds: graceSeconds * 1e9 } };
    await this.scheduler.call("KILL", { kill: { task_id: { value: taskId }, kill_policy } });
  }
}

export function ip(address: string): Parameter[] {
  return [{ key: "ip", value: address }];
}
