/** A person's spec file, written only when a person asks to have an earlier spec of it back. */
import { readFile, realpath, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { type CompiledText, compileText } from "../../crd-schema/documents.ts";
import { textWithSpec } from "../../crd-schema/edit.ts";
import { immutableProblems } from "../../crd-schema/immutable.ts";
import { loadManifests } from "../../crd-schema/load.ts";
import type { CompiledCluster, Problem } from "../../crd-schema/spec.ts";
import { ERROR_CODES, messageOf, OperationError } from "../model/errors.ts";
import { codeOf, replaceFile } from "../support/files/durable-file.ts";
import type { ManagedPlace } from "./managed-place.ts";
import { readSpecs } from "./read-specs.ts";

export interface PersonsFilesOptions {
  /** A person's: spec file, or directory of them. */
  readonly path: string;
  /** Where the API's documents are; null: there are none. */
  readonly managed: ManagedPlace | null;
}

/**
 * The spec takes the place of what the file says of the cluster now; comments stay where they can.
 *
 * @returns what is wrong with it beside what else the files say: then nothing was written
 * @throws OperationError ERR_CONTROLLER_REFUSED when the file cannot be read, edited or written
 */
export async function putBack(
  inForce: CompiledCluster,
  spec: Readonly<Record<string, unknown>>,
  options: PersonsFilesOptions,
): Promise<readonly Problem[]> {
  const { file } = inForce.source;
  const edited = textWithSpec(await read(file), inForce.metadata, spec);
  if (edited === null) {
    const { name } = inForce.metadata;
    throw refused(`${file} is no YAML that can be edited, or says nothing of ${name} any more.`);
  }
  const problems = await problemsOf(edited, inForce, options);
  if (problems.length === 0) await write(file, edited);
  return problems;
}

async function problemsOf(
  edited: string,
  inForce: CompiledCluster,
  { path, managed }: PersonsFilesOptions,
): Promise<readonly Problem[]> {
  const { file } = inForce.source;
  const { files } = await readSpecs(path, null);
  const { paths = [], texts = new Map<string, CompiledText>() } = (await managed?.read()) ?? {};
  const others = [...files, ...paths].filter((other) => resolve(other) !== resolve(file));
  const read = [compileText(edited, file), ...texts.values()];
  const { clusters, problems } = await loadManifests(others, read);
  const here = problems.filter((one) => one.file === file && one.severity === "error");
  const { namespace, name } = inForce.metadata;
  const next = clusters.find(
    ({ metadata }) => metadata.name === name && metadata.namespace === namespace,
  );
  return next === undefined ? here : [...here, ...immutableProblems(inForce, next)];
}

function read(file: string): Promise<string> {
  return told(file, "read", () => readFile(file, "utf8"));
}

/** Whole or not at all; through a symbolic link, and with the mode and the owner that it has. */
function write(file: string, text: string): Promise<void> {
  return told(file, "written", async () => {
    const path = await realpath(file);
    const { mode, uid, gid } = await stat(path);
    await replaceFile(path, text, { mode: mode & 0o7777, owner: { uid, gid } });
  });
}

async function told<T>(file: string, what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (codeOf(error) === null) throw error;
    throw refused(`${file} cannot be ${what} by the controller: ${messageOf(error)}.`, error);
  }
}

function refused(why: string, cause?: unknown): OperationError {
  const message = `${why} Change the file by hand: \`history NAME --generation N\` prints a spec.`;
  return new OperationError(ERROR_CODES.CONTROLLER_REFUSED, "undo", message, { cause });
}
