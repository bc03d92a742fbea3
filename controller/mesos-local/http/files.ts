/**
 * `/files/read` as an agent of Mesos serves it, of the sandboxes of the caller's own frameworks:
 * `path=/frameworks/FID/executors/EID/runs/latest/stderr`, `offset`, `length`.
 */
import type { Sandboxes } from "../agent/sandboxes.ts";
import { type Caller, ownerOf } from "../master/caller.ts";
import { executorPath } from "../master/model.ts";
import type { Registry } from "../master/registry.ts";

const PATH = /^\/frameworks\/([^/]+)\/executors\/([^/]+)\/runs\/latest\/(stdout|stderr)$/;
/** Bytes, as Mesos's own limit of sixteen pages. */
const LENGTH_MAX = 64 * 1024;

export interface FileAnswer {
  readonly status: 200 | 400 | 403 | 404;
  /** JSON of an object, else text. */
  readonly body: object | string;
}

export class SandboxFiles {
  constructor(
    private readonly sandboxes: Pick<Sandboxes, "read">,
    private readonly registry: Pick<Registry, "frameworks">,
  ) {}

  async read(query: URLSearchParams, caller: Caller): Promise<FileAnswer> {
    const path = query.get("path");
    if (path === null || path === "") {
      return { status: 400, body: "Expecting 'path=value' in query.\n" };
    }
    const offset = numberOf(query, "offset", -1);
    const length = numberOf(query, "length", LENGTH_MAX);
    if (offset === null || offset < -1) return { status: 400, body: "Failed to parse offset.\n" };
    if (length === null || length < -1) return { status: 400, body: "Failed to parse length.\n" };
    const [, frameworkId, executorId, name] = PATH.exec(path) ?? [];
    const owner = this.registry.frameworks.get(decoded(frameworkId))?.record.owner;
    if (owner === undefined) return { status: 404, body: "" };
    if (owner !== ownerOf(caller)) {
      return { status: 403, body: "The framework belongs to another principal" };
    }
    const wanted = length === -1 ? LENGTH_MAX : Math.min(length, LENGTH_MAX);
    const executor = executorPath(decoded(frameworkId), decoded(executorId));
    const file = name === "stdout" ? "stdout" : "stderr";
    const part = await this.sandboxes.read(executor, file, { offset, length: wanted });
    return part === null ? { status: 404, body: "" } : { status: 200, body: part };
  }
}

function numberOf(query: URLSearchParams, name: string, absent: number): number | null {
  const text = query.get(name);
  if (text === null) return absent;
  return /^-?\d{1,15}$/.test(text) ? Number(text) : null;
}

function decoded(part: string | undefined): string {
  try {
    return decodeURIComponent(part ?? "");
  } catch {
    return "";
  }
}
