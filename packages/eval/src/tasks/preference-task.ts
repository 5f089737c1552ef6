/**
 * Does the model prefer what was chosen? By its own log-probabilities, and by the implicit reward against a reference model.
 *
 * Source: implicit reward log pi(y|x) - log pi_ref(y|x), Rafailov et al. 2023 (arXiv:2305.18290); names after TRL's rewards/accuracies.
 * Differs from TRL: a tie counts one half, so that a policy that still equals its reference scores chance, 0.5, and not 0.
 * The line break that ends a chat prompt counts with both answers, as lm-evaluation-harness cuts requests, and cancels in margins.
 * Units: shares of pairs; margins in nats, without beta.
 */
import { inputError } from '../input-error.ts';
import type {
  LanguageModel,
  LoglikelihoodRequest,
  LoglikelihoodResponse,
  RequestOptions,
} from '../model/language-model.ts';
import type { EvalTask } from './eval-task.ts';
import type { MetricDefinition } from './metric-definition.ts';
import { checkItems, countItems, languageGroups, type Tiers } from './select-items.ts';
import { taskOfDocuments } from './task-document.ts';

/** A prompt with a better and a worse answer. */
export interface PreferencePair<Prompt> {
  readonly prompt: Prompt;
  readonly chosen: string;
  readonly rejected: string;
  readonly language: string;
  /** what is wrong with the rejected answer */
  readonly kind: string;
  /** default: its position in the list */
  readonly id?: string;
}

/** Sums over the tokens of each answer, in nats. */
export interface PairLogProbs {
  readonly chosen: number;
  readonly rejected: number;
}

/** How a prompt and an answer become text. */
export interface PreferenceFormat<Prompt> {
  /** the text before the answer, such as a chat rendered with its generation prompt */
  readonly formatPrompt: (prompt: Prompt) => string;
  /** after each answer, such as '<|im_end|>'; default '' */
  readonly completionSuffix?: string | undefined;
}

/** The pairs, their form, and what a reference model makes of them. */
export interface PreferenceOptions<Prompt> extends PreferenceFormat<Prompt> {
  readonly pairs: readonly PreferencePair<Prompt>[];
  /** the reference's log-probabilities, one per pair, from `preferenceLogProbs`; without them there are no reward metrics */
  readonly referenceLogProbs?: readonly PairLogProbs[] | undefined;
  readonly tiers?: Tiers | undefined;
  /** default 'preference' */
  readonly name?: string | undefined;
}

/**
 * Log-probabilities of both answers of each pair: run it with the reference model, before or after training.
 * @returns one per pair; NaN where the answer is longer than the model's window
 */
export async function preferenceLogProbs<Prompt>(
  model: LanguageModel,
  pairs: readonly PreferencePair<Prompt>[],
  format: PreferenceFormat<Prompt>,
  options?: RequestOptions,
): Promise<PairLogProbs[]> {
  const requests = pairs.flatMap(({ prompt, chosen, rejected }) => pairRequests(format, prompt, chosen, rejected));
  const answers = await model.loglikelihood(requests, options);
  return pairs.map((_, index) => ({ chosen: answers[2 * index]!.logProb, rejected: answers[2 * index + 1]!.logProb }));
}

/** @throws Error on no pairs, a missing language, kind or tier, a blank or equal answer, or reference counts that do not match */
export function preferenceTask<Prompt>(options: PreferenceOptions<Prompt>): EvalTask {
  const { pairs, referenceLogProbs, tiers, completionSuffix = '', name = 'preference' } = options;
  const items = pairs.map((pair, index) => ({
    ...pair,
    id: pair.id ?? String(index),
    reference: referenceLogProbs?.[index],
  }));
  checkItems(name, items, tiers);
  if (referenceLogProbs && referenceLogProbs.length !== pairs.length) {
    throw inputError(
      name,
      `needs one reference entry per pair, got ${referenceLogProbs.length} for ${pairs.length} pairs.`,
    );
  }
  for (const { id, chosen, rejected, kind } of items) {
    if (!kind) throw inputError(name, `every pair needs a kind, got none at pair '${id}'.`);
    if (chosen === '' || rejected === '' || chosen === rejected) {
      throw inputError(
        name,
        `chosen and rejected must be two different texts, got '${chosen}' and '${rejected}' at pair '${id}'.`,
      );
    }
  }
  const share: MetricDefinition = {
    kind: { type: 'ratio', scale: 1 },
    higherIsBetter: true,
    chance: 0.5,
    unit: 'share',
  };
  const nats: MetricDefinition = {
    kind: { type: 'ratio', scale: 1 },
    higherIsBetter: true,
    chance: null,
    unit: 'nats',
  };
  return taskOfDocuments({
    name,
    version: 1,
    numItems: countItems(items, ({ language }) => language),
    outputType: 'loglikelihood',
    macroBy: 'language',
    config: {
      completionSuffix,
      withReference: referenceLogProbs !== undefined,
      ties: 0.5,
      macroBy: 'language',
      examplePrompt: options.formatPrompt(pairs[0]!.prompt),
    },
    metrics: {
      ...(referenceLogProbs ? { reward_acc: share, reward_margin: nats } : {}),
      logprob_acc: share,
      logprob_acc_norm: share,
    },
    documents: items.map(({ id, language, kind, reference, prompt, chosen, rejected }) => ({
      id,
      groups: { kind, ...languageGroups(language, tiers) },
      requests: pairRequests(options, prompt, chosen, rejected).map((request) => ({
        type: 'loglikelihood',
        ...request,
      })),
      row: { id, language, kind, prompt: options.formatPrompt(prompt), chosen, rejected },
      target: chosen,
      score: (responses) => {
        const [preferredAnswer, otherAnswer] = responses as readonly LoglikelihoodResponse[];
        const own = [preferredAnswer!.logProb, otherAnswer!.logProb] as const;
        const [referenceChosen, referenceRejected] = [reference?.chosen ?? 0, reference?.rejected ?? 0];
        if ([...own, referenceChosen, referenceRejected].some(Number.isNaN)) {
          return { skipped: 'an answer is longer than the window of the model or of its reference' };
        }
        const [policyMargin, referenceMargin] = [own[0] - own[1], referenceChosen - referenceRejected];
        const normalized = own[0] / preferredAnswer!.numTokens - own[1] / otherAnswer!.numTokens;
        const rewardMargin = policyMargin - referenceMargin;
        return {
          statistics: {
            ...(reference ? { reward_acc: [preferred(rewardMargin), 1], reward_margin: [rewardMargin, 1] } : {}),
            logprob_acc: [preferred(policyMargin), 1],
            logprob_acc_norm: [preferred(normalized), 1],
          },
          record: { chosen, rejected, policyMargin, ...(reference ? { referenceMargin } : {}) },
        };
      },
    })),
  });
}

function pairRequests<Prompt>(
  { formatPrompt, completionSuffix = '' }: PreferenceFormat<Prompt>,
  prompt: Prompt,
  chosen: string,
  rejected: string,
): LoglikelihoodRequest[] {
  const context = formatPrompt(prompt);
  return [chosen, rejected].map((answer) => ({ context, continuation: answer + completionSuffix }));
}

function preferred(margin: number): number {
  return margin > 0 ? 1 : margin === 0 ? 0.5 : 0;
}
