/**
 * What every format reader is given: the file, its settings with defaults filled in, and where faults go.
 */

import type { DocumentOfRow, RowOptions } from '../document-from-row.ts';
import type { InputFile } from '../input-file.ts';
import type { ReportFault } from '../read-fault.ts';

export interface ReadContext extends RowOptions {
  readonly file: InputFile;
  readonly documentOfRow: DocumentOfRow;
  readonly maxDocumentBytes: number;
  readonly textUnit: 'file' | 'line';
  readonly report: ReportFault;
  readonly signal?: AbortSignal;
}
