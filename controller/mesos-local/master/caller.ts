/**
 * By which door a scheduler came, and as whom. What is owned (a framework with its tasks) is the
 * caller's alone: a framework id is no secret, so knowing it gives nobody a right to it.
 */

export type Caller =
  /** The Unix socket, which only this user and root can open. */
  | { readonly door: "socket" }
  /** TCP, with a credential. */
  | { readonly door: "tcp"; readonly principal: string };

/** As it is kept with a framework. A principal has no colon (HTTP basic authentication). */
export function ownerOf(caller: Caller): string {
  return caller.door === "socket" ? OWN_SOCKET : `tcp:${caller.principal}`;
}

/** Also of frameworks that were stored before there were owners: they were this machine's own. */
export const OWN_SOCKET = "socket";
