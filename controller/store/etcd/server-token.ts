/**
 * What one server lets us in with. etcd3's own handling of it asks with no deadline, leaves streams
 * with a token that has ended, and tries a refused one without end: so the token is ours.
 */
import type { IOptions } from "etcd3";
import { kindOf } from "../../etcd/etcd-errors.ts";
import type { EtcdAuth } from "../state-target.ts";

type CallOptions = Exclude<
  NonNullable<IOptions["defaultCallOptions"]>,
  (...parameters: never[]) => unknown
>;
type Interceptor = NonNullable<CallOptions["interceptors"]>[number];

type Authenticate = (
  user: { readonly name: string; readonly password: string },
  options: { readonly deadline: number },
) => Promise<{ readonly token: string }>;

/** Tokens end with the server's process, and after some minutes. */
export const TOKEN_ENDED = "the token has ended";

export class ServerToken {
  private token: string | null = null;
  private asking: Promise<void> | null = null;
  /** The server asks nobody who he is. */
  private isNeedless = false;

  constructor(
    private readonly auth: EtcdAuth | null,
    private readonly authenticate: Authenticate,
  ) {}

  /** @throws etcd3's error when we are not let in */
  async ensure(options: { readonly deadline: number }): Promise<void> {
    if (this.auth === null || this.token !== null || this.isNeedless) return;
    this.asking ??= this.ask(this.auth, options).finally(() => {
      this.asking = null;
    });
    await this.asking;
  }

  forget(): void {
    this.token = null;
    this.isNeedless = false;
  }

  /** Puts into a call's metadata what it needs; the token must have been ensured before. */
  interceptor(service: string): Interceptor {
    return (options, nextCall) => {
      const call = nextCall(options);
      const start = call.start.bind(call);
      call.start = (metadata, listener) => {
        if (this.token !== null && service !== "Auth") metadata.set("token", this.token);
        // A server that is cut off from the others ends the watch then, and is not silent.
        if (service === "Watch") metadata.set("hasleader", "true");
        start(metadata, {
          onReceiveMetadata: (received) => listener?.onReceiveMetadata?.(received),
          onReceiveMessage: (message: unknown) => listener?.onReceiveMessage?.(message),
          onReceiveStatus: (status) => listener?.onReceiveStatus?.(this.noticed(status)),
        });
      };
      return call as ReturnType<Interceptor>;
    };
  }

  /** etcd3 would repeat a call with a dead token, the same one, until its deadline. */
  private noticed<T extends { readonly details: string }>(status: T): T {
    if (!status.details.includes("invalid auth token")) return status;
    this.forget();
    return { ...status, details: TOKEN_ENDED };
  }

  private async ask(
    { user: name, password }: EtcdAuth,
    options: { readonly deadline: number },
  ): Promise<void> {
    try {
      this.token = (await this.authenticate({ name, password }, options)).token;
    } catch (error) {
      const isOff = kindOf(error) === "not-authenticated" && /not enabled/.test(String(error));
      if (!isOff) throw error;
      this.isNeedless = true;
    }
  }
}
