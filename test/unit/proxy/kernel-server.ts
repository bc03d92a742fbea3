/** A stand-in for a Jupyter whose kernel WebSockets can be joined, byte by byte as a test says. */
import { createHash } from "node:crypto";
import type { Socket } from "node:net";
import { startTcp } from "./upstreams.ts";

export const V1 = "v1.kernel.websocket.jupyter.org";
export const CHANNELS = "/api/kernels/k1/channels?session_id=s1";

export interface Visit {
  readonly socket: Socket;
  /** What the proxy says that the page has got; null: it is no join. */
  readonly join: Record<string, string> | null;
  readonly head: string;
  /** Messages of the browser, unmasked, as they come. */
  readonly received: string[];
}

export interface KernelServerOptions {
  readonly ip?: string;
  readonly protocol?: string;
  /** Lines added to the 101; by default the server knows of joins. */
  readonly headers?: (join: Visit["join"]) => string;
}

export async function startKernelServer(
  script: (visit: Visit) => void,
  options: KernelServerOptions = {},
) {
  const { ip, protocol = V1, headers = joinedHeader } = options;
  const visits: Visit[] = [];
  const server = await startTcp((socket) => {
    let text = Buffer.alloc(0);
    const onHead = (chunk: Buffer) => {
      text = Buffer.concat([text, chunk]);
      const end = text.indexOf("\r\n\r\n");
      if (end < 0) return;
      socket.off("data", onHead);
      const head = text.toString("latin1", 0, end + 2);
      const join = joinOf(head);
      const visit: Visit = { socket, join, head, received: [] };
      visits.push(visit);
      socket.write(accept(head, protocol, headers(join)));
      receive(socket, visit.received);
      script(visit);
    };
    socket.on("data", onHead);
  }, ip);
  return { ...server, visits };
}

function joinedHeader(join: Visit["join"]): string {
  return `X-Jupyter-Cluster-Joined: ${join !== null}\r\n`;
}

function joinOf(head: string): Visit["join"] {
  const value = /^x-jupyter-cluster-join: (.*)\r$/im.exec(head)?.[1];
  if (value === undefined) return null;
  return JSON.parse(Buffer.from(value, "base64url").toString()) as Record<string, string>;
}

function accept(head: string, protocol: string, more: string): string {
  const key = /^sec-websocket-key: (.+)\r$/im.exec(head)?.[1] ?? "";
  const value = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`);
  const chosen = protocol === "" ? "" : `Sec-WebSocket-Protocol: ${protocol}\r\n`;
  return (
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
    `Sec-WebSocket-Accept: ${value.digest("base64")}\r\n${chosen}${more}\r\n`
  );
}

/** Text and binary messages of up to 125 bytes or 64 KiB, in one frame each; others are shown. */
function receive(socket: Socket, into: string[]): void {
  let bytes = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    for (;;) {
      if (bytes.length < 2) return;
      const short = (bytes[1] as number) & 0x7f;
      const size = short === 126 ? 8 : 6;
      if (bytes.length < size) return;
      const length = short === 126 ? bytes.readUInt16BE(2) : short;
      if (bytes.length < size + length) return;
      const mask = bytes.subarray(size - 4, size);
      const payload = Buffer.from(bytes.subarray(size, size + length));
      for (let i = 0; i < length; i += 1) {
        payload[i] = (payload[i] as number) ^ (mask[i & 3] as number);
      }
      const opcode = (bytes[0] as number) & 0x0f;
      into.push(opcode < 3 ? payload.toString() : `opcode ${opcode}: ${payload.toString("hex")}`);
      bytes = bytes.subarray(size + length);
    }
  });
}

/** A server's frame; @param first FIN and opcode */
export function frame(first: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(payload.length < 126 ? 2 : payload.length < 0x10000 ? 4 : 10);
  head[0] = first;
  if (head.length === 2) head[1] = payload.length;
  else if (head.length === 4) {
    head[1] = 126;
    head.writeUInt16BE(payload.length, 2);
  } else {
    head[1] = 127;
    head.writeBigUInt64BE(BigInt(payload.length), 2);
  }
  return Buffer.concat([head, payload]);
}

/** A kernel's message in the v1 format. @param parent header of the request that it answers */
export function v1(channel: string, id: string, content = "{}", parent = {}): Buffer {
  const headers = [{ msg_id: id }, parent].map((header) => JSON.stringify(header));
  const parts = [channel, ...headers, "{}", content].map((part) => Buffer.from(part));
  const table = Buffer.alloc(8 * (parts.length + 2));
  table.writeBigUInt64LE(BigInt(parts.length + 1), 0);
  let at = table.length;
  [...parts, null].forEach((part, i) => {
    table.writeBigUInt64LE(BigInt(at), 8 * (i + 1));
    at += part?.length ?? 0;
  });
  return Buffer.concat([table, ...parts]);
}

/** What a page shows of it. */
export function idOf(message: Buffer): string {
  return /"msg_id": ?"([^"]+)"/.exec(message.toString("latin1"))?.[1] ?? "";
}
