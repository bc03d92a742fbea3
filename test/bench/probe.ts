/** The same eyes for the program and for the floor: etcd's and Jupyter's own HTTP answers. */
import { setTimeout as delay } from "node:timers/promises";
import { Agent, request } from "undici";
import type { TlsIdentity } from "../../controller/model/tls-identity.ts";

/** A killed container's address swallows TCP: without its own deadline a connect hangs. */
const CONNECT_MS = 200;
const EVERY_MS = 5;

const LIMITS = {
  connect: { timeout: CONNECT_MS },
  headersTimeout: 1_000,
  bodyTimeout: 1_000,
  pipelining: 0,
};

export class Probe {
  // No connection is kept: one to a killed container would be used again for its successor.
  private readonly agent = new Agent(LIMITS);
  private tls: Agent | null = null;

  /**
   * Resolves when the etcd with this client URL has a leader and is a voter.
   *
   * @param identity for TLS
   */
  async untilVoter(url: string, identity: TlsIdentity | null = null): Promise<void> {
    await this.until(`etcd at ${url} is a healthy voter`, async () => {
      const status = await this.etcdStatus(url, identity);
      return status.leader !== undefined && status.isLearner !== true;
    });
  }

  /** Resolves with the client URL of the member that leads, as it says itself. */
  async untilLeader(urls: readonly string[]): Promise<string> {
    let found = "";
    await this.until("one of them leads", async () => {
      const asked = await Promise.allSettled(urls.map((url) => this.etcdStatus(url)));
      const at = asked.findIndex(
        (a) => a.status === "fulfilled" && a.value.leader === a.value.header.member_id,
      );
      found = urls[at] ?? "";
      return at >= 0;
    });
    return found;
  }

  async until200(url: string): Promise<void> {
    await this.until(`${url} answers 200`, async () => (await this.get(url)) === 200);
  }

  async close(): Promise<void> {
    await Promise.all([this.agent.destroy(), this.tls?.destroy()]);
  }

  /** Status code. */
  async get(url: string): Promise<number> {
    const { statusCode, body } = await request(url, { dispatcher: this.agent, reset: true });
    await body.dump();
    return statusCode;
  }

  private secured({ authority, certificate, key }: TlsIdentity): Agent {
    this.tls ??= new Agent({
      ...LIMITS,
      connect: { ...LIMITS.connect, ca: authority, cert: certificate, key },
    });
    return this.tls;
  }

  private async etcdStatus(url: string, identity: TlsIdentity | null = null): Promise<EtcdStatus> {
    const { body } = await request(`${url}/v3/maintenance/status`, {
      method: "POST",
      body: "{}",
      dispatcher: identity === null ? this.agent : this.secured(identity),
      reset: true,
    });
    return (await body.json()) as EtcdStatus;
  }

  async until(what: string, met: () => Promise<boolean>, timeoutMs = 60_000): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (!(await met().catch(() => false))) {
      if (performance.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`);
      await delay(EVERY_MS);
    }
  }
}

/** etcd's gRPC gateway: ids are decimal strings, zero and false are left out. */
interface EtcdStatus {
  readonly header: { readonly member_id: string };
  readonly leader?: string;
  readonly isLearner?: boolean;
}
