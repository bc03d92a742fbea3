/** Writes to a real ZooKeeper, as a Mesos master does when it takes part in the election. */
import { connect, type Socket } from "node:net";
import type { HostPort } from "../../../controller/support/host-port.ts";
import { JuteReader, JuteWriter } from "../../../controller/zookeeper/jute.ts";
import {
  authRequest,
  closeRequest,
  connectRequest,
  pingRequest,
  readReplyHeader,
  XID,
} from "../../../controller/zookeeper/messages.ts";
import { PacketDecoder } from "../../../controller/zookeeper/packets.ts";
import { until } from "../poll.ts";

const CREATE = 1;
const DELETE = 2;
const ANY_VERSION = -1;
const NODE_EXISTS = -110;
const NO_NODE = -101;
const ALL = 31;
const EPHEMERAL_SEQUENTIAL = 3;
const SESSION_TIMEOUT_MS = 10_000;
const PING_MS = 2000;

type Credential = { readonly user: string; readonly password: string };

/** One session, pinged as long as it is open. */
export class ZooKeeperWriter {
  private readonly packets: Buffer[] = [];
  private xid = 0;
  private broken = false;

  private constructor(
    private readonly socket: Socket,
    private readonly isOwn: boolean,
  ) {
    const decoder = new PacketDecoder();
    const pinging = setInterval(() => socket.write(pingRequest()), PING_MS).unref();
    socket.on("close", () => clearInterval(pinging));
    socket.on("data", (chunk) => {
      const packets = decoder.push(chunk);
      this.packets.push(...packets.filter((packet) => packet.readInt32BE() !== XID.PING));
    });
    socket.on("error", () => {
      this.broken = true;
    });
    socket.on("close", () => {
      this.broken = true;
    });
  }

  /** @param auth nobody else may read or write what it makes */
  static async open(server: HostPort, auth: Credential | null = null): Promise<ZooKeeperWriter> {
    const writer = new ZooKeeperWriter(connect(server), auth !== null);
    writer.socket.write(connectRequest({ lastZxid: 0n, sessionTimeoutMs: SESSION_TIMEOUT_MS }));
    await writer.next();
    if (auth !== null) {
      writer.socket.write(authRequest(auth));
      await writer.reply(XID.AUTH);
    }
    return writer;
  }

  /** @returns its name; one that is there already is left as it is */
  async create(path: string, content = "", flags = 0): Promise<string> {
    const xid = this.nextXid();
    const [scheme, id] = this.isOwn ? ["auth", ""] : ["world", "anyone"];
    const request = new JuteWriter().int(xid).int(CREATE).text(path).text(content);
    request.int(1).int(ALL).text(scheme).text(id).int(flags);
    this.socket.write(request.packet());
    const { error, reader } = await this.reply(xid);
    if (error === NODE_EXISTS) return path;
    if (error !== 0) throw new Error(`create ${path}: ${error}`);
    return reader.text();
  }

  /** A master's entry in the election; the path is made where it is missing. */
  async register(path: string, content: string): Promise<string> {
    const parts = path.split("/").slice(1);
    for (let n = 1; n <= parts.length; n += 1) {
      await this.create(`/${parts.slice(0, n).join("/")}`);
    }
    return this.create(`${path}/json.info_`, content, EPHEMERAL_SEQUENTIAL);
  }

  async remove(path: string): Promise<void> {
    const xid = this.nextXid();
    this.socket.write(new JuteWriter().int(xid).int(DELETE).text(path).int(ANY_VERSION).packet());
    const { error } = await this.reply(xid);
    if (error !== 0 && error !== NO_NODE) throw new Error(`delete ${path}: ${error}`);
  }

  /** Its session ends, and its entries go. */
  close(): void {
    this.socket.end(closeRequest());
  }

  private nextXid(): number {
    this.xid += 1;
    return this.xid;
  }

  private async reply(xid: number): Promise<{ error: number; reader: JuteReader }> {
    const reader = new JuteReader(await this.next());
    const header = readReplyHeader(reader);
    if (header.xid !== xid) throw new Error(`an answer to ${header.xid}, not to ${xid}`);
    return { error: header.error, reader };
  }

  private async next(): Promise<Buffer> {
    const packet = await until("an answer", () => this.packets.shift() ?? (this.broken && "end"));
    if (packet === "end") throw new Error("the connection has ended");
    return packet;
  }
}
