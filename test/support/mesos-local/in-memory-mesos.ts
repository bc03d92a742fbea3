/** The whole server over real HTTP, on Docker engines in memory and a clock that stands still. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Offer, SchedulerEvent, TaskInfo } from "../../../controller/mesos/wire.ts";
import { type MesosLocal, startMesosLocalOn } from "../../../controller/mesos-local/main.ts";
import type {
  LocalAgentOptions,
  MesosLocalOptions,
} from "../../../controller/mesos-local/options.ts";
import { until } from "../poll.ts";
import { silentLog } from "../silent-log.ts";
import { FakeDockerEngine } from "./fake-docker-engine.ts";
import { AGENT, type TaskWishes, taskInfo } from "./fixtures.ts";
import { type RawScheduler, send } from "./raw-scheduler.ts";
import { SteppedClock } from "./stepped-clock.ts";

export const SECOND = 1000;
export const TCP_CREDENTIAL = { principal: "guest", secret: "a-secret-of-the-tests" };
export const TCP = { host: "127.0.0.1", port: 0, credential: TCP_CREDENTIAL };
export const AWARE = { capabilities: [{ type: "PARTITION_AWARE" }] };

export class InMemoryMesos {
  readonly clock = new SteppedClock();
  readonly docker = new FakeDockerEngine();
  private readonly others = new Map<string, FakeDockerEngine>();
  private running: MesosLocal | null = null;

  private constructor(
    readonly stateDir: string,
    private readonly wishes: Partial<MesosLocalOptions>,
  ) {}

  /** @param wishes beside what {@link options} has, at each start */
  static async start(wishes: Partial<MesosLocalOptions> = {}): Promise<InMemoryMesos> {
    const directory = await mkdtemp(join(tmpdir(), "mesos-local-api-"));
    const mesos = new InMemoryMesos(directory, wishes);
    await mesos.startServer();
    return mesos;
  }

  /** As {@link url}, over TCP with the right credential. */
  get tcpUrl(): string {
    const { url } = this.local.tcp ?? {};
    if (url === undefined) throw new Error("no TCP door");
    return url.replace("//", `//${TCP_CREDENTIAL.principal}:${TCP_CREDENTIAL.secret}@`);
  }

  get local(): MesosLocal {
    if (this.running === null) throw new Error("not running");
    return this.running;
  }

  get url(): string {
    return this.local.url;
  }

  /** On the same state directory and engine. */
  async startServer(agents: readonly LocalAgentOptions[] = [AGENT]): Promise<void> {
    this.running = await startMesosLocalOn(
      (_instanceId, address) => this.engineAt(address),
      this.options({ agents, ...this.wishes }),
    );
  }

  /** Of the agents that name this address; without one the machine's own. */
  engineAt(address: string | undefined): FakeDockerEngine {
    if (address === undefined) return this.docker;
    const known = this.others.get(address) ?? new FakeDockerEngine();
    this.others.set(address, known);
    return known;
  }

  async stopServer(): Promise<void> {
    await this.running?.stop();
  }

  async remove(): Promise<void> {
    await this.stopServer();
    await rm(this.stateDir, { recursive: true });
  }

  /** As another master of the site that has stored nothing. */
  async forget(): Promise<void> {
    await rm(join(this.stateDir, "checkpoint.json"));
  }

  options(wishes: object = {}) {
    const { stateDir, clock } = this;
    return { stateDir, clock, log: silentLog, ...wishes };
  }

  async get(path: string): Promise<string> {
    return (await send(`${this.url}${path}`, "", {}, "GET")).body;
  }
}

export function task(id: string, offer: Offer, wishes: TaskWishes = {}): TaskInfo {
  return taskInfo(id, { ...wishes, agentId: offer.agent_id.value });
}

export function accept(
  scheduler: RawScheduler,
  offers: readonly Offer[],
  tasks: readonly TaskInfo[],
) {
  return scheduler.call("ACCEPT", {
    accept: {
      offer_ids: offers.map(({ id }) => id),
      operations: [{ type: "LAUNCH", launch: { task_infos: tasks } }],
      filters: { refuse_seconds: 0 },
    },
  });
}

export function count(scheduler: RawScheduler, type: SchedulerEvent["type"]): number {
  return scheduler.seen.filter(({ event }) => event.type === type).length;
}

/** Waits until everything that earlier calls caused at once has arrived: answers keep order. */
export async function settled(scheduler: RawScheduler): Promise<void> {
  const before = scheduler.seen.length;
  await scheduler.call("RECONCILE", { reconcile: { tasks: [{ task_id: { value: "probe" } }] } });
  await scheduler.event("the probe", isProbe, 5000, before);
}

function isProbe(event: SchedulerEvent): boolean {
  return event.type === "UPDATE" && event.update.status.task_id.value === "probe";
}

export async function containerOf(scheduler: RawScheduler, taskId: string): Promise<string> {
  const status = await scheduler.status(taskId, "TASK_RUNNING");
  return `mesos-${status.container_status?.container_id?.value}`;
}

/** The offer of so many cpus, waiting for it. */
export function offerOf(scheduler: RawScheduler, cpus: number): Promise<Offer> {
  const fits = (offer: Offer) => offer.resources.some((r) => r.scalar?.value === cpus);
  return until(`an offer of ${cpus} cpus`, () =>
    scheduler.seen
      .flatMap(({ event }) => (event.type === "OFFERS" ? event.offers.offers : []))
      .find(fits),
  );
}
