/** The agent's own log: JSON lines on stderr (`docker logs`) and in a bounded file. */
import type { Clock, Logger } from "../../../controller/model/ports.ts";
import type { UnitLog } from "../unit/unit-log.ts";

export function agentLogger(clock: Clock, output: UnitLog): Logger {
  const write = (level: string) => (fields: object, message: string) => {
    const ts = new Date(clock.now()).toISOString();
    const line = JSON.stringify({ level, ts, msg: message, ...fields });
    output.write(line);
    process.stderr.write(`${line}\n`);
  };
  return {
    // Debug lines go nowhere: the file is small, and the rest is what an operator needs.
    debug: () => undefined,
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
  };
}
