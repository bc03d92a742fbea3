/**
 * A command's streams on one WebSocket, as `kubectl exec` speaks: the first byte of each message is
 * its channel (Kubernetes' `v4.channel.k8s.io` and `v5.channel.k8s.io`).
 */
import { PassThrough, Writable } from "node:stream";
import type { WebSocket } from "ws";
import type { ExecStreams } from "../../docker/interactive-exec.ts";

export const EXEC_PROTOCOLS = ["v5.channel.k8s.io", "v4.channel.k8s.io"] as const;

const CHANNEL = { stdin: 0, stdout: 1, stderr: 2, status: 3, resize: 4, close: 255 } as const;

/** Bytes of a channel that a slow client may be behind. */
const BEHIND_MAX = 1024 * 1024;
const CLOSED_NORMALLY = 1000;

export interface ExecWishes {
  readonly stdin: boolean;
  readonly tty: boolean;
}

export class ExecChannels implements ExecStreams {
  readonly stdin: PassThrough & { isTTY: boolean };
  readonly stdout: Terminal;
  readonly stderr: Writable;

  constructor(
    private readonly socket: WebSocket,
    wishes: ExecWishes,
  ) {
    this.stdin = Object.assign(new PassThrough(), { isTTY: wishes.tty });
    this.stdout = new Terminal(socket, CHANNEL.stdout, wishes.tty);
    this.stderr = sinkOf(socket, CHANNEL.stderr);
    if (!wishes.stdin) this.stdin.end();
    socket.on("message", (data: Buffer, isBinary) => {
      if (isBinary || data.length > 0) this.receive(data);
    });
    socket.once("close", () => this.stdin.end());
  }

  /** The command has ended: its code, and the end of the connection. */
  end(exitCode: number): void {
    this.finish(exitCode === 0 ? { status: "Success" } : nonZero(exitCode));
  }

  /** It could not be run. */
  fail(status: object): void {
    this.finish(status);
  }

  private finish(status: object): void {
    const text = JSON.stringify({ metadata: {}, ...status });
    this.socket.send(Buffer.concat([Buffer.of(CHANNEL.status), Buffer.from(text)]), () =>
      this.socket.close(CLOSED_NORMALLY),
    );
  }

  private receive(message: Buffer): void {
    const [channel, closed] = message;
    const content = message.subarray(1);
    if (channel === CHANNEL.stdin && !this.stdin.writableEnded) {
      if (this.stdin.write(content)) return;
      this.socket.pause();
      this.stdin.once("drain", () => this.socket.resume());
    } else if (channel === CHANNEL.resize) this.stdout.resize(content);
    else if (channel === CHANNEL.close && closed === CHANNEL.stdin) this.stdin.end();
  }
}

/** Where the command writes to, with the size that the client's window has. */
class Terminal extends Writable {
  columns = 80;
  rows = 24;

  constructor(
    private readonly socket: WebSocket,
    private readonly channel: number,
    readonly isTTY: boolean,
  ) {
    super();
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: (error?: Error | null) => void): void {
    send(this.socket, this.channel, chunk, done);
  }

  resize(content: Buffer): void {
    let size: unknown;
    try {
      size = JSON.parse(content.toString("utf8"));
    } catch {
      // The picture is a little off: no reason to end the session.
      return;
    }
    const { Width: columns, Height: rows } = (size ?? {}) as { Width?: unknown; Height?: unknown };
    if (!isSize(columns) || !isSize(rows)) return;
    this.columns = columns;
    this.rows = rows;
    this.emit("resize");
  }
}

function isSize(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0 && (value as number) < 65_536;
}

function sinkOf(socket: WebSocket, channel: number): Writable {
  return new Writable({
    write: (chunk: Buffer, _, done) => send(socket, channel, chunk, done),
  });
}

/** A client that has gone takes what is written for nothing; the command is ended elsewhere. */
function send(
  socket: WebSocket,
  channel: number,
  chunk: Buffer,
  done: (error?: Error | null) => void,
): void {
  if (socket.readyState !== socket.OPEN) {
    done();
    return;
  }
  const message = Buffer.concat([Buffer.of(channel), chunk]);
  if (socket.bufferedAmount < BEHIND_MAX) {
    socket.send(message, () => {});
    done();
  } else socket.send(message, () => done());
}

function nonZero(code: number): object {
  return {
    status: "Failure",
    reason: "NonZeroExitCode",
    message: `command terminated with exit code ${code}`,
    details: { causes: [{ reason: "ExitCode", message: String(code) }] },
  };
}
