/** What a tab of the page is. */
import type { RunListEntry, RunView } from '../api-types.ts';

export interface ViewContext {
  readonly run: RunView;
  readonly runs: readonly RunListEntry[];
  /** where the view puts itself */
  readonly panel: HTMLElement;
  /** aborted when another tab or run is opened */
  readonly signal: AbortSignal;
}

export interface View {
  /** The run went on. @param run as it is now */
  refresh?(run: RunView): Promise<void>;
}

export type OpenView = (context: ViewContext) => Promise<View>;
