import { ApiProblems, forbidden, notFound, Roles, unauthorized } from '#platform';
import { Controller, Get } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type EncodedMessage, Realtime } from '../realtime.js';
import { RecordedRealtime } from './recorded-realtime.js';

/** Shows a developer the events that would have been sent to Pusher. */
@ApiTags('development')
@ApiBearerAuth()
@Controller('dev/realtime')
export class RecordedController {
  constructor(private readonly realtime: Realtime) {}

  @Get()
  @Roles('admin')
  @ApiOperation({
    operationId: 'getRecordedEvents',
    summary: 'Events that would have been sent, newest first; 404 if a Pusher server is configured',
    description: 'For development without a Pusher server: the last thousand events.',
  })
  @ApiOkResponse({
    schema: {
      type: 'object',
      properties: {
        items: {
          type: 'array',
          items: {
            type: 'object',
            properties: { channel: { type: 'string' }, name: { type: 'string' }, data: { type: 'string' } },
            example: { channel: 'private-stream@0123456789abcdef01234569', name: 'goal.added', data: '{}' },
          },
        },
      },
    },
  })
  @ApiProblems(unauthorized, forbidden, notFound)
  async list(): Promise<{ items: EncodedMessage[] }> {
    if (!(this.realtime instanceof RecordedRealtime)) throw notFound('Events are sent here, not recorded.');
    return { items: await this.realtime.recorded() };
  }
}
