import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { Open } from '../auth/caller.js';
import { ApiProblems } from '../problem/api-problems.js';
import { unavailable } from '../problem/http-problems.js';
import { Readiness } from './readiness.js';

class UpDto {
  @ApiProperty({ example: 'ok' }) status: string;
}

/** Liveness says that the process runs; readiness that its stores answer. */
@ApiTags('health')
@Open()
@Controller('health')
export class HealthController {
  constructor(private readonly readiness: Readiness) {}

  @Get('live')
  @ApiOperation({ operationId: 'getLiveness', summary: 'Does the process run?' })
  @ApiOkResponse({ type: UpDto })
  @ApiProblems()
  live(): UpDto {
    return { status: 'ok' };
  }

  @Get('ready')
  @ApiOperation({ operationId: 'getReadiness', summary: 'Do MongoDB and Redis answer?' })
  @ApiOkResponse({ type: UpDto })
  @ApiProblems()
  async ready(): Promise<UpDto> {
    const faults = await this.readiness.faults();
    if (faults.length > 0) throw unavailable(faults.join(' '), {}, { 'retry-after': '1' });
    return { status: 'ok' };
  }
}
