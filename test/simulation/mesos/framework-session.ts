/** The one framework's subscription at a master: its stream of events, from headers to end. */
import type { Call, SchedulerEvent } from "../../../controller/mesos/wire.ts";
import type { Clock } from "../../../controller/model/ports.ts";
import type { Trace } from "../engine/trace.ts";
import type { Endpoint } from "../wire/endpoint.ts";
import type { HttpAnswer } from "./http-door.ts";
import type { Registry } from "./registry.ts";
import { judgeSubscription, type Session } from "./sessions.ts";

export interface FrameworkSessionOptions {
  readonly name: string;
  readonly clock: Clock;
  readonly registry: Registry;
  readonly trace: Trace;
  /** @param silent it wants no offers before REVIVE */
  readonly onBegin: (silent: boolean) => void;
  readonly onEnd: () => void;
}

interface Live extends Session {
  readonly silent: boolean;
  readonly endpoint: Endpoint;
}

const HEARTBEAT_MS = 15_000;

export class FrameworkSession {
  private live: Live | null = null;
  private cancelHeartbeat = () => {};

  constructor(private readonly options: FrameworkSessionOptions) {}

  get current(): Session | null {
    return this.live;
  }

  tell(event: SchedulerEvent): void {
    this.live?.endpoint.write(this.live.stream, event);
  }

  /** @param reads name of the stream that the client reads */
  subscribe(
    endpoint: Endpoint,
    from: string,
    reads: string,
    call: Extract<Call, { type: "SUBSCRIBE" }>,
  ): HttpAnswer {
    const outcome = judgeSubscription(call, reads, this.options.registry);
    if ("refused" in outcome) return outcome.refused;
    this.end("Framework failed over");
    const silent = (call.subscribe.suppressed_roles ?? []).length > 0;
    const live = { ...outcome.session, endpoint, silent };
    endpoint.beginStream(reads, from, () => this.onReaderGone(live));
    // After the answer's headers.
    this.options.clock.after(0, () => {
      if (endpoint.isOpen) this.begin(live, outcome.removed);
    });
    return { statusCode: 200, text: "", streamId: live.streamId };
  }

  end(message: string): void {
    const { live } = this;
    if (live === null) return;
    refuse(live, message);
    this.onReaderGone(live);
  }

  /** The process has died. */
  drop(): void {
    this.live = null;
    this.cancelHeartbeat();
  }

  private begin(live: Live, removed: boolean): void {
    if (removed) return refuse(live, "Framework has been removed");
    this.live = live;
    this.options.trace.add(this.options.name, "subscribed", live.frameworkId);
    this.tell({
      type: "SUBSCRIBED",
      subscribed: {
        framework_id: { value: live.frameworkId },
        heartbeat_interval_seconds: HEARTBEAT_MS / 1000,
      },
    });
    this.heartbeat();
    this.options.onBegin(live.silent);
  }

  private onReaderGone(live: Live): void {
    if (this.live !== live) return;
    this.drop();
    this.options.onEnd();
  }

  private heartbeat(): void {
    this.cancelHeartbeat();
    this.tell({ type: "HEARTBEAT" });
    this.cancelHeartbeat = this.options.clock.after(HEARTBEAT_MS, () => this.heartbeat());
  }
}

function refuse({ endpoint, stream }: Live, message: string): void {
  endpoint.write(stream, { type: "ERROR", error: { message } });
  endpoint.endStream(stream);
}
