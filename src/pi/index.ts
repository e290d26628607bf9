export { BLOCK_TRIALS, type BlockRange, countHits, type TrialRange } from './count-hits.ts'
