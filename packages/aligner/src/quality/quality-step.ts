/**
 * Cleaning of an instruction set as steps in order, each with counts and reasons in one funnel: read = kept + dropped, by language.
 */
import { createFunnel, type FunnelReport } from '@marco-ts/data';
import type { Conversation } from '../sft/conversation.ts';

/** Why a conversation is left out; undefined keeps it. */
export type DropReason = string | undefined;

/** One step of cleaning: a name, and a verdict on each conversation. */
export interface QualityStep {
  /** Such as `language_consistency`. */
  readonly name: string;
  /** One verdict per conversation, in order. Steps see only what earlier steps have kept. */
  judge(conversations: readonly Conversation[]): readonly DropReason[] | Promise<readonly DropReason[]>;
}

/** What all steps kept, and the counts of what they did not. */
export interface SelectedConversations {
  readonly conversations: Conversation[];
  /** Reasons carry the name of their step: `length: answer_too_short`. */
  readonly funnel: FunnelReport;
}

/** @throws Error when a step gives another number of verdicts, and when nothing is left */
export async function selectConversations(
  conversations: readonly Conversation[],
  steps: readonly QualityStep[],
  options: { readonly onDrop?: (conversation: Conversation, reason: string) => void } = {},
): Promise<SelectedConversations> {
  const funnel = createFunnel();
  for (const { language } of conversations) funnel.read(language);
  let left = [...conversations];
  for (const step of steps) {
    const verdicts = await step.judge(left);
    if (verdicts.length !== left.length) {
      throw new Error(
        `[@marco-ts/aligner] selectConversations: a step must judge each of ${left.length} conversations, got ${verdicts.length} verdicts from ${step.name}. Return one each.`,
      );
    }
    left = left.filter((conversation, index) => {
      const reason = verdicts[index];
      if (reason === undefined) return true;
      funnel.dropped(conversation.language, `${step.name}: ${reason}`);
      options.onDrop?.(conversation, `${step.name}: ${reason}`);
      return false;
    });
  }
  for (const { language } of left) funnel.kept(language);
  const report = funnel.toJson();
  if (left.length === 0) {
    throw new Error(
      `[@marco-ts/aligner] selectConversations: some conversation must be left, got none of ${conversations.length} (${JSON.stringify(report.droppedByReason)}). Loosen the steps.`,
    );
  }
  return { conversations: left, funnel: report };
}

/** @returns the answers of a conversation */
export function answersOf({ messages }: Conversation): string[] {
  return messages.filter(({ role }) => role === 'assistant').map(({ content }) => content);
}
