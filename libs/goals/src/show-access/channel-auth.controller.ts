import {
  ApiProblems,
  type Caller,
  CurrentCaller,
  forbidden,
  malformedRequest,
  payloadTooLarge,
  unauthorized,
  unavailable,
  unsupportedMediaType,
  validationFailed,
  OfKind,
} from '#platform';
import { ChannelSigner } from '#realtime';
import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiConsumes, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ChannelAccess } from './channel-access.js';
import { ChannelAuthDto, ChannelAuthRequest } from './channel-auth.dto.js';

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
    const refusal = await this.access.refusal(caller.userId, request.channel_name);
    if (refusal) throw forbidden(refusal);
    return this.signer.sign(request.socket_id, request.channel_name, caller.userId);
  }
}
