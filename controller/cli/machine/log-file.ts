/** The controller's log while `up` shows something else: a file that is not let grow for ever. */
import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";
import { ERROR_CODES, messageOf, OperationError } from "../../model/errors.ts";

const BYTES_MAX = 16 * 1024 * 1024;

export interface LogFile {
  readonly path: string;
  /** Written when it returns, so that a crash loses nothing. */
  write(text: string): void;
  close(): void;
}

/**
 * Appends to `controller.log` in the state directory; at 16 MiB the file becomes `controller.log.1`
 * and a new one is begun.
 *
 * @throws OperationError ERR_STATE_UNWRITABLE
 */
export function openLogFile(stateDir: string, bytesMax = BYTES_MAX): LogFile {
  const path = join(stateDir, "controller.log");
  let file = openForAppend(stateDir, path);
  let bytes = fstatSync(file).size;
  const rotate = () => {
    closeSync(file);
    renameSync(path, `${path}.1`);
    file = openForAppend(stateDir, path);
    bytes = 0;
  };
  return {
    path,
    write: (text) => {
      const line = Buffer.from(text);
      if (bytes > 0 && bytes + line.length > bytesMax) rotate();
      writeSync(file, line);
      bytes += line.length;
    },
    close: () => closeSync(file),
  };
}

function openForAppend(stateDir: string, path: string): number {
  try {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 });
    return openSync(path, "a", 0o600);
  } catch (error) {
    const message = `${path} can't be written: ${messageOf(error)}. Give another --state-dir.`;
    throw new OperationError(ERROR_CODES.STATE_UNWRITABLE, "open the log", message, {
      cause: error,
    });
  }
}
