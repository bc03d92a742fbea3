/**
 * One ZooKeeper server in virtual time: it speaks the real protocol with whoever reads, from the tree
 * as far as it has heard of its changes.
 */
import { JuteReader } from "../../../controller/zookeeper/jute.ts";
import { PacketDecoder } from "../../../controller/zookeeper/packets.ts";
import {
  eventsOf,
  header,
  OPERATION,
  readHello,
  readReply,
  welcomeOf,
} from "../../support/zookeeper/replies.ts";
import { ProcessClock } from "../engine/process-clock.ts";
import type { Scheduler } from "../engine/scheduler.ts";
import { Endpoint } from "../wire/endpoint.ts";
import type { Network } from "../wire/network.ts";

/** What a client sends on its connection. */
export interface ClientBytes {
  /** Names the stream on which the server answers. */
  readonly stream: string;
  /** The first of a connection. */
  readonly opens: boolean;
  readonly bytes: Buffer;
}

/** Null: the node is removed. */
export interface TreeChange {
  readonly path: string;
  readonly content: string | null;
  readonly zxid: bigint;
}

interface Session {
  readonly decoder: PacketDecoder;
  readonly watches: Set<string>;
  open: boolean;
}

const OK = 0;

export class ZooKeeperServer {
  private readonly clock: ProcessClock;
  private nodes = new Map<string, string>();
  private zxid = 0n;
  private readonly sessions = new Map<string, Session>();
  private endpoint: Endpoint | null = null;
  private serves = true;
  /** When the latest change that it knows of comes to it. */
  private lastChangeAt = 0;

  constructor(
    readonly name: string,
    private readonly deps: { readonly clock: Scheduler; readonly network: Network },
  ) {
    this.clock = new ProcessClock(deps.clock);
    this.start();
  }

  get isRunning(): boolean {
    return this.endpoint !== null;
  }

  /** Idempotent. */
  start(): void {
    if (this.endpoint !== null) return;
    this.endpoint = new Endpoint(this.name, this.deps.network, this.clock);
    this.endpoint.serve("zookeeper", (from, body) => this.receive(from, body as ClientBytes));
  }

  /** kill -9: what it had heard of is on its disk. */
  crash(): void {
    this.sessions.clear();
    this.endpoint?.shut();
    this.endpoint = null;
  }

  /** As by SIGSTOP and SIGCONT. */
  hang(hanging: boolean): void {
    if (hanging) this.clock.pause();
    else this.clock.resume();
  }

  /** A server that is not of a quorum ends its connections, and takes none. */
  setServing(serves: boolean): void {
    this.serves = serves;
    if (serves) return;
    for (const stream of this.sessions.keys()) this.drop(stream);
  }

  /** @param delayMs after which it hears of it; never before what came earlier */
  hear(change: TreeChange, delayMs: number): void {
    const now = this.deps.clock.now();
    this.lastChangeAt = Math.max(this.lastChangeAt, now + delayMs);
    this.clock.after(this.lastChangeAt - now, () => this.apply(change));
  }

  /** The ensemble has begun anew, empty. */
  wipe(): void {
    this.zxid = 0n;
    for (const path of this.nodes.keys()) this.apply({ path, content: null, zxid: 0n });
  }

  private apply({ path, content, zxid }: TreeChange): void {
    if (content === null) this.nodes.delete(path);
    else this.nodes.set(path, content);
    this.zxid = zxid;
    for (const [stream, { watches }] of this.sessions) {
      for (const event of eventsOf(path, watches)) this.endpoint?.write(stream, event);
    }
  }

  private receive(from: string, { stream, opens, bytes }: ClientBytes): void {
    let session = this.sessions.get(stream);
    if (session === undefined) {
      // The connection is over, and the client has not heard of it yet.
      if (!opens || !this.serves) return;
      session = { decoder: new PacketDecoder(), watches: new Set(), open: false };
      this.sessions.set(stream, session);
      this.endpoint?.beginStream(stream, from, () => this.sessions.delete(stream));
    }
    for (const packet of session.decoder.push(bytes)) {
      const reader = new JuteReader(packet);
      if (session.open) this.answer(stream, session, reader);
      else this.welcome(stream, session, reader);
    }
  }

  private welcome(stream: string, session: Session, reader: JuteReader): void {
    const { lastZxid, timeoutMs } = readHello(reader);
    // The client has seen more than this server knows: another one is better for it.
    if (lastZxid > this.zxid) return this.drop(stream);
    session.open = true;
    this.endpoint?.write(stream, welcomeOf(timeoutMs));
  }

  private answer(stream: string, { watches }: Session, reader: JuteReader): void {
    const xid = reader.int();
    const operation = reader.int();
    const { nodes, zxid, endpoint } = this;
    if (operation === OPERATION.close) return this.drop(stream);
    if (operation === OPERATION.ping) {
      endpoint?.write(stream, header(xid, zxid, OK).packet());
      return;
    }
    const asked = { xid, operation, path: reader.text() };
    endpoint?.write(stream, readReply(asked, { nodes, zxid, watches }));
  }

  private drop(stream: string): void {
    this.sessions.delete(stream);
    this.endpoint?.endStream(stream);
  }
}
