/** Spec files to compiled clusters and problems. The only file of crd-schema that reads files. */
import { open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { compileText, resolveConflicts } from "./documents.ts";
import type { CompiledText, LoadedManifests } from "./documents.ts";
import type { Problem } from "./spec.ts";
import { FILE_BYTES_MAX } from "./yaml/limits.ts";

/** A directory with more is not one of specs. */
const FILES_MAX = 256;
const MANIFEST_NAME = /^[^.].*\.(yaml|yml|json)$/i;

export interface ManifestReading extends Pick<LoadedManifests, "clusters" | "problems"> {
  /** Spec files that are there, readable or not. */
  readonly files: readonly string[];
  /**
   * False when a directory could not be listed: then nothing may be taken for removed because it
   * is not in `files`.
   */
  readonly complete: boolean;
}

interface Listing {
  readonly files: readonly string[];
  readonly problems: readonly Problem[];
  readonly complete: boolean;
}

/**
 * Reads files, and of directories every `*.yaml`, `*.yml` and `*.json` that is not hidden (not the
 * directories in them), in the order of their names. Never rejects: what cannot be read is a
 * problem of that file.
 *
 * @param pathOrPaths relative ones are named in problems as they were given
 * @param texts that were read elsewhere (standard input), to be held against the files
 */
export async function loadManifests(
  pathOrPaths: string | readonly string[],
  texts: readonly CompiledText[] = [],
): Promise<ManifestReading> {
  const paths = typeof pathOrPaths === "string" ? [pathOrPaths] : pathOrPaths;
  const listings = await Promise.all(paths.map(listFiles));
  const files = [...new Set(listings.flatMap((listing) => listing.files))];
  const read: CompiledText[] = [...texts];
  for (const file of files) read.push(await readManifest(file));
  const { clusters, problems } = resolveConflicts(read);
  return {
    clusters,
    problems: [...listings.flatMap((listing) => listing.problems), ...problems],
    files,
    complete: listings.every((listing) => listing.complete),
  };
}

async function listFiles(path: string): Promise<Listing> {
  try {
    const found = await stat(path);
    if (!found.isDirectory()) return { files: [path], problems: [], complete: true };
    const names = (await readdir(path)).filter((name) => MANIFEST_NAME.test(name)).sort();
    return await listDirectory(path, names);
  } catch (error) {
    const missing = codeOf(error) === "ENOENT";
    return { files: [], problems: [unreadable(path, error)], complete: missing && isNamed(path) };
  }
}

/** A path that names a manifest and is not there is a removed file, not a directory gone wrong. */
function isNamed(path: string): boolean {
  return /\.(yaml|yml|json)$/i.test(path);
}

async function listDirectory(path: string, names: readonly string[]): Promise<Listing> {
  if (names.length === 0) {
    const message = "The directory holds no *.yaml, *.yml or *.json file.";
    return { files: [], problems: [fileProblem(path, message, "warning")], complete: true };
  }
  if (names.length > FILES_MAX) {
    const message = `The directory holds ${names.length} manifests; allowed: at most ${FILES_MAX}.`;
    return { files: [], problems: [fileProblem(path, message)], complete: false };
  }
  const paths = names.map((name) => join(path, name));
  const kept = await Promise.all(paths.map(async (file) => !(await isDirectory(file))));
  return { files: paths.filter((_, i) => kept[i]), problems: [], complete: true };
}

async function isDirectory(file: string): Promise<boolean> {
  try {
    return (await stat(file)).isDirectory();
  } catch {
    // Not ours to report: reading the file tells what is wrong with it.
    return false;
  }
}

async function readManifest(file: string): Promise<CompiledText> {
  try {
    return compileBytes(await readBytes(file), file);
  } catch (error) {
    return { documents: [], problems: [unreadable(file, error)] };
  }
}

/** The bytes of a file, or of standard input, as a text. */
export function compileBytes(bytes: Uint8Array, file: string): CompiledText {
  const refuse = (message: string) => ({ documents: [], problems: [fileProblem(file, message)] });
  if (bytes.length > FILE_BYTES_MAX) {
    return refuse("The file is larger than 1 MiB: that is no spec of clusters.");
  }
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    return refuse("The file is UTF-16; allowed: UTF-8. Save it again with that encoding.");
  }
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return refuse("The file is not UTF-8 text. Save it again with that encoding.");
  }
  return compileText(text, file);
}

/** At most one byte more than allowed, so that a growing or huge file costs no more. */
async function readBytes(file: string): Promise<Uint8Array> {
  if (!(await stat(file)).isFile()) throw new NotAFileError("not a regular file");
  const handle = await open(file, "r");
  try {
    const buffer = new Uint8Array(FILE_BYTES_MAX + 1);
    let length = 0;
    while (length < buffer.length) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return buffer.subarray(0, length);
  } finally {
    await handle.close();
  }
}

/** A pipe or device: opening one may wait for ever. */
class NotAFileError extends Error {
  override readonly name = "NotAFileError";
  readonly code = "ENOTFILE";
}

const CAUSES: Readonly<Record<string, string>> = {
  ENOENT: "The file does not exist: check the path, or write one as manifests/cluster.yaml shows.",
  ENOTDIR: "A part of the path is a file, not a directory: check the path.",
  EACCES: "The file may not be read: check its permissions and those of its directories.",
  EPERM: "The file may not be read: check its permissions and those of its directories.",
  ELOOP: "The path is a symbolic link that leads to itself.",
  ENOTFILE: "This is neither a file nor a directory; give standard input as `-`.",
};

function unreadable(file: string, error: unknown): Problem {
  const reason = error instanceof Error ? error.message : String(error);
  return fileProblem(file, CAUSES[codeOf(error)] ?? `The file cannot be read: ${reason}.`);
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "";
}

function fileProblem(
  file: string,
  message: string,
  severity: Problem["severity"] = "error",
): Problem {
  return { severity, file, line: null, column: null, field: "", message };
}
