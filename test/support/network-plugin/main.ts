/** The plug-in of one host as a process: `main STORE-DIRECTORY HOSTNAME HOST-ADDRESS`, until SIGTERM. */
import { argv } from "node:process";
import { NetworkPlugin } from "./network-plugin.ts";

const [, , store, hostname, hostAddress] = argv;
if (store === undefined || hostname === undefined || hostAddress === undefined) {
  throw new Error("a store directory, a host's name and its address are wanted");
}
const plugin = new NetworkPlugin({ store, hostname, hostAddress });
await plugin.start();
process.stdout.write("ready\n");
process.once("SIGTERM", () => void plugin.stop());
