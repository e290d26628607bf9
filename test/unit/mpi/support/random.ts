export { Random, testSeed } from '../../../support/random.ts'
