/** What makes the API one of Kubernetes', for kubectl and its kin: all of it beside our own routes. */
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Clock, Logger, PublishedClusters } from "../../model/ports.ts";
import type { NodeLogs } from "../node-logs.ts";
import type { ApiOperations } from "../operations.ts";
import { type Route, Router } from "../router.ts";
import { StatusError } from "../status-error.ts";
import type { Streams } from "../streams.ts";
import { Collections } from "./collections.ts";
import { discoveryRoutes } from "./discovery.ts";
import { openApiRoutes } from "./openapi.ts";
import { PodExec } from "./pod-exec.ts";
import { PodLookup } from "./pod-lookup.ts";
import { podLog } from "./pod-log.ts";
import { podMetrics, podMetricsRoutes } from "./pod-metrics.ts";
import { readRoutes } from "./read-routes.ts";
import { reviewRoutes } from "./access-reviews.ts";
import type { ManagedSpecs } from "./write/managed-specs.ts";
import { podWriteRoutes } from "./write/pod-routes.ts";
import { scaleRoutes } from "./write/scale-routes.ts";
import { writeRoutes } from "./write/write-routes.ts";
import { SpecWriter } from "./write/writer.ts";

const POD = "/api/v1/namespaces/:namespace/pods/:name";

export interface KubernetesParts {
  readonly published: PublishedClusters;
  readonly specs: ManagedSpecs;
  readonly operations: ApiOperations;
  readonly logs: NodeLogs;
  readonly streams: Streams;
  readonly clock: Clock;
  readonly log: Logger;
  /** Of this software. */
  readonly version: string;
}

export class KubernetesApi {
  readonly routes: readonly Route[];
  private readonly collections: Collections;
  private readonly pods: PodLookup;
  private readonly exec: PodExec;
  private readonly upgrades: Router;
  readonly writer: SpecWriter;

  constructor(parts: KubernetesParts) {
    const { published, specs, clock, log } = parts;
    this.collections = new Collections(published);
    this.pods = new PodLookup(published);
    this.exec = new PodExec(parts.operations, log);
    const writer = new SpecWriter({ specs, published, clock, log });
    this.writer = writer;
    const { all } = this.collections;
    this.routes = [
      ...discoveryRoutes([...all.map(({ kind }) => kind), podMetrics], parts.version),
      ...openApiRoutes(),
      ...all.flatMap((collection) => readRoutes(collection, parts)),
      ...writeRoutes(writer),
      ...scaleRoutes(writer),
      ...podWriteRoutes({ ...parts, pods: this.pods }),
      ...reviewRoutes(),
      ...podMetricsRoutes({ ...parts, now: () => clock.now() }),
      {
        method: "GET",
        path: `${POD}/log`,
        authorized: true,
        handler: (exchange) => podLog(exchange, this.pods, parts.logs, clock.now()),
      },
    ];
    this.upgrades = new Router(
      (["GET", "POST"] as const).map((method) => ({
        method,
        path: `${POD}/exec`,
        handler: noWebSocket,
      })),
    );
  }

  /** Of a sender who has shown the token. @throws StatusError before it is one */
  openWebSocket(request: IncomingMessage, client: Socket, head: Buffer, url: URL): void {
    const { params } = this.upgrades.match(request.method ?? "GET", url.pathname);
    const found = this.pods.find({ params });
    this.exec.accept(request, client, head, { found, query: url.searchParams });
  }

  close(): void {
    this.exec.close();
    this.collections.close();
  }
}

function noWebSocket(): never {
  throw new StatusError("BadRequest", "This wants a WebSocket.");
}
