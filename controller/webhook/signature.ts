/** How a delivery proves where it comes from, and when it was sent: the scheme of Stripe's webhooks. */
import { createHmac } from "node:crypto";

export const SIGNATURE_HEADER = "x-jupyter-cluster-signature";

/**
 * `t=<seconds since the epoch>,v1=<hex of HMAC-SHA256 over "<t>.<body>">`. Who checks it also checks that the
 * time is a recent one, so that a delivery that was overheard is of no use later.
 */
export function signature(secret: string, seconds: number, body: string): string {
  const mac = createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex");
  return `t=${seconds},v1=${mac}`;
}
