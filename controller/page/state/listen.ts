/** The stream of changes as a browser hears it; it is opened again for as long as somebody listens. */
import type { Frame } from "./reduce.ts";

/** After an answer that is no stream a browser gives up, and we do not. Milliseconds. */
const AGAIN_MS = 2_000;
/** Longer than between two samples: a connection that says nothing is dead. Milliseconds. */
const SILENT_MS_MAX = 25_000;
const TYPES = ["state", "cluster", "gone", "controller", "sample"] as const;

export interface Listener {
  frame(frame: Frame): void;
  live(live: boolean): void;
}

export function listenTo(listener: Listener): void {
  const source = new EventSource("changes");
  let silence = setTimeout(again, SILENT_MS_MAX);
  function again(): void {
    clearTimeout(silence);
    source.close();
    listener.live(false);
    setTimeout(() => listenTo(listener), AGAIN_MS);
  }
  for (const type of TYPES) {
    source.addEventListener(type, ({ data }: MessageEvent<string>) => {
      clearTimeout(silence);
      silence = setTimeout(again, SILENT_MS_MAX);
      listener.live(true);
      listener.frame({ type, data: JSON.parse(data) } as Frame);
    });
  }
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) again();
    else listener.live(false);
  });
}
