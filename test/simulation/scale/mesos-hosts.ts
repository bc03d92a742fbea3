/** The machines of a Mesos site and what runs on them: numbers, no processes. */
import type { Offer, TaskInfo, TaskState, TaskStatus } from "../../../controller/mesos/wire.ts";
import { type Amount, isWorthOffering, minus, plus } from "../mesos/allocator.ts";

/** The one framework of the site. */
export const FRAMEWORK = "framework";

export interface HostedTask {
  readonly info: TaskInfo;
  readonly host: MesosHost;
  readonly amount: Amount;
  state: TaskState;
  /** Told and not acknowledged, the oldest first: only that one is on its way. */
  readonly unacknowledged: TaskStatus[];
}

export class MesosHost {
  readonly tasks = new Map<string, HostedTask>();
  up = true;
  /** Declined until then; milliseconds since the epoch. */
  filteredUntil = 0;
  /** What is neither used nor offered. */
  free: Amount;

  constructor(
    readonly agentId: string,
    readonly hostname: string,
    readonly rack: string,
    resources: Amount,
  ) {
    this.free = resources;
  }

  take(amount: Amount): void {
    this.free = minus(this.free, amount);
  }

  giveBack(amount: Amount): void {
    this.free = plus(this.free, amount);
  }

  get worthOffering(): boolean {
    return this.up && isWorthOffering(this.free);
  }

  describe(): Omit<Offer, "id" | "agent_id" | "resources"> {
    return {
      framework_id: { value: FRAMEWORK },
      hostname: this.hostname,
      attributes: [{ name: "rack", type: "TEXT", text: { value: this.rack } }],
    };
  }
}
