/** How a cluster's proxy shall be. */
import type { ClusterSpec } from "../../crd-schema/spec.ts";

export interface ProxySettings {
  readonly address: string;
  readonly port: number;
  readonly holdSeconds: number;
  /** Names it answers under, besides loopback's and the address it is reached at; null: any. */
  readonly hostNames: readonly string[] | null;
}

/** Where a token is asked for, a web page that came by a name of its own has none to show. */
export function proxySettings({ proxy, jupyter }: ClusterSpec): ProxySettings {
  const { address, port, holdSeconds, hostNames } = proxy;
  const any = hostNames.length === 0 && jupyter.auth === "token";
  return { address, port, holdSeconds, hostNames: any ? null : hostNames };
}
