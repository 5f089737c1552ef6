/**
 * Drops documents by their address: listed domains and addresses, words that an address must not hold.
 *
 * Source: RefinedWeb (Penedo et al. 2023, arXiv:2306.01116), appendix G.1; definitions, order and reasons of datatrove's URLFilter. The
 * registered domain comes from the Public Suffix List in npm `tldts`.
 * Differs: no list comes with this package; empty lines and comments in lists are skipped; host names are compared in lower case.
 */
import { parse } from 'tldts';
import type { Document } from '../../document.ts';
import { type DocumentFilter, drop, KEEP } from '../document-filter.ts';

/** The lists, and where a document has its address. */
export interface UrlFilterOptions {
  /** Registered domains (`example.com`) or host names (`shop.example.com`). */
  readonly domains?: Iterable<string>;
  /** Whole addresses. */
  readonly urls?: Iterable<string>;
  /** Words between marks of the address; one is enough. */
  readonly bannedWords?: Iterable<string>;
  /** Parts of the address without its marks; one is enough. */
  readonly bannedSubwords?: Iterable<string>;
  /** Words of which `softWordThreshold` different ones are needed. */
  readonly softBannedWords?: Iterable<string>;
  readonly softWordThreshold?: number;
  /** Where a document has its address; `metadata.url` when absent. */
  readonly urlOf?: (document: Document) => string | undefined;
}

const MARKS = /[^a-zA-Z0-9]+/g;
const withoutMarks = (text: string): string => text.replace(MARKS, '').toLowerCase();

const entries = (lines: Iterable<string> | undefined): string[] =>
  [...(lines ?? [])].map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'));
const words = (lines: Iterable<string> | undefined): Set<string> =>
  new Set(
    entries(lines)
      .map(withoutMarks)
      .filter((word) => word !== ''),
  );

const metadataUrl = ({ metadata }: Document): string | undefined =>
  typeof metadata.url === 'string' ? metadata.url : undefined;

/**
 * Drops as `url_domain`, `url_subdomain`, `url_listed`, `url_hard_word`, `url_soft_words` or `url_subword`; documents without an address are
 * kept.
 */
export function urlFilter(options: UrlFilterOptions): DocumentFilter {
  const { softWordThreshold = 2, urlOf = metadataUrl } = options;
  const domains = new Set(entries(options.domains));
  const urls = new Set(entries(options.urls));
  const hard = words(options.bannedWords);
  const soft = words(options.softBannedWords);
  const subwords = [...words(options.bannedSubwords)];
  const subword = subwords.length === 0 ? undefined : new RegExp(subwords.join('|'));
  return {
    name: 'url_filter',
    check(document) {
      const url = urlOf(document);
      if (url === undefined || url === '') return KEEP;
      if (domains.size > 0) {
        const { domain, hostname } = parse(url, { validateHostname: false });
        if (domain !== null && domains.has(domain)) return drop('url_domain');
        if (domain !== null && hostname !== null && domains.has(hostname)) return drop('url_subdomain');
      }
      if (urls.has(url)) return drop('url_listed');
      const parts = new Set(url.split(MARKS));
      let numSoft = 0;
      for (const part of parts) {
        if (hard.has(part)) return drop('url_hard_word');
        if (soft.has(part)) numSoft++;
      }
      if (soft.size > 0 && numSoft >= softWordThreshold) return drop('url_soft_words');
      return subword?.test(withoutMarks(url)) ? drop('url_subword') : KEEP;
    },
  };
}
