/**
 * What JupyterLab on this node may ask: HTTP on a Unix socket that is the user's alone.
 *
 * | request | answer |
 * |---|---|
 * | `GET /v1/kernels` | 200 `{term, leads, elected, desired, clientKeys, kernels, sessions}` |
 * | `GET /v1/kernels/ID` | 200 the record, once the server of this term can reach it; 404; 504 not yet |
 * | `POST /v1/kernels` `{kernelId, name, argv, cwd, env}` | 201 the record; one that lives is not started again |
 * | `POST /v1/kernels/ID/restart` `{name, argv, cwd, env}` | 200 the record of a new process |
 * | `POST /v1/kernels/ID/interrupt`, `…/signal` `{signal}` | 204 when delivered |
 * | `GET /v1/kernels/ID/poll` | 200 `{alive: true, false or null, exit}`; null: its node says nothing |
 * | `DELETE /v1/kernels/ID` | 204 when it has ended |
 * | `PUT`, `DELETE /v1/sessions/ID` | 204 |
 * | `GET /v1/watch` | 200 `application/x-ndjson`: `{leads, term, elected, desired, clientKeys}` at once and after each change |
 *
 * `desired` is another when other kernels or sessions are to be, or a kernel is to have another process.
 *
 * 403: this node does not lead; 503: etcd or a node is missing; 504: not in time; each with `{message}`.
 */
import type { KernelExit, KernelSession } from "../../../controller/model/kernels.ts";
import { Checker, CheckError } from "../../../controller/support/checker.ts";
import {
  KERNEL_ID,
  kernelSessionOf,
  launchOf,
  SIGNAL_MAX,
} from "../../../controller/support/kernel-values.ts";
import type { CurveKeys } from "./curve-key.ts";
import type { KernelOrders } from "./kernel-orders.ts";
import type { KernelRecord } from "./kernel-records.ts";
import { OrderError } from "./standing.ts";

const SIGINT = 2;

export interface Answer {
  readonly status: number;
  /** Null: 204. */
  readonly body: object | null;
}

export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  /** JSON; what is no JSON is a CheckError. */
  readonly body: () => Promise<unknown>;
}

export class KernelApi {
  constructor(
    readonly orders: KernelOrders,
    private readonly clientKeys: CurveKeys,
  ) {}

  /** A line of the watch. */
  standing(): object {
    const { standing, desired } = this.orders;
    return { ...standing.now, desired, clientKeys: this.clientKeys };
  }

  async answer(request: ApiRequest): Promise<Answer> {
    try {
      return await this.route(request);
    } catch (error) {
      if (error instanceof OrderError) return refused(error.status, error.message);
      if (error instanceof CheckError) return refused(400, error.message);
      throw error;
    }
  }

  private async route(request: ApiRequest): Promise<Answer> {
    const { orders } = this;
    const [, version, kind, id, verb, ...more] = request.path.split("/");
    const unknown = () => refused(404, `no ${request.method} ${request.path}`);
    if (version !== "v1" || more.length > 0) return unknown();
    const route = `${request.method} ${kind}${id === undefined ? "" : "/ID"}${verb === undefined ? "" : `/${verb}`}`;
    if (id !== undefined && !KERNEL_ID.test(id)) return unknown();
    switch (route) {
      case "GET kernels":
        return { status: 200, body: this.all() };
      case "POST kernels": {
        const root = new Checker(await request.body(), "kernel");
        const kernelId = root.string("kernelId", KERNEL_ID);
        const record = await orders.launch(kernelId, launchOf(root), false);
        return { status: 201, body: this.recordOf(record) };
      }
      case "PUT sessions/ID": {
        const given = new Checker(await request.body(), "session");
        const session: KernelSession = kernelSessionOf(given);
        if (session.sessionId !== id)
          return refused(400, "session.sessionId must be as in the path");
        await orders.putSession(session);
        return { status: 204, body: null };
      }
      case "DELETE sessions/ID":
        await orders.removeSession(id ?? "");
        return { status: 204, body: null };
      default:
        return (await this.ofOne(route, id ?? "", request)) ?? unknown();
    }
  }

  private async ofOne(route: string, id: string, request: ApiRequest): Promise<Answer | null> {
    const { orders } = this;
    switch (route) {
      case "GET kernels/ID":
        return { status: 200, body: this.recordOf(await orders.inTerm(id)) };
      case "GET kernels/ID/poll":
        return { status: 200, body: this.pollOf(id) };
      case "POST kernels/ID/restart": {
        const launch = launchOf(new Checker(await request.body(), "kernel"));
        return { status: 200, body: this.recordOf(await orders.launch(id, launch, true)) };
      }
      case "POST kernels/ID/interrupt":
        await orders.signal(id, SIGINT);
        return { status: 204, body: null };
      case "POST kernels/ID/signal": {
        const root = new Checker(await request.body(), "order");
        await orders.signal(id, root.integer("signal", 1, SIGNAL_MAX));
        return { status: 204, body: null };
      }
      case "DELETE kernels/ID":
        await orders.remove(id);
        return { status: 204, body: null };
      default:
        return null;
    }
  }

  private all(): object {
    const { orders } = this;
    const kernels = orders.records.map((record) => this.recordOf(record));
    return { ...this.standing(), kernels, sessions: orders.sessions };
  }

  private pollOf(id: string): { alive: boolean | null; exit: KernelExit | null } {
    const record = this.orders.find(id);
    if (record === null) return { alive: false, exit: null };
    const alive = this.orders.isAlive(record);
    return { alive, exit: alive === false ? this.orders.exitOf(record) : null };
  }

  private recordOf(record: KernelRecord): object {
    const { spec, status } = record;
    const { orders } = this;
    const { elected, term } = orders.standing.now;
    const inTerm = status?.front?.term === (elected || term);
    const alive = orders.isAlive(record);
    return {
      ...{ kernelId: spec.kernelId, name: spec.name, incarnation: spec.incarnation },
      ...{ slot: spec.slot, createdAt: spec.createdAt },
      ...{ argv: spec.argv, cwd: spec.cwd, env: spec.env },
      state: alive === false ? "dead" : (status?.state ?? "unknown"),
      since: status?.since ?? null,
      memoryBytes: status?.memoryBytes ?? null,
      front: inTerm ? status.front : null,
      alive,
      exit: alive === false ? orders.exitOf(record) : null,
      lastExit: status?.lastExit ?? spec.lastExit,
    };
  }
}

function refused(status: number, message: string): Answer {
  return { status, body: { message } };
}
