/**
 * Files and directories. A directory may be an etcd's data directory: then what is in it is etcd's,
 * and of that only the log shows.
 */
import type { FileOwner, FileStat } from "../../../agent-image/agent/ports/files.ts";
import { EtcdData } from "../etcd/data.ts";
import { takeWalBytes, WAL_SEGMENT, walBytes } from "../etcd/wal-file.ts";

interface Entry {
  /** null: a directory. */
  bytes: Buffer | null;
  uid: number;
  modifiedAt: number;
  etcd: EtcdData | null;
}

const WAL = "member/wal";

export class Tree {
  private entries = new Map<string, Entry>();

  /** Directories that are there from the start. */
  constructor(directories: readonly string[]) {
    for (const path of directories) this.makeDirectory(path, 0);
  }

  /** The data of the etcd whose directory this is; null: no etcd has been there. */
  etcdAt(path: string): EtcdData | null {
    return this.entries.get(path)?.etcd ?? null;
  }

  /** An etcd makes this its data directory. */
  takeForEtcd(path: string): EtcdData {
    const entry = this.directory(path);
    return (entry.etcd ??= new EtcdData());
  }

  /** @returns null when there is no such file */
  read(path: string): Buffer | null {
    const etcd = this.walOwner(path);
    if (etcd !== null) return walBytes(etcd);
    return this.entries.get(path)?.bytes ?? null;
  }

  content(path: string): Buffer {
    const bytes = this.read(path);
    if (bytes === null) throw systemError("ENOENT", path);
    return bytes;
  }

  write(path: string, bytes: Buffer, modifiedAt: number): void {
    const etcd = this.walOwner(path);
    if (etcd !== null) return takeWalBytes(etcd, bytes);
    this.directory(parentOf(path));
    const uid = this.entries.get(path)?.uid ?? 0;
    this.entries.set(path, { bytes, uid, modifiedAt, etcd: null });
  }

  list(path: string): readonly string[] {
    if (path.endsWith(`/${WAL}`)) {
      const etcd = this.etcdAt(path.slice(0, -WAL.length - 1));
      if (etcd?.written === true) return [WAL_SEGMENT];
    }
    const { etcd } = this.directory(path);
    const names = etcd?.written === true ? ["member"] : [];
    const prefix = `${path}/`;
    for (const other of this.entries.keys()) {
      if (!other.startsWith(prefix)) continue;
      const name = other.slice(prefix.length);
      if (!name.includes("/")) names.push(name);
    }
    return names;
  }

  stat(path: string): FileStat {
    const { uid, modifiedAt } = this.entry(path);
    return { uid, modifiedAt };
  }

  chown(path: string, { uid }: FileOwner): void {
    this.entry(path).uid = uid;
  }

  makeDirectory(path: string, modifiedAt: number): void {
    if (path === "" || this.entries.has(path)) return;
    this.makeDirectory(parentOf(path), modifiedAt);
    this.entries.set(path, { bytes: null, uid: 0, modifiedAt, etcd: null });
  }

  rename(from: string, to: string): void {
    const moved = this.entry(from);
    if (moved.bytes === null && this.entries.has(to) && this.list(to).length > 0) {
      throw systemError("ENOTEMPTY", to);
    }
    for (const [path, entry] of this.below(from)) {
      this.entries.delete(path);
      this.entries.set(to + path.slice(from.length), entry);
    }
  }

  remove(path: string): void {
    for (const [inner] of this.below(path)) this.entries.delete(inner);
  }

  private below(path: string): readonly (readonly [string, Entry])[] {
    return [...this.entries].filter(([p]) => p === path || p.startsWith(`${path}/`));
  }

  private walOwner(path: string): EtcdData | null {
    const end = `/${WAL}/${WAL_SEGMENT}`;
    const etcd = path.endsWith(end) ? this.etcdAt(path.slice(0, -end.length)) : null;
    return etcd?.written === true ? etcd : null;
  }

  private entry(path: string): Entry {
    const entry = this.entries.get(path);
    if (entry === undefined) throw systemError("ENOENT", path);
    return entry;
  }

  private directory(path: string): Entry {
    const entry = this.entry(path);
    if (entry.bytes !== null) throw systemError("ENOTDIR", path);
    return entry;
  }
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

function systemError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}
