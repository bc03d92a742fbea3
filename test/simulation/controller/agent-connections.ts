/** Production's calls to agents, over simulated network: each path is a service of the node. */
import type {
  AgentAnswer,
  AgentConnection,
  AgentDeadlines,
  AgentRequest,
  ConnectAgent,
} from "../../../controller/agents/connection.ts";
import { SNAPSHOT_HEADERS, TERM_HEADER } from "../../../controller/model/agent-api.ts";
import type { Clock } from "../../../controller/model/ports.ts";
import type { Rng } from "../engine/rng.ts";
import { snapshotBytes, snapshotIn } from "../etcd/snapshot-bytes.ts";
import type { SnapshotAnswer } from "../node/wire-server.ts";
import { ByteStream } from "../wire/byte-stream.ts";
import type { Endpoint } from "../wire/endpoint.ts";

/** As agent-http.ts: an address without a container swallows what is sent. */
const CONNECT_MS_MAX = 300;
/** After which both ends know that something got lost between them. */
const LOSS_MS = 10_000;
/** A large snapshot takes its time. */
const TRANSFER_MS = { min: 50, max: 3_000 };

/** What a controller wants done, and the term in which it does. */
export interface Order {
  readonly term: string | undefined;
  readonly body: unknown;
}

export interface AgentWires {
  readonly endpoint: Endpoint;
  readonly clock: Clock;
  readonly rng: Rng;
  /** Names streams, once in all the time. */
  readonly owner: string;
  readonly resolve: (ip: string) => string | undefined;
}

export function connectAgents(network: AgentWires): ConnectAgent {
  let streams = 0;
  return ({ ip }, deadlines) => {
    streams += 1;
    const stream = `${network.owner}/watch/${streams}`;
    return new SimulatedAgentConnection(network, ip, deadlines, stream);
  };
}

class SimulatedAgentConnection implements AgentConnection {
  private readonly failures = new Set<(error: Error) => void>();
  private reading = false;

  constructor(
    private readonly network: AgentWires,
    private readonly ip: string,
    private readonly deadlines: AgentDeadlines,
    private readonly stream: string,
  ) {}

  async request(request: AgentRequest): Promise<AgentAnswer> {
    const { endpoint, resolve } = this.network;
    const peer = resolve(this.ip);
    if (peer === undefined) return this.nobody(request);
    const [path, query] = request.path.split("?");
    switch (`${request.method} ${path}`) {
      case "GET /v1/watch":
        return this.waitFor(request, this.deadlines.headersMs, (answer, fail) => {
          const body = this.read(peer, answer, fail);
          this.failures.add((error) => body.fail(error));
          endpoint.tell(peer, "watch", this.stream);
        });
      case "PUT /v1/start": {
        const command: unknown = JSON.parse(request.body as string);
        const answer = await this.order(peer, "command", command, request);
        return answer === "accepted" ? answerOf(202) : refusal(answer);
      }
      case "PUT /v1/term": {
        const answer = await this.order(peer, "term", null, request);
        return answer === "known" ? answerOf(204) : refusal(answer);
      }
      case "GET /v1/status": {
        const status = await this.ask(peer, "status", null, request);
        return answerOf(200, JSON.stringify(status));
      }
      case "POST /v1/stop": {
        const taskId = new URLSearchParams(query).get("taskId") ?? "";
        const answer = await this.order(peer, "stop", taskId, request);
        return answer === "accepted" ? answerOf(202) : refusal(answer);
      }
      case "GET /v1/snapshot":
        return this.giveSnapshot((await this.ask(peer, "snapshot", null, request)) as Given);
      case "PUT /v1/snapshot": {
        const bytes = await this.transfer(request.body as AsyncIterable<Uint8Array>);
        const content = snapshotIn(bytes);
        const sha256 = new URLSearchParams(query).get("sha256") ?? "";
        const ref = { sha256, revision: content.revision };
        const answer = await this.order(peer, "take-snapshot", { ref, content }, request);
        return answer === "taken" ? answerOf(204) : refusal(answer);
      }
      case "POST /v1/defragment": {
        const answer = await this.order(peer, "defragment", null, request);
        return answer === "done" ? answerOf(204) : refusal(answer);
      }
      default:
        throw new Error(`no agent answers ${request.method} ${request.path}`);
    }
  }

