/**
 * The last message of each of a kernel's channels that has been passed on, so that another server
 * can go on behind it. Of every message only its channel is looked at and its header copied, with
 * the one that it answers; what they say is read when somebody asks.
 *
 * Formats: jupyter_server's `services/kernels/websocket` documentation; v1 begins with a list of
 * offsets (channel, header, parent, metadata, content, buffers), the default is JSON, with buffers
 * behind it in a binary message.
 */
import { OPCODE } from "../frames.ts";

export const KERNEL_PROTOCOL = "v1.kernel.websocket.jupyter.org";

const CHANNELS = ["shell", "control", "iopub", "stdin"] as const;
type Channel = (typeof CHANNELS)[number];

/** Ids of messages; a channel on which nothing has come is left out. */
export type MessageIds = Readonly<Partial<Record<Channel, string>>>;

/** What the page has got of a kernel. */
export interface Received extends MessageIds {
  /** Header of the request that the last message of iopub answers; left out: it is not known. */
  readonly parent?: object;
}

/**
 * Begins the id of a message that a server or a keeper says of its own, and no keeper remembers: after
 * it the page has got what it had before (`ASIDE` in jupyter_cluster's wire.py).
 */
const ASIDE = "jupyter_cluster_aside_";
const ASIDE_IN_HEADER = [`{"msg_id": "${ASIDE}`, `{"msg_id":"${ASIDE}`];
const ASIDE_IN_HEAD = [`{"header": {"msg_id": "${ASIDE}`];
/** A longer header is none that a kernel writes. */
const HEADER_BYTES_MAX = 4096;
const OFFSET_BYTES = 8;
/** Where the default format names the channel: it is put in last. */
const TAIL_BYTES = 64;
/** The header stands first there. */
const HEAD_BYTES = 512;

interface Place {
  readonly channel: Channel;
  readonly from: number;
  readonly to: number;
  /** Where the parent's header ends, which follows; `to`: it is not there. */
  readonly parentTo: number;
}

class Header {
  private bytes = Buffer.allocUnsafeSlow(HEAD_BYTES);
  private length = 0;
  private parentTo = 0;

  set(payload: Buffer, { from, to, parentTo }: Place): void {
    if (parentTo - from > this.bytes.length) this.bytes = Buffer.allocUnsafeSlow(HEADER_BYTES_MAX);
    this.length = to - from;
    this.parentTo = payload.copy(this.bytes, 0, from, parentTo);
  }

  text(): string {
    return this.bytes.toString("utf8", 0, this.length);
  }

  parentText(): string {
    return this.bytes.toString("utf8", this.length, this.parentTo);
  }
}

export class LastMessages {
  private readonly headers = new Map<Channel, Header>();
  /** Of a message that is passed on in parts: its place and its beginning. */
  private begun: { readonly place: Place; readonly head: Buffer } | null = null;
  /** A message has passed of which nobody knows what it was. */
  private lost = false;

  /** Of the server that speaks now. */
  private speaking: string;

  /**
   * @param protocol as the server chose it: {@link KERNEL_PROTOCOL}, or "" for the default
   * @param kernel mark of the kernel's keeper; "": nobody says
   */
  constructor(
    private readonly protocol: string,
    public kernel = "",
  ) {
    this.speaking = kernel;
  }

  /**
   * What comes is of this kernel. To the page it is another one only when it has been told so, and not only asides.
   *
   * @returns true: it is another one than that of which the page has got its last message
   */
  hear(kernel: string): boolean {
    const isAnother = kernel !== this.kernel && kernel !== "" && this.kernel !== "";
    this.speaking = kernel;
    if (!isAnother) this.kernel = kernel;
    return isAnother;
  }

  note(opcode: number, payload: Buffer): void {
    this.remember(payload, this.placeOf(opcode, payload));
  }

  /** A message begins whose rest comes later. */
  begin(opcode: number, head: Buffer): void {
    const place = this.protocol === KERNEL_PROTOCOL ? this.placeOf(opcode, head) : null;
    this.begun =
      place === null ? null : { place, head: Buffer.from(head.subarray(0, place.parentTo)) };
  }

  /** It has passed to its end. */
  end(): void {
    const { begun } = this;
    this.begun = null;
    this.remember(begun?.head ?? Buffer.alloc(0), begun?.place ?? null);
  }

