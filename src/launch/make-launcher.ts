import { basename } from 'node:path'
import { FallbackLauncher } from './fallback-launcher.ts'
import type { LaunchFailure } from './launch-failure.ts'
import type { LaunchMeans } from './launch-means.ts'
import type { Launcher } from './launcher.ts'
import { ProgramLauncher } from './program-launcher.ts'
import type { ProgramLauncherOptions } from './program-launcher-options.ts'
import { StepLauncher } from './step-launcher.ts'

export interface LauncherOptions extends ProgramLauncherOptions {
  /** Tried where `means` fails; absent: it is not. */
  readonly otherwise?: LaunchMeans | undefined
  /** A sentence for the user: another means is tried, and why. */
  readonly onNotice: (notice: string) => void
}

/** The launcher of a job, for what starts its agents. */
export function makeLauncher({ otherwise, onNotice, ...options }: LauncherOptions): Launcher {
  const first = launcherOf(options)
  if (otherwise === undefined) return first
  const onSecond = ({ reason }: LaunchFailure): void =>
    onNotice(`${basename(otherwise.program)} starts agents instead of ${basename(options.means.program)}: ${reason}.`)
  return new FallbackLauncher({ first, second: () => launcherOf({ ...options, means: otherwise }), onSecond })
}

function launcherOf(options: ProgramLauncherOptions): Launcher {
  return options.means.type === 'slurm' ? new StepLauncher(options) : new ProgramLauncher(options)
}
