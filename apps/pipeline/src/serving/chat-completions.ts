/** `POST /v1/chat/completions`: the body of the answer, whole or as the chunks of a stream. */
import type { Tokenizer } from '@marco-ts/tokenizer';
import { type ChatRequest, samplingOptions, stopStrings } from './api-requests.ts';
import { type AnswerSink, type ApiTask, roomFor, tokenText, usage } from './api-task.ts';
import type { TokenLogProb } from './token-log-probs.ts';

export function chatTask(request: ChatRequest, { model, id, created, seed }: ApiTask): AnswerSink {
  const { tokenizer } = model;
  const messages = request.messages.map(({ role, content }) => ({
    role: role === 'developer' ? 'system' : role,
    content,
  }));
  const prompt = tokenizer.encodeChat(messages, { addGenerationPrompt: true }).ids;
  const room = roomFor(model.config, prompt.length, 'messages');
  const numChoices = request.n ?? 1;
  const head = { id: `chatcmpl-${id}`, created, model: model.id };
  const chunk = (index: number, delta: object, finish_reason: string | null, logprobs: object | null = null) => ({
    ...head,
    object: 'chat.completion.chunk',
    choices: [{ index, delta, logprobs, finish_reason }],
  });
  const withLogProbs = (found: readonly TokenLogProb[]): object | null =>
    request.logprobs ? { content: found.map((one) => chatLogProb(tokenizer, one)), refusal: null } : null;
  return {
    request: {
      prompts: new Array<Int32Array>(numChoices).fill(prompt),
      maxNewTokens: Math.min(room, request.max_completion_tokens ?? request.max_tokens ?? room),
      sampling: samplingOptions(request, model.sampling),
      stopStrings: stopStrings(request),
      seed: request.seed ?? seed,
      numTopLogProbs: request.logprobs ? (request.top_logprobs ?? 0) : undefined,
    },
    opening: Array.from({ length: numChoices }, (_, index) => chunk(index, { role: 'assistant', content: '' }, null)),
    piece: ({ text, logProbs }, index) => chunk(index, { content: text }, null, withLogProbs(logProbs)),
    ending: ({ finishReason }, index) => chunk(index, {}, finishReason),
    usageChunk: (answers) => ({
      ...head,
      object: 'chat.completion.chunk',
      choices: [],
      usage: usage(prompt.length, answers),
    }),
    whole: async (answers) => ({
      ...head,
      object: 'chat.completion',
      choices: answers.map(({ text, logProbs, finishReason }, index) => ({
        index,
        message: { role: 'assistant', content: text, refusal: null },
        logprobs: withLogProbs(logProbs),
        finish_reason: finishReason,
      })),
      usage: usage(prompt.length, answers),
    }),
  };
}

function chatLogProb(tokenizer: Tokenizer, { token, logProb, top }: TokenLogProb): object {
  const tell = (id: number, logprob: number): object => ({
    token: tokenText(tokenizer, id),
    logprob,
    bytes: [...tokenizer.tokenBytes(id)],
  });
  return { ...tell(token, logProb), top_logprobs: top.map((other) => tell(other.token, other.logProb)) };
}
