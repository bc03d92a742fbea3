/** The log of one unit of one node: followed, searched, taken home. */
import { useEffect, useRef, useState } from "preact/hooks";
import { LOG_UNITS } from "../../model/agent-api.ts";
import type { JupyterClusterObject } from "../../model/resource.ts";
import { fetchAs, loggedIn } from "../state/session.ts";
import { LogText } from "../words/log-text.ts";
import { type Route, routeTo } from "../words/route.ts";
import { nodeTitle } from "../words/topology.ts";
import { apiPath } from "./actions.tsx";
import { Card } from "./parts.tsx";

const TAIL = 500;

export function Logs(props: {
  readonly object: JupyterClusterObject;
  readonly route: Extract<Route, { page: "cluster" }>;
}) {
  const { object, route } = props;
  const { nodes } = object.status;
  const node = route.node ?? `slot-${nodes[0]?.slot ?? 0}`;
  const unit = route.unit ?? LOG_UNITS[0];
  const [wantsFollow, setFollow] = useState(true);
  const [previous, setPrevious] = useState(false);
  // What has ended does not go on.
  const follow = wantsFollow && !previous;
  const [search, setSearch] = useState("");
  const go = (to: readonly string[]) => {
    location.hash = routeTo(route.key, "logs", ...to);
  };
  const path = `${apiPath(object)}/nodes/${encodeURIComponent(node)}/log?unit=${unit}&previous=${previous}`;
  return (
    <Card title="Logs" class="logs">
      <div class="controls">
        <label>
          Node{" "}
          <select value={node} onChange={(event) => go([event.currentTarget.value, unit])}>
            {nodes.map((one) => (
              <option key={one.slot} value={`slot-${one.slot}`}>
                {nodeTitle(one)} (slot {one.slot})
              </option>
            ))}
          </select>
        </label>
        <label>
          Unit{" "}
          <select value={unit} onChange={(event) => go([node, event.currentTarget.value])}>
            {LOG_UNITS.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
        <Check label="Follow" checked={follow} disabled={previous} set={setFollow} />
        <Check label="Of the container before" checked={previous} set={setPrevious} />
        <label>
          Only lines with{" "}
          <input
            type="search"
            value={search}
            onInput={(event) => setSearch(event.currentTarget.value)}
          />
        </label>
        <button type="button" onClick={() => void download(path, `${node}-${unit}.log`)}>
          Download
        </button>
      </div>
      {loggedIn.value ? (
        <LogLines key={`${path} ${follow}`} path={path} follow={follow} search={search} />
      ) : (
        <p class="empty">Logs are shown to whoever is logged in.</p>
      )}
    </Card>
  );
}

function Check(props: {
  readonly label: string;
  readonly checked: boolean;
  readonly disabled?: boolean;
  readonly set: (checked: boolean) => void;
}) {
  const { label, checked, disabled = false, set } = props;
  return (
    <label>
      <input
        type="checkbox"
        checked={checked}
        disabled={disabled}
        onChange={(event) => set(event.currentTarget.checked)}
      />{" "}
      {label}
    </label>
  );
}

function LogLines(props: {
  readonly path: string;
  readonly follow: boolean;
  readonly search: string;
}) {
  const { path, follow, search } = props;
  const log = useRef(new LogText());
  const view = useRef<HTMLPreElement>(null);
  const [version, setVersion] = useState(0);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    const ending = new AbortController();
    const query = `&tail=${TAIL}&follow=${follow}`;
    read(`${path}${query}`, ending.signal, (text) => {
      log.current.add(text);
      setVersion((before) => before + 1);
    }).then(
      () => follow && !ending.signal.aborted && setProblem("The log has ended."),
      (error: Error) => !ending.signal.aborted && setProblem(`The log broke off: ${error.message}`),
    );
    return () => ending.abort();
  }, []);
  useEffect(() => {
    // Whoever scrolled up to read is left there.
    const pre = view.current;
    if (pre !== null && follow && isAtEnd(pre)) pre.scrollTop = pre.scrollHeight;
  }, [version]);
  return (
    <>
      <pre class="log" ref={view} tabIndex={0} role="group" aria-label="Lines of the log">
        {log.current.lines(search)}
      </pre>
      <p class="problem" role="status">
        {problem}
      </p>
    </>
  );
}

/** Within some lines, for new ones have been added already. */
function isAtEnd(pre: HTMLPreElement): boolean {
  return pre.scrollTop === 0 || pre.scrollHeight - pre.scrollTop - pre.clientHeight < 400;
}

async function read(path: string, signal: AbortSignal, add: (text: string) => void): Promise<void> {
  const response = await fetchAs("GET", path, { signal });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const part = await reader?.read();
    if (part === undefined || part.done) return;
    add(part.value);
  }
}

/** All that the node still has, as a file. */
async function download(path: string, name: string): Promise<void> {
  const response = await fetchAs("GET", path);
  const url = URL.createObjectURL(await response.blob());
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
