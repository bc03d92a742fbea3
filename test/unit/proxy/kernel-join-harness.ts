/** A proxy before stand-ins whose kernel WebSockets can be joined, and a page that listens. */
import { at, startProxy, type TestSocket } from "./harness.ts";
import { idOf, type KernelServerOptions, startKernelServer, type Visit } from "./kernel-server.ts";

/** FIN and opcode of a kernel's message. */
export const BINARY = 0x82;

/** What is to be closed behind a test, the youngest first. */
export const cleanups: (() => Promise<unknown>)[] = [];

export async function cleanUp(): Promise<void> {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
}

export async function kernelServer(
  script: (visit: Visit) => void,
  options: KernelServerOptions = {},
) {
  const server = await startKernelServer(script, options);
  cleanups.push(server.close);
  return server;
}

export async function proxyTo(target: { ip: string; port: number }, holdMs = 10_000) {
  const proxy = await startProxy({ holdMs });
  cleanups.push(() => proxy.close());
  proxy.setTarget(at(target, 1));
  return proxy;
}

/** Ids of the next messages that the page gets. */
export async function take(page: TestSocket, count: number): Promise<string[]> {
  const ids: string[] = [];
  while (ids.length < count) ids.push(idOf(await page.next()));
  return ids;
}