  /** Null: it is not certain. */
  ids(): MessageIds | null {
    if (this.lost) return null;
    const ids: Partial<Record<Channel, string>> = {};
    for (const [channel, header] of this.headers) {
      const id = this.protocol === KERNEL_PROTOCOL ? idInHeader(header) : idInHead(header);
      if (id === null) return null;
      ids[channel] = id;
    }
    return ids;
  }

  /** Of the request that the last message of iopub answers; null: it is not known. */
  parent(): object | null {
    const header = this.protocol === KERNEL_PROTOCOL ? this.headers.get("iopub") : undefined;
    const parent = header && objectIn(header.parentText());
    return parent !== null && parent !== undefined && "msg_id" in parent ? parent : null;
  }

  private remember(payload: Buffer, place: Place | null): void {
    if (place === null || place.to - place.from > HEADER_BYTES_MAX) {
      this.lost = true;
      return;
    }
    if (this.isAside(payload, place)) return;
    this.kernel = this.speaking;
    let header = this.headers.get(place.channel);
    if (header === undefined) {
      header = new Header();
      this.headers.set(place.channel, header);
    }
    header.set(payload, place);
  }

  private isAside(payload: Buffer, { from }: Place): boolean {
    const begins = this.protocol === KERNEL_PROTOCOL ? ASIDE_IN_HEADER : ASIDE_IN_HEAD;
    return begins.some((text) => isAt(payload, from, text));
  }

  private placeOf(opcode: number, payload: Buffer): Place | null {
    if (this.protocol === KERNEL_PROTOCOL) return opcode === OPCODE.binary ? inV1(payload) : null;
    return opcode === OPCODE.text ? inJson(payload, 0, payload.length) : inBinaryJson(payload);
  }
}

function inV1(payload: Buffer): Place | null {
  const count = offset(payload, 0);
  const [channelAt, from, to, end] = [1, 2, 3, 4].map((n) => offset(payload, n));
  if (count === null || count < 3 || channelAt == null || from == null || to == null) return null;
  if (!(channelAt < from && from < to && to <= payload.length)) return null;
  const channel = channelNamed(payload, channelAt, from);
  if (channel === null) return null;
  const hasParent = channel === "iopub" && end != null && to < end && end <= payload.length;
  const parentTo = hasParent && end - from <= HEADER_BYTES_MAX ? end : to;
  return { channel, from, to, parentTo };
}

/** Little-endian, 64 bits; nothing that long has ever come. */
function offset(payload: Buffer, n: number): number | null {
  const at = n * OFFSET_BYTES;
  if (at + OFFSET_BYTES > payload.length || payload.readUInt32LE(at + 4) !== 0) return null;
  return payload.readUInt32LE(at);
}

/** By its first letters, without making a string of them. */
function channelNamed(payload: Buffer, from: number, to: number): Channel | null {
  for (const channel of CHANNELS) {
    if (channel.length === to - from && isAt(payload, from, channel)) return channel;
  }
  return null;
}

function isAt(payload: Buffer, at: number, text: string): boolean {
  for (let i = 0; i < text.length; i += 1) {
    if (payload[at + i] !== text.charCodeAt(i)) return false;
  }
  return true;
}

function inJson(payload: Buffer, from: number, to: number): Place | null {
  const tail = payload.toString("latin1", Math.max(from, to - TAIL_BYTES), to);
  const name = /"channel": ?"([a-z]+)"\}$/.exec(tail)?.[1];
  const channel = CHANNELS.find((c) => c === name);
  if (channel === undefined) return null;
  const end = Math.min(to, from + HEAD_BYTES);
  return { channel, from, to: end, parentTo: end };
}

/** Big-endian: how many parts, where each begins; the first is the JSON. */
function inBinaryJson(payload: Buffer): Place | null {
  if (payload.length < 8) return null;
  const parts = payload.readUInt32BE(0);
  const from = payload.readUInt32BE(4);
  const to = parts > 1 && payload.length >= 12 ? payload.readUInt32BE(8) : payload.length;
  return from < to && to <= payload.length ? inJson(payload, from, to) : null;
}

function idInHeader(header: Header): string | null {
  const { msg_id: id } = (objectIn(header.text()) ?? {}) as { msg_id?: unknown };
  return typeof id === "string" ? id : null;
}

function objectIn(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" ? value : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function idInHead(header: Header): string | null {
  // Kernels write the parts of a header in an order of their own.
  return /^\{"header": ?\{[^{}]*?"msg_id": ?"([^"\\]+)"/.exec(header.text())?.[1] ?? null;
}
