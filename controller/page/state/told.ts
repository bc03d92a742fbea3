import type { Frame } from "./reduce.ts";

/** What a tab is told: something of the stream, or that the stream has come or gone. */
export type Told = { readonly frame: Frame } | { readonly live: boolean };
