/** Keep-alives of one lease over one standing stream; a new one is opened after a failure. */
import type { Etcd3 } from "etcd3";

type Stream = Awaited<ReturnType<Etcd3["leaseClient"]["leaseKeepAlive"]>>;

interface Waiting {
  readonly resolve: (ttlSeconds: number) => void;
  readonly reject: (error: Error) => void;
}

export class LeaseKeepAlive {
  private stream: Stream | null = null;
  private waiting: Waiting | null = null;

  private client: Etcd3 | null = null;

  constructor(private readonly connection: { client(): Promise<Etcd3> }) {}

  /**
   * One at a time.
   *
   * @returns false when the lease has ended
   * @throws Error when no answer came within `timeoutMs`, or the connection was lost
   */
  async once(lease: string, timeoutMs: number): Promise<boolean> {
    const client = await this.connection.client();
    if (client !== this.client) this.close();
    this.client = client;
    const stream = (this.stream ??= await this.open(client));
    const answered = new Promise<number>((resolve, reject) => {
      this.waiting = { resolve, reject };
    });
    const timer = setTimeout(
      () => this.fail(stream, new Error(`no lease keep-alive within ${timeoutMs} ms`)),
      timeoutMs,
    );
    try {
      stream.write({ ID: lease });
      return (await answered) > 0;
    } finally {
      clearTimeout(timer);
      this.waiting = null;
    }
  }

  close(): void {
    if (this.stream !== null) this.fail(this.stream, new Error("closed"));
  }

  private async open(client: Etcd3): Promise<Stream> {
    const stream = await client.leaseClient.leaseKeepAlive();
    stream.on("data", (answer) => this.waiting?.resolve(Number(answer.TTL)));
    stream.on("error", (error) => this.fail(stream, error));
    stream.on("end", () => this.fail(stream, new Error("the lease keep-alive stream ended")));
    return stream;
  }

  /** A stream that was given up may still tell its end: then there is another in its place. */
  private fail(stream: Stream, error: Error): void {
    if (this.stream !== stream) return;
    this.stream = null;
    stream.cancel();
    this.waiting?.reject(error);
  }
}
