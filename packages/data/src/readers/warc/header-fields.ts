/**
 * Header fields as WARC and HTTP write them: one `Name: value` a line, continued by lines that begin with white space.
 *
 * Source: RFC 9112, section 5. Differs: lines that are no field are passed over, and of a repeated field the first counts.
 */

/** Values by lower-case name. */
export type HeaderFields = ReadonlyMap<string, string>;

export function parseHeaderFields(lines: string): HeaderFields {
  const fields = new Map<string, string>();
  for (const line of lines.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    const name = line.slice(0, colon).trim().toLowerCase();
    if (!fields.has(name)) fields.set(name, line.slice(colon + 1).trim());
  }
  return fields;
}
