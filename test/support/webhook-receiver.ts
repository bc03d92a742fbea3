/** A receiver of webhooks on loopback that checks and keeps what it is sent. */
import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface ToldChange {
  readonly id: string;
  readonly sequence: number;
  readonly cluster: { readonly name: string };
  readonly condition: string;
  readonly oldStatus: string;
  readonly newStatus: string;
}

export interface WebhookReceiver {
  readonly url: string;
  /** Those that were signed with the secret within the last five minutes. */
  readonly genuine: readonly ToldChange[];
  /** How many were not. */
  readonly forged: () => number;
  close(): void;
}

export async function webhookReceiver(secret: string): Promise<WebhookReceiver> {
  const genuine: ToldChange[] = [];
  let forged = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString();
      if (isGenuine(String(request.headers["x-jupyter-cluster-signature"]), body, secret)) {
        genuine.push(JSON.parse(body) as ToldChange);
      } else forged += 1;
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${port}/hook`, genuine, forged: () => forged, close };
}

function isGenuine(header: string, body: string, secret: string): boolean {
  const [, t = "", v1 = ""] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(header) ?? [];
  const wanted = createHmac("sha256", secret).update(`${t}.${body}`).digest("hex");
  return wanted === v1 && Math.abs(Date.now() / 1000 - Number(t)) < 300;
}
