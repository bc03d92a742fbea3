/**
 * Which etcd's write-ahead log we may write to. The format is etcd's own affair and no promise of
 * its makers: what is known, and was compared byte by byte with real logs, is that of 3.5.
 */
import type { Processes } from "../../ports/processes.ts";

const KNOWN = /^3\.5\.\d+$/;
const VERSION_MS_MAX = 5_000;

/** This etcd may write its log in another way. */
export class WalFormatUnknownError extends Error {
  override readonly name = "WalFormatUnknownError";
}

/**
 * @throws WalFormatUnknownError when the container's etcd is not of a version whose log we know;
 *   Error when it cannot be run
 */
export async function requireKnownFormat(processes: Pick<Processes, "run">): Promise<void> {
  const text = await processes.run("/usr/bin/etcd", ["--version"], { timeoutMs: VERSION_MS_MAX });
  const version = /^etcd Version: (\S+)/m.exec(text)?.[1] ?? "of an unknown version";
  if (KNOWN.test(version)) return;
  throw new WalFormatUnknownError(`etcd is ${version}, and only the log of 3.5 may be written to`);
}
