/**
 * Puts and ranges through etcd's own JSON gateway on the client port (etcd v3, "gRPC gateway"):
 * HTTP, so that what was sent, and what was not, is known for certain.
 */
import { connect, type Socket } from "node:net";
import { connect as connectSecurely } from "node:tls";
import { Agent } from "undici";
import type { TlsIdentity } from "../../../controller/model/tls-identity.ts";

/** A killed container's address swallows packets; a living one answers within a millisecond. */
const CONNECT_MS = 300;
/** Longer than an election; a member that was paused or cut off never answers. */
const CALL_MS = 1_000;
/** A page of keys is larger than a put's answer. */
const RANGE_MS = 5_000;
const PAGE_KEYS = 2_000;

/** No connection was had: nothing was sent, and the same put may be tried elsewhere. */
export class NotSentError extends Error {}

export interface PutAnswer {
  readonly revision: number;
}

export interface KeyValue {
  readonly key: string;
  readonly value: string;
  readonly modRevision: number;
}

export class KvGateway {
  private readonly agent: Agent;

  /** @param identity null: the members speak without TLS */
  constructor(identity: TlsIdentity | null) {
    this.agent = new Agent({
      connect: ({ hostname, port }, callback) =>
        connectWithin({ hostname, port: Number(port), identity }, callback),
      pipelining: 1,
    });
  }

  /** @throws NotSentError when it is certain that nothing was sent */
  async put(endpoint: string, key: string, value: string): Promise<PutAnswer> {
    const body = { key: encode(key), value: encode(value) };
    const { header } = await this.call<{ header: Header }>(`${endpoint}/v3/kv/put`, body, CALL_MS);
    return { revision: Number(header.revision) };
  }

  /** All keys below a prefix that ends with `/`, linearizable, page by page. */
  async list(endpoint: string, prefix: string): Promise<KeyValue[]> {
    const found: KeyValue[] = [];
    // "0" is the byte after "/".
    const end = encode(prefix.replace(/\/$/, "0"));
    for (let from = prefix; ; from = `${found.at(-1)?.key}\0`) {
      const body = { key: encode(from), range_end: end, limit: PAGE_KEYS };
      const page = await this.call<RangeAnswer>(`${endpoint}/v3/kv/range`, body, RANGE_MS);
      for (const { key, value = "", mod_revision } of page.kvs ?? []) {
        found.push({ key: decode(key), value: decode(value), modRevision: Number(mod_revision) });
      }
      if (page.more !== true) return found;
    }
  }

  /** Whether the member has a vote and a leader, by its own word. */
  async votes(endpoint: string, deadlineMs: number): Promise<boolean> {
    const url = `${endpoint}/v3/maintenance/status`;
    const { isLearner, leader } = await this.call<StatusAnswer>(url, {}, deadlineMs);
    return isLearner !== true && leader !== undefined && leader !== "0";
  }

  async close(): Promise<void> {
    await this.agent.destroy();
  }

  private async call<T>(url: string, message: object, deadlineMs: number): Promise<T> {
    const { origin, pathname } = new URL(url);
    const { statusCode, body } = await this.agent.request({
      origin,
      path: pathname,
      method: "POST",
      body: JSON.stringify(message),
      signal: AbortSignal.timeout(deadlineMs),
    });
    const text = await body.text();
    if (statusCode !== 200) throw new Error(`etcd answers ${statusCode}: ${text.slice(0, 200)}`);
    return JSON.parse(text) as T;
  }
}

/** 64-bit numbers are decimal strings; zero, false and empty are left out. */
interface Header {
  readonly revision: string;
}

interface StatusAnswer {
  readonly leader?: string;
  readonly isLearner?: boolean;
}

interface RangeAnswer {
  readonly kvs?: readonly {
    readonly key: string;
    readonly value?: string;
    readonly mod_revision: string;
  }[];
  readonly more?: boolean;
}

const encode = (text: string) => Buffer.from(text).toString("base64");
const decode = (base64: string) => Buffer.from(base64, "base64").toString();

/** undici measures its own connect timeout in ticks of half a second. */
function connectWithin(
  to: { hostname: string; port: number; identity: TlsIdentity | null },
  callback: (...result: [null, Socket] | [Error, null]) => void,
): void {
  const { hostname: host, port, identity } = to;
  const socket = identity === null ? connect({ host, port }) : secured(host, port, identity);
  socket.setNoDelay(true);
  const timer = setTimeout(() => socket.destroy(new Error("no connection in time")), CONNECT_MS);
  const fail = (cause: Error) => {
    clearTimeout(timer);
    callback(new NotSentError(`${host}:${port}: ${cause.message}`, { cause }), null);
  };
  socket.once("error", fail);
  socket.once(identity === null ? "connect" : "secureConnect", () => {
    clearTimeout(timer);
    socket.off("error", fail);
    callback(null, socket);
  });
}

function secured(host: string, port: number, { authority, certificate, key }: TlsIdentity) {
  return connectSecurely({ host, port, ca: authority, cert: certificate, key });
}
