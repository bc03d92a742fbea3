/** A process that runs the embedded Mesos and prints its URL; made to be killed. */
import { startMesosLocal } from "../../../controller/mesos-local/main.ts";
import { systemClock } from "../../../controller/support/clock.ts";
import { silentLog } from "../silent-log.ts";

const [stateDir = "", port = "0"] = process.argv.slice(2);
const { url } = await startMesosLocal({
  host: "127.0.0.1",
  port: Number(port),
  stateDir,
  clock: systemClock,
  log: silentLog,
});
process.stdout.write(`${url}\n`);
