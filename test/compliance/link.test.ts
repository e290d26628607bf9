import { allocateNodeMemory } from '../../src/shm/layout.ts'
import { describeLink } from './link.ts'
import { LinkNodes } from './link-nodes.ts'

describeLink('ShmLink on one node', (ranks) => new LinkNodes(Array.from({ length: ranks }, () => 0)))
describeLink('ShmLink on two nodes', (ranks) => new LinkNodes(Array.from({ length: ranks }, (_, rank) => rank % 2)))
describeLink(
  'ShmLink with a node for each rank',
  (ranks) => new LinkNodes(Array.from({ length: ranks }, (_, rank) => ranks - 1 - rank)),
)
describeLink('ShmLink on two nodes with the smallest rings', (ranks) => {
  const nodeOfRank = Array.from({ length: ranks }, (_, rank) => rank % 2)
  return new LinkNodes(nodeOfRank, (localSize) => allocateNodeMemory(localSize, 200))
})
