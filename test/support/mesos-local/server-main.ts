/** A process that runs the embedded Mesos and prints its URL; made to be killed. */
import { startMesosLocal } from "../../../controller/mesos-local/main.ts";
import { systemClock } from "../../../controller/support/clock.ts";
import { silentLog } from "../silent-log.ts";

const [stateDir = ""] = process.argv.slice(2);
const { url } = await startMesosLocal({
  stateDir,
  clock: systemClock,
  log: silentLog,
});
process.stdout.write(`${url}\n`);
