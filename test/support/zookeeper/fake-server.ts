/**
 * A ZooKeeper server of one process, with a tree that a test changes. Left alone it behaves as a
 * real one; it can also hang, refuse, forget, and send whatever a test wants sent.
 */
import { createServer, type Server, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import { JuteReader } from "../../../controller/zookeeper/jute.ts";
import { PacketDecoder } from "../../../controller/zookeeper/packets.ts";
import type { HostPort } from "../../../controller/support/host-port.ts";
import {
  eventsOf,
  header,
  type Hello,
  OPERATION,
  readHello,
  readReply,
  welcomeOf,
} from "./replies.ts";

const OK = 0;

export class FakeZooKeeper {
  /** Content by path. */
  readonly nodes = new Map<string, string>();
  readonly hellos: Hello[] = [];
  readonly credentials: string[] = [];
  pings = 0;
  /** Requests that read. */
  reads = 0;
  farewells = 0;
  zxid = 100n;
  /** Nothing is answered any more; connections are accepted by the kernel, as of a stopped process. */
  hangs = false;
  /** Pings are answered, and nothing else is. */
  answersPingsOnly = false;
  /** Error of every answer to a credential. */
  authError = OK;
  /** Error of every answer to a read. */
  readError = OK;
  /** What it says of the session's time-out; 0: there is no session. */
  timeoutOf = (askedMs: number): number => askedMs;
  /** Sent in the place of an answer. */
  garbage: ((stage: "hello" | "read") => Buffer | null) | null = null;
  private readonly sockets = new Map<Socket, Set<string>>();

  private constructor(
    private readonly server: Server,
    readonly address: HostPort,
  ) {
    server.on("connection", (socket) => this.accept(socket));
  }

  /** Gone after the test. */
  static async start(nodes: Readonly<Record<string, string>> = {}, port = 0) {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.1", resolve);
    });
    const bound = server.address();
    if (bound === null || typeof bound === "string") throw new Error("no port");
    const fake = new FakeZooKeeper(server, { host: "127.0.0.1", port: bound.port });
    for (const [path, content] of Object.entries(nodes)) fake.nodes.set(path, content);
    onTestFinished(() => fake.stop());
    return fake;
  }

  get connections(): number {
    return this.sockets.size;
  }

  /** Idempotent. */
  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.drop();
    await closed;
  }

  /** Every connection is reset. */
  drop(): void {
    for (const socket of this.sockets.keys()) socket.resetAndDestroy();
  }

  set(path: string, content: string): void {
    this.nodes.set(path, content);
    this.changed(path);
  }

  remove(path: string): void {
    this.nodes.delete(path);
    this.changed(path);
  }

  /** To every connection. */
  send(bytes: Buffer): void {
    for (const socket of this.sockets.keys()) socket.write(bytes);
  }

  private changed(path: string): void {
    this.zxid += 1n;
    for (const [socket, watches] of this.sockets) {
      const events = eventsOf(path, watches);
      if (!this.hangs) for (const event of events) socket.write(event);
    }
  }

  private accept(socket: Socket): void {
    const decoder = new PacketDecoder();
    const watches = new Set<string>();
    this.sockets.set(socket, watches);
    socket.setNoDelay(true);
    socket.on("close", () => this.sockets.delete(socket));
    socket.on("error", () => this.sockets.delete(socket));
    let open = false;
    socket.on("data", (chunk) => {
      for (const packet of decoder.push(chunk)) {
        if (this.hangs) return;
        const reader = new JuteReader(packet);
        if (open) this.answer(socket, watches, reader);
        else open = this.welcome(socket, reader);
      }
    });
  }

  private welcome(socket: Socket, reader: JuteReader): boolean {
    const hello = readHello(reader);
    this.hellos.push(hello);
    const garbage = this.garbage?.("hello") ?? null;
    if (garbage !== null) {
      socket.write(garbage);
    } else if (hello.lastZxid > this.zxid) {
      socket.destroy();
    } else {
      socket.write(welcomeOf(this.timeoutOf(hello.timeoutMs)));
    }
    return true;
  }

  private answer(socket: Socket, watches: Set<string>, reader: JuteReader): void {
    const xid = reader.int();
    const operation = reader.int();
    if (operation === OPERATION.close) {
      this.farewells += 1;
      socket.end();
    } else if (operation === OPERATION.ping) {
      this.pings += 1;
      socket.write(header(xid, this.zxid, OK).packet());
    } else if (operation === OPERATION.auth) {
      reader.int();
      this.credentials.push(`${reader.text()} ${reader.text()}`);
      socket.write(header(xid, this.zxid, this.authError).packet());
      if (this.authError !== OK) socket.end();
    } else {
      this.reads += 1;
      const garbage = this.garbage?.("read") ?? null;
      if (garbage !== null) socket.write(garbage);
      else if (!this.answersPingsOnly) socket.write(this.read(xid, operation, reader, watches));
    }
  }

  private read(xid: number, operation: number, reader: JuteReader, watches: Set<string>): Buffer {
    const path = reader.text();
    if (this.readError !== OK) return header(xid, this.zxid, this.readError).packet();
    return readReply({ xid, operation, path }, { nodes: this.nodes, zxid: this.zxid, watches });
  }
}
