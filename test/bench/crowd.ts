/**
 * What people with notebooks open notice, each over a WebSocket that stays: one has a cell that prints
 * numbered lines all the time, the others of another kernel run one short cell after the other.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { WebSocket } from "ws";
import { executeRequest, NotebookUser } from "../support/e2e/notebook-user.ts";
import { until } from "../support/poll.ts";

const PAGES = 20;
/** One that prints all the time, and one for the short cells. */
export const KERNELS = 2;
/** Between the end of a short cell and the next of the same page. */
const PAUSE_MS = 1_000;
const STUCK_MS = 30_000;
const LOOK_MS = 50;
/** A line each 50 ms, until the kernel is shut down. */
const PRINTS = `import itertools, time
for i in itertools.count():
    print(i, flush=True)
    time.sleep(0.05)`;

interface Message {
  readonly header: { readonly msg_id: string };
  readonly msg_type: string;
  readonly parent_header: { readonly msg_id?: string };
  readonly content: { readonly text?: string; readonly execution_state?: string };
}

export interface CrowdResult {
  readonly pages: number;
  /** Their WebSocket is open, and brings nothing more. */
  readonly stuck: number;
  /** Codes and reasons of WebSockets that did not last. */
  readonly closed: readonly string[];
  /** Lines of the cell that prints all the time, from the first to the last seen. */
  readonly lost: number;
  readonly doubled: number;
  /** Messages that a page got a second time. */
  readonly repeated: number;
  /** Short cells that came to their end, and those whose output was not there exactly once. */
  readonly cells: number;
  readonly wrongCells: number;
}

/** A page, and what the cell that it runs now has printed. */
class Page {
  closed: string | null = null;
  stuck = false;
  said = "";
  cells = 0;
  wrongCells = 0;
  repeated = 0;
  private readonly ids = new Set<string>();
  private request: string | null = null;
  private next: NodeJS.Timeout | undefined;

  constructor(
    private readonly socket: WebSocket,
    private readonly again: boolean,
  ) {
    socket.on("error", () => {});
    socket.on("close", (code, reason) => {
      this.closed = `${code} ${reason.toString()}`.trim();
    });
    socket.on("message", (data: Buffer) => this.take(JSON.parse(data.toString()) as Message));
  }

  /** Lines of the cell that runs now, whole ones. */
  get lines(): readonly number[] {
    return this.said.split("\n").slice(0, -1).map(Number);
  }

  /** Grows with what comes: by cells, or by lines where there is one cell for all time. */
  get seen(): number {
    return this.again ? this.cells : this.lines.length;
  }

  get isWell(): boolean {
    return this.closed === null && !this.stuck;
  }

  async opened(): Promise<this> {
    await until("a page's WebSocket is open", () => this.socket.readyState === this.socket.OPEN);
    return this;
  }

  run(code: string): void {
    if (this.socket.readyState !== this.socket.OPEN) return;
    const message = executeRequest(code);
    this.request = message.header.msg_id;
    this.said = "";
    this.socket.send(JSON.stringify(message));
  }

  leave(): void {
    clearTimeout(this.next);
    this.socket.removeAllListeners("close");
    this.socket.terminate();
  }

  private take({ header, msg_type, parent_header, content }: Message): void {
    if (this.ids.has(header.msg_id)) this.repeated += 1;
    this.ids.add(header.msg_id);
    if (parent_header.msg_id !== this.request) return;
    if (msg_type === "stream") this.said += content.text ?? "";
    if (msg_type !== "status" || content.execution_state !== "idle" || !this.again) return;
    this.request = null;
    if (this.said !== `${this.cells}\n`) this.wrongCells += 1;
    this.cells += 1;
    this.next = setTimeout(() => this.run(`print(${this.cells})`), PAUSE_MS);
  }
}

export class Crowd {
  private readonly pages: readonly Page[];

  private constructor(
    private readonly user: NotebookUser,
    private readonly printing: Page,
    private readonly others: readonly Page[],
  ) {
    this.pages = [printing, ...others];
  }

  /** Resolves when every page has seen something. */
  static async open(jupyterUrl: string): Promise<Crowd> {
    const user = new NotebookUser(jupyterUrl);
    const [first, second] = [await user.startKernel(), await user.startKernel()];
    const page = (kernel: string, again: boolean) =>
      new Page(user.openSocket(kernel), again).opened();
    const printing = await page(first, false);
    printing.run(PRINTS);
    const others = await Promise.all(Array.from({ length: PAGES - 1 }, () => page(second, true)));
    for (const other of others) other.run("print(0)");
    const crowd = new Crowd(user, printing, others);
    await crowd.untilMore();
    if (!crowd.pages.every((one) => one.isWell)) throw new Error("not every page sees something");
    return crowd;
  }

  /** Resolves when each has seen more. One that sees nothing for long counts as stuck from then on. */
  async untilMore(): Promise<void> {
    const before = this.pages.map((page) => page.seen);
    const isLeft = (page: Page, i: number) =>
      page.isWell && page.seen <= (before[i] ?? 0) + (page === this.printing ? 20 : 1);
    const left = () => this.pages.filter(isLeft);
    const deadline = performance.now() + STUCK_MS;
    while (left().length > 0 && performance.now() < deadline) await delay(LOOK_MS);
    for (const page of left()) page.stuck = true;
  }

  async close(): Promise<CrowdResult> {
    const { printing, others, pages } = this;
    const { lines } = printing;
    const seen = new Set(lines);
    const sum = (of: (page: Page) => number) => others.reduce((total, page) => total + of(page), 0);
    const result = {
      pages: pages.length,
      stuck: pages.filter((page) => page.stuck).length,
      closed: pages.flatMap((page) => page.closed ?? []),
      lost: Math.max(-1, ...lines) + 1 - seen.size,
      doubled: lines.length - seen.size,
      repeated: printing.repeated + sum((page) => page.repeated),
      cells: sum((page) => page.cells),
      wrongCells: sum((page) => page.wrongCells),
    };
    for (const page of pages) page.leave();
    await this.user.close();
    return result;
  }
}
