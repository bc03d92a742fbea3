/** Behind the proxy: a Jupyter that answers well, or whatever bytes it is told. */
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { Attack } from "./attacks.ts";
import { play } from "./connection.ts";

export class FickleJupyter {
  readonly ip = "127.0.0.1";
  private readonly well = createHttpServer((request, response) => {
    request.resume();
    response.end("well");
  });
  private readonly sockets = new Set<Socket>();
  private answer: Attack | null = null;

  private constructor(private readonly server: Server) {
    server.on("connection", (socket) => this.take(socket));
  }

  static async start(): Promise<FickleJupyter> {
    const server = createServer();
    const jupyter = new FickleJupyter(server);
    await new Promise<void>((resolve) => server.listen(0, jupyter.ip, resolve));
    return jupyter;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** On new connections; those that are open are cut. Null: well again. */
  answerWith(answer: Attack | null): void {
    this.answer = answer;
    for (const socket of this.sockets) socket.destroy();
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private take(socket: Socket): void {
    this.sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("close", () => this.sockets.delete(socket));
    const { answer } = this;
    if (answer === null) {
      this.well.emit("connection", socket);
      return;
    }
    // An answer to the first bytes, whatever they ask for.
    socket.once("data", () => {
      socket.resume();
      void play(socket, answer);
    });
  }
}
