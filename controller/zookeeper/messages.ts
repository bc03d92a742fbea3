/**
 * The few messages of ZooKeeper's protocol that a client which only reads has use for (3.4 and
 * later; zookeeper.jute, ZooDefs.OpCode). Pure.
 */
import { type JuteReader, JuteWriter } from "./jute.ts";

/** Numbers that stand in a reply's header in the place of a request's own. */
export const XID = { EVENT: -1, PING: -2, AUTH: -4 } as const;

export const OPERATIONS = { exists: 3, getData: 4, getChildren: 12 } as const;
const PING = 11;
const AUTH = 100;
const CLOSE_SESSION = -11;

/** `KeeperException.Code`; those that mean something to this client. */
export const REPLY = { OK: 0, NO_NODE: -101, NO_AUTH: -102, AUTH_FAILED: -115 } as const;

const REPLY_NAMES: Readonly<Record<number, string>> = {
  [-1]: "SystemError",
  [-4]: "ConnectionLoss",
  [-5]: "MarshallingError",
  [-6]: "Unimplemented",
  [-7]: "OperationTimeout",
  [-8]: "BadArguments",
  [REPLY.NO_NODE]: "NoNode",
  [REPLY.NO_AUTH]: "NoAuth",
  [-112]: "SessionExpired",
  [REPLY.AUTH_FAILED]: "AuthFailed",
  [-118]: "SessionMoved",
  [-122]: "RequestTimeout",
  [-124]: "SessionClosedRequireSaslAuth",
};

export function replyName(error: number): string {
  return REPLY_NAMES[error] ?? `error ${error}`;
}

export interface Hello {
  /** The newest state that was seen: a server that is behind it sends us on. */
  readonly lastZxid: bigint;
  readonly sessionTimeoutMs: number;
}

const PROTOCOL_VERSION = 0;
const PASSWORD_BYTES = 16;

/** Asks for a new session. */
export function connectRequest({ lastZxid, sessionTimeoutMs }: Hello): Buffer {
  return new JuteWriter()
    .int(PROTOCOL_VERSION)
    .long(lastZxid)
    .int(sessionTimeoutMs)
    .long(0n)
    .buffer(Buffer.alloc(PASSWORD_BYTES))
    .bool(false)
    .packet();
}

/** @returns the session's time-out as the server has it, ms; 0: there is no session */
export function readConnectResponse(reader: JuteReader): number {
  reader.int();
  const timeoutMs = reader.int();
  reader.long();
  reader.buffer();
  return Math.max(0, timeoutMs);
}

/** `digest` is what Mesos's masters use: a user with a password in clear text. */
export function authRequest({ user, password }: { user: string; password: string }): Buffer {
  return new JuteWriter()
    .int(XID.AUTH)
    .int(AUTH)
    .int(0)
    .text("digest")
    .text(`${user}:${password}`)
    .packet();
}

export function pingRequest(): Buffer {
  return new JuteWriter().int(XID.PING).int(PING).packet();
}

/** The session ends at once, and not only when it has timed out. */
export function closeRequest(): Buffer {
  return new JuteWriter().int(0).int(CLOSE_SESSION).packet();
}

/** All of them set a watch: the server tells once when the answer is true no more. */
export function readRequest(xid: number, operation: keyof typeof OPERATIONS, path: string): Buffer {
  return new JuteWriter().int(xid).int(OPERATIONS[operation]).text(path).bool(true).packet();
}

export interface ReplyHeader {
  readonly xid: number;
  /** The server's newest state; 0 or less: it does not say. */
  readonly zxid: bigint;
  readonly error: number;
}

export function readReplyHeader(reader: JuteReader): ReplyHeader {
  return { xid: reader.int(), zxid: reader.long(), error: reader.int() };
}
