/**
 * A Mesos master with its agents, behind the connections of production's client: every call and
 * event goes through its JSON, and nothing else costs more than the cluster that it concerns.
 */
import type {
  Connection,
  MasterAnswer,
  MasterConnections,
  MasterRequest,
} from "../../../controller/mesos/http/connections.ts";
import type { Call, Id, SchedulerEvent, TaskInfo } from "../../../controller/mesos/wire.ts";
import type { Clock } from "../../../controller/model/ports.ts";
import type { Rng } from "../engine/rng.ts";
import { type Amount, amountOf, fits, minus } from "../mesos/allocator.ts";
import { ByteStream, recordOf } from "../wire/byte-stream.ts";
import { CheapAllocator } from "./cheap-allocator.ts";
import { CheapTasks } from "./cheap-tasks.ts";
import { FRAMEWORK, MesosHost } from "./mesos-hosts.ts";

export interface CheapMesosOptions {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly hosts: number;
  readonly racks: number;
  readonly resources: Amount;
  /** Its container runs from now on. */
  onStarted(taskId: string, agentId: string): void;
  /** Mesos ends it. */
  onKilled(taskId: string): void;
}

/** From the client to the master, and back. Milliseconds. */
const WIRE_MS = 1;
const HEARTBEAT_MS = 15_000;
/** Mesos's default. */
const REFUSE_SECONDS = 5;
const DONE = { statusCode: 202, headers: {}, body: noBody() } satisfies MasterAnswer;

export class CheapMesos implements MasterConnections {
  readonly scheme = "http";
  /** Received so far, but for the reconciliations, which come by themselves at intervals. */
  calls = 0;
  private readonly hosts: readonly MesosHost[];
  private readonly allocator: CheapAllocator;
  private readonly tasks: CheapTasks;
  private stream: ByteStream | null = null;

  constructor(private readonly options: CheapMesosOptions) {
    const { clock, rng, hosts, racks, resources } = options;
    this.hosts = Array.from({ length: hosts }, (_, i) => {
      const name = String(i).padStart(4, "0");
      return new MesosHost(`agent-${name}`, `host-${name}`, `rack-${i % racks}`, resources);
    });
    this.allocator = new CheapAllocator(clock, this.hosts, (offers) =>
      this.push({ type: "OFFERS", offers: { offers: [...offers] } }),
    );
    this.tasks = new CheapTasks({
      clock,
      rng,
      tell: (status) => this.push({ type: "UPDATE", update: { status } }),
      onFreed: (host) => this.allocator.offerLater(host),
      onStarted: (taskId, agentId) => options.onStarted(taskId, agentId),
      onKilled: (taskId) => options.onKilled(taskId),
    });
  }

  streamClient(): Connection {
    return { destroyed: false, request: () => this.subscribe(), destroy: async () => undefined };
  }

  callPool(): Connection {
    const request = (sent: MasterRequest) => this.receive(sent.body);
    return { destroyed: false, request, destroy: async () => undefined };
  }

  headers(more: Readonly<Record<string, string>> = {}): Record<string, string> {
    return { ...more };
  }

  /** The container's process has ended by itself, or by somebody's `kill -9`. */
  containerEnded(taskId: string): void {
    this.tasks.containerEnded(taskId);
  }

  /**
   * Every machine of a rack is off for good, and an operator has said so.
   * @returns the tasks that were lost with it
   */
  loseRack(rack: string): readonly string[] {
    return this.hosts.filter((h) => h.rack === rack).flatMap((host) => this.loseHost(host));
  }

  private loseHost(host: MesosHost): readonly string[] {
    host.up = false;
    for (const value of this.allocator.withdraw(host)) {
      this.push({ type: "RESCIND", rescind: { offer_id: { value } } });
    }
    const lost = this.tasks.loseAllOf(host);
    this.push({ type: "FAILURE", failure: { agent_id: { value: host.agentId } } });
    return lost;
  }

  private subscribe(): Promise<MasterAnswer> {
    const { clock } = this.options;
    const stream = new ByteStream();
    this.stream = stream;
    return new Promise((resolve) => {
      clock.after(WIRE_MS, () => {
        resolve({ statusCode: 200, headers: { "mesos-stream-id": "stream" }, body: stream });
        stream.push(
          recordOf({
            type: "SUBSCRIBED",
            subscribed: {
              framework_id: { value: FRAMEWORK },
              heartbeat_interval_seconds: HEARTBEAT_MS / 1000,
            },
          }),
        );
        this.heartbeat(stream);
        this.allocator.subscribed();
      });
    });
  }

  private heartbeat(stream: ByteStream): void {
    this.options.clock.after(HEARTBEAT_MS, () => {
      stream.push(recordOf({ type: "HEARTBEAT" }));
      this.heartbeat(stream);
    });
  }

  private receive(body: string): Promise<MasterAnswer> {
    const { clock } = this.options;
    return new Promise((resolve) => {
      clock.after(WIRE_MS, () => {
        const call = JSON.parse(body) as Call;
        if (call.type !== "RECONCILE") this.calls += 1;
        this.carryOut(call);
        clock.after(WIRE_MS, () => resolve(DONE));
      });
    });
  }

  private carryOut(call: Call): void {
    const { allocator, tasks } = this;
    switch (call.type) {
      case "ACCEPT": {
        const infos = call.accept.operations.flatMap((o) => o.launch.task_infos);
        return this.accept(call.accept.offer_ids, infos);
      }
      case "DECLINE":
        return allocator.decline(
          call.decline.offer_ids,
          call.decline.filters?.refuse_seconds ?? REFUSE_SECONDS,
        );
      case "REVIVE":
        return allocator.revive();
      case "SUPPRESS":
        return allocator.suppress();
      case "KILL":
        return tasks.kill(call.kill.task_id.value);
      case "ACKNOWLEDGE":
        return tasks.acknowledge(call.acknowledge.task_id.value, call.acknowledge.uuid);
      case "RECONCILE":
        return tasks.reconcile(call.reconcile.tasks);
      case "SUBSCRIBE":
      case "TEARDOWN":
        throw new Error(`${call.type} in a site that has one controller, for good`);
    }
  }

  private accept(offerIds: readonly Id[], infos: readonly TaskInfo[]): void {
    const taken = this.allocator.take(offerIds);
    let left = taken?.amount ?? null;
    for (const info of infos) {
      const amount = amountOf(info.resources);
      if (taken === null || left === null || !fits(amount, left)) {
        this.tasks.tellDropped(info);
        continue;
      }
      left = minus(left, amount);
      this.tasks.launch(taken.host, info, amount);
    }
    if (taken !== null) this.allocator.offerLater(taken.host);
  }

  private push(event: SchedulerEvent): void {
    this.stream?.push(recordOf(event));
  }
}

function noBody(): MasterAnswer["body"] {
  return {
    text: () => Promise.resolve(""),
    async *[Symbol.asyncIterator]() {
      yield new Uint8Array();
    },
  };
}
