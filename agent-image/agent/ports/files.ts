/**
 * The container's file system, as far as the agent uses it. A call that fails throws an error with
 * Node's own `code` (ENOENT, ENOSPC, …).
 */
export interface Files {
  /** The whole text; null when there is no such file. */
  read(path: string): Promise<string | null>;
  /** Takes the place of what is there, so that no reader ever sees half of it. */
  write(path: string, text: string, options: WriteOptions): Promise<void>;
  append(path: string, text: string): Promise<void>;
  /** `w` makes the file, or empties it. */
  open(path: string, access: "r" | "r+" | "w"): Promise<OpenFile>;
  /** Names in a directory. */
  list(path: string): Promise<readonly string[]>;
  /** As `list`, for a caller that cannot wait. */
  listNow(path: string): readonly string[];
  stat(path: string): Promise<FileStat>;
  /** With those above it; one that is there stays as it is. */
  makeDirectory(path: string, mode: number): Promise<void>;
  chmod(path: string, mode: number): Promise<void>;
  chown(path: string, owner: FileOwner): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** With all that is in it; nothing there is no error. */
  remove(path: string): Promise<void>;
  /** The names in it survive a power cut. */
  syncDirectory(path: string): Promise<void>;
  /** Every file and directory below it does, and the directory itself. */
  syncTree(path: string): Promise<void>;
}

export interface OpenFile {
  size(): Promise<number>;
  /** Fewer bytes than asked for only at the end of the file. */
  read(offset: number, bytes: number): Promise<Buffer>;
  /** All of it. */
  write(bytes: Uint8Array, offset: number): Promise<void>;
  truncate(bytes: number): Promise<void>;
  /** What was written survives a power cut. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface FileOwner {
  readonly uid: number;
  readonly gid: number;
}

export interface FileStat {
  readonly uid: number;
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number;
}

export interface WriteOptions {
  readonly mode: number;
  readonly owner?: FileOwner;
  /** Survives a power cut. */
  readonly durable?: boolean;
}

/** @returns whether the file had to be written */
export async function writeIfChanged(
  files: Files,
  path: string,
  text: string,
  options: WriteOptions,
): Promise<boolean> {
  if ((await files.read(path)) === text) return false;
  await files.write(path, text, options);
  return true;
}

export function isNotThere(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ENOENT";
}
