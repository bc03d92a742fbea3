/**
 * Client of the controller's HTTP API. Every answer has a deadline, streams until their headers.
 */
import { Agent, request } from "undici";
import type { Dispatcher } from "undici";
import { notAController, refused, unreachable } from "./api-errors.ts";
import { API_VERSION } from "../../model/resource.ts";
import { linesOf } from "../../support/line-splitter.ts";
import { userAgent } from "./user-agent.ts";
import { logParameters, type LogQuery } from "./log-query.ts";
import type { Overview } from "../../api/controller-status.ts";
import type { SpecChange } from "../../model/generation.ts";
import type { Holding } from "../../model/holdings.ts";
import type { ClusterRef, OwnerUid } from "../../model/ids.ts";
import type { NodeUsageStatus } from "../../model/node-usage.ts";
import type { OfferRecord } from "../../model/offer.ts";
import type { PublishedChange } from "../../model/ports.ts";
import type { RebalanceAction } from "../../model/rebalance.ts";
import type { ClusterEvent, JupyterClusterObject } from "../../model/resource.ts";
import type { SnapshotInfo } from "../../model/snapshot.ts";

/** Milliseconds until the answer's headers, and between two pieces of a body that must end. */
const DEADLINE_MS = 10_000;
const CONNECT_MS = 3_000;
/** A snapshot that runs already is waited for, and then one of its own is taken. */
const SNAPSHOT_MS_MAX = 25 * 60_000;
const BODY_BYTES_MAX = 64 * 1024 * 1024;
const LINE_LENGTH_MAX = 16 * 1024 * 1024;

/** A spec that was in force. */
export interface PastSpec {
  readonly generation: number;
  /** ISO 8601; null: a release that noted none. */
  readonly at: string | null;
  /** Against the one before; null: that is kept no more. */
  readonly changes: readonly SpecChange[] | null;
  readonly spec: Readonly<Record<string, unknown>>;
}

export interface ApiClientOptions {
  /** `http://host:port`, without a slash at its end. */
  readonly url: string;
  /** Reads the control token; called only for requests that need it. */
  readonly token: () => Promise<string>;
  readonly deadlineMs?: number;
}

type Query = Record<string, string>;

interface OpenRequest {
  readonly query?: Query;
  readonly authorized?: boolean;
  readonly stream?: boolean;
  readonly body?: string;
  /** Milliseconds until the answer's headers, where the usual is too short. */
  readonly deadlineMs?: number;
}

interface JsonRequest extends OpenRequest {
  readonly method?: "GET" | "POST";
}

export class ApiClient {
  readonly url: string;
  readonly #token: () => Promise<string>;
  readonly #dispatcher: Agent;

