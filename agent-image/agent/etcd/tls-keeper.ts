/**
 * Puts in place what the node proves itself with. etcd reads it at each handshake, so a new one comes
 * into force without a restart, and connections that are open go on.
 */
import type { NodeConfig } from "../../../controller/model/agent-api.ts";
import type { TlsIdentity } from "../../../controller/model/tls-identity.ts";
import { messageOf } from "../../../controller/model/errors.ts";
import type { Logger } from "../../../controller/model/ports.ts";
import type { FileOwner, Files } from "../ports/files.ts";
import type { StatusBoard } from "../status/status-board.ts";
import { keepTls } from "./kept-tls.ts";
import { writeTlsFiles } from "./tls-files.ts";

export class TlsKeeper {
  /** One write at a time: the two files belong together. */
  private latest: Promise<void> = Promise.resolve();
  private kept: Promise<void> = Promise.resolve();

  constructor(
    private readonly options: {
      readonly config: Pick<NodeConfig, "tokenSha256">;
      readonly files: Files;
      /** etcd's user. */
      readonly user: FileOwner;
      readonly board: StatusBoard;
      readonly log: Logger;
    },
  ) {}

  /** @throws Error when it cannot be written; what was there before may be in force still */
  put(identity: TlsIdentity): Promise<void> {
    const written = this.latest.then(() => this.write(identity));
    this.latest = written.catch(() => undefined);
    return written;
  }

  /** In the background: a failure is told, and the controller sends another. */
  renew(identity: TlsIdentity): void {
    const { board, log } = this.options;
    const { notAfter } = identity;
    this.put(identity).then(
      () => log.info({ notAfter: new Date(notAfter).toISOString() }, "the certificate is renewed"),
      (error: unknown) => {
        const message = messageOf(error);
        log.error({ error: message }, "the certificate cannot be renewed");
        board.setProblem("certificate", `the certificate cannot be renewed: ${message}`);
      },
    );
  }

  private async write(identity: TlsIdentity): Promise<void> {
    const { files, user, board } = this.options;
    await writeTlsFiles(files, user, identity);
    board.setProblem("certificate", null);
    board.update({ certificateNotAfter: identity.notAfter });
    this.keep(identity);
  }

  /** Nothing rests on it but how soon the next container resumes. */
  private keep(identity: TlsIdentity): void {
    const { config, files, log } = this.options;
    this.kept = this.kept
      .then(() => keepTls(files, config.tokenSha256, identity))
      .catch((error: unknown) => {
        log.warn({ error: messageOf(error) }, "the certificate is not kept for the next container");
      });
  }
}
