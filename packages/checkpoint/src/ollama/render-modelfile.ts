/**
 * The text of an Ollama Modelfile for a GGUF file: where the model is, how a conversation is written, when an answer ends.
 *
 * Source: https://github.com/ollama/ollama/blob/main/docs/modelfile.md (instructions, triple quotes, Go templates over `.Messages`).
 */

export interface ModelfileOptions {
  /** Path of the GGUF file, absolute or relative to the Modelfile. */
  readonly gguf: string;
  /** `chatml` is Qwen2's: `<|im_start|>role`, the words, `<|im_end|>`; `none` passes the prompt on as it is. @default 'chatml' */
  readonly template?: 'chatml' | 'none';
  /** The system message that is used when the user gives none. Qwen2's own template says "You are a helpful assistant." */
  readonly system?: string;
  /** Ollama's parameters by name: temperature, top_p, num_ctx and so on; `stop` may be a list. @default the stop words of the template */
  readonly parameters?: Readonly<Record<string, number | string | boolean | readonly string[]>>;
}

/** Every message, the system's too, in its order, and the beginning of the answer; without messages, the single prompt. */
const CHATML = `{{- if .Messages }}{{ range .Messages }}<|im_start|>{{ .Role }}
{{ .Content }}<|im_end|>
{{ end }}{{ else }}{{ if .System }}<|im_start|>system
{{ .System }}<|im_end|>
{{ end }}<|im_start|>user
{{ .Prompt }}<|im_end|>
{{ end }}<|im_start|>assistant
`;

/** @throws for a path, parameter or text that a Modelfile cannot carry */
export function renderModelfile(options: ModelfileOptions): string {
  const { gguf, template = 'chatml', system, parameters = {} } = options;
  if (gguf === '' || /[\r\n]/.test(gguf)) throw fault('gguf must be a path in one line', JSON.stringify(gguf));
  if (template !== 'chatml' && template !== 'none') throw fault('template must be chatml or none', String(template));
  const stops = template === 'chatml' ? { stop: ['<|im_start|>', '<|im_end|>', '<|endoftext|>'] } : {};
  const isPath = /^(\.{0,2}[/\\]|[A-Za-z]:[/\\])/.test(gguf);
  const lines = [
    `FROM ${isPath ? gguf : `./${gguf}`}`,
    `TEMPLATE ${quote(template === 'chatml' ? CHATML : '{{ .Prompt }}', 'template')}`,
  ];
  if (system !== undefined) lines.push(`SYSTEM ${quote(system, 'system')}`);
  for (const [name, value] of Object.entries({ ...stops, ...parameters })) {
    if (!/^[a-z][a-z0-9_]*$/.test(name)) throw fault('a parameter must have a plain name', JSON.stringify(name));
    for (const item of Array.isArray(value) ? value : [value])
      lines.push(`PARAMETER ${name} ${renderParameter(name, item)}`);
  }
  return `${lines.join('\n')}\n`;
}

function renderParameter(name: string, value: unknown): string {
  if (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))) return String(value);
  if (typeof value === 'string' && !/["\r\n]/.test(value)) return `"${value}"`;
  throw fault(
    'a parameter must be a finite number, a boolean or text in one line without quotes',
    `${JSON.stringify(value)} for ${name}`,
  );
}

function quote(text: string, what: string): string {
  if (text.includes('"""') || text.endsWith('"'))
    throw fault(`${what} must not hold """ or end in a quote`, JSON.stringify(text));
  return `"""${text}"""`;
}

function fault(rule: string, got: string): Error {
  return new Error(`[@marco-ts/checkpoint] renderModelfile: ${rule}, got ${got} at the options. Correct them.`);
}
