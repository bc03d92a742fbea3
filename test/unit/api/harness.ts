/** The real API server on loopback, over a store that a test writes to. */
import { request } from "node:http";
import { Readable } from "node:stream";
import { expect } from "vitest";
import { apiServerIdentity } from "../../../controller/certificates/api-certificates.ts";
import { newKey } from "../../../controller/certificates/certificate.ts";
import { systemClock } from "../../../controller/support/clock.ts";
import { PublishedStore } from "../../../controller/loop/published.ts";
import { type ApiServerOptions, startApiServer } from "../../../controller/api/server.ts";
import type { ErrorCode } from "../../../controller/model/errors.ts";
import { clusterObject, type FixtureOptions } from "../cli/cluster-fixture.ts";
import { silentLog } from "../../support/silent-log.ts";

export const TOKEN = "0123456789abcdef0123456789abcdef";
export const BASE = "/apis/jupytercluster.dev/v1alpha1";
export const LAB = `${BASE}/namespaces/default/jupyterclusters/lab`;
export const AUTHORIZED = { authorization: `Bearer ${TOKEN}` };

export const AUTHORITY_KEY = newKey();
const TLS = apiServerIdentity(AUTHORITY_KEY, [], Date.now());

/** Of a test that writes none. */
export const NO_SPECS: ApiServerOptions["specs"] = {
  foreignFile: () => null,
  problems: () => Promise.reject(new Error("not expected")),
  owners: () => Promise.reject(new Error("not expected")),
  save: () => Promise.reject(new Error("not expected")),
  remove: () => Promise.reject(new Error("not expected")),
  putBack: () => Promise.reject(new Error("not expected")),
};

export async function startApi(overrides: Partial<ApiServerOptions> = {}) {
  const published = new PublishedStore({ lastResourceVersion: 100 });
  const shutdowns: boolean[] = [];
  const api = await startApiServer({
    host: "127.0.0.1",
    port: 0,
    tls: TLS,
    published,
    specs: NO_SPECS,
    version: "1.2.3",
    clock: systemClock,
    info: () => ({
      version: "1.2.3",
      startedAt: "2026-01-02T03:04:05Z",
      process: { pid: 7, user: "anna", stateDirectory: "/home/anna/state" },
      role: "acting",
      store: "/home/anna/state",
      proxies: [],
      mesos: { master: "127.0.0.1:5050", frameworkId: "f-1", registered: true },
    }),
    controllers: () => Promise.resolve([]),
    health: { live: [], ready: [] },
    metrics: { contentType: "text/plain", metrics: () => Promise.resolve("") },
    controlToken: TOKEN,
    page: null,
    readings: () => new Map(),
    operations: {
      jupyterUrl: () => "http://127.0.0.1:8888/lab?token=t",
      nodeLog: () => Promise.resolve(Readable.from(["a line\n"])),
      nodeExec: () => Promise.reject(new Error("not expected")),
      killNode: () => Promise.reject(new Error("not expected")),
      preview: () => Promise.reject(new Error("not expected")),
      snapshots: () => Promise.resolve([]),
      takeSnapshot: () => Promise.reject(new Error("not expected")),
      restore: () => Promise.reject(new Error("not expected")),
      offers: () => [],
      secrets: () => [],
      usage: () => Promise.resolve([]),
      history: () => ({ generations: [], isBroken: false }),
      foreign: () => Promise.reject(new Error("not expected")),
      adopt: () => Promise.reject(new Error("not expected")),
      rebalance: () => Promise.reject(new Error("not expected")),
      shutdown: (teardown) => Promise.resolve(() => void shutdowns.push(teardown)),
    },
    log: silentLog,
    ...overrides,
  });
  const publish = (options: FixtureOptions = {}) => published.publish(clusterObject(options), []);
  return { api, published, publish, shutdowns };
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

export interface Ask {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** With node:http and not fetch, which would not let a test choose the Host. */
export function ask(url: string, path: string, options: Ask = {}): Promise<Answer> {
  const { hostname, port } = new URL(url);
  const { method = "GET", body } = options;
  // Without it Node sends a DELETE's body as if it were the next request.
  const length = body === undefined ? {} : { "content-length": Buffer.byteLength(body) };
  const headers = { ...length, ...options.headers };
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { host: hostname, port, method, path, headers, agent: false },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
        incoming.once("error", reject);
        incoming.once("end", () =>
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            text: Buffer.concat(chunks).toString(),
          }),
        );
      },
    );
    outgoing.once("error", reject);
    outgoing.end(body);
  });
}

export function json(answer: Answer): unknown {
  return JSON.parse(answer.text);
}

/**
 * A Kubernetes `Status` that tells of a failure.
 *
 * @param cause code of the operating error behind it
 */
export function failure(
  code: number,
  reason: string,
  message: unknown = expect.any(String),
  cause?: ErrorCode,
) {
  const constant = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure" };
  const details = cause === undefined ? {} : { details: { causes: [{ reason: cause, message }] } };
  return { ...constant, ...details, code, reason, message };
}

/** The `Status` that says that there is no such cluster. */
export function noCluster(name: string) {
  const message = `jupyterclusters.jupytercluster.dev "${name}" not found`;
  const details = { name, group: "jupytercluster.dev", kind: "jupyterclusters" };
  return { ...failure(404, "NotFound", message), details };
}

/** Of a test that expects none. */
export const NO_OPERATIONS: ApiServerOptions["operations"] = {
  jupyterUrl: () => "",
  nodeLog: () => Promise.reject(new Error("not expected")),
  nodeExec: () => Promise.reject(new Error("not expected")),
  killNode: () => Promise.reject(new Error("not expected")),
  preview: () => Promise.reject(new Error("not expected")),
  snapshots: () => Promise.reject(new Error("not expected")),
  takeSnapshot: () => Promise.reject(new Error("not expected")),
  restore: () => Promise.reject(new Error("not expected")),
  offers: () => [],
  secrets: () => [],
  usage: () => Promise.resolve([]),
  history: () => ({ generations: [], isBroken: false }),
  foreign: () => Promise.reject(new Error("not expected")),
  adopt: () => Promise.reject(new Error("not expected")),
  rebalance: () => Promise.reject(new Error("not expected")),
  shutdown: () => Promise.resolve(() => undefined),
};
