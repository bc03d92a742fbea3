/**
 * One stream for all tabs of a browser: over HTTP/1.1 a browser opens six connections to an origin, and
 * a stream in each of seven tabs would keep the seventh from getting anything.
 */
import { type Frame, NOTHING, reduce, stateOf } from "./state/reduce.ts";
import { listenTo } from "./state/listen.ts";
import type { Told } from "./state/told.ts";

interface Connecting {
  readonly ports: readonly MessagePort[];
}

const ports = new Set<MessagePort>();
let model = NOTHING;
let isLive = false;

function tell(told: Told): void {
  for (const port of ports) port.postMessage(told);
}

listenTo({
  frame: (frame: Frame) => {
    model = reduce(model, frame);
    tell({ frame });
  },
  live: (live: boolean) => {
    isLive = live;
    tell({ live });
  },
});

addEventListener("connect", (event) => {
  const [port] = (event as unknown as Connecting).ports;
  if (port === undefined) return;
  ports.add(port);
  // A tab says that it goes; one that crashed costs a message to nobody.
  port.onmessage = () => ports.delete(port);
  const state = stateOf(model);
  const welcome: Told[] = [
    { live: isLive },
    ...(state === null ? [] : [{ frame: { type: "state", data: state } } as const]),
  ];
  for (const told of welcome) port.postMessage(told);
});
