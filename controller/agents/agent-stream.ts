/** The stream of one agent: dialled until it stands, read until it breaks, dialled again. */
import { HEARTBEAT_INTERVAL_MS, type AgentStatus } from "../model/agent-api.ts";
import { messageOf } from "../model/errors.ts";
import { type Source, fresh, unknown } from "../model/observed.ts";
import type { Clock, Logger } from "../model/ports.ts";
import type { AgentVersion } from "../model/release.ts";
import { withSharedParts } from "../model/same-data.ts";
import { type Backoff, delayAfter } from "../support/backoff.ts";
import { LineSplitter } from "../support/line-splitter.ts";
import { authorization, shortText } from "./agent-http.ts";
import type { AgentAddress, AgentAnswer, AgentConnection } from "./connection.ts";
import { parseStatus, type UnsupportedAgent } from "./parse-status.ts";

/** More than three beats without a word, and the node is out of sight. */
const SILENCE_MS_MAX = 3 * HEARTBEAT_INTERVAL_MS + 200;
/**
 * After a standstill of this process: what was waiting for it is read within this time, and what an
 * agent says now comes later.
 */
const BACKLOG_MS_MAX = HEARTBEAT_INTERVAL_MS / 2;
const HEADERS_MS_MAX = 1_000;
/** While a container starts, every look counts; an agent that stays away is asked less often. */
const RETRY: Backoff = { firstMs: 25, capMs: 1_000, growth: 1.1 };
const LINE_LENGTH_MAX = 1024 * 1024;

export interface AgentStreamOptions extends AgentAddress {
  readonly taskId: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** The source differs from before in more than a beat. */
  onChange(): void;
}

export class AgentStream {
  private source: Source<AgentStatus> = unknown("not connected yet");
  /** The task whose agent answered last in the place of this one's; null: none. */
  private other: string | null = null;
  /** The same of the present connection, until it ends. */
  private answeredBy: string | null = null;
  private connection: AgentConnection | null = null;
  /** Of the present connection: a beat repeats it, and needs no second look. */
  private lastLine: string | null = null;
  private cancelRetry: (() => void) | null = null;
  private cancelSilence: (() => void) | null = null;
  /** The last connection to it ended because it speaks no version of the contract that is known here. */
  private unsupportedVersion: AgentVersion | null = null;
  /** The same of the present connection. */
  private told: AgentVersion | null = null;
  private attempt = 0;
  private heardAt = 0;
  /** When something was read of the present connection. */
  private readAt = 0;
  /** What is read until then was said at no known time. */
  private backlogUntil = 0;
  private closed = false;

  constructor(readonly options: AgentStreamOptions) {}

  start(): void {
    void this.run();
  }

  /** A process that was stopped for a while runs its timers late: the age counts, not the timer. */
  observe(): Source<AgentStatus> {
    const { source, heardAt } = this;
    if (source.freshness !== "fresh") return source;
    const old = this.options.clock.now() - heardAt > SILENCE_MS_MAX;
    return old ? { freshness: "stale", value: source.value, since: heardAt } : source;
  }

  /** Another task that holds this one's address, as far as we were led to it; null: none is known. */
  otherTask(): string | null {
    return this.other;
  }

  /** Null: it speaks as we do, or has not spoken. */
  get unsupported(): AgentVersion | null {
    return this.unsupportedVersion;
  }

  /** No callback comes any more. */
  close(): void {
    this.closed = true;
    this.cancelRetry?.();
    this.cancelSilence?.();
    void this.connection?.destroy();
  }

  /** One connection, from the dial to its end. */
  private async run(): Promise<void> {
    this.cancelRetry = null;
    const { clock, ip, taskId, log } = this.options;
    const deadlines = { headersMs: HEADERS_MS_MAX, bodyMs: SILENCE_MS_MAX };
    const connection = this.options.connect(this.options, deadlines);
    this.connection = connection;
    this.lastLine = null;
    this.answeredBy = null;
    let reason: string;
    this.told = null;
    const begun = clock.now();
    try {
      const body = await this.open(connection);
      reason = await this.read(connection, body);
    } catch (error) {
      reason = messageOf(error);
    }
    this.cancelSilence?.();
    this.cancelSilence = null;
    await connection.destroy();
    if (this.closed) return;
    if (this.source.freshness === "fresh") log.debug({ taskId, ip, reason }, "agent lost");
    this.setUnsupported(this.told);
    this.lose(reason);
    this.meet(this.answeredBy);
    // A stream that held was a good one: whatever broke it, the next dial is a first one.
    if (clock.now() - begun > HEARTBEAT_INTERVAL_MS) this.attempt = 0;
    this.attempt += 1;
    this.cancelRetry = clock.after(delayAfter(RETRY, this.attempt), () => void this.run());
  }

