/** Reads Docker's event stream: one JSON object a line, here only `die` events of containers. */
import type { ContainerEnd, Watch } from "./docker-engine.ts";

/** Docker's own lines are under 4 KiB; labels and the environment of an image may add to that. */
const LINE_LENGTH_MAX = 1024 * 1024;

/** @param onClosed called once, unless the watch was closed first */
export function readDieEvents(
  stream: NodeJS.ReadableStream,
  onEnd: (end: ContainerEnd) => void,
  onClosed: (why: string) => void,
): Watch {
  let isOpen = true;
  let rest = "";
  const closed = (why: string) => {
    if (!isOpen) return;
    isOpen = false;
    (stream as NodeJS.ReadableStream & { destroy(): void }).destroy();
    onClosed(why);
  };
  stream.setEncoding("utf8");
  stream.on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() as string;
    if (rest.length > LINE_LENGTH_MAX) return closed("an event of Docker's is too long");
    for (const line of lines) {
      const event = parseEvent(line);
      if (event === undefined) return closed("Docker's event stream is not JSON");
      const end = endOf(event);
      if (isOpen && end !== null) onEnd(end);
    }
  });
  stream.on("error", (error: Error) => closed(error.message));
  stream.on("end", () => closed("Docker closed its event stream"));
  stream.on("close", () => closed("the connection to Docker's event stream broke"));
  return {
    close() {
      isOpen = false;
      (stream as NodeJS.ReadableStream & { destroy(): void }).destroy();
    },
  };
}

interface DockerEvent {
  readonly Action?: string;
  readonly Actor?: { readonly Attributes?: Readonly<Record<string, string>> };
}

/** undefined: the line is no JSON, so the stream is not Docker's. */
function parseEvent(line: string): DockerEvent | undefined {
  if (line.trim() === "") return {};
  try {
    return JSON.parse(line) as DockerEvent;
  } catch {
    return undefined;
  }
}

function endOf(event: DockerEvent): ContainerEnd | null {
  const attributes = event.Actor?.Attributes;
  const name = attributes?.["name"];
  if (event.Action !== "die" || name === undefined) return null;
  return { name, exitCode: Number(attributes?.["exitCode"] ?? Number.NaN) };
}
