/** The production proxy with a target that stays, as a process: `node our-proxy.js PORT TARGET_PORT`. */
import { JupyterProxy } from "../../../controller/proxy/jupyter-proxy.ts";
import { silentLog } from "../../support/silent-log.ts";

const [port, targetPort] = process.argv.slice(2).map(Number);
if (port === undefined || targetPort === undefined) throw new Error("two ports are needed");
const address = "127.0.0.1";
const proxy = new JupyterProxy({ address, port, holdMs: 30_000, hostNames: [], log: silentLog });
await proxy.listen();
proxy.setTarget({ ip: address, port: targetPort, epoch: 0, term: 1 });
