/** The agent's API on the simulated network, in the place of its HTTP server. */
import type { AgentApi, AgentServer } from "../../../agent-image/agent/agent.ts";
import { followStatus } from "../../../agent-image/agent/api/follow-status.ts";
import { takeCommand } from "../../../agent-image/agent/api/take-start-command.ts";
import type { StartCommand, NodeConfig } from "../../../controller/model/agent-api.ts";
import type { SnapshotRef } from "../../../controller/model/snapshot.ts";
import type { Order } from "../controller/agent-connections.ts";
import type { ProcessClock } from "../engine/process-clock.ts";
import { snapshotBytes, snapshotIn } from "../etcd/snapshot-bytes.ts";
import type { EtcdSnapshot } from "../etcd/types.ts";
import type { Endpoint } from "../wire/endpoint.ts";
import type { SlotVolume } from "./slot-volume.ts";

/** What `GET /v1/snapshot` gives. */
export interface SnapshotAnswer {
  readonly content: EtcdSnapshot;
  readonly clusterId: string;
  /** Of the file. */
  readonly sha256: string;
}

export interface WireServerOptions {
  readonly api: AgentApi;
  readonly config: NodeConfig;
  readonly volume: SlotVolume;
  readonly endpoint: Endpoint;
  /** The agent's: what comes while it is stopped waits for it. */
  readonly clock: ProcessClock;
  readonly onCommand: (command: StartCommand, answer: string) => void;
  /** What was asked for could not be done. */
  readonly onFailure: (error: unknown) => void;
}

type Answer = (body: unknown) => void;

export class WireServer implements AgentServer {
  private readonly watchers = new Map<
    string,
    { readonly stream: string; readonly end: () => void }
  >();
  private open = false;

  constructor(private readonly options: WireServerOptions) {}

  listen(): Promise<void> {
    this.open = true;
    this.serve("watch", (from, body) => this.watch(from, body as string));
    this.take("command", (body, answer) => answer(this.command(body)));
    this.take("term", (_, answer) => answer("known"));
    this.serve("status", (_, _body, answer) => answer(this.options.api.board.status()));
    this.take("stop", (taskId, answer) => {
      answer(this.options.api.stopTask(taskId as string) ?? "accepted");
    });
    this.serve("snapshot", (_, _body, answer) => this.giveSnapshot(answer));
    this.take("take-snapshot", (body, answer) => {
      const { content, ref } = body as { ref: SnapshotRef; content: EtcdSnapshot };
      const { maintenance } = this.options.api;
      const taken = maintenance.receive(once(snapshotBytes(content)), ref.sha256, NEVER_ABORTED);
      this.answer(taken, answer, "taken");
    });
    this.take("defragment", (_, answer) => {
      this.answer(this.options.api.maintenance.defragment(NEVER_ABORTED), answer, "done");
    });
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.open = false;
    for (const { stream, end } of this.watchers.values()) {
      end();
      this.options.endpoint.endStream(stream);
    }
    this.watchers.clear();
    return Promise.resolve();
  }

  /** An order: of a controller whose term is over it is refused. */
  private take(service: string, handle: (body: unknown, answer: Answer) => void): void {
    this.serve(service, (_, order, answer) => {
      const { term, body } = order as Order;
      const refused = this.options.api.terms.refusal(term);
      if (refused === null) handle(body, answer);
      else answer(refused);
    });
  }

  private serve(
    service: string,
    handle: (from: string, body: unknown, answer: Answer) => void,
  ): void {
    const { endpoint, clock } = this.options;
    endpoint.serve(service, (from, body, answer) => {
      const take = () => {
        if (this.open) handle(from, body, answer);
      };
      if (clock.paused) clock.after(0, take);
      else take();
    });
  }

  /** For work that fails the asker waits in vain, as for a node that does not answer. */
  private answer(work: Promise<void>, answer: Answer, success: string): void {
    work.then(() => answer(success), this.options.onFailure);
  }

  private command(body: unknown): unknown {
    const { api, config, onCommand } = this.options;
    const { status, answer } = takeCommand(body, config, api.command);
    onCommand(body as StartCommand, status === 202 ? "taken" : JSON.stringify(answer));
    return status === 202 ? "accepted" : answer;
  }

  private giveSnapshot(answer: Answer): void {
    const { api, volume } = this.options;
    const given = api.maintenance.save(({ path, clusterId, sha256 }) => {
      const content = snapshotIn(volume.tree.content(path));
      answer({ content, clusterId, sha256 } satisfies SnapshotAnswer);
      return Promise.resolve();
    }, NEVER_ABORTED);
    given.catch((error: unknown) => {
      this.options.onFailure(error);
      answer(null);
    });
  }

  private watch(from: string, stream: string): void {
    const { endpoint, api, clock } = this.options;
    const former = this.watchers.get(from);
    if (former !== undefined) {
      former.end();
      endpoint.endStream(former.stream);
    }
    let end = () => {};
    endpoint.beginStream(stream, from, () => {
      end();
      if (this.watchers.get(from)?.stream === stream) this.watchers.delete(from);
    });
    end = followStatus(api.board, clock, (status) => endpoint.write(stream, status));
    this.watchers.set(from, { stream, end });
  }
}

const NEVER_ABORTED = new AbortController().signal;

async function* once(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes;
}
