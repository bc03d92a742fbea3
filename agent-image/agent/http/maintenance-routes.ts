/** `GET` and `PUT /v1/snapshot`, `POST /v1/defragment` */
import { createReadStream } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { SNAPSHOT_HEADERS } from "../../../controller/model/agent-api.ts";
import { messageOf } from "../../../controller/model/errors.ts";
import { type Maintenance, NotServingError, type SavedSnapshot } from "../etcd/maintenance.ts";
import { SnapshotInvalidError } from "../snapshot/snapshot-file.ts";
import { respond, respondEmpty } from "./answer.ts";

/** From the first byte of the answer or the body to the last. */
const TRANSFER_MS_MAX = 5 * 60_000;

export type MaintenanceWork = Pick<Maintenance, "save" | "receive" | "defragment">;

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
}

/** @returns false when it is no such route */
export async function answerMaintenance(
  route: string,
  exchange: Exchange,
  work: MaintenanceWork,
): Promise<boolean> {
  const answer = ROUTES.get(route);
  if (answer === undefined) return false;
  const { response } = exchange;
  const gone = new AbortController();
  response.once("close", () => gone.abort(new Error("the client has hung up")));
  try {
    await answer(exchange, work, gone.signal);
  } catch (error) {
    if (response.headersSent || gone.signal.aborted) throw error;
    answerError(exchange, error);
  }
  return true;
}

type Route = (exchange: Exchange, work: MaintenanceWork, gone: AbortSignal) => Promise<void>;

const ROUTES: ReadonlyMap<string, Route> = new Map<string, Route>([
  [
    "GET /v1/snapshot",
    ({ response }, work, gone) => work.save((snapshot) => sendSnapshot(snapshot, response), gone),
  ],
  [
    "PUT /v1/snapshot",
    async ({ request, response, url }, work, gone) => {
      const sha256 = url.searchParams.get("sha256") ?? "";
      if (!/^[0-9a-f]{64}$/.test(sha256)) {
        return respond(response, 400, { message: "sha256 must be 64 lower-case hex digits" });
      }
      const signal = AbortSignal.any([gone, AbortSignal.timeout(TRANSFER_MS_MAX)]);
      await work.receive(bodyOf(request, signal), sha256, signal);
      respondEmpty(response);
    },
  ],
  [
    "POST /v1/defragment",
    async ({ response }, work, gone) => {
      await work.defragment(gone);
      respondEmpty(response);
    },
  ],
]);

/** Fails with the signal's reason when that comes first. */
export async function* bodyOf(request: Readable, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const giveUp = () => request.destroy(signal.reason);
  // The loop throws what comes while it runs, and nobody else may stumble over the rest.
  request.on("error", () => undefined);
  // Nothing of this happens before the first part is asked for, and that may be late.
  if (signal.aborted) giveUp();
  signal.addEventListener("abort", giveUp);
  try {
    // Not destroyed with the loop: who sends can still be told why.
    for await (const chunk of request.iterator({ destroyOnReturn: false })) yield chunk as Buffer;
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}

async function sendSnapshot(snapshot: SavedSnapshot, response: ServerResponse): Promise<void> {
  const { path, revision, keys, sha256, sizeBytes, clusterId } = snapshot;
  response.writeHead(200, {
    "content-type": "application/octet-stream",
    "content-length": sizeBytes,
    [SNAPSHOT_HEADERS.revision]: revision,
    [SNAPSHOT_HEADERS.keys]: keys,
    [SNAPSHOT_HEADERS.sha256]: sha256,
    [SNAPSHOT_HEADERS.clusterId]: clusterId,
  });
  const signal = AbortSignal.timeout(TRANSFER_MS_MAX);
  await pipeline(createReadStream(path), response, { signal });
}

function answerError({ request, response }: Exchange, error: unknown): void {
  const message = messageOf(error);
  if (error instanceof NotServingError) {
    return respond(response, 409, { code: "EtcdNotServing", message });
  }
  // Of a snapshot that we have taken ourselves, it is our fault.
  const theirs = error instanceof SnapshotInvalidError && request.method === "PUT";
  respond(response, theirs ? 400 : isDiskFull(error) ? 507 : 500, { message });
}

function isDiskFull(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOSPC" || code === "EDQUOT" || /no space left/i.test(messageOf(error));
}
