/**
 * Somebody with a notebook open: kernels that stay, cells one after another, each over a WebSocket of its own.
 * Jupyter's kernel protocol 5.3 in its JSON form (jupyter-client, "Messaging in Jupyter").
 */
import { randomUUID } from "node:crypto";
import { WebSocket } from "ws";

const CELL_MS_MAX = 40_000;
const REQUEST_MS_MAX = 60_000;

interface Message {
  readonly msg_type: string;
  readonly parent_header: { readonly msg_id?: string };
  readonly content: {
    readonly text?: string;
    readonly ename?: string;
    readonly execution_state?: string;
  };
}

export interface HeldSocket {
  readonly closed: boolean;
  /** Asks the kernel to run it; nobody waits for an answer. */
  send(code: string): void;
}

export class NotebookUser {
  private readonly base: URL;
  private readonly headers: Record<string, string>;
  private readonly kernels = new Set<string>();

  /** @param jupyterUrl with `?token=…` */
  constructor(jupyterUrl: string) {
    this.base = new URL(jupyterUrl);
    this.headers = { authorization: `token ${this.base.searchParams.get("token") ?? ""}` };
  }

  /**
   * @param name of its specification
   * @returns its id
   */
  async startKernel(name = "python3"): Promise<string> {
    const { id } = (await this.ask("POST", "/api/kernels", [], { name })) as { id: string };
    this.kernels.add(id);
    return id;
  }

  /** @returns Jupyter's word for it; `gone`: there is none */
  async state(id: string): Promise<string> {
    const kernel = (await this.ask("GET", `/api/kernels/${id}`, [404])) as {
      execution_state?: string;
    };
    return kernel.execution_state ?? "gone";
  }

  async interrupt(id: string): Promise<void> {
    await this.ask("POST", `/api/kernels/${id}/interrupt`);
  }

  async restart(id: string): Promise<void> {
    await this.ask("POST", `/api/kernels/${id}/restart`);
  }

  async shutDown(id: string): Promise<void> {
    await this.ask("DELETE", `/api/kernels/${id}`, [404]);
    this.kernels.delete(id);
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.kernels].map((id) => this.shutDown(id)));
  }

  /** Over one WebSocket, which must last. @returns what the cell printed, or the name of its error */
  async run(id: string, code: string, timeoutMs = CELL_MS_MAX): Promise<string> {
    const session = randomUUID();
    const socket = this.openSocket(id, session);
    const request = executeRequest(code, session);
    let said = "";
    try {
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`no end of: ${code}`)), timeoutMs);
        socket.on("error", reject);
        socket.on("close", (closed) => reject(new Error(`the WebSocket was closed: ${closed}`)));
        socket.on("open", () => socket.send(JSON.stringify(request)));
        socket.on("message", (data: Buffer) => {
          const { msg_type, parent_header, content } = JSON.parse(data.toString()) as Message;
          if (parent_header.msg_id !== request.header.msg_id) return;
          // Where it is not known what the page has got, it is told all again (docs/decisions/0030).
          if (msg_type === "clear_output") said = "";
          if (msg_type === "stream") said += content.text ?? "";
          if (msg_type === "error") said += content.ename ?? "";
          if (msg_type !== "status" || content.execution_state !== "idle") return;
          clearTimeout(timer);
          resolve();
        });
      });
    } finally {
      socket.terminate();
    }
    return said.trim();
  }

  /** A WebSocket that is held open, and may be closed by the other end. */
  async connect(id: string): Promise<HeldSocket> {
    const socket = this.openSocket(id);
    const held = {
      closed: false,
      send: (code: string) => socket.send(JSON.stringify(executeRequest(code))),
    };
    await new Promise<void>((resolve, reject) => {
      socket.once("open", () => resolve()).once("error", reject);
    });
    socket
      .on("error", () => undefined)
      .on("close", () => {
        held.closed = true;
      });
    return held;
  }

  /** A WebSocket to the kernel, as a page has one, being opened. */
  openSocket(id: string, session: string = randomUUID()): WebSocket {
    const url = new URL(`/api/kernels/${id}/channels?session_id=${session}`, this.base);
    url.protocol = "ws:";
    return new WebSocket(url, { headers: this.headers });
  }

  private async ask(
    method: string,
    path: string,
    allowed: readonly number[] = [],
    body: object | null = null,
  ) {
    const answer = await fetch(new URL(path, this.base), {
      ...{ method, headers: this.headers, signal: AbortSignal.timeout(REQUEST_MS_MAX) },
      body: body && JSON.stringify(body),
    });
    const text = await answer.text();
    if (answer.ok) return text === "" ? {} : (JSON.parse(text) as object);
    if (allowed.includes(answer.status)) return {};
    throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  }
}

/** @param session of the page that asks, which is what its replay goes by */
export function executeRequest(code: string, session: string = randomUUID()) {
  return {
    header: {
      msg_id: randomUUID(),
      msg_type: "execute_request",
      username: "test",
      session,
      date: new Date().toISOString(),
      version: "5.3",
    },
    parent_header: {},
    metadata: {},
    channel: "shell",
    content: {
      code,
      silent: false,
      store_history: false,
      user_expressions: {},
      allow_stdin: false,
    },
  };
}
