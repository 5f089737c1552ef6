/** `POST /v1/completions`: any text or tokens go on; with `echo` and `logprobs` it scores the prompt, which is how harnesses rank choices. */
import type { Tokenizer } from '@marco-ts/tokenizer';
import { ApiError } from './api-error.ts';
import { samplingOptions, stopStrings, type TextRequest } from './api-requests.ts';
import { type AnswerSink, type ApiTask, roomFor, tokenText, usage } from './api-task.ts';
import { promptLogProbs } from './prompt-log-probs.ts';
import type { TokenLogProb } from './token-log-probs.ts';

/** What OpenAI generates when nothing is said. */
const DEFAULT_MAX_TOKENS = 16;

export function textTask(request: TextRequest, { model, engine, id, created, seed }: ApiTask): AnswerSink {
  const { tokenizer, config, params } = model;
  const prompts = encodePrompts(request.prompt, tokenizer, config.vocabSize);
  const { max_tokens: wanted = DEFAULT_MAX_TOKENS, n: numChoices = 1, logprobs: numTop, echo = false } = request;
  if (wanted === 0 && !echo)
    throw new ApiError(400, 'max_tokens must be above 0 without echo', { param: 'max_tokens' });
  if (echo && request.stream) throw new ApiError(400, 'echo cannot be streamed; leave one out', { param: 'echo' });
  const rooms = prompts.map(({ length }) => (wanted === 0 ? 0 : roomFor(config, length, 'prompt')));
  const repeated = prompts.flatMap((prompt) => new Array<Int32Array>(numChoices).fill(prompt));
  const head = { id: `cmpl-${id}`, object: 'text_completion', created, model: model.id };
  const choice = (index: number, text: string, finish_reason: string | null, logprobs: object | null) => ({
    index,
    text,
    logprobs,
    finish_reason,
  });
  const legacy = (found: readonly TokenLogProb[]): object | null =>
    numTop === undefined ? null : legacyLogProbs(tokenizer, found, 0);
  const numPromptTokens = prompts.reduce((sum, { length }) => sum + length, 0);
  return {
    request: {
      prompts: repeated,
      maxNewTokens: Math.min(wanted, ...rooms),
      sampling: samplingOptions(request, model.sampling),
      stopStrings: stopStrings(request),
      seed: request.seed ?? seed,
      numTopLogProbs: numTop,
    },
    opening: [],
    piece: ({ text, logProbs }, index) => ({ ...head, choices: [choice(index, text, null, legacy(logProbs))] }),
    ending: ({ finishReason }, index) => ({ ...head, choices: [choice(index, '', finishReason, null)] }),
    usageChunk: (answers) => ({ ...head, choices: [], usage: usage(numPromptTokens, answers) }),
    async whole(answers) {
      // Each prompt is scored once, however many choices it has.
      const scored: TokenLogProb[][] = [];
      if (echo && numTop !== undefined) {
        for (const prompt of prompts) {
          scored.push(await engine.inTurn(() => promptLogProbs(params, config, prompt, numTop)));
        }
      }
      const choices = answers.map(({ text, logProbs, finishReason }, index) => {
        if (!echo) return choice(index, text, finishReason, legacy(logProbs));
        const owner = Math.floor(index / numChoices);
        const prompt = prompts[owner]!;
        const first: TokenLogProb = { token: prompt[0]!, logProb: Number.NaN, top: [] };
        const all = scored[owner] && legacyLogProbs(tokenizer, [first, ...scored[owner], ...logProbs], 0);
        return choice(index, tokenizer.decode(prompt) + text, finishReason, all ?? null);
      });
      return { ...head, choices, usage: usage(numPromptTokens, answers) };
    },
  };
}

function encodePrompts(prompt: TextRequest['prompt'], tokenizer: Tokenizer, vocabSize: number): Int32Array[] {
  const given: readonly (string | readonly number[])[] =
    typeof prompt === 'string' ? [prompt] : typeof prompt[0] === 'number' ? [prompt as number[]] : (prompt as string[]);
  return given.map((one, index) => {
    // A prompt of nothing begins a new text.
    const ids = typeof one === 'string' ? tokenizer.encode(one) : Int32Array.from(one);
    const unknown = ids.find((id) => id >= vocabSize);
    if (unknown !== undefined) {
      throw new ApiError(400, `token ids must be below ${vocabSize}, got ${unknown} in prompt ${index}`, {
        param: 'prompt',
      });
    }
    return ids.length > 0 ? ids : Int32Array.of(tokenizer.eosTokenId);
  });
}

/** The four parallel lists of the older API; NaN stands for a token that nothing predicts. */
function legacyLogProbs(tokenizer: Tokenizer, found: readonly TokenLogProb[], start: number): object {
  const tokens = found.map(({ token }) => tokenText(tokenizer, token));
  let offset = start;
  return {
    tokens,
    token_logprobs: found.map(({ logProb }) => (Number.isNaN(logProb) ? null : logProb)),
    top_logprobs: found.map(({ logProb, top }) =>
      Number.isNaN(logProb)
        ? null
        : Object.fromEntries(top.map((one) => [tokenText(tokenizer, one.token), one.logProb])),
    ),
    text_offset: tokens.map((token) => {
      offset += token.length;
      return offset - token.length;
    }),
  };
}
