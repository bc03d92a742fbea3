/**
 * Unix sockets that only their owner can open. A socket's path is at most 107 bytes long (unix(7),
 * sun_path); through an open directory any socket can be named in fewer.
 */
import { chmod, mkdir, open } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { unlinkIfThere } from "./files/durable-file.ts";

const PATH_BYTES_MAX = 107;

export interface SocketPlace {
  /** To listen on and to connect to, in this process. */
  readonly path: string;
  /** Gives up what the path needs, not the socket. */
  release(): Promise<void>;
}

/**
 * Makes the directory of the socket for this user alone, and removes a socket that a dead process
 * has left. The caller holds a lock: nobody else listens there.
 */
export async function prepareSocket(socketPath: string): Promise<SocketPlace> {
  const directory = dirname(socketPath);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  // It may be there from before, with another mode. The socket's own mode is the umask's.
  await chmod(directory, 0o700);
  await unlinkIfThere(socketPath);
  return socketPlace(socketPath);
}

/** A socket that is there, or will be. */
export async function socketPlace(socketPath: string): Promise<SocketPlace> {
  if (Buffer.byteLength(socketPath) <= PATH_BYTES_MAX) {
    return { path: socketPath, release: () => Promise.resolve() };
  }
  const handle = await open(dirname(socketPath), "r");
  const path = `/proc/self/fd/${handle.fd}/${basename(socketPath)}`;
  return { path, release: () => handle.close() };
}
