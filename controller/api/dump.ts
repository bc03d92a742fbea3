/**
 * A support bundle of one cluster: all that helps somebody else to see what is wrong, and no secret. What is
 * known to be one is looked for in every text, whatever it came from.
 */
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { pack as newPack, type Pack } from "tar-stream";
import { LOG_UNITS } from "../model/agent-api.ts";
import { clusterKey } from "../model/ids.ts";
import { messageOf, OperationError } from "../model/errors.ts";
import type { ClusterStatus, JupyterClusterObject, NodeStatus } from "../model/resource.ts";
import type { Clock } from "../model/ports.ts";
import { redactText } from "../support/redact.ts";
import type { ClusterRoutes } from "./clusters.ts";
import type { ApiExchange } from "./exchange.ts";
import { textOfLog } from "./log-text.ts";
import type { ApiOperations } from "./operations.ts";
import type { Streams } from "./streams.ts";

/** Of each unit, of this container and of the one before. */
const LINES_MAX = 2_000;
const LOG_BYTES_MAX = 512 * 1024;

export interface DumpParts {
  readonly operations: ApiOperations;
  readonly clusters: ClusterRoutes;
  readonly streams: Streams;
  readonly clock: Pick<Clock, "now">;
  /** What is there of the whole controller, by the name of its file. */
  readonly common: () => Promise<Readonly<Record<string, unknown>>>;
  /** Events of a cluster. */
  readonly events: (key: string) => readonly unknown[];
  readonly controlToken: string;
}

export class DumpRoutes {
  constructor(private readonly parts: DumpParts) {}

  /** A gzipped tar, made while it is sent: a node that does not answer is told in it. */
  readonly send = async (exchange: ApiExchange): Promise<void> => {
    const { clusters, streams, clock } = this.parts;
    const cluster = clusters.find(exchange);
    const { request, response } = exchange;
    const { name } = cluster.metadata;
    const time = new Date(clock.now()).toISOString().replaceAll(/[-:]|\.\d+/g, "");
    streams.add(response);
    response.writeHead(200, {
      "Content-Type": "application/gzip",
      "Content-Disposition": `attachment; filename="${name}-${time}.tar.gz"`,
      "Cache-Control": "no-store",
    });
    if (request.method === "HEAD") return void response.end();
    const pack = newPack();
    const sent = pipeline(pack, createGzip(), response);
    // A client that goes away ends the pipeline, and with it the work for it.
    const gone = sent.catch(() => undefined);
    await Promise.race([this.fill(pack, cluster, `${name}-${time}`), gone]);
    if (!pack.destroyed) pack.finalize();
    await gone;
  };

  private async fill(pack: Pack, cluster: JupyterClusterObject, folder: string): Promise<void> {
    const secrets = [this.parts.controlToken, ...this.parts.operations.secrets(cluster)];
    const now = new Date(this.parts.clock.now());
    const add = async (name: string, text: string) => {
      if (pack.destroyed) return;
      const content = withoutSecrets(text, secrets);
      const header = { name: `${folder}/${name}`, mtime: now, mode: 0o600 };
      await new Promise<void>((resolve) => pack.entry(header, content, () => resolve()));
    };
    for (const [name, value] of Object.entries(await this.documents(cluster))) {
      await add(name, typeof value === "string" ? value : `${JSON.stringify(value, null, 2)}\n`);
    }
    for (const node of cluster.status.nodes) {
      for (const previous of [false, true]) await this.addLogs(add, cluster, node, previous);
    }
  }

  private async documents(cluster: JupyterClusterObject): Promise<Record<string, unknown>> {
    const { operations, events, common } = this.parts;
    return {
      ...(await common()),
      "cluster.json": cluster,
      "events.json": events(clusterKey(cluster.metadata)),
      "history.json": await told(() => operations.history(cluster)),
      "operations.json": (cluster.status as Partial<ClusterStatus>).operations ?? [],
      "offers.json": await told(() => operations.offers()),
      "snapshots.json": await told(() => operations.snapshots(cluster)),
    };
  }

  private async addLogs(
    add: (name: string, text: string) => Promise<void>,
    cluster: JupyterClusterObject,
    node: NodeStatus,
    previous: boolean,
  ): Promise<void> {
    const options = { tail: LINES_MAX, follow: false, since: null, timestamps: true, previous };
    for (const unit of LOG_UNITS) {
      const text = await told(async () =>
        textOfLog(
          await this.parts.operations.nodeLog({ cluster, node, unit, ...options }),
          LOG_BYTES_MAX,
        ),
      );
      const name = `logs/slot-${node.slot}/${unit}${previous ? ".previous" : ""}`;
      if (typeof text === "string") await add(`${name}.log`, text);
      else await add(`${name}.missing`, `${text.missing}\n`);
    }
  }
}

/** What cannot be had says why. */
async function told<T>(read: () => T | Promise<T>): Promise<T | { readonly missing: string }> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    return { missing: messageOf(error) };
  }
}

/** A secret of many lines is no secret line by line only if none of its lines is shown. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  const parts = secrets
    .flatMap((secret) => [secret, encodeURIComponent(secret), ...secret.split("\n")])
    .filter((part) => part.length >= 16)
    .toSorted((a, b) => b.length - a.length);
  let shown = text.replace(
    /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----/g,
    "[redacted]",
  );
  for (const part of parts) shown = shown.replaceAll(part, "[redacted]");
  return redactText(shown);
}
