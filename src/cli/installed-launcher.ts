import { accessSync, constants, statSync } from 'node:fs'
import { join } from 'node:path'
import type { CommandLine } from './command-line.ts'

/**
 * The program that starts agents, with its arguments: of several alternatives (`ssh -x : rsh`) the first that is installed here, else the
 * first. `path`: $PATH.
 */
export function installedLauncher(
  { launcher, launcherArgs }: Pick<CommandLine, 'launcher' | 'launcherArgs'>,
  path = '',
): { readonly sshPath: string; readonly launcherArgs: readonly string[] } {
  if (launcher?.type !== 'command') return { sshPath: 'ssh', launcherArgs }
  const choices: readonly (readonly string[])[] = [[launcher.command, ...launcherArgs], ...(launcher.others ?? [])]
  const [sshPath = launcher.command, ...args] =
    choices.find(([command = '']) => isInstalled(command, path)) ?? choices[0] ?? []
  return { sshPath, launcherArgs: args }
}

function isInstalled(command: string, path: string): boolean {
  const places = command.includes('/') ? [command] : path.split(':').map((folder) => join(folder, command))
  return places.some((place) => {
    try {
      accessSync(place, constants.X_OK)
      return statSync(place).isFile()
    } catch {
      return false
    }
  })
}
