import { startProgram } from './kept-program.ts'

/** The file `mpirun-ts`: starts entry/command.ts. The build puts base/shut-debugger.ts before all this. */
startProgram(require, __dirname, 'command')
