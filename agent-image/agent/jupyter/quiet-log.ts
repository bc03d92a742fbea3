/** Jupyter logs the requests that it refuses, and the token may be in their URL or their headers. */
import type { StartCommand } from "../../../controller/model/agent-api.ts";
import { redactText } from "../../../controller/support/redact.ts";
import type { LineLog } from "../ports/ports.ts";

const REDACTED = "[redacted]";

/** @param secrets as they are now; null: nobody has told any yet */
export function quietLog(output: LineLog, secrets: () => StartCommand["jupyter"] | null): LineLog {
  return {
    write(line) {
      const { token = "", cookieSecret = "" } = secrets() ?? {};
      const known = [token, cookieSecret].filter((secret) => secret !== "");
      const told = known.reduce((text, secret) => text.replaceAll(secret, REDACTED), line);
      output.write(redactText(told));
    },
  };
}
