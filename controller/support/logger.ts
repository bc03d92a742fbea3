/** The log: short lines for a person at a terminal, JSON for everything else. */
import { pino } from "pino";
import { createColors } from "picocolors";
import type { Logger } from "../model/ports.ts";
import { redactFields } from "./redact.ts";

export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LogDestination {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

export interface LoggerOptions {
  readonly level: LogLevel;
  /** Where lines go. Written at once, so that a crash loses none. */
  readonly destination: LogDestination;
  /** Left out: `pretty` on a terminal, else `json`. */
  readonly format?: "pretty" | "json";
}

/** Of the longest level, so that messages stand below one another. */
const LABEL_WIDTH = 5;

export function createLogger(options: LoggerOptions): Logger {
  const { destination } = options;
  const format = options.format ?? (destination.isTTY === true ? "pretty" : "json");
  const sink = {
    write: (line: string) => {
      destination.write(format === "pretty" ? prettyLine(line, destination.isTTY === true) : line);
    },
  };
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: redactFields },
      // Errors were made plain, and free of secrets, by the formatter.
      serializers: { err: (value: unknown) => value },
    },
    sink,
  );
}

/** `21:03:44.120 warn  message  key=value key=value` */
function prettyLine(json: string, colored: boolean): string {
  const { time, level, msg, ...fields } = JSON.parse(json) as Record<string, unknown>;
  const colors = createColors(colored);
  const paint = { debug: colors.dim, info: colors.green, warn: colors.yellow, error: colors.red };
  const label = String(level);
  const painted = paint[label as LogLevel](label.padEnd(LABEL_WIDTH));
  const facts = Object.entries(fields).map(([name, value]) => `${name}=${shortValue(value)}`);
  const clockTime = String(time).slice(11, 23);
  return `${[colors.dim(clockTime), painted, String(msg), colors.dim(facts.join(" "))].join(" ").trimEnd()}\n`;
}

function shortValue(value: unknown): string {
  if (typeof value === "string") return /^[\w./:@+-]+$/.test(value) ? value : JSON.stringify(value);
  if (isPlainError(value)) {
    const { code, message, stack } = value;
    if (typeof stack === "string") return stack;
    return JSON.stringify(typeof code === "string" ? `${code} ${String(message)}` : message);
  }
  return JSON.stringify(value);
}

function isPlainError(value: unknown): value is Record<"code" | "message" | "stack", unknown> {
  return typeof value === "object" && value !== null && "type" in value && "message" in value;
}
