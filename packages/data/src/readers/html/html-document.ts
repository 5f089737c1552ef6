/**
 * A document from the bytes of a web page: decoded, its main text taken out, its title and language tag kept.
 */
import type { Document, MetadataValue } from '../../document.ts';
import { htmlToText, PageTooComplexError } from '../../extract/html-to-text.ts';
import type { FaultReason } from '../read-fault.ts';
import { decodeHtml } from './decode-html.ts';

export interface HtmlDocumentOptions {
  readonly id: string;
  readonly language: string;
  readonly metadata: Readonly<Record<string, MetadataValue>>;
  /** Of the HTTP header, where there was one. */
  readonly contentType?: string;
}

/** @returns the document, or why the page gives none */
export function htmlDocument(
  bytes: Uint8Array,
  options: HtmlDocumentOptions,
): { readonly document: Document } | { readonly reason: FaultReason; readonly detail: string } {
  const { text: html, charset } = decodeHtml(bytes, options.contentType);
  try {
    const { title, text, languageTag } = htmlToText(html);
    if (text === '') return { reason: 'empty', detail: `a page of ${bytes.length} bytes without text` };
    const metadata: Record<string, MetadataValue> = { ...options.metadata };
    if (title !== '') metadata.title = title;
    if (languageTag !== '') metadata.html_lang = languageTag;
    if (charset !== 'utf-8') metadata.charset = charset;
    return { document: { id: options.id, text, language: options.language, metadata } };
  } catch (error) {
    if (error instanceof PageTooComplexError) return { reason: 'too_complex', detail: error.message };
    throw error;
  }
}
