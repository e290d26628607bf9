import type { Logger } from '../base/logger.ts'
import type { NodeCall } from './agent-command.ts'
import type { AgentScripts } from './agent-scripts.ts'
import type { LaunchMeans } from './launch-means.ts'

export interface ProgramLauncherOptions {
  readonly means: LaunchMeans
  readonly scripts: AgentScripts
  readonly node: NodeCall
  /** Agents come back by way of a socket that ssh forwards. */
  readonly isTunnel?: boolean
  /** From the making of the launcher until all agents have called back. */
  readonly launchTimeoutMs: number
  /** How many agents may be starting at the same time; more logins at once only slow each other down. */
  readonly maxStarting?: number | undefined
  readonly logger: Logger
}
