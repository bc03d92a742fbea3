/** What a ZooKeeper server says, from the tree that it serves. Pure. */
import { type JuteReader, JuteWriter } from "../../../controller/zookeeper/jute.ts";

export const OPERATION = {
  exists: 3,
  getData: 4,
  ping: 11,
  getChildren: 12,
  auth: 100,
  close: -11,
};
const OK = 0;
const NO_NODE = -101;
const NODE_CREATED = 1;
const CONNECTED = 3;
const EVENT_XID = -1;
const STAT_BYTES = 68;
const PASSWORD_BYTES = 16;

export interface Hello {
  readonly lastZxid: bigint;
  readonly timeoutMs: number;
}

export function readHello(reader: JuteReader): Hello {
  reader.int();
  return { lastZxid: reader.long(), timeoutMs: reader.int() };
}

/** @param timeoutMs of the session; 0: there is none */
export function welcomeOf(timeoutMs: number): Buffer {
  const welcome = new JuteWriter()
    .int(0)
    .int(timeoutMs)
    .long(timeoutMs > 0 ? 7n : 0n);
  return welcome.buffer(Buffer.alloc(PASSWORD_BYTES)).bool(false).packet();
}

export function header(xid: number, zxid: bigint, error: number): JuteWriter {
  return new JuteWriter().int(xid).long(zxid).int(error);
}

/** What is served now, and the watches that are set on it: `operation path`. */
export interface ServedTree {
  readonly nodes: ReadonlyMap<string, string>;
  readonly zxid: bigint;
  readonly watches: Set<string>;
}

export function readReply(
  { xid, operation, path }: { xid: number; operation: number; path: string },
  { nodes, zxid, watches }: ServedTree,
): Buffer {
  const content = nodes.get(path);
  if (operation === OPERATION.exists) watches.add(`exists ${path}`);
  if (content === undefined) return header(xid, zxid, NO_NODE).packet();
  const reply = header(xid, zxid, OK);
  if (operation === OPERATION.getData) {
    watches.add(`getData ${path}`);
    reply.text(content);
  } else if (operation === OPERATION.getChildren) {
    watches.add(`getChildren ${path}`);
    const names = [...nodes.keys()].filter((name) => name.startsWith(`${path}/`));
    reply.int(names.length);
    for (const name of names) reply.text(name.slice(path.length + 1));
  }
  for (let i = 0; i < STAT_BYTES; i += 4) reply.int(0);
  return reply.packet();
}

/** Events of the watches that a change of this node sets off; each is told once. */
export function eventsOf(path: string, watches: Set<string>): readonly Buffer[] {
  const parent = path.slice(0, path.lastIndexOf("/"));
  const keys = [`exists ${path}`, `getData ${path}`, `getChildren ${path}`];
  keys.push(`getChildren ${parent}`);
  const event = () =>
    header(EVENT_XID, -1n, OK).int(NODE_CREATED).int(CONNECTED).text(path).packet();
  return keys.filter((key) => watches.delete(key)).map(event);
}
