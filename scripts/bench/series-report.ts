import type { SeriesResult, TargetResult } from './series.ts'
import type { Summary } from './statistics.ts'
import { formatNumber, formatScaled, formatTable } from './table.ts'

/** A series as a table: medians, ratios of ours to the first peer of each figure that has any, and targets. */
export function seriesLines(result: SeriesResult): string[] {
  const counted = result.rounds.filter((round) => round.isCounted)
  const disturbed = counted.filter((round) => round.isDisturbed).length
  const measure = result.better === 'higher' ? 'more is better' : 'less is better'
  const invalid = disturbed > 0 ? `, INVALID: ${disturbed} disturbed` : ''
  const shown = shownRatios(result)
  const hasTargets = result.targets.length > 0
  const heading = [
    '',
    ...result.contestants.map(({ name }) => name),
    ...shown.map(({ of, than }) => `${of} / ${than}`),
    ...(hasTargets ? ['target'] : []),
  ]
  const rows = result.rows.map(({ key, values, ratios }) => [
    keyName(key),
    ...result.contestants.map(({ name }) => formatScaled(values[name]?.median, result.unit)),
    ...shown.map((pair) => {
      const found = ratios.find(({ of, than }) => of === pair.of && than === pair.than)
      return formatBareRatio(found?.ratio)
    }),
    ...(hasTargets
      ? [
          result.targets
            .filter((target) => target.key === key)
            .map((target) => targetText(target, result))
            .join(', '),
        ]
      : []),
  ])
  return [
    '',
    `── ${result.title} (median of ${counted.length} rounds, ${measure}; ratios [min–max] of pairs)${invalid}`,
    ...formatTable([heading, ...rows]),
    ...result.contestants
      .filter(({ failure }) => failure !== undefined)
      .map(({ name, failure }) => `${name} failed: ${failure}`),
  ]
}

/** Ours against the first peer, and whatever pairs targets are about. */
function shownRatios({ contestants, targets }: SeriesResult): { of: string; than: string }[] {
  const firstPeer = contestants.find(({ isOurs }) => !isOurs)?.name
  if (firstPeer === undefined) return []
  const ours = contestants.filter(({ isOurs }) => isOurs)
  const pairs = ours.map(({ name }) => ({ of: name, than: firstPeer }))
  for (const { of, than } of targets) {
    if (than !== undefined && !pairs.some((pair) => pair.of === of && pair.than === than)) pairs.push({ of, than })
  }
  return pairs
}

/** `plain must ≤ 0.9, aim 0.5: MISSED`. */
function targetText({ of, than, must, aim, isReached }: TargetResult, { unit, better }: SeriesResult): string {
  const sign = better === 'lower' ? '≤' : '≥'
  const wish = aim === undefined ? '' : `, aim ${formatNumber(aim)}`
  const limit = than === undefined ? formatScaled(must, unit) : formatNumber(must)
  return `${of} ${sign} ${limit}${wish}: ${isReached ? 'reached' : 'MISSED'}`
}

function formatBareRatio(ratio: Summary | undefined): string {
  if (ratio === undefined) return '–'
  if (ratio.count === 1) return formatNumber(ratio.median)
  return `${formatNumber(ratio.median)} [${formatNumber(ratio.min)}–${formatNumber(ratio.max)}]`
}

/** A number of bytes as `8 B`, `64 KiB`, `16 MiB`; any other key as it is. */
export function keyName(key: string): string {
  if (!/^\d+$/.test(key)) return key
  const bytes = Number(key)
  if (bytes >= 2 ** 20 && bytes % 2 ** 20 === 0) return `${bytes / 2 ** 20} MiB`
  if (bytes >= 1024 && bytes % 1024 === 0) return `${bytes / 1024} KiB`
  return `${bytes} B`
}
