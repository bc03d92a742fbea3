/** A watch on one server: one stream, which is the caller's to begin anew. */
import type { Etcd3, IEvent, IWatchResponse } from "etcd3";
import { messageOf } from "../../model/errors.ts";
import { storedKeyOf } from "./etcd3-keys.ts";
import type { KeyChange, KeyRange, ServerWatch, WatchEnd, WatchHandlers } from "./store-etcd.ts";

type Stream = Awaited<ReturnType<Etcd3["watchClient"]["watch"]>>;

export function watchServer(
  open: () => Promise<Stream>,
  range: KeyRange,
  fromRevision: number,
  told: WatchHandlers,
): ServerWatch {
  const watch = new OpenWatch(told);
  void watch.open(open, range, fromRevision);
  return watch;
}

class OpenWatch implements ServerWatch {
  private stream: Stream | null = null;
  private isOver = false;

  constructor(private readonly told: WatchHandlers) {}

  async open(open: () => Promise<Stream>, range: KeyRange, fromRevision: number): Promise<void> {
    let stream: Stream;
    try {
      stream = await open();
    } catch (error) {
      this.end({ kind: "lost", reason: messageOf(error) });
      return;
    }
    stream.on("error", (error) => this.end({ kind: "lost", reason: messageOf(error) }));
    stream.on("end", () => this.end({ kind: "lost", reason: "the server ended the watch" }));
    if (this.isOver) {
      stream.cancel();
      return;
    }
    this.stream = stream;
    stream.on("data", (answer) => this.take(answer));
    const bytes = { key: Buffer.from(range.start), range_end: Buffer.from(range.end) };
    stream.write({ create_request: { ...bytes, start_revision: String(fromRevision) } });
  }

  probe(): void {
    if (!this.isOver) this.stream?.write({ progress_request: {} });
  }

  cancel(): void {
    this.isOver = true;
    this.stream?.cancel();
  }

  private take(answer: IWatchResponse): void {
    if (this.isOver) return;
    if (answer.canceled) return this.end(endOf(answer));
    if (answer.events.length > 0) this.told.onChanges(answer.events.map(changeOf));
    else this.told.onAlive();
  }

  private end(end: WatchEnd): void {
    if (this.isOver) return;
    this.cancel();
    this.told.onEnd(end);
  }
}

function endOf({ compact_revision, cancel_reason }: IWatchResponse): WatchEnd {
  if (Number(compact_revision) > 0) return { kind: "compacted", reason: "history was compacted" };
  return { kind: "lost", reason: cancel_reason || "the server cancelled the watch" };
}

function changeOf({ type, kv }: IEvent): KeyChange {
  // The wire's name; etcd3's types spell it in another case.
  if (type.toUpperCase() !== "DELETE") return { type: "put", stored: storedKeyOf(kv) };
  return { type: "delete", key: kv.key.toString(), modRevision: Number(kv.mod_revision) };
}
