/**
 * A session with ZooKeeper that outlives the servers that it is connected to, as a master of Mesos
 * has one: its ephemeral entries stay while it moves from server to server within its time-out.
 */
import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { messageOf } from "../../../controller/model/errors.ts";
import type { HostPort } from "../../../controller/support/host-port.ts";
import { JuteReader, JuteWriter } from "../../../controller/zookeeper/jute.ts";
import { pingRequest, readReplyHeader, XID } from "../../../controller/zookeeper/messages.ts";
import { PacketDecoder } from "../../../controller/zookeeper/packets.ts";

const TIMEOUT_MS = 10_000;
/** A server that says nothing for so long is left. */
const SILENCE_MS_MAX = 3000;
const PING_MS = 1000;
const RETRY_MS = 200;
const OPERATIONS = { create: 1, getData: 4, getChildren: 8 } as const;
const NO_PASSWORD: Buffer = Buffer.alloc(16);
const ALL = 31;
const EPHEMERAL_SEQUENTIAL = 3;
export const NODE_EXISTS = -110;

interface Waiting {
  readonly xid: number;
  resolve(reader: JuteReader): void;
  reject(error: Error): void;
}

export class ZooKeeperError extends Error {
  override readonly name = "ZooKeeperError";

  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

export class ZooKeeperSession {
  private id = 0n;
  private password: Buffer = NO_PASSWORD;
  private zxid = 0n;
  private xid = 0;
  private socket: Socket | null = null;
  private readonly waiting: Waiting[] = [];
  private heardAt = performance.now();
  private isOver = false;

  /** @param onExpired once: its entries are gone, or about to go, and nobody knows which */
  constructor(
    private readonly servers: readonly HostPort[],
    private readonly onExpired: (why: string) => void,
  ) {
    void this.run();
  }

  /** The path's nodes are made where they are missing. */
  async ensurePath(path: string): Promise<void> {
    const parts = path.split("/").slice(1);
    for (let n = 1; n <= parts.length; n += 1) {
      try {
        await this.create(`/${parts.slice(0, n).join("/")}`, "", 0);
      } catch (error) {
        if (!(error instanceof ZooKeeperError) || error.code !== NODE_EXISTS) throw error;
      }
    }
  }

  /** @returns its whole name; it goes with the session */
  createEphemeral(prefix: string, content: string): Promise<string> {
    return this.create(prefix, content, EPHEMERAL_SEQUENTIAL);
  }

  async children(path: string): Promise<string[]> {
    const request = (w: JuteWriter) => w.text(path).bool(false);
    return (await this.ask(OPERATIONS.getChildren, request)).texts();
  }

  async data(path: string): Promise<string> {
    const request = (w: JuteWriter) => w.text(path).bool(false);
    return (await this.ask(OPERATIONS.getData, request)).text();
  }

  private async create(path: string, content: string, flags: number): Promise<string> {
    const reader = await this.ask(OPERATIONS.create, (w) =>
      w.text(path).text(content).int(1).int(ALL).text("world").text("anyone").int(flags),
    );
    return reader.text();
  }

  /** @throws Error when the connection is lost meanwhile: it may have been done or not */
  private ask(operation: number, fields: (writer: JuteWriter) => JuteWriter): Promise<JuteReader> {
    const { socket } = this;
    if (socket === null || this.id === 0n) return Promise.reject(new Error("not connected"));
    this.xid += 1;
    const { xid } = this;
    return new Promise((resolve, reject) => {
      this.waiting.push({ xid, resolve, reject });
      socket.write(fields(new JuteWriter().int(xid).int(operation)).packet());
    });
  }

  private async run(): Promise<void> {
    for (let next = 0; !this.isOver; next += 1) {
      const server = this.servers[next % this.servers.length] as HostPort;
      const why = await this.connection(server);
      this.socket = null;
      for (const asked of this.waiting.splice(0)) asked.reject(new Error(why));
      const silentMs = performance.now() - this.heardAt;
      // It does not wait for a server to say so: none may be there.
      if (this.id !== 0n && silentMs > TIMEOUT_MS) this.expired(`no server for ${TIMEOUT_MS} ms`);
      await delay(RETRY_MS);
    }
  }

  private expired(why: string): void {
    if (this.isOver) return;
    this.isOver = true;
    this.onExpired(why);
  }

  /** @returns why it is over */
  private connection(server: HostPort): Promise<string> {
    return new Promise((resolve) => {
      const socket = connect({ ...server, noDelay: true });
      const decoder = new PacketDecoder();
      let isOpen = false;
      const end = (why: string) => {
        clearInterval(pinging);
        socket.destroy();
        resolve(why);
      };
      const pinging = setInterval(() => {
        if (isOpen) socket.write(pingRequest());
      }, PING_MS);
      socket.setTimeout(SILENCE_MS_MAX, () => end("silence"));
      socket.on("error", (error) => end(messageOf(error)));
      socket.on("close", () => end("closed"));
      socket.on("data", (chunk) => {
        for (const packet of decoder.push(chunk)) {
          if (isOpen) this.replied(packet);
          else isOpen = this.opened(packet, socket);
        }
      });
      socket.write(this.hello());
    });
  }

  private hello(): Buffer {
    return new JuteWriter()
      .int(0)
      .long(this.zxid)
      .int(TIMEOUT_MS)
      .long(this.id)
      .buffer(this.password)
      .bool(false)
      .packet();
  }

  private opened(packet: Buffer, socket: Socket): boolean {
    const reader = new JuteReader(packet);
    reader.int();
    if (reader.int() <= 0) {
      this.expired("a server says so");
      socket.destroy();
      return false;
    }
    this.id = reader.long();
    this.password = Buffer.from(reader.buffer());
    this.heardAt = performance.now();
    this.socket = socket;
    return true;
  }

  private replied(packet: Buffer): void {
    this.heardAt = performance.now();
    const reader = new JuteReader(packet);
    const { xid, zxid, error } = readReplyHeader(reader);
    if (zxid > this.zxid) this.zxid = zxid;
    if (xid === XID.PING || xid === XID.EVENT) return;
    const asked = this.waiting.shift();
    if (asked?.xid !== xid) throw new Error(`an answer to ${xid}, not to ${asked?.xid}`);
    if (error === 0) asked.resolve(reader);
    else asked.reject(new ZooKeeperError(error, `ZooKeeper answers ${error}`));
  }
}
