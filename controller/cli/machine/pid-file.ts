/** Which process is the controller in the background: `controller.pid` in its state directory. */
import { join } from "node:path";
import { readIfThere, replaceFile, unlinkIfThere } from "../../support/files/durable-file.ts";
import {
  isAlive,
  ownIdentity,
  type ProcessIdentity,
} from "../../support/files/process-identity.ts";

export interface BackgroundController extends ProcessIdentity {
  /** RFC 3339. */
  readonly startedAt: string;
  readonly apiUrl: string;
  /** Absolute. */
  readonly specFile: string;
}

type Told = Omit<BackgroundController, keyof ProcessIdentity>;

/** This process is it. @returns takes it back, at its end */
export async function writePidFile(stateDir: string, told: Told): Promise<() => Promise<void>> {
  const path = pathIn(stateDir);
  const content: BackgroundController = { ...(await ownIdentity()), ...told };
  await replaceFile(path, `${JSON.stringify(content)}\n`, { durable: false });
  return () => unlinkIfThere(path);
}

/** Null: none lives. A file that a process left when it was killed tells of nobody. */
export async function backgroundController(stateDir: string): Promise<BackgroundController | null> {
  const text = await readIfThere(pathIn(stateDir));
  const content = text === null ? null : parse(text);
  return content !== null && (await isAlive(content)) ? content : null;
}

function pathIn(stateDir: string): string {
  return join(stateDir, "controller.pid");
}

/** One that cannot be read says no more than one that is not there. */
function parse(text: string): BackgroundController | null {
  try {
    const value = JSON.parse(text) as Partial<BackgroundController> | null;
    const isWhole = typeof value?.pid === "number" && typeof value.apiUrl === "string";
    return isWhole ? (value as BackgroundController) : null;
  } catch {
    return null;
  }
}
