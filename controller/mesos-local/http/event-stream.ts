/**
 * One scheduler's event stream: RecordIO (decimal length, LF, JSON) over a chunked response, one
 * record a chunk, with a heartbeat each 15 s.
 */
import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import type { SchedulerEvent } from "../../mesos/wire.ts";
import type { Clock } from "../../model/ports.ts";

export const HEARTBEAT_SECONDS = 15;

/** A scheduler that does not read is cut off before its backlog fills the memory. */
const BACKLOG_BYTES_MAX = 16 * 2 ** 20;

export class EventStream {
  /** The `Mesos-Stream-Id`. */
  readonly id = randomUUID();
  private isOpen = true;
  private cancelHeartbeat: () => void = () => undefined;

  /** @param onClosed the connection is gone; not called for a stream that was ended here */
  constructor(
    private readonly response: ServerResponse,
    private readonly clock: Clock,
    onClosed: (stream: EventStream) => void,
  ) {
    response.writeHead(200, {
      "Content-Type": "application/json",
      "Mesos-Stream-Id": this.id,
    });
    response.on("close", () => {
      if (!this.isOpen) return;
      this.closed();
      onClosed(this);
    });
    // What follows an error is always `close`.
    response.on("error", () => undefined);
  }

  send(event: SchedulerEvent): void {
    if (!this.isOpen) return;
    const json = JSON.stringify(event);
    this.response.write(`${Buffer.byteLength(json)}\n${json}`);
    if (this.response.writableLength > BACKLOG_BYTES_MAX) this.response.destroy();
  }

  /** First HEARTBEAT at once. */
  startHeartbeat(): void {
    if (!this.isOpen) return;
    this.send({ type: "HEARTBEAT" });
    const again = () => this.startHeartbeat();
    this.cancelHeartbeat = this.clock.after(HEARTBEAT_SECONDS * 1000, again);
  }

  /** Ends the response; the connection stays open, as a real master leaves it. */
  end(): void {
    if (!this.isOpen) return;
    this.closed();
    this.response.end();
  }

  private closed(): void {
    this.isOpen = false;
    this.cancelHeartbeat();
  }
}
