/**
 * A ZooKeeper server of one process, with a tree that a test changes. Left alone it behaves as a
 * real one; it can also hang, refuse, forget, and send whatever a test wants sent.
 */
import { createServer, type Server, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import { JuteReader, JuteWriter } from "../../../controller/zookeeper/jute.ts";
import { PacketDecoder } from "../../../controller/zookeeper/packets.ts";
import type { HostPort } from "../../../controller/support/host-port.ts";

const OK = 0;
const NO_NODE = -101;
const STAT_BYTES = 68;
const OPERATION = { exists: 3, getData: 4, ping: 11, getChildren: 12, auth: 100, close: -11 };

export interface Hello {
  readonly lastZxid: bigint;
  readonly timeoutMs: number;
}

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
    const parent = path.slice(0, path.lastIndexOf("/"));
    const keys = [`exists ${path}`, `getData ${path}`, `getChildren ${path}`];
    keys.push(`getChildren ${parent}`);
    for (const [socket, watches] of this.sockets) {
      for (const key of keys) {
        if (!watches.delete(key) || this.hangs) continue;
        socket.write(header(-1, -1n, OK).int(1).int(3).text(path).packet());
      }
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
    reader.int();
    const hello = { lastZxid: reader.long(), timeoutMs: reader.int() };
    this.hellos.push(hello);
    const garbage = this.garbage?.("hello") ?? null;
    if (garbage !== null) {
      socket.write(garbage);
    } else if (hello.lastZxid > this.zxid) {
      socket.destroy();
    } else {
      const timeoutMs = this.timeoutOf(hello.timeoutMs);
      const welcome = new JuteWriter()
        .int(0)
        .int(timeoutMs)
        .long(timeoutMs > 0 ? 7n : 0n);
      socket.write(welcome.buffer(Buffer.alloc(16)).bool(false).packet());
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
    const content = this.nodes.get(path);
    const exists = content !== undefined;
    if (operation === OPERATION.exists) watches.add(`exists ${path}`);
    if (!exists) return header(xid, this.zxid, NO_NODE).packet();
    const reply = header(xid, this.zxid, OK);
    if (operation === OPERATION.getData) {
      watches.add(`getData ${path}`);
      reply.text(content);
    } else if (operation === OPERATION.getChildren) {
      watches.add(`getChildren ${path}`);
      const names = [...this.nodes.keys()].filter((name) => name.startsWith(`${path}/`));
      reply.int(names.length);
      for (const name of names) reply.text(name.slice(path.length + 1));
    }
    for (let i = 0; i < STAT_BYTES; i += 4) reply.int(0);
    return reply.packet();
  }
}

export function header(xid: number, zxid: bigint, error: number): JuteWriter {
  return new JuteWriter().int(xid).long(zxid).int(error);
}
