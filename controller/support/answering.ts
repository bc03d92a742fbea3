/** Requests of a server: whatever one of them brings, it ends at most its own connection. */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Logger } from "../model/ports.ts";
import { closesWithConnection } from "./orphaned-answers.ts";

export interface AnsweringOptions {
  readonly log: Logger;
  /** Answers 500 when nothing has been answered yet. */
  readonly refuse: (response: ServerResponse, error: unknown) => void;
}

/**
 * A listener for `createServer` in which no error escapes: neither what the handler throws nor
 * what the answer's stream emits, for both would end the process.
 */
export function answering(
  handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
  { log, refuse }: AnsweringOptions,
): RequestListener {
  return (request, response) => {
    closesWithConnection(request, response);
    const fail = (error: unknown, message: string) => {
      const path = request.url?.split("?")[0];
      log.error({ err: error, method: request.method, path }, message);
      // The client gets a broken answer, which it cannot take for a whole one.
      if (response.headersSent) response.destroy();
    };
    // E.g. a write after the end, by somebody who feeds a stream that another has ended.
    response.on("error", (error) => fail(error, "answer broke off"));
    handle(request, response).catch((error: unknown) => {
      if (request.errored !== null) {
        log.debug({ err: request.errored }, "the client went away in its own request");
        response.destroy();
        return;
      }
      fail(error, "request failed");
      try {
        if (!response.headersSent) refuse(response, error);
      } catch (second) {
        fail(second, "request could not be refused");
        response.destroy();
      }
    });
  };
}
