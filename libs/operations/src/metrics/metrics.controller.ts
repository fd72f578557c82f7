import { ApiProblems, Open } from '#platform';
import { Controller, Get, Header } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Metrics } from './metrics.js';

/** Shows the metrics in the text format of Prometheus. */
@ApiTags('health')
@Open()
@Controller('metrics')
export class MetricsController {
  constructor(private readonly metrics: Metrics) {}

  @Get()
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  @ApiOperation({ operationId: 'getMetrics', summary: 'Metrics in the text format of Prometheus' })
  @ApiOkResponse({
    content: {
      'text/plain': {
        schema: { type: 'string' },
        example: 'goalpost_dead_letters{queue="deliveries.push"} 0',
      },
    },
  })
  @ApiProblems()
  show(): Promise<string> {
    return this.metrics.text();
  }
}
