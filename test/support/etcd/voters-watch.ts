/** How many members vote at each moment, by their own word: asked all the time, each on its own. */
import { setTimeout as delay } from "node:timers/promises";
import type { TlsIdentity } from "../../../controller/model/tls-identity.ts";
import { KvGateway } from "./kv-gateway.ts";

const EVERY_MS = 5;
/** A killed member's address swallows packets. */
const ANSWER_MS = 250;

export class VotersWatch {
  private readonly gateway: KvGateway;

  constructor(identity: TlsIdentity | null) {
    this.gateway = new KvGateway(identity);
  }

  /**
   * @param kill resolves when the member is dead
   * @returns milliseconds from then until so many of the endpoints vote
   */
  async afterKill(
    kill: () => Promise<void>,
    endpoints: readonly string[],
    voters: number,
    timeoutMs = 60_000,
  ): Promise<number> {
    await kill();
    const killedAt = performance.now();
    const voting = new Set<string>();
    const ask = async (endpoint: string) => {
      while (voting.size < voters && performance.now() - killedAt < timeoutMs) {
        const votes = await this.gateway.votes(endpoint, ANSWER_MS).catch(() => false);
        if (votes) voting.add(endpoint);
        else voting.delete(endpoint);
        await delay(EVERY_MS);
      }
    };
    await Promise.all(endpoints.map(ask));
    if (voting.size < voters) throw new Error(`only ${voting.size} members vote`);
    return performance.now() - killedAt;
  }

  close(): Promise<void> {
    return this.gateway.close();
  }
}
