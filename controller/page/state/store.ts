/** What all views show, as signals, and what keeps them true. */
import { signal } from "@preact/signals";
import { parseRoute, type Route } from "../words/route.ts";
import { listenTo } from "./listen.ts";
import { NOTHING, type PageModel, reduce } from "./reduce.ts";
import type { Told } from "./told.ts";

export const model = signal<PageModel>(NOTHING);
/** Whether what is shown is what is, or what was. */
export const live = signal<"connecting" | "live" | "lost">("connecting");
/** Milliseconds since the epoch, each second. */
export const now = signal(Date.now());
export const route = signal<Route>(parseRoute(location.hash));

export function startStore(): void {
  setInterval(() => {
    if (!document.hidden) now.value = Date.now();
  }, 1_000);
  addEventListener("hashchange", () => {
    route.value = parseRoute(location.hash);
  });
  if (!listenTogether()) listenTo({ frame: take, live: told });
}

/** One stream for all tabs, where the browser can; false: it can't. */
function listenTogether(): boolean {
  if (typeof SharedWorker === "undefined") return false;
  try {
    const worker = new SharedWorker(scriptUrl("shared-stream.js"), { type: "module" });
    worker.port.onmessage = ({ data }: MessageEvent<Told>) => {
      if ("frame" in data) take(data.frame);
      else told(data.live);
    };
    addEventListener("pagehide", (event) => {
      if (!event.persisted) worker.port.postMessage("bye");
    });
    return true;
  } catch {
    // Not allowed here, in a private window for one: this tab listens by itself.
    return false;
  }
}

function take(frame: Parameters<typeof reduce>[1]): void {
  model.value = reduce(model.value, frame);
  now.value = Date.now();
}

function told(isLive: boolean): void {
  if (isLive) live.value = "live";
  else if (live.value === "live") live.value = "lost";
}

interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL(url: string): string },
  ): { createScriptURL(url: string): string };
}

/** Our policy lets scripts be named by this function alone. */
function scriptUrl(name: "shared-stream.js"): string {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  if (trustedTypes === undefined) return name;
  return trustedTypes.createPolicy("page", { createScriptURL: () => name }).createScriptURL(name);
}
