/** The keys of one site below its prefix, and what stands in them. Pure. */
import { ERROR_CODES, messageOf, OperationError } from "../../model/errors.ts";
import { type ClusterKey, parseClusterKey } from "../../model/ids.ts";
import { unsealJson } from "../../support/files/sealed-json.ts";
import { fileNameOf } from "../file-names.ts";
import type { KeyRange } from "./store-etcd.ts";

export class SiteKeys {
  constructor(
    /** Without a slash at its end. */
    private readonly prefix: string,
  ) {}

  get all(): KeyRange {
    return below(`${this.prefix}/`);
  }

  get format(): string {
    return `${this.prefix}/format`;
  }

  get moved(): string {
    return `${this.prefix}/moved`;
  }

  get framework(): string {
    return `${this.prefix}/framework`;
  }

  get controlToken(): string {
    return `${this.prefix}/control-token`;
  }

  /** One for each controller that acts or waits; the one that was made first acts. */
  get controllers(): KeyRange {
    return below(`${this.prefix}/controllers/`);
  }

  controller(lease: string): string {
    return `${this.controllers.start}${lease}`;
  }

  get memories(): KeyRange {
    return below(`${this.prefix}/clusters/`);
  }

  memory(key: ClusterKey): string {
    return `${this.memories.start}${clusterPath(key)}`;
  }

  get specs(): KeyRange {
    return below(`${this.prefix}/specs/`);
  }

  spec(key: ClusterKey): string {
    return `${this.specs.start}${clusterPath(key)}`;
  }

  get tasks(): KeyRange {
    return below(`${this.prefix}/tasks/`);
  }

  task(taskId: string): string {
    return `${this.tasks.start}${fileNameOf(taskId)}`;
  }

  get statuses(): KeyRange {
    return below(`${this.prefix}/published/`);
  }

  status(key: ClusterKey): string {
    return `${this.statuses.start}${clusterPath(key)}`;
  }
}

export function isIn(range: KeyRange, key: string): boolean {
  return key >= range.start && key < range.end;
}

/** @throws OperationError ERR_STATE_CORRUPT naming the key */
export function unsealed(key: string, text: string): unknown {
  try {
    return unsealJson(text);
  } catch (error) {
    throw corruptKey(key, messageOf(error));
  }
}

export function corruptKey(key: string, reason: string): OperationError {
  const message =
    `The key ${key} in etcd is damaged (${reason}). Restore etcd from a backup of yours, or ` +
    `remove the key (etcdctl del): what it remembers is lost then.`;
  return new OperationError(ERROR_CODES.STATE_CORRUPT, `read ${key}`, message);
}

/** Names hold no slash once they are encoded, so that no two are taken for one another. */
function clusterPath(key: ClusterKey): string {
  const { namespace, name } = parseClusterKey(key);
  return `${fileNameOf(namespace)}/${fileNameOf(name)}`;
}

/** @param start ends in a slash, which `0` follows in ASCII */
function below(start: string): KeyRange {
  return { start, end: `${start.slice(0, -1)}0` };
}