  constructor(options: ApiClientOptions) {
    this.url = options.url;
    this.#token = options.token;
    const deadline = options.deadlineMs ?? DEADLINE_MS;
    this.#dispatcher = new Agent({
      connect: { timeout: Math.min(CONNECT_MS, deadline) },
      headersTimeout: deadline,
      bodyTimeout: deadline,
    });
  }

  status(): Promise<Overview> {
    return this.#json<Overview>("/status", "controller");
  }

  async list(namespace: string | null): Promise<readonly JupyterClusterObject[]> {
    const path = collectionPath(namespace);
    return (await this.#json<{ items: JupyterClusterObject[] }>(path, "items")).items;
  }

  get(ref: ClusterRef): Promise<JupyterClusterObject> {
    return this.#json<JupyterClusterObject>(objectPath(ref), "metadata");
  }

  async events(ref: ClusterRef): Promise<readonly ClusterEvent[]> {
    const path = `${objectPath(ref)}/events`;
    return (await this.#json<{ items: ClusterEvent[] }>(path, "items")).items;
  }

  /** The latest, newest last. @param ref with this cluster's decisions alone; null: all of them */
  async offers(ref: ClusterRef | null): Promise<readonly OfferRecord[]> {
    const path = ref === null ? "/offers" : `${objectPath(ref)}/offers`;
    return (await this.#json<{ items: OfferRecord[] }>(path, "items")).items;
  }

  /** Jupyter's address with its token in it. */
  async jupyterUrl(ref: ClusterRef): Promise<string> {
    const path = `${objectPath(ref)}/access`;
    const options = { authorized: true };
    const access = await this.#json<{ jupyter: { url: string } }>(path, "jupyter", options);
    return access.jupyter.url;
  }

  /** The page's address, with a login in it that works once. */
  async pageUrl(): Promise<string> {
    const options = { method: "POST", authorized: true } as const;
    const { token } = await this.#json<{ token: string }>("/ui/logins", "token", options);
    return `${this.url}/ui/#login=${token}`;
  }

  /** Oldest first. */
  async snapshots(ref: ClusterRef): Promise<readonly SnapshotInfo[]> {
    const path = `${objectPath(ref)}/snapshots`;
    return (await this.#json<{ items: SnapshotInfo[] }>(path, "items")).items;
  }

  /** Returns when it is stored, which may take minutes. */
  takeSnapshot(ref: ClusterRef): Promise<SnapshotInfo> {
    const path = `${objectPath(ref)}/snapshots`;
    const options = { method: "POST", authorized: true, deadlineMs: SNAPSHOT_MS_MAX } as const;
    return this.#json<SnapshotInfo>(path, "revision", options);
  }

  /** Returns when the controller has agreed. @param id null: etcd begins empty */
  async restore(ref: ClusterRef, id: string | null): Promise<void> {
    const body = JSON.stringify(id === null ? { empty: true } : { snapshot: id });
    await this.#post(`${objectPath(ref)}/restore`, body);
  }

  /** What the cluster may not use yet, and what is at work on it. */
  foreign(ref: ClusterRef): Promise<{ items: readonly Holding[]; containers: readonly string[] }> {
    return this.#json(`${objectPath(ref)}/foreign`, "containers", { authorized: true });
  }

  /** Returns when it is stored that what these owners have left is the cluster's. */
  async adopt(ref: ClusterRef, owners: readonly OwnerUid[]): Promise<void> {
    const body = JSON.stringify({ owners });
    await this.#post(`${objectPath(ref)}/adopt`, body);
  }

  /** Returns when it is stored; what comes of it is in the status. */
  async rebalance(ref: ClusterRef, action: RebalanceAction): Promise<void> {
    const body = JSON.stringify({ action });
    await this.#post(`${objectPath(ref)}/rebalance`, body);
  }

  /** Oldest first; the last one is in force. */
  async history(ref: ClusterRef): Promise<readonly PastSpec[]> {
    const path = `${objectPath(ref)}/history`;
    return (await this.#json<{ items: PastSpec[] }>(path, "items")).items;
  }

  /** A unified diff; empty: they say the same. @param from null: the one before; `to` null: in force */
  async diff(ref: ClusterRef, from: number | null, to: number | null): Promise<string> {
    const query: Query = {
      ...(from === null ? {} : { from: String(from) }),
      ...(to === null ? {} : { to: String(to) }),
    };
    return (await this.#open("GET", `${objectPath(ref)}/diff`, { query })).text();
  }

  /** A gzipped tar. */
  async *dump(ref: ClusterRef): AsyncGenerator<Buffer> {
    const path = `${objectPath(ref)}/dump`;
    const options = { authorized: true, stream: true };
    yield* this.#guarded(`GET ${path}`, await this.#open("GET", path, options));
  }

  /** Returns the cluster when the spec is in force again. */
  async undo(ref: ClusterRef, generation: number): Promise<JupyterClusterObject["metadata"]> {
    const path = `${objectPath(ref)}/undo`;
    const body = JSON.stringify({ generation });
    const options = { method: "POST", authorized: true, body } as const;
    return (await this.#json<JupyterClusterObject>(path, "metadata", options)).metadata;
  }

  /** The current objects as ADDED first, then every change, until the controller stops. */
  async *watch(namespace: string | null): AsyncGenerator<PublishedChange> {
    const path = collectionPath(namespace);
    const body = await this.#open("GET", path, { query: { watch: "true" }, stream: true });
    const lines = linesOf(body, { what: "watch", lengthMax: LINE_LENGTH_MAX, tooLong: "throw" });
    for await (const line of this.#guarded(`GET ${path}`, lines)) {
      if (line !== "") yield JSON.parse(line) as PublishedChange;
    }
  }

  async *log(ref: ClusterRef, node: string, query: LogQuery): AsyncGenerator<Buffer> {
    const path = `${objectPath(ref)}/nodes/${encodeURIComponent(node)}/log`;
    const options = { query: logParameters(query), authorized: true, stream: true };
    yield* this.#guarded(`GET ${path}`, await this.#open("GET", path, options));
  }

  /** @param teardown true: also remove all containers. Returns when the controller has agreed. */
  async shutdown(teardown: boolean): Promise<void> {
    const body = JSON.stringify({ teardown });
    await this.#post("/shutdown", body);
  }

  /** Of each node, over a second. */
  async usage(ref: ClusterRef): Promise<readonly NodeUsageStatus[]> {
    const path = `${objectPath(ref)}/usage`;
    return (await this.#json<{ items: NodeUsageStatus[] }>(path, "items")).items;
  }

  async close(): Promise<void> {
    await this.#dispatcher.destroy();
  }

  async #post(path: string, body: string): Promise<void> {
    await (await this.#open("POST", path, { authorized: true, body })).dump();
  }

  /** @param proof a field that the answer must have, else something else answers here */
  async #json<T>(path: string, proof: string, options: JsonRequest = {}): Promise<T> {
    const { method = "GET", ...rest } = options;
    const body = await this.#open(method, path, rest);
    const operation = `${method} ${path}`;
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of this.#guarded(operation, body)) {
      bytes += chunk.length;
      if (bytes > BODY_BYTES_MAX) throw notAController(operation, this.url);
      chunks.push(chunk);
    }
    const parsed = parseObject(Buffer.concat(chunks).toString("utf8"));
    if (parsed === null || !(proof in parsed)) throw notAController(operation, this.url);
    return parsed as T;
  }

  async #open(
    method: "GET" | "POST",
    path: string,
    options: OpenRequest,
  ): Promise<Dispatcher.ResponseData["body"]> {
    const operation = `${method} ${path}`;
    const headers: Record<string, string> = {
      accept: "application/json, text/plain",
      "user-agent": userAgent(),
    };
    if (options.body !== undefined) headers["content-type"] = "application/json";
    if (options.authorized) headers["authorization"] = `Bearer ${await this.#token()}`;
    const query = options.query ? `?${new URLSearchParams(options.query).toString()}` : "";
    let response: Dispatcher.ResponseData;
    try {
      response = await request(`${this.url}${path}${query}`, {
        method,
        headers,
        body: options.body ?? null,
        dispatcher: this.#dispatcher,
        // A watch may be silent for long: nothing changes.
        ...(options.stream ? { bodyTimeout: 0 } : {}),
        ...(options.deadlineMs === undefined ? {} : { headersTimeout: options.deadlineMs }),
      });
    } catch (error) {
      throw unreachable(operation, this.url, error);
    }
    if (response.statusCode < 300) return response.body;
    const text = await response.body.text().catch(() => "");
    throw refused(operation, this.url, response.statusCode, text);
  }

  /** A connection that breaks in the middle is an operating error like any other. */
  async *#guarded<T>(operation: string, body: AsyncIterable<T>): AsyncGenerator<T> {
    try {
      yield* body;
    } catch (error) {
      throw unreachable(operation, this.url, error);
    }
  }
}

function collectionPath(namespace: string | null): string {
  const scope = namespace === null ? "" : `/namespaces/${encodeURIComponent(namespace)}`;
  return `/apis/${API_VERSION}${scope}/jupyterclusters`;
}

function objectPath(ref: ClusterRef): string {
  return `${collectionPath(ref.namespace)}/${encodeURIComponent(ref.name)}`;
}

function parseObject(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" ? value : null;
  } catch {
    return null;
  }
}