  private async open(connection: AgentConnection): Promise<AgentAnswer["body"]> {
    const headers = authorization(this.options.token);
    const answer = await connection.request({ method: "GET", path: "/v1/watch", headers });
    if (answer.statusCode === 200) return answer.body;
    const text = await shortText(answer.body, 1024);
    throw new Error(`the agent answered ${answer.statusCode}: ${text.trim()}`);
  }

  /** Returns why the stream ended. */
  private async read(connection: AgentConnection, body: AgentAnswer["body"]): Promise<string> {
    const limit = { what: "agent stream", lengthMax: LINE_LENGTH_MAX, tooLong: "throw" } as const;
    const splitter = new LineSplitter(limit);
    this.expectBeat(connection);
    this.readAt = this.options.clock.now();
    for await (const chunk of body) {
      for (const line of splitter.push(chunk as Buffer)) {
        const problem = line === "" ? null : this.take(line);
        if (problem !== null) return problem;
      }
      if (this.closed) break;
      this.expectBeat(connection);
    }
    return "the agent closed the stream";
  }

  private expectBeat(connection: AgentConnection): void {
    this.cancelSilence?.();
    this.cancelSilence = this.options.clock.after(SILENCE_MS_MAX, () => {
      const reason = `nothing from the agent for ${SILENCE_MS_MAX} ms`;
      this.lose(reason);
      void connection.destroy(new Error(reason));
    });
  }

  /** Returns what is wrong with the line; null: nothing. */
  private take(line: string): string | null {
    if (this.closed) return null;
    if (this.isBacklog()) {
      this.lastLine = null;
      this.lose("this process stood still");
      return null;
    }
    if (line === this.lastLine && this.source.freshness === "fresh") {
      this.heardAt = this.options.clock.now();
      return null;
    }
    const parsed = parseStatus(line);
    if (!parsed.ok) {
      this.told = this.versionOf(parsed.unsupported);
      const by = parsed.unsupported?.taskId;
      if (by !== undefined && by !== this.options.taskId) this.answeredBy = by;
      return parsed.problem;
    }
    const { status } = parsed;
    if (status.taskId !== this.options.taskId) {
      // Addresses belong to slots: the next task in the slot answers here, with the same token.
      this.answeredBy = status.taskId;
      return `task ${status.taskId} answers at this address`;
    }
    this.meet(null);
    const before = this.source;
    this.setUnsupported(null);
    this.lastLine = line;
    this.heardAt = this.options.clock.now();
    const known = before.freshness === "unknown" ? null : before.value;
    this.source = fresh(withSharedParts(known, status));
    if (before.freshness !== "fresh" || !sameState(before.value, status)) this.options.onChange();
    return null;
  }

  /**
   * A silence that its timer has not ended: this process was stopped, and what it reads now may have
   * been said long ago, by a node that is no more.
   */
  private isBacklog(): boolean {
    const now = this.options.clock.now();
    if (now - this.readAt > SILENCE_MS_MAX) this.backlogUntil = now + BACKLOG_MS_MAX;
    this.readAt = now;
    // A clock that is set back does not make it longer.
    return now < this.backlogUntil && now >= this.backlogUntil - BACKLOG_MS_MAX;
  }

  private meet(other: string | null): void {
    if (this.other === other) return;
    this.other = other;
    this.options.onChange();
  }

  /** The next task in the slot answers at the same address. */
  private versionOf(told: UnsupportedAgent | undefined): AgentVersion | null {
    if (told === undefined || told.taskId !== this.options.taskId) return null;
    return { release: told.release, apiVersions: told.apiVersions };
  }

  private setUnsupported(version: AgentVersion | null): void {
    const before = this.unsupportedVersion;
    this.unsupportedVersion = version;
    if ((before === null) !== (version === null)) this.options.onChange();
  }

  private lose(reason: string): void {
    const before = this.source;
    if (before.freshness === "fresh") {
      const since = this.options.clock.now();
      this.source = { freshness: "stale", value: before.value, since };
      this.options.onChange();
    } else if (before.freshness === "unknown") {
      this.source = unknown(reason);
    }
  }
}

function sameState(a: AgentStatus, b: AgentStatus): boolean {
  return a.instanceId === b.instanceId && a.sequence === b.sequence;
}
