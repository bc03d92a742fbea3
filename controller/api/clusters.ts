/** The JupyterClusters, as Kubernetes' API serves a custom resource. */
import { clusterKey } from "../model/ids.ts";
import type { Logger, PublishedChange, PublishedClusters } from "../model/ports.ts";
import { API_VERSION, type JupyterClusterObject, KIND } from "../model/resource.ts";
import { type ApiExchange, sendJson } from "./exchange.ts";
import { LIMITS } from "./limits.ts";
import { booleanOf, wholeNumberOf } from "./requests.ts";
import { StatusError } from "./status-error.ts";
import type { Streams } from "./streams.ts";

/** What Kubernetes' clients may ask for and would take a full list for an answer to. */
const UNSUPPORTED = ["labelSelector", "fieldSelector", "continue"];
const TIMEOUT_S_MAX = 24 * 3600;

export class ClusterRoutes {
  /** The highest resource version given out; a deletion counts too. */
  private version = 0;
  private readonly unsubscribe: () => void;

  constructor(
    private readonly published: PublishedClusters,
    private readonly streams: Streams,
    private readonly log: Logger,
  ) {
    for (const object of published.list()) this.note(object);
    this.unsubscribe = published.subscribe((change) => this.note(change.object));
  }

  close(): void {
    this.unsubscribe();
  }

  /** `…/jupyterclusters`, of one namespace or of all; with `?watch=true` as a stream. */
  readonly list = (exchange: ApiExchange): void => {
    const namespace = exchange.params["namespace"] ?? null;
    for (const name of UNSUPPORTED) {
      if (!exchange.query.get(name)) continue;
      throw new StatusError("BadRequest", `${name} is not supported; leave it out.`);
    }
    if (booleanOf(exchange.query, "watch")) return this.watch(exchange, namespace);
    const resourceVersion = String(this.version);
    const list = {
      kind: `${KIND}List`,
      apiVersion: API_VERSION,
      metadata: { resourceVersion },
      items: this.published.list().filter(inNamespace(namespace)),
    };
    sendJson(exchange, list, { version: resourceVersion });
  };

  readonly get = (exchange: ApiExchange): void => {
    const object = this.find(exchange);
    sendJson(exchange, object, { version: object.metadata.resourceVersion });
  };

  readonly events = (exchange: ApiExchange): void => {
    const object = this.find(exchange);
    const items = this.published.events(clusterKey(object.metadata));
    const { resourceVersion } = object.metadata;
    const metadata = { resourceVersion };
    sendJson(exchange, { kind: "EventList", apiVersion: "v1", metadata, items });
  };

  /** @throws StatusError NotFound */
  find({ params }: ApiExchange): JupyterClusterObject {
    const { namespace = "", name = "" } = params;
    const object = this.published.get(clusterKey({ namespace, name }));
    if (object !== undefined) return object;
    const message = `There is no JupyterCluster ${name} in namespace ${namespace}.`;
    throw new StatusError("NotFound", message);
  }

  /** The current objects as ADDED, then every change, a line each. */
  private watch({ request, response, query }: ApiExchange, namespace: string | null): void {
    const seconds = wholeNumberOf(query, "timeoutSeconds", 1, TIMEOUT_S_MAX);
    if (request.method !== "HEAD") this.streams.add(response);
    response.writeHead(200, { "Content-Type": "application/json", "Cache-Control": "no-cache" });
    if (request.method === "HEAD") {
      response.end();
      return;
    }
    response.flushHeaders();
    const belongs = inNamespace(namespace);
    for (const object of this.published.list().filter(belongs)) {
      response.write(line({ type: "ADDED", object }));
    }
    const unsubscribe = this.published.subscribe((change) => {
      // One that has ended goes on until its client has read the rest.
      if (response.writableEnded || !belongs(change.object)) return;
      // A client that does not read costs its own watch, never the controller's memory.
      if (response.writableLength > LIMITS.watchBehindMax) {
        this.log.warn(
          { client: request.socket.remoteAddress },
          "watch dropped: its client is slow",
        );
        response.destroy();
        return;
      }
      response.write(line(change));
    });
    const timer = seconds === null ? undefined : setTimeout(() => response.end(), seconds * 1000);
    response.once("close", () => {
      clearTimeout(timer);
      unsubscribe();
    });
  }

  private note({ metadata }: JupyterClusterObject): void {
    this.version = Math.max(this.version, Number(metadata.resourceVersion));
  }
}

function inNamespace(namespace: string | null): (object: JupyterClusterObject) => boolean {
  return ({ metadata }) => namespace === null || metadata.namespace === namespace;
}

function line(change: PublishedChange): string {
  return `${JSON.stringify(change)}\n`;
}
