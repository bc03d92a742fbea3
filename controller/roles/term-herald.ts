/**
 * Makes the term of the controller that begins to act known to every agent in sight, so that each of
 * them refuses its predecessor from then on, and not only once it is given an order.
 */
import { authorization, shortText } from "../agents/agent-http.ts";
import type { AgentTarget, ConnectAgent } from "../agents/connection.ts";
import { messageOf } from "../model/errors.ts";
import type { Clock, Logger } from "../model/ports.ts";
import type { Serving } from "./serving.ts";

const DEADLINES = { headersMs: 1_000, bodyMs: 1_000 };
/** After one that could not be told. Milliseconds. */
const RETRY_MS = 1_000;
const TEXT_BYTES_MAX = 1_024;

export interface TermHeraldOptions {
  readonly serving: Pick<Serving, "streams" | "onAgent">;
  /** Says the term with every order. */
  readonly connectAgent: ConnectAgent;
  readonly clock: Clock;
  readonly log: Logger;
}

export class TermHerald {
  /** The agent process of each task that knows, or is being told. */
  private readonly told = new Map<string, string>();
  private readonly retries = new Set<() => void>();
  private forget: () => void = () => undefined;
  private stopped = false;

  constructor(private readonly options: TermHeraldOptions) {}

  /** Those in sight now, and whoever comes into sight later. */
  start(): void {
    const { serving } = this.options;
    this.forget = serving.onAgent((taskId) => this.heard(taskId));
    for (const taskId of serving.streams.taskIds()) this.heard(taskId);
  }

  stop(): void {
    this.stopped = true;
    this.forget();
    for (const cancel of this.retries) cancel();
  }

  private heard(taskId: string): void {
    const { streams } = this.options.serving;
    const source = streams.observe(taskId);
    const target = streams.targetOf(taskId);
    if (this.stopped || target === undefined || source?.freshness !== "fresh") return;
    const { instanceId } = source.value;
    if (this.told.get(taskId) === instanceId) return;
    for (const known of this.told.keys()) {
      if (streams.targetOf(known) === undefined) this.told.delete(known);
    }
    this.told.set(taskId, instanceId);
    void this.tell(taskId, target);
  }

  /** One of 0.1.0 answers that it has no such thing, which is as good: it knows no terms. */
  private async tell(taskId: string, target: AgentTarget): Promise<void> {
    const { connectAgent, clock, log } = this.options;
    const connection = connectAgent(target, DEADLINES);
    try {
      const headers = authorization(target.token);
      const answer = await connection.request({ method: "PUT", path: "/v1/term", headers });
      const text = await shortText(answer.body, TEXT_BYTES_MAX);
      if (answer.statusCode === 409) log.warn({ taskId, text }, "an agent knows of a later term");
    } catch (error) {
      if (this.stopped) return;
      log.debug(
        { taskId, error: messageOf(error) },
        "an agent was not told the term, trying again",
      );
      this.told.delete(taskId);
      const cancel = clock.after(RETRY_MS, () => {
        this.retries.delete(cancel);
        this.heard(taskId);
      });
      this.retries.add(cancel);
    } finally {
      await connection.destroy();
    }
  }
}
