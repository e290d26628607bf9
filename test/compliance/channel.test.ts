import { memoryChannelPair } from '../support/memory-channel.ts'
import { describeChannel } from './channel.ts'
import { webSocketPair } from './websocket-pair.ts'

describeChannel('memory', () => Promise.resolve(memoryChannelPair()))
describeChannel('WebSocket, plain', () => webSocketPair('plain'))
describeChannel('WebSocket, TLS', () => webSocketPair('tls'))
