/** The agents' streams as controller/agents/agent-stream.ts keeps them, over the simulated wires. */
import { AGENT_BEAT_MS, type AgentStatus } from "../../../controller/model/agent-api.ts";
import { fresh, type Source, unknown } from "../../../controller/model/observed.ts";
import type { Clock } from "../../../controller/model/ports.ts";
import type { Station } from "../wire/station.ts";

const SILENCE_MS_MAX = 3 * AGENT_BEAT_MS + 200;
/** The first dials are slower than in production, which only delays what is seen. */
const RETRY_MS_MIN = 150;
const RETRY_MS_MAX = 1_000;
const RETRY_GROWTH = 1.5;

export interface AgentStreamsOptions {
  readonly station: Station;
  readonly clock: Clock;
  /** Names streams, once in all the time. */
  readonly owner: string;
  readonly resolve: (ip: string) => string | undefined;
  readonly onChange: (taskId: string) => void;
}

export class SimulatedAgentStreams {
  private readonly streams = new Map<string, AgentStream>();
  private dials = 0;

  constructor(private readonly options: AgentStreamsOptions) {}

  connect(taskId: string, ip: string, _token: string): void {
    if (this.streams.get(taskId)?.ip === ip) return;
    this.disconnect(taskId);
    const next = () => `${this.options.owner}/watch/${++this.dials}`;
    this.streams.set(taskId, new AgentStream(taskId, ip, this.options, next));
  }

  disconnect(taskId: string): void {
    this.streams.get(taskId)?.close();
    this.streams.delete(taskId);
  }

  observe(taskId: string): Source<AgentStatus> | undefined {
    return this.streams.get(taskId)?.observe();
  }
}

class AgentStream {
  private source: Source<AgentStatus> = unknown("not connected yet");
  private attempt = 0;
  private stream: string | null = null;
  private begun = 0;
  private heardAt = 0;
  private cancel = () => {};
  private cancelSilence: (() => void) | null = null;
  private closed = false;

  constructor(
    private readonly taskId: string,
    readonly ip: string,
    private readonly options: AgentStreamsOptions,
    private readonly nextName: () => string,
  ) {
    this.dial();
  }

  observe(): Source<AgentStatus> {
    const { source, heardAt } = this;
    if (source.freshness !== "fresh") return source;
    const old = this.options.clock.now() - heardAt > SILENCE_MS_MAX;
    return old ? { freshness: "stale", value: source.value, since: heardAt } : source;
  }

  close(): void {
    this.closed = true;
    this.hangUp();
  }

  private dial(): void {
    const { station, clock, resolve } = this.options;
    this.begun = clock.now();
    const peer = resolve(this.ip);
    if (peer === undefined) return this.lose("nobody answers");
    const stream = this.nextName();
    this.stream = stream;
    station.read(stream, peer, {
      part: (status) => this.take(status as AgentStatus),
      broken: (reason) => this.lose(reason),
    });
    station.tell(peer, "watch", stream);
    this.heardAt = this.begun;
    this.watchSilence(SILENCE_MS_MAX);
  }

  /** One timer for all beats: it looks when the last one was heard. */
  private watchSilence(delayMs: number): void {
    const { clock } = this.options;
    this.cancelSilence = clock.after(delayMs, () => {
      const silentMs = clock.now() - this.heardAt;
      if (silentMs >= SILENCE_MS_MAX || silentMs < 0) this.lose("nothing heard");
      else this.watchSilence(SILENCE_MS_MAX - silentMs);
    });
  }

  private take(status: AgentStatus): void {
    if (status.taskId !== this.taskId) {
      this.lose(`task ${status.taskId} answers at this address`);
      return;
    }
    const before = this.source;
    this.heardAt = this.options.clock.now();
    this.source = fresh(status);
    if (before.freshness !== "fresh" || !sameState(before.value, status)) {
      this.options.onChange(this.taskId);
    }
  }

  private lose(reason: string): void {
    if (this.closed) return;
    const { clock } = this.options;
    this.hangUp();
    const before = this.source;
    if (before.freshness === "fresh") {
      this.source = { freshness: "stale", value: before.value, since: clock.now() };
      this.options.onChange(this.taskId);
    } else if (before.freshness === "unknown") this.source = unknown(reason);
    if (clock.now() - this.begun > AGENT_BEAT_MS && before.freshness === "fresh") this.attempt = 0;
    const delay = Math.min(RETRY_MS_MIN * RETRY_GROWTH ** this.attempt, RETRY_MS_MAX);
    this.attempt += 1;
    this.cancel = clock.after(delay, () => this.dial());
  }

  private hangUp(): void {
    this.cancel();
    this.cancelSilence?.();
    this.cancelSilence = null;
    if (this.stream !== null) this.options.station.close(this.stream);
    this.stream = null;
  }
}

function sameState(a: AgentStatus, b: AgentStatus): boolean {
  return a.instanceId === b.instanceId && a.sequence === b.sequence;
}
