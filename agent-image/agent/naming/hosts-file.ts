/**
 * /etc/hosts is a bind mount in Docker: it cannot be renamed over, and a reader must never find it
 * short. One positional write of padded text is all that ever happens to it.
 */
import { open } from "node:fs/promises";
import type { HostsTable } from "../../../controller/model/naming.ts";
import { renderHosts } from "./hosts-text.ts";

/** @returns whether the file had to be written */
export async function applyHosts(
  path: string,
  cluster: string,
  table: HostsTable,
): Promise<boolean> {
  const file = await open(path, "r+");
  try {
    const current = await file.readFile("utf8");
    const text = renderHosts(current, cluster, table);
    if (text === current) return false;
    const bytes = Buffer.from(text);
    const { bytesWritten } = await file.write(bytes, 0, bytes.length, 0);
    if (bytesWritten !== bytes.length) {
      throw new Error(`only ${bytesWritten} of ${bytes.length} bytes written to ${path}`);
    }
    return true;
  } finally {
    await file.close();
  }
}
