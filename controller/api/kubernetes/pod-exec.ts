/** `kubectl exec`: a command in a node, over a WebSocket. */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import type { Logger } from "../../model/ports.ts";
import type { ApiOperations } from "../operations.ts";
import { StatusError, statusErrorOf } from "../status-error.ts";
import { EXEC_PROTOCOLS, ExecChannels } from "./exec-channels.ts";
import { unitOf } from "./pod-log.ts";
import type { FoundPod } from "./pod-lookup.ts";

const MESSAGE_MAX = 1024 * 1024;
/** Commands at one time. */
const EXECS_MAX = 32;

/** These units are root's; in the others a command runs as the nodes' user. */
const ROOT_UNITS: readonly string[] = ["etcd", "sshd", "agent"];

export class PodExec {
  private readonly running = new Set<AbortController>();
  private readonly server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MESSAGE_MAX,
    handleProtocols: (offered) => EXEC_PROTOCOLS.find((name) => offered.has(name)) ?? false,
  });

  constructor(
    private readonly operations: Pick<ApiOperations, "nodeExec">,
    private readonly log: Logger,
  ) {}

  /**
   * @param request an upgrade that is allowed
   * @throws StatusError before the connection is a WebSocket
   */
  accept(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    { found, query }: { readonly found: FoundPod; readonly query: URLSearchParams },
  ): void {
    const command = query.getAll("command");
    if (command.length === 0) throw new StatusError("BadRequest", "command is missing.");
    const unit = unitOf(query.get("container") || "jupyter", found.node.name ?? "");
    const offered = request.headers["sec-websocket-protocol"] ?? "";
    if (!EXEC_PROTOCOLS.some((name) => offered.split(/,\s*/).includes(name))) {
      const message = `A WebSocket with one of the protocols ${EXEC_PROTOCOLS.join(", ")} is needed.`;
      throw new StatusError("BadRequest", message);
    }
    if (this.running.size >= EXECS_MAX) {
      throw new StatusError("TooManyRequests", `${EXECS_MAX} commands run over the API already.`);
    }
    const wishes = { stdin: isTrue(query, "stdin"), tty: isTrue(query, "tty") };
    const user = ROOT_UNITS.includes(unit) ? "root" : null;
    this.server.handleUpgrade(request, socket, head, (webSocket) => {
      const channels = new ExecChannels(webSocket, wishes);
      const abort = new AbortController();
      this.running.add(abort);
      webSocket.on("error", (error) => this.log.warn({ err: error }, "exec connection broke off"));
      webSocket.once("close", () => abort.abort());
      void this.run(channels, { ...found, command, user, signal: abort.signal }).finally(() =>
        this.running.delete(abort),
      );
    });
  }

  /** Ends all commands. */
  close(): void {
    for (const abort of this.running) abort.abort();
    for (const client of this.server.clients) client.terminate();
  }

  private async run(
    channels: ExecChannels,
    wanted: Parameters<ApiOperations["nodeExec"]>[0],
  ): Promise<void> {
    const { cluster, node, command } = wanted;
    this.log.info({ cluster: cluster.metadata.name, slot: node.slot }, "command run over the API");
    try {
      channels.end(await this.operations.nodeExec(wanted, channels));
    } catch (error) {
      const status = statusErrorOf(error);
      if (status === null) this.log.error({ err: error, command: command[0] }, "exec failed");
      const told = status ?? new StatusError("InternalError", "The controller has a bug.");
      channels.fail(told.toJSON());
    }
  }
}

function isTrue(query: URLSearchParams, name: string): boolean {
  return query.get(name) === "true" || query.get(name) === "1";
}
