import type { Logger } from "../../controller/model/ports.ts";

const nothing = () => undefined;

/** For tests that look at the world and not at the log. */
export const silentLog: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
