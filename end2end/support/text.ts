/** The texts of the product, from its English catalogue, so that tests name a text by its key and not by its words. */
import { readdirSync, readFileSync } from 'node:fs';

import { FluentBundle, FluentResource } from '@fluent/bundle';

const folder = new URL('../../app/locales/en/', import.meta.url);
const bundle = new FluentBundle('en-GB', { useIsolating: false });
for (const file of readdirSync(folder).filter((name) => name.endsWith('.ftl'))) {
  bundle.addResource(new FluentResource(readFileSync(new URL(file, folder), 'utf8')));
}

/** The text of a key: `text('doctor-free-times', { count: 3 })`. */
export function text(key: string, args: Record<string, string | number> = {}): string {
  const pattern = bundle.getMessage(key)?.value;
  if (!pattern) {
    throw new Error(`app/locales/en has no message ${key}`);
  }
  // Throws when an argument is missing.
  return bundle.formatPattern(pattern, args);
}

/**
 * A regular expression for the whole text of a key. Each argument is a string or number to be found as it is, or a
 * regular expression: `textPattern('doctor-rating', { stars: /\d\.\d/ })`. A count that selects a plural has to be a
 * number.
 */
export function textPattern(key: string, args: Record<string, string | number | RegExp> = {}): RegExp {
  return new RegExp(`^${partPattern(key, args).source}$`);
}

/** The same for a part of a text. */
export function partPattern(key: string, args: Record<string, string | number | RegExp> = {}): RegExp {
  const patterns = Object.entries(args).flatMap(([name, value]) => (value instanceof RegExp ? [{ name, source: value.source }] : []));
  const place = (index: number): string => `\u{E000}${index}\u{E000}`;
  const plain = Object.fromEntries(
    Object.entries(args).map(([name, value]) => {
      const index = patterns.findIndex((pattern) => pattern.name === name);
      return [name, value instanceof RegExp ? place(index) : value];
    }),
  );
  const escaped = text(key, plain).replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(patterns.reduce((source, pattern, index) => source.replaceAll(place(index), () => `(?:${pattern.source})`), escaped));
}

/**
 * The same for a text with any number from 1 in it. `number` is the name of the argument that selects the plural; it is
 * not among `args`.
 */
export function countPartPattern(key: string, args: Record<string, string | number | RegExp> = {}, number = 'count'): RegExp {
  const one = partPattern(key, { ...args, [number]: 1 }).source;
  // A number whose digits are in no text.
  const many = partPattern(key, { ...args, [number]: 7_654_321 }).source.replaceAll('7,654,321', String.raw`\d[\d,]*`);
  return new RegExp(`(?:${one}|${many})`);
}

/** The same for the whole text. */
export function countPattern(key: string, args: Record<string, string | number | RegExp> = {}, number = 'count'): RegExp {
  return new RegExp(`^${countPartPattern(key, args, number).source}$`);
}
