/**
 * What an open JupyterLab page does with the messages of its cells (@jupyterlab/services, kernel
 * `default.ts` and `future.ts`; @jupyterlab/outputarea): it knows a cell by its request, appends what it
 * says, obeys `clear_output`, and hears no more of a cell that has its reply and its `idle`.
 */
import { randomUUID } from "node:crypto";
import { WebSocket } from "ws";
import { until } from "../poll.ts";

export interface Message {
  readonly channel: "iopub" | "shell" | "stdin" | "control";
  readonly header: { readonly msg_id: string; readonly msg_type: string };
  readonly parent_header: { readonly msg_id?: string };
  readonly content: Record<string, unknown>;
}

/** Begins the id of what nobody remembers (`ASIDE` in jupyter_cluster's wire.py). */
const ASIDE = "jupyter_cluster_aside_";

export class Cell {
  readonly id = randomUUID();
  text = "";
  /** How often it was told to begin with nothing. */
  cleared = 0;
  reply: string | null = null;
  idle = false;
  asked: string | null = null;
  error: string | null = null;
  private clearAtNext = false;

  get done(): boolean {
    return this.reply !== null && this.idle;
  }

  take({ header, content }: Message): void {
    if (this.done) return;
    if (header.msg_type === "clear_output") {
      this.cleared += 1;
      if (content["wait"] === true) this.clearAtNext = true;
      else this.text = "";
    }
    if (header.msg_type === "stream") this.append(String(content["text"]));
    if (header.msg_type === "error") this.error = String(content["ename"]);
    if (header.msg_type === "execute_reply") this.reply = String(content["status"]);
    if (header.msg_type === "input_request") this.asked = String(content["prompt"]);
    if (header.msg_type === "status") this.idle = content["execution_state"] === "idle";
  }

  private append(text: string): void {
    if (this.clearAtNext) this.text = "";
    this.clearAtNext = false;
    this.text += text;
  }
}

/** One page: a session of its own, over as many WebSockets as it takes. */
export class Page {
  readonly session = randomUUID();
  readonly cells = new Map<string, Cell>();
  /** The states that the kernel's `status` messages without a cell have told. */
  readonly states: string[] = [];
  /** All that has come, in order. */
  readonly heard: Message[] = [];
  private socket: WebSocket | null = null;
  private messagesMax: number = Number.POSITIVE_INFINITY;
  /** Of the last connection: whether the server could join it, and its end. */
  joined: string | null = null;
  /** The mark of the kernel's keeper. */
  kernel = "";
  closed: number | null = null;

  /**
   * @param join the last message of each channel that is to count as received
   * @param messagesMax with the next one the network is gone
   */
  async open(
    server: string,
    kernel: string,
    join?: Record<string, unknown>,
    messagesMax = Number.POSITIVE_INFINITY,
  ): Promise<void> {
    const url = `ws://${server}/api/kernels/${kernel}/channels?session_id=${this.session}`;
    const headers: Record<string, string> = { authorization: "token t" };
    if (join !== undefined) {
      headers["x-jupyter-cluster-join"] = Buffer.from(JSON.stringify(join)).toString("base64url");
    }
    const socket = new WebSocket(url, { headers });
    this.closed = null;
    this.messagesMax = this.heard.length + messagesMax;
    socket.on("upgrade", ({ headers: told }) => {
      this.joined = String(told["x-jupyter-cluster-joined"]);
      this.kernel = String(told["x-jupyter-cluster-kernel"]);
    });
    socket.on("message", (data: Buffer) => this.take(JSON.parse(data.toString()) as Message));
    await new Promise<void>((resolve, reject) => {
      socket.once("open", () => resolve());
      socket.once("error", reject);
    });
    socket.on("error", () => undefined);
    socket.on("close", (code) => {
      this.closed = code;
    });
    this.socket = socket;
  }

  /** The network is gone; the page keeps all that it has. */
  lose(): void {
    this.socket?.terminate();
  }

  run(code: string, metadata: Record<string, unknown> = {}): Cell {
    const cell = new Cell();
    this.cells.set(cell.id, cell);
    this.send("shell", "execute_request", cell.id, executeRequest(code), metadata);
    return cell;
  }

  /** The same request once more, as after a loss of which nobody knows what had arrived. */
  resend(cell: Cell, code: string): void {
    this.send("shell", "execute_request", cell.id, executeRequest(code), {});
  }

  answer(value: string): void {
    this.send("stdin", "input_reply", randomUUID(), { status: "ok", value }, {});
  }

  /** Runs it to its end. @returns what it said */
  async result(code: string): Promise<string> {
    const cell = this.run(code);
    await until(`the end of ${code}`, () => cell.done);
    return cell.error ?? cell.text.trim();
  }

  /** By channel the id of the last message that counts, as the proxy knows it. */
  last(): Record<string, string> {
    const counts = this.heard.filter(({ header }) => !header.msg_id.startsWith(ASIDE));
    return Object.fromEntries(counts.map(({ channel, header }) => [channel, header.msg_id]));
  }

  send(
    channel: string,
    kind: string,
    id: string,
    content: object,
    metadata: Record<string, unknown>,
  ): void {
    const header = {
      msg_id: id,
      msg_type: kind,
      username: "test",
      session: this.session,
      date: new Date().toISOString(),
      version: "5.3",
    };
    this.socket?.send(
      JSON.stringify({ channel, header, parent_header: {}, metadata, content, buffers: [] }),
    );
  }

  private take(message: Message): void {
    if (this.heard.length >= this.messagesMax) return this.lose();
    this.heard.push(message);
    const cell = this.cells.get(message.parent_header.msg_id ?? "");
    if (cell !== undefined) cell.take(message);
    else if (message.header.msg_type === "status") {
      this.states.push(String(message.content["execution_state"]));
    }
  }
}

function executeRequest(code: string): object {
  return {
    code,
    silent: false,
    store_history: true,
    user_expressions: {},
    allow_stdin: true,
    stop_on_error: true,
  };
}
