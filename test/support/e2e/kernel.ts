/** A notebook user: starts a kernel through the proxy and runs a cell over its WebSocket. */
import { randomUUID } from "node:crypto";
import { WebSocket } from "ws";

/**
 * Runs `code` in a new Python kernel and returns what it printed. Jupyter's kernel protocol 5.3 in
 * its JSON form (jupyter-client, "Messaging in Jupyter").
 *
 * @param jupyter the URL with `?token=…`
 */
export async function runCell(jupyter: string, code: string, timeoutMs: number): Promise<string> {
  const base = new URL(jupyter);
  const token = base.searchParams.get("token") ?? "";
  const headers = { authorization: `token ${token}` };
  const signal = AbortSignal.timeout(timeoutMs);
  const started = await fetch(new URL("/api/kernels", base), { method: "POST", headers, signal });
  if (started.status !== 201) throw new Error(`no kernel: ${started.status}`);
  const { id } = (await started.json()) as { id: string };
  try {
    return await execute(new URL(`/api/kernels/${id}/channels`, base), headers, code, signal);
  } finally {
    await fetch(new URL(`/api/kernels/${id}`, base), { method: "DELETE", headers });
  }
}

interface Message {
  readonly msg_type: string;
  readonly parent_header: { readonly msg_id?: string };
  readonly content: { readonly text?: string; readonly execution_state?: string };
}

function execute(
  url: URL,
  headers: Record<string, string>,
  code: string,
  signal: AbortSignal,
): Promise<string> {
  url.protocol = "ws:";
  const socket = new WebSocket(url, { headers });
  const id = randomUUID();
  let printed = "";
  return new Promise<string>((resolve, reject) => {
    const fail = (why: unknown) => reject(why instanceof Error ? why : new Error(String(why)));
    signal.addEventListener("abort", () => fail("the cell did not end in time"), { once: true });
    socket.on("error", fail);
    socket.on("close", (closeCode) => fail(`the WebSocket was closed: ${closeCode}`));
    socket.on("open", () => socket.send(JSON.stringify(executeRequest(id, code))));
    socket.on("message", (data: Buffer) => {
      const message = JSON.parse(data.toString()) as Message;
      if (message.parent_header.msg_id !== id) return;
      if (message.msg_type === "stream") printed += message.content.text ?? "";
      if (message.msg_type === "status" && message.content.execution_state === "idle") {
        resolve(printed);
      }
    });
  }).finally(() => socket.terminate());
}

function executeRequest(id: string, code: string): object {
  return {
    header: {
      msg_id: id,
      msg_type: "execute_request",
      username: "test",
      session: randomUUID(),
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
