/** Connections to the agents of all clusters: a stream of statuses with its beats, and orders. */
import type {
  AgentAnswer,
  AgentConnection,
  AgentRequest,
  ConnectAgent,
} from "../../../controller/agents/connection.ts";
import {
  HEARTBEAT_INTERVAL_MS,
  type StartCommand,
  type AgentStatus,
} from "../../../controller/model/agent-api.ts";
import type { Clock } from "../../../controller/model/ports.ts";
import { ByteStream } from "../wire/byte-stream.ts";
import type { CheapCluster } from "./cheap-cluster.ts";

export interface CheapAgentsOptions {
  readonly clock: Clock;
  /** Whose address that is. */
  at(ip: string): { readonly cluster: CheapCluster; readonly slot: number };
  /** All agents beat in this step. */
  onBeat(): void;
}

interface Watch {
  readonly body: ByteStream;
  line: Uint8Array;
}

const ANSWER_MS = 5;
/** As in controller/agents/agent-http.ts. */
const CONNECT_MS_MAX = 300;

export class CheapAgents {
  /** By address: there is one controller, and it listens to each once. */
  private readonly watched = new Map<string, Watch>();

  constructor(private readonly options: CheapAgentsOptions) {
    this.beat();
  }

  readonly connect: ConnectAgent = ({ ip }): AgentConnection => {
    let watch: Watch | null = null;
    return {
      request: async ({ method, path, body }: AgentRequest) => {
        const { cluster, slot } = this.options.at(ip);
        if (!cluster.isReachable(slot)) return this.fail(CONNECT_MS_MAX, "nobody is there");
        if (!cluster.answers(slot)) return this.fail(1, "connection refused");
        await this.pass(ANSWER_MS);
        if (`${method} ${path}` === "PUT /v1/start") {
          cluster.order(slot, JSON.parse(body as string) as StartCommand);
          return { statusCode: 202, headers: {}, body: nothing() };
        }
        if (`${method} ${path}` !== "GET /v1/watch") throw new Error(`${method} ${path} of whom?`);
        watch = this.begin(ip, cluster.statusOf(slot));
        return { statusCode: 200, headers: {}, body: watch.body } satisfies AgentAnswer;
      },
      destroy: async () => {
        watch?.body.fail(new Error("connection destroyed"));
        if (this.watched.get(ip) === watch) this.watched.delete(ip);
      },
    };
  };

  tell(ip: string, status: AgentStatus): void {
    const watch = this.watched.get(ip);
    if (watch === undefined) return;
    watch.line = lineOf(status);
    watch.body.push(watch.line);
  }

  /** The peer has closed it: that is seen at once. */
  closed(ip: string): void {
    const watch = this.watched.get(ip);
    this.watched.delete(ip);
    this.options.clock.after(1, () => watch?.body.fail(new Error("closed by the other end")));
  }

  /** Nothing comes any more, and nobody says so. */
  silent(ip: string): void {
    this.watched.delete(ip);
  }

  private begin(ip: string, status: AgentStatus | null): Watch {
    const body = new ByteStream();
    const watch = { body, line: status === null ? NO_STATUS_YET : lineOf(status) };
    body.push(watch.line);
    this.watched.set(ip, watch);
    return watch;
  }

  private beat(): void {
    const { options } = this;
    options.clock.after(HEARTBEAT_INTERVAL_MS, () => {
      options.onBeat();
      for (const { body, line } of this.watched.values()) body.push(line);
      this.beat();
    });
  }

  private async fail(afterMs: number, reason: string): Promise<never> {
    await this.pass(afterMs);
    throw new Error(reason);
  }

  private pass(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.options.clock.after(ms, resolve);
    });
  }
}

const NO_STATUS_YET = Buffer.from("\n");

function lineOf(status: AgentStatus): Uint8Array {
  return Buffer.from(`${JSON.stringify(status)}\n`);
}

async function* nothing(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array();
}
