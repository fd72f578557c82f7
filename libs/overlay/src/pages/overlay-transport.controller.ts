import { type Caller, CurrentCaller, forbidden, InScope, notFound } from '#platform';
import { type ChannelAuthorization, Channels, ChannelSigner, RealtimeConfig } from '#realtime';
import { SessionReader } from '#sessions';
import { Body, Controller, Get, Header, HttpCode, Post } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { IsString, Matches, MaxLength } from 'class-validator';
import { OverlayConfig } from '../overlay.config.js';

/** How events come to an overlay, and where Pusher is if they come by it. */
export type OverlayTransport =
  | { transport: 'sse' }
  | {
      transport: 'pusher';
      channels: { stream: string; viewer: string };
      pusher: { key: string; host?: string; port?: number; use_tls: boolean; cluster?: string };
    };

class StreamChannelRequest {
  @MaxLength(64)
  @Matches(/^\d+\.\d+$/, { message: 'must be a socket id such as 1234.5678' })
  socket_id: string;

  @IsString()
  @MaxLength(200)
  channel_name: string;
}

/** What the overlay's page asks with its token, besides the goals. No part of the API: the page alone uses it. */
@ApiExcludeController()
@InScope()
@Controller('overlay')
export class OverlayTransportController {
  constructor(
    private readonly config: OverlayConfig,
    private readonly realtime: RealtimeConfig,
    private readonly channels: Channels,
    private readonly signer: ChannelSigner,
    private readonly sessions: SessionReader,
  ) {}

  @Get('transport')
  @Header('cache-control', 'no-store')
  transport(): OverlayTransport {
    const { pusher, channels } = this.realtime;
    if (this.config.transport === 'sse' || !pusher) return { transport: 'sse' };
    const { key, host, port, useTls, cluster } = pusher;
    return { transport: 'pusher', channels, pusher: { key, host, port, use_tls: useTls, cluster } };
  }

  /** Signs a subscription to the channel of the stream that the token's session is, while it runs; to no other. */
  @Post('pusher/auth')
  @HttpCode(200)
  async authorize(
    @Body() { socket_id, channel_name }: StreamChannelRequest,
    @CurrentCaller() { userId, scope }: Caller,
  ): Promise<ChannelAuthorization> {
    if (this.config.transport === 'sse') throw notFound('Overlays follow server-sent events here.');
    if (scope === undefined) throw forbidden('This is for the tokens of overlays.');
    const { user, active } = await this.sessions.get(scope);
    if (active === false || channel_name !== this.channels.stream(user.toHexString()))
      throw forbidden("The token opens the channel of its session's stream alone, while that runs.");
    return this.signer.sign(socket_id, channel_name, userId);
  }
}
