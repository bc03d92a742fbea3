import { get } from "node:http";

export interface AgentStream {
  readonly port: number;
  readonly token: string;
  readonly path: string;
}

/** Lines of a stream of an agent as they come; the returned function hangs up. */
export function streamLines({ port, token, path }: AgentStream, lines: string[]): () => void {
  const headers = { authorization: `Bearer ${token}` };
  const request = get({ host: "127.0.0.1", port, path, headers, agent: false }, (response) => {
    let rest = "";
    response.setEncoding("utf8").on("data", (chunk: string) => {
      const all = (rest + chunk).split("\n");
      rest = all.pop() ?? "";
      lines.push(...all);
    });
    response.on("error", () => undefined);
  });
  request.on("error", () => undefined);
  return () => request.destroy();
}
