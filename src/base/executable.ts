import { accessSync, constants, statSync } from 'node:fs'
import { join } from 'node:path'

/** Whether it is a file that this user may run. */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

/** The path of a program in the first of some folders, such as those of $PATH, that has it; '' is the working directory, as for shells. */
export function executableIn(folders: readonly string[], name: string): string | undefined {
  return folders.map((folder) => join(folder, name)).find((path) => isExecutable(path))
}
