/** What a process of the container does just now (proc(5)). */
import type { Files } from "../ports/files.ts";

/** Stopped by a signal, and nobody's debugger has done it. False as well when it cannot be told. */
export async function isStopped(files: Pick<Files, "read">, pid: number): Promise<boolean> {
  const text = await files.read(`/proc/${pid}/stat`).catch(() => null);
  // The program's name stands in parentheses, and may have some of its own.
  return (
    text !== null &&
    text
      .slice(text.lastIndexOf(")") + 1)
      .trimStart()
      .startsWith("T")
  );
}
