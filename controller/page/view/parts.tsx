/** Small things that all views are made of. */
import type { ComponentChildren } from "preact";
import { ageOf } from "../../cli/render/units.ts";
import { now } from "../state/store.ts";
import { type Points, pathOf } from "../words/series.ts";
import type { Mood } from "../words/verdict.ts";

export function Card(props: {
  readonly title: string;
  readonly class?: string;
  readonly aside?: ComponentChildren;
  readonly children: ComponentChildren;
}) {
  const id = `card-${props.title.toLowerCase().replaceAll(/[^a-z]+/g, "-")}`;
  return (
    <section class={`card ${props.class ?? ""}`} aria-labelledby={id}>
      <header class="card-head">
        <h2 id={id}>{props.title}</h2>
        {props.aside}
      </header>
      {props.children}
    </section>
  );
}

const MARKS: Readonly<Record<Mood, string>> = {
  good: "M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 0 0 0-13Zm-1 9.6L3.9 8l1.2-1.2L7 8.7l3.9-3.9L12.1 6Z",
  busy: "M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 0 0 0-13Zm0 1.8a4.7 4.7 0 0 1 0 9.4Z",
  bad: "M8 1 15.5 14.5H.5Zm-.9 4.5v4.5h1.8V5.5Zm0 5.7V13h1.8v-1.8Z",
  off: "M2.5 2.5h11v11h-11Zm1.7 1.7v7.6h7.6V4.2Z",
};

/** A shape of its own for each mood, so that colour is not needed; the word stands beside it. */
export function Mark({ mood }: { readonly mood: Mood }) {
  return (
    <svg class={`mark mood-${mood}`} viewBox="0 0 16 16" aria-hidden="true">
      <path fill-rule="evenodd" d={MARKS[mood]} />
    </svg>
  );
}

/** `3m20s ago`, which goes on by itself; the moment itself on hovering. */
export function Ago({ at, plain }: { readonly at: string; readonly plain?: boolean }) {
  return (
    <time dateTime={at} title={at}>
      {ageOf(at, now.value)}
      {plain === true ? "" : " ago"}
    </time>
  );
}

const WIDTH = 120;
const HEIGHT = 26;

export function Sparkline(props: {
  readonly label: string;
  readonly points: Points;
  readonly count: number;
  readonly value: string;
}) {
  const { label, points, count, value } = props;
  return (
    <div class="spark">
      <span class="spark-label">{label}</span>
      <svg viewBox={`0 -1 ${WIDTH} ${HEIGHT + 2}`} preserveAspectRatio="none" aria-hidden="true">
        <path d={pathOf(points, count, WIDTH, HEIGHT)} />
      </svg>
      <span class="spark-value">{value}</span>
    </div>
  );
}

export function Facts({
  rows,
}: {
  readonly rows: readonly (readonly [string, ComponentChildren])[];
}) {
  return (
    <dl class="facts">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Wider than a phone: it moves inside its frame, which the keyboard can reach. */
export function Table(props: {
  readonly label: string;
  readonly head: readonly string[];
  readonly children: ComponentChildren;
}) {
  return (
    <div class="table" role="group" aria-label={props.label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {props.head.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{props.children}</tbody>
      </table>
    </div>
  );
}

export function Empty({ children }: { readonly children: ComponentChildren }) {
  return <p class="empty">{children}</p>;
}
