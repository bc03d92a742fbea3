/**
 * One process's end of its connections: questions with one answer each, and streams whose parts
 * come in order or, after a loss, not at all.
 */
import type { Clock } from "../../../controller/model/ports.ts";
import type { Network } from "./network.ts";

export type Parcel =
  | { readonly kind: "ask"; readonly id: number; readonly service: string; readonly body: unknown }
  | { readonly kind: "answer"; readonly id: number; readonly body: unknown }
  | {
      readonly kind: "part";
      readonly stream: string;
      readonly sequence: number;
      readonly body: unknown;
    }
  | { readonly kind: "end"; readonly stream: string };

/** A service; `answer` may be called later, and once. */
export type Serve = (from: string, body: unknown, answer: (body: unknown) => void) => void;

export interface StreamReader {
  readonly part: (body: unknown) => void;
  /** The other end has closed it, or something got lost. */
  readonly broken: (reason: string) => void;
}

interface OpenStream extends StreamReader {
  readonly peer: string;
  next: number;
}

export class Endpoint {
  private readonly services = new Map<string, Serve>();
  private readonly asked = new Map<number, (body: unknown) => void>();
  private readonly reading = new Map<string, OpenStream>();
  /** Streams that this end writes: who reads, and how many parts were sent. */
  private readonly writing = new Map<string, { readonly to: string; count: number }>();
  private readonly onEnd = new Map<string, () => void>();
  private readonly detach: () => void;
  private nextId = 1;
  private open = true;

  constructor(
    readonly name: string,
    private readonly network: Network,
    /** Of the process: it may be stopped for a while. */
    private readonly clock: Clock & { readonly paused?: boolean },
  ) {
    this.detach = network.attach(name, (from, parcel) => {
      // What comes to a process that is stopped waits for it.
      if (clock.paused === true) clock.after(0, () => this.take(from, parcel));
      else this.take(from, parcel);
    });
  }

  serve(service: string, serve: Serve): void {
    this.services.set(service, serve);
  }

  /** @param done called once: with the answer, or with undefined when none came in time */
  ask(
    to: string,
    service: string,
    body: unknown,
    deadlineMs: number,
    done: (answer: unknown) => void,
  ): void {
    if (!this.open) return;
    const id = this.nextId++;
    const cancel = this.clock.after(deadlineMs, () => {
      if (this.asked.delete(id)) done(undefined);
    });
    this.asked.set(id, (answer) => {
      cancel();
      done(answer);
    });
    this.network.send(this.name, to, { kind: "ask", id, service, body });
  }

  /** A question whose answer nobody waits for. */
  tell(to: string, service: string, body: unknown): void {
    if (!this.open) return;
    this.network.send(this.name, to, { kind: "ask", id: this.nextId++, service, body });
  }

  /** Whoever asked for a stream reads it from now on; the asker chose its name. */
  read(stream: string, peer: string, reader: StreamReader): void {
    this.reading.set(stream, { ...reader, peer, next: 1 });
  }

  /** Gives a stream up that is read here. */
  close(stream: string): void {
    const open = this.reading.get(stream);
    if (!this.reading.delete(stream) || open === undefined) return;
    this.network.send(this.name, open.peer, { kind: "end", stream });
  }

  get isOpen(): boolean {
    return this.open;
  }

  /** @param onEnd the reader has gone */
  beginStream(stream: string, to: string, onEnd: () => void): void {
    this.writing.set(stream, { to, count: 0 });
    this.onEnd.set(stream, onEnd);
  }

  write(stream: string, body: unknown): void {
    const open = this.writing.get(stream);
    if (open === undefined) return;
    open.count += 1;
    this.network.send(this.name, open.to, { kind: "part", stream, sequence: open.count, body });
  }

  endStream(stream: string): void {
    const open = this.writing.get(stream);
    if (open === undefined) return;
    this.forgetStream(stream);
    this.network.send(this.name, open.to, { kind: "end", stream });
  }

  /** The process has ended: its connections break, which their other ends see if they can. */
  shut(): void {
    if (!this.open) return;
    this.open = false;
    for (const [stream, { to }] of this.writing) this.tellEnd(to, stream);
    for (const [stream, { peer }] of this.reading) this.tellEnd(peer, stream);
    this.asked.clear();
    this.reading.clear();
    this.writing.clear();
    this.detach();
  }

  private tellEnd(to: string, stream: string): void {
    this.network.send(this.name, to, { kind: "end", stream });
  }

  private forgetStream(stream: string): void {
    this.writing.delete(stream);
    this.onEnd.delete(stream);
  }

  private take(from: string, parcel: Parcel): void {
    if (!this.open) return;
    switch (parcel.kind) {
      case "ask":
        return this.takeAsk(from, parcel.id, parcel.service, parcel.body);
      case "answer": {
        const done = this.asked.get(parcel.id);
        this.asked.delete(parcel.id);
        return done?.(parcel.body);
      }
      case "part":
        return this.takePart(parcel.stream, parcel.sequence, parcel.body);
      case "end":
        return this.takeEnd(parcel.stream);
    }
  }

  private takeAsk(from: string, id: number, service: string, body: unknown): void {
    let answered = false;
    this.services.get(service)?.(from, body, (answer) => {
      if (answered || !this.open) return;
      answered = true;
      this.network.send(this.name, from, { kind: "answer", id, body: answer });
    });
  }

  private takePart(stream: string, sequence: number, body: unknown): void {
    const open = this.reading.get(stream);
    if (open === undefined) return;
    if (sequence === open.next) {
      open.next += 1;
      open.part(body);
      return;
    }
    // A part got lost: the connection is reset.
    this.close(stream);
    open.broken("connection reset");
  }

  private takeEnd(stream: string): void {
    const open = this.reading.get(stream);
    this.reading.delete(stream);
    open?.broken("closed by the other end");
    const gone = this.onEnd.get(stream);
    this.forgetStream(stream);
    gone?.();
  }
}
