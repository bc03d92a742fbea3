/** An agent on a loopback address: it says what the test tells it to say. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { AGENT_PORT, type AgentStatus } from "../../../controller/model/agent-api.ts";

export const AGENT_TOKEN = "secret";

export class FakeAgent {
  readonly requests: { method: string; url: string; body: string }[] = [];
  /** Of the last request, as it came. */
  lastBody = Buffer.alloc(0);
  /** Answers everything but `/v1/watch`. */
  answer: (request: IncomingMessage, response: ServerResponse) => void = (_, response) => {
    response.writeHead(404).end();
  };
  private readonly watchers = new Set<ServerResponse>();
  private readonly sockets = new Set<Socket>();
  private lines: string[] = [];
  private server: Server | null = null;

  /** @param ip any of 127.0.0.0/8, for the port is always the agents' own */
  constructor(readonly ip: string) {}

  listen(): Promise<void> {
    const server = createServer((request, response) => this.handle(request, response));
    server.on("connection", (socket) => {
      this.sockets.add(socket);
      socket.once("close", () => this.sockets.delete(socket));
    });
    this.server = server;
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(AGENT_PORT, this.ip, resolve);
    });
  }

  get watching(): number {
    return this.watchers.size;
  }

  /** Sent to whoever watches now, and first to whoever comes later. */
  say(message: AgentStatus | string): void {
    const line = typeof message === "string" ? message : JSON.stringify(message);
    this.lines = [line];
    for (const watcher of this.watchers) watcher.write(`${line}\n`);
  }

  /** As a crash of the process would. */
  dropConnections(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.dropConnections();
    const { server } = this;
    if (server !== null) await new Promise((resolve) => server.close(resolve));
  }

  private handle(request: IncomingMessage, response: ServerResponse): void {
    if (request.headers.authorization !== `Bearer ${AGENT_TOKEN}`) {
      response.writeHead(401).end("no token");
      return;
    }
    if (request.url === "/v1/watch") {
      response.writeHead(200, { "content-type": "application/x-ndjson" });
      response.flushHeaders();
      for (const line of this.lines) response.write(`${line}\n`);
      this.watchers.add(response);
      response.once("close", () => this.watchers.delete(response));
      return;
    }
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      this.lastBody = Buffer.concat(chunks);
      const { method = "", url = "" } = request;
      this.requests.push({ method, url, body: this.lastBody.toString() });
      this.answer(request, response);
    });
  }
}

const UNIT = { state: "running", ready: true, pid: 7, restarts: 0, lastExit: null } as const;

/** A node in good health. */
export function healthyStatus(over: Partial<AgentStatus> = {}): AgentStatus {
  return {
    slot: 1,
    taskId: "default.lab.0a1b2c3d.1.0",
    instanceId: "i-1",
    sequence: 1,
    phase: "running",
    commandId: "o-1",
    data: { state: "present", memberId: "a1", clusterId: "c1", raftIndex: 12, raftTerm: 2 },
    snapshot: null,
    units: { etcd: UNIT, sshd: UNIT, jupyter: UNIT },
    etcd: {
      memberId: "a1",
      clusterId: "c1",
      version: "3.5.16",
      raftTerm: 2,
      raftIndex: 12,
      leaderId: "a1",
      isLearner: false,
      revision: 9,
      dbSizeBytes: 20480,
      dbSizeInUseBytes: 16384,
      members: [
        { id: "a1", name: "slot-1", peerUrls: ["http://172.30.0.11:2380"], isLearner: false },
      ],
      alarms: [],
    },
    hosts: {
      clusterId: "c1",
      term: 2,
      leaderSlot: 1,
      names: [{ slot: 1, index: 0, ip: "172.30.0.11" }],
    },
    sshKnownSlots: [1],
    storage: { ready: true, message: "" },
    elections: [
      {
        term: 2,
        cause: "FirstElection",
        previousLeader: null,
        voters: ["a1"],
        lost: [],
        preVotes: [],
        candidates: [{ member: "a1", atMs: 0 }],
        votes: [{ candidate: "a1", from: "a1", granted: true, atMs: 0 }],
        learned: [{ member: "a1", atMs: 12 }],
        leaderId: "a1",
        startedAt: "2026-11-23T20:00:00.000Z",
        durationMs: 12,
        toldBy: "a1",
      },
    ],
    problems: [],
    ...over,
  };
}
