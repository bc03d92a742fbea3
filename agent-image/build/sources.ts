import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * The directory `agent-image/` of the sources, found upwards from this module, because the
 * compiled module lies in `dist/` and the Dockerfile is not copied there.
 */
export function agentImageSources(): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const candidate = join(directory, "agent-image");
    if (existsSync(join(candidate, "Dockerfile"))) return candidate;
    const parent = dirname(directory);
    if (parent === directory) throw new Error(`no agent-image/Dockerfile above ${import.meta.url}`);
    directory = parent;
  }
}
