import {
  ApiProblems,
  type Caller,
  CurrentCaller,
  forbidden,
  malformedRequest,
  OfKind,
  payloadTooLarge,
  unauthorized,
  unavailable,
  unsupportedMediaType,
  validationFailed,
} from '#platform';
import { ChannelSigner } from '#realtime';
import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiConsumes,
  ApiOkResponse,
  ApiOperation,
  ApiProperty,
  ApiPropertyOptional,
  ApiTags,
} from '@nestjs/swagger';
import { IsString, Length, Matches, MaxLength } from 'class-validator';
import { ChannelAccess } from './channel-access.js';

/** What pusher-js asks when it joins a channel. */
export class ChannelAuthRequest {
  @ApiProperty({ pattern: '^\\d+\\.\\d+$', maxLength: 64, example: '1234.5678' })
  @MaxLength(64)
  @Matches(/^\d+\.\d+$/, { message: 'must be a socket id such as 1234.5678' })
  socket_id: string;

  @ApiProperty({ minLength: 1, maxLength: 200, example: 'private-stream@0123456789abcdef01234569' })
  @IsString()
  @Length(1, 200)
  channel_name: string;
}

export class ChannelAuthDto {
  @ApiProperty({ example: 'app-key:5f0a…', description: 'the key and the signature' }) auth: string;
  @ApiPropertyOptional({
    example: '{"user_id":"0123456789abcdef0123456c"}',
    description: 'of presence channels',
  })
  channel_data?: string;
  @ApiPropertyOptional({
    example: 'MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=',
    description: "key of an encrypted channel, 32 bytes in base64; that of the streamer's session",
  })
  shared_secret?: string;
  @ApiPropertyOptional({
    type: [String],
    example: ['NDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZjAxMjM='],
    description: 'while the master key is replaced: further keys that messages may be encrypted with',
  })
  other_shared_secrets?: string[];
}

/** Lets viewers join channels. */
@ApiTags('realtime')
@ApiBearerAuth()
@Controller('pusher/auth')
export class ChannelAuthController {
  constructor(
    private readonly access: ChannelAccess,
    private readonly signer: ChannelSigner,
  ) {}

  @Post()
  @HttpCode(200)
  @OfKind('read')
  @ApiConsumes('application/json', 'application/x-www-form-urlencoded')
  @ApiOperation({
    operationId: 'authorizeChannel',
    summary: 'Sign a subscription to a private, presence or encrypted channel',
    description:
      "pusher-js sends this when it joins a channel. The stream's channel is for everyone with a valid token, a viewer's own channel for that viewer while a show of a running session lets the viewer in.",
  })
  @ApiOkResponse({ type: ChannelAuthDto })
  @ApiProblems(
    malformedRequest,
    unauthorized,
    forbidden,
    payloadTooLarge,
    unsupportedMediaType,
    validationFailed,
    unavailable,
  )
  async authorize(
    @Body() request: ChannelAuthRequest,
    @CurrentCaller() caller: Caller,
  ): Promise<ChannelAuthDto> {
    const { socket_id, channel_name } = request;
    const decision = await this.access.decide(caller.userId, channel_name);
    if ('refusal' in decision) throw forbidden(decision.refusal);
    return this.signer.sign(socket_id, channel_name, caller.userId, decision.sessionId);
  }
}
