/** Version of this software: package.json's, whether run from the sources or from dist/. */
import { readFileSync } from "node:fs";

export const VERSION = readVersion();

function readVersion(): string {
  for (const root of ["../../", "../../../"]) {
    const text = readIfThere(new URL(`${root}package.json`, import.meta.url));
    const parsed: unknown = text === null ? null : JSON.parse(text);
    if (typeof parsed !== "object" || parsed === null) continue;
    const { name, version } = parsed as { name?: unknown; version?: unknown };
    if (name === "jupyter-cluster" && typeof version === "string") return version;
  }
  throw new Error("package.json of jupyter-cluster is not where this file expects it");
}

function readIfThere(url: URL): string | null {
  try {
    return readFileSync(url, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
