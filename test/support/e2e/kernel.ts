/** A notebook user for one cell. */
import { NotebookUser } from "./notebook-user.ts";

/**
 * Runs `code` in a new Python kernel through the proxy.
 *
 * @param jupyter the URL with `?token=…`
 * @returns what it printed, or the name of its error
 */
export async function runCell(jupyter: string, code: string, timeoutMs: number): Promise<string> {
  const user = new NotebookUser(jupyter);
  try {
    return await user.run(await user.startKernel(), code, timeoutMs);
  } finally {
    await user.close();
  }
}
