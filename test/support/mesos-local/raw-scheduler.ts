/**
 * A scheduler on bare HTTP, without any of the product's client: what it sees is what is on the
 * wire. Updates are acknowledged at once unless told otherwise.
 */
import { Agent, type IncomingMessage, request } from "node:http";
import type {
  FrameworkInfo,
  Offer,
  SchedulerEvent,
  TaskStatus,
} from "../../../controller/mesos/wire.ts";
import { urlToHttpOptions } from "node:url";
import { until } from "../poll.ts";

export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: IncomingMessage["headers"];
}

export interface Seen {
  /** `performance.now()` at arrival. */
  readonly at: number;
  readonly event: SchedulerEvent;
}

const JSON_HEADERS = { "Content-Type": "application/json", Accept: "application/json" };

/** One request; any method, headers and body, right or wrong. */
export function send(
  url: string,
  body: unknown,
  headers: Record<string, string> = JSON_HEADERS,
  method = "POST",
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const options = { ...targetOf(url), method, headers, agent: keepAlive };
    const outgoing = request(options, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("end", () => {
        const { statusCode: status = 0, headers: received } = answer;
        resolve({ status, body: Buffer.concat(chunks).toString(), headers: received });
      });
      answer.on("error", reject);
    });
    outgoing.on("error", reject);
    outgoing.end(text);
  });
}

/** `unix:/dir/mesos.sock/path`, or a URL; a URL's user and password are sent with it. */
function targetOf(url: string) {
  const [, socketPath, path] = /^unix:(.*\.sock)(\/.*)$/.exec(url) ?? [];
  if (socketPath !== undefined) return { socketPath, path };
  return urlToHttpOptions(new URL(url));
}

const keepAlive = new Agent({ keepAlive: true });

export class RawScheduler {
  readonly seen: Seen[] = [];
  frameworkId = "";
  streamId = "";
  /** How the stream ended: with the last chunk, or with the connection. */
  ending: "chunk" | "broken" | null = null;
  acknowledges = true;
  private rest = "";
  private response: IncomingMessage | null = null;

  private constructor(private readonly url: string) {}

  static async subscribe(
    url: string,
    info: Partial<FrameworkInfo> = {},
    more: object = {},
  ): Promise<RawScheduler> {
    const scheduler = new RawScheduler(`${url}/api/v1/scheduler`);
    const framework_info = { user: "root", name: "raw", failover_timeout: 60, ...info };
    const call = {
      type: "SUBSCRIBE",
      ...(info.id === undefined ? {} : { framework_id: info.id }),
      subscribe: { framework_info, ...more },
    };
    await scheduler.open(call);
    return scheduler;
  }

  /** Any other call. */
  call(type: string, fields: object = {}): Promise<Answer> {
    const body = { type, framework_id: { value: this.frameworkId }, ...fields };
    return send(this.url, body, { ...JSON_HEADERS, "Mesos-Stream-Id": this.streamId });
  }

  /** The first event from `from` on that fits, waiting for it. */
  async event(
    what: string,
    fits: (event: SchedulerEvent) => boolean,
    deadlineMs = 20_000,
    from = 0,
  ): Promise<Seen> {
    return until(what, () => this.seen.slice(from).find(({ event }) => fits(event)), deadlineMs);
  }

  async offer(from = 0): Promise<Offer> {
    const { event } = await this.event("an offer", (e) => e.type === "OFFERS", 20_000, from);
    if (event.type !== "OFFERS") throw new Error("not an offer");
    return event.offers.offers[0] as Offer;
  }

  statusesOf(taskId: string): TaskStatus[] {
    return this.seen.flatMap(({ event }) =>
      event.type === "UPDATE" && event.update.status.task_id.value === taskId
        ? [event.update.status]
        : [],
    );
  }

  async status(taskId: string, state: string, deadlineMs = 20_000): Promise<TaskStatus> {
    return until(
      `${state} of ${taskId}`,
      () => this.statusesOf(taskId).find((status) => status.state === state),
      deadlineMs,
    );
  }

  acknowledge(status: TaskStatus): Promise<Answer> {
    const { agent_id, task_id, uuid } = status;
    return this.call("ACKNOWLEDGE", { acknowledge: { agent_id, task_id, uuid } });
  }

  /** Hangs up without a word, as a scheduler that was killed. */
  hangUp(): void {
    this.response?.destroy();
  }

  private open(call: object): Promise<void> {
    const opened = new Promise<void>((resolve, reject) => {
      const options = { ...targetOf(this.url), method: "POST", headers: JSON_HEADERS };
      const outgoing = request(options, (answer) => {
        this.response = answer;
        this.streamId = String(answer.headers["mesos-stream-id"] ?? "");
        if (answer.statusCode !== 200) reject(new Error(`status ${answer.statusCode}`));
        answer.setEncoding("utf8");
        answer.on("data", (text: string) => this.read(text));
        answer.on("end", () => {
          this.ending = "chunk";
        });
        answer.on("close", () => {
          this.ending ??= "broken";
        });
        answer.on("error", () => undefined);
        resolve();
      });
      outgoing.on("error", reject);
      outgoing.end(JSON.stringify(call));
    });
    return opened
      .then(() => until("the first event", () => this.seen.length > 0))
      .then(() => undefined);
  }

  private read(text: string): void {
    this.rest += text;
    for (;;) {
      const newline = this.rest.indexOf("\n");
      if (newline < 0) return;
      // Everything this server sends is ASCII but for task data, which is base64.
      const length = Number(this.rest.slice(0, newline));
      if (this.rest.length < newline + 1 + length) return;
      const event = JSON.parse(this.rest.slice(newline + 1, newline + 1 + length));
      this.rest = this.rest.slice(newline + 1 + length);
      this.arrived(event as SchedulerEvent);
    }
  }

  private arrived(event: SchedulerEvent): void {
    this.seen.push({ at: performance.now(), event });
    if (event.type === "SUBSCRIBED") this.frameworkId = event.subscribed.framework_id.value;
    if (event.type !== "UPDATE" || event.update.status.uuid === undefined) return;
    if (this.acknowledges) {
      this.acknowledge(event.update.status).catch((error: unknown) => {
        // A server that was just killed cannot take it; it repeats the update when it is back.
        if ((error as NodeJS.ErrnoException).code === undefined) throw error;
      });
    }
  }
}
