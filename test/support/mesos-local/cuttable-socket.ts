/** A Unix socket in front of Docker's that can be cut and opened again. */
import { createConnection, createServer, type Server, type Socket } from "node:net";

const DOCKER_SOCKET = "/var/run/docker.sock";

export class CuttableSocket {
  private server: Server | null = null;
  private readonly sockets = new Set<Socket>();

  constructor(readonly path: string) {}

  async open(): Promise<void> {
    const server = createServer((near) => {
      const far = createConnection(DOCKER_SOCKET);
      for (const socket of [near, far]) {
        this.sockets.add(socket);
        // Either end may be cut in the middle of anything; that is what this is for.
        socket.on("error", () => undefined);
        socket.on("close", () => {
          this.sockets.delete(socket);
          near.destroy();
          far.destroy();
        });
      }
      near.pipe(far).pipe(near);
    });
    await new Promise<void>((resolve) => server.listen(this.path, resolve));
    this.server = server;
  }

  /** All connections break, and new ones are refused until `open`. */
  async cut(): Promise<void> {
    const { server } = this;
    this.server = null;
    if (server === null) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }
}
