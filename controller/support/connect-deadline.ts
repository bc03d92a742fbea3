/** A deadline of our own for a connection: the kernel goes on for minutes at an address that swallows TCP. */
import type { Socket } from "node:net";

/**
 * Destroys the socket, with an error that says so, unless the event comes in time.
 *
 * A process that stood still, or has more to do than time for it, finds its timers over before it has looked at
 * its sockets. What has come there meanwhile counts: nothing is late before another look at them.
 *
 * @param what has not come then, as a message begins
 */
export function expectWithin(
  ms: number,
  socket: Socket,
  event: "connect" | "secureConnect",
  what: string,
): void {
  const late = () => void socket.destroy(new Error(`${what} within ${ms} ms`));
  let afterLook: NodeJS.Immediate | undefined;
  const timer = setTimeout(() => {
    afterLook = setImmediate(late);
  }, ms);
  const settled = () => {
    clearTimeout(timer);
    clearImmediate(afterLook);
  };
  socket.once(event, settled).once("close", settled);
}
