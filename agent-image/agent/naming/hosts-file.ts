/**
 * /etc/hosts is a bind mount in Docker: it cannot be renamed over, and a reader must never find it
 * short. One positional write of padded text is all that ever happens to it.
 */
import type { HostsTable } from "../../../controller/model/naming.ts";
import type { Files } from "../ports/files.ts";
import { renderHosts } from "./hosts-text.ts";

/** @returns whether the file had to be written */
export async function applyHosts(
  files: Files,
  path: string,
  cluster: string,
  table: HostsTable,
): Promise<boolean> {
  const file = await files.open(path, "r+");
  try {
    const current = (await file.read(0, await file.size())).toString("utf8");
    const text = renderHosts(current, cluster, table);
    if (text === current) return false;
    await file.write(Buffer.from(text), 0);
    return true;
  } finally {
    await file.close();
  }
}
