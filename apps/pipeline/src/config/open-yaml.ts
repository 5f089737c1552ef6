/** Parses YAML 1.2 (so JSON too) and knows where each value stands in the file. */
import { isCollection, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import { ConfigError, type ConfigPath, type ConfigSchema } from './config-problem.ts';

export interface OpenYaml {
  readonly value: unknown;
  /** `file:1:1` */
  readonly start: string;
  /** @returns `file:line:column` of the key or item at a path as written; undefined when it is not in the file */
  positionOf(path: ConfigPath): string | undefined;
}

/**
 * @param schema what the file is checked against, for the error; default: a recipe
 * @throws ConfigError for text that cannot be parsed, with line and column of every error
 */
export function openYaml(text: string, file: string, schema?: ConfigSchema): OpenYaml {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  if (document.errors.length > 0) {
    const problems = document.errors.map(({ message, pos }) => ({ path: [], message, place: place(pos[0]) }));
    throw new ConfigError(file, problems, schema);
  }
  return {
    value: document.toJS(),
    start: place(0),
    positionOf(path) {
      const parent: unknown = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
      const last = path.at(-1)!;
      let node: unknown;
      if (isMap(parent))
        node = parent.items.find(({ key }) => isScalar(key) && String(key.value) === String(last))?.key;
      else if (isCollection(parent)) node = parent.items[last as number];
      return isNode(node) && node.range ? place(node.range[0]) : undefined;
    },
  };
}
