/** Why etcd lets no peer in, in words for a person. Pure. */

export interface PeerRefusal {
  /** Where the connection came from. */
  readonly from: string;
  /** Addresses that the peer's certificate is of; empty: it showed none. */
  readonly certified: readonly string[];
  readonly error: string;
}

/** @returns null: the connection was given up by the peer, which is no refusal */
export function refusalText({ from, certified, error }: PeerRefusal): string | null {
  if (!error.includes("tls: ")) return null;
  const [owner] = certified;
  if (owner === undefined || certified.includes(from))
    return `it refuses its peer ${from}: ${error}`;
  return `connections of its peer ${owner} come from ${from}: addresses are translated (NAT) between the nodes`;
}