  async destroy(reason = new Error("connection destroyed")): Promise<void> {
    if (this.reading) this.network.endpoint.close(this.stream);
    for (const fail of this.failures) fail(reason);
    this.failures.clear();
  }

  private nobody(request: AgentRequest): Promise<never> {
    return this.waitFor(request, CONNECT_MS_MAX, () => undefined);
  }

  private order(
    peer: string,
    service: string,
    body: unknown,
    request: AgentRequest,
  ): Promise<unknown> {
    const order: Order = { term: request.headers?.[TERM_HEADER], body };
    return this.ask(peer, service, order, request);
  }

  private ask(
    peer: string,
    service: string,
    body: unknown,
    request: AgentRequest,
  ): Promise<unknown> {
    const deadlineMs = Math.min(this.deadlines.headersMs, LOSS_MS);
    return this.waitFor(request, deadlineMs, (answer) => {
      this.network.endpoint.ask(peer, service, body, deadlineMs, (given) => {
        if (given !== undefined) answer(given);
      });
    });
  }

  private waitFor<T>(
    { signal }: AgentRequest,
    deadlineMs: number,
    begin: (answer: (value: T) => void, fail: (error: Error) => void) => void,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const onAbort = () => fail(signal?.reason as Error);
      const done = () => {
        cancel();
        this.failures.delete(fail);
        signal?.removeEventListener("abort", onAbort);
      };
      const fail = (error: Error) => {
        done();
        reject(error);
      };
      const cancel = this.network.clock.after(deadlineMs, () => {
        fail(new Error(`nothing within ${deadlineMs} ms`));
      });
      this.failures.add(fail);
      signal?.addEventListener("abort", onAbort, { once: true });
      begin((value) => {
        done();
        resolve(value);
      }, fail);
    });
  }

  /** The first part is the answer's beginning. */
  private read(
    peer: string,
    answer: (answer: AgentAnswer) => void,
    fail: (error: Error) => void,
  ): ByteStream {
    const body = new ByteStream();
    this.reading = true;
    this.network.endpoint.read(this.stream, peer, {
      part: (status) => {
        body.push(lineOf(status as object));
        answer({ statusCode: 200, headers: {}, body });
      },
      broken: (reason) => {
        this.reading = false;
        fail(new Error(reason));
        body.fail(new Error(reason));
      },
    });
    return body;
  }

  private giveSnapshot(given: Given): AgentAnswer {
    if (given === null) return refusal({ code: "EtcdNotServing", message: "etcd does not serve" });
    const { content, clusterId, sha256 } = given;
    const bytes = snapshotBytes(content);
    const headers = {
      [SNAPSHOT_HEADERS.revision]: String(content.revision),
      [SNAPSHOT_HEADERS.keys]: String(content.kvs.length),
      [SNAPSHOT_HEADERS.sha256]: sha256,
      [SNAPSHOT_HEADERS.clusterId]: clusterId,
    };
    return { statusCode: 200, headers, body: this.slowly(bytes) };
  }

  private async *slowly(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
    await this.pass();
    yield bytes;
  }

  private async transfer(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
    const pieces: Uint8Array[] = [];
    for await (const piece of body) pieces.push(piece);
    await this.pass();
    return Buffer.concat(pieces);
  }

  private pass(): Promise<void> {
    const { clock, rng } = this.network;
    return new Promise((resolve) => {
      clock.after(rng.integer(TRANSFER_MS.min, TRANSFER_MS.max), resolve);
    });
  }
}

type Given = SnapshotAnswer | null;

/** A beat tells the same again, and whoever watches is told the same. */
const lines = new WeakMap<object, Uint8Array>();

function lineOf(status: object): Uint8Array {
  const known = lines.get(status);
  if (known !== undefined) return known;
  const line = Buffer.from(`${JSON.stringify(status)}\n`);
  lines.set(status, line);
  return line;
}

function refusal(body: unknown): AgentAnswer {
  return answerOf(409, JSON.stringify(body));
}

function answerOf(statusCode: number, text = ""): AgentAnswer {
  return { statusCode, headers: {}, body: onePiece(text) };
}

async function* onePiece(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
