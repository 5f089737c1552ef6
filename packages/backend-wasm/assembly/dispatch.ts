/** The number of each kernel; `src/runtime/kernel-numbers.ts` holds the same list. */
import { attentionPackTask, attentionRowsTask, attentionTask } from './fused/attention';
import { attentionGradTask } from './fused/attention-grad';
import { binaryTask } from './binary';
import { gatherTask, scatterAddTask, stridedCopyTask, touchTask, transposeTask } from './copy';
import { crossEntropyChunkTask, crossEntropyEndTask, crossEntropyGradTask, crossEntropyRowsTask } from './fused/cross-entropy';
import { gemmPackTask, gemmTask, gemvTask, gemvTransposedTask } from './matrix/gemm';
import { chunkTask, reduceTask, softmaxTask, squaresTask, squaresTotalTask } from './reduce';
import { adamWTask, rmsNormGradTask, rmsNormTask, ropeTask, swigluGradTask, swigluTask } from './fused/transformer';
import { castTask, fillTask, unaryTask } from './unary';

export function runTask(kernel: i32, task: i32, thread: i32): void {
  switch (kernel) {
    case 0: gemmPackTask(task); break;
    case 1: gemmTask(task, thread); break;
    case 2: gemvTransposedTask(task, thread); break;
    case 3: gemvTask(task); break;
    case 4: binaryTask(task); break;
    case 5: unaryTask(task); break;
    case 6: fillTask(task); break;
    case 7: castTask(task); break;
    case 8: reduceTask(task); break;
    case 9: chunkTask(task); break;
    case 10: squaresTask(task); break;
    case 11: squaresTotalTask(); break;
    case 12: softmaxTask(task); break;
    case 13: stridedCopyTask(task); break;
    case 14: transposeTask(task); break;
    case 15: gatherTask(task); break;
    case 16: scatterAddTask(task); break;
    case 17: rmsNormTask(task); break;
    case 18: rmsNormGradTask(task); break;
    case 19: ropeTask(task); break;
    case 20: swigluTask(task); break;
    case 21: swigluGradTask(task); break;
    case 22: adamWTask(task); break;
    case 23: attentionPackTask(task); break;
    case 24: attentionTask(task, thread); break;
    case 25: attentionRowsTask(task, thread); break;
    case 26: attentionGradTask(task, thread); break;
    case 27: crossEntropyChunkTask(task); break;
    case 28: crossEntropyEndTask(); break;
    case 29: crossEntropyGradTask(task); break;
    case 30: crossEntropyRowsTask(task); break;
    case 31: touchTask(task); break;
  }
}
