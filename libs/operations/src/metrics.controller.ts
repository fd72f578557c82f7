import { ApiProblems, AppConfig, notFound, Open, tooManyRequests } from '#platform';
import { Controller, Get, Header } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { MetricsService } from './metrics.service.js';

/** Shows the metrics in the text format of Prometheus. */
@ApiTags('health')
@Open()
@Controller('metrics')
export class MetricsController {
  constructor(
    private readonly config: AppConfig,
    private readonly metrics: MetricsService,
  ) {}

  @Get()
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  @ApiOperation({
    operationId: 'getMetrics',
    summary: 'Metrics in the text format of Prometheus',
    description: 'Of this process; scrape every api and every worker. 404 if `METRICS=off`.',
  })
  @ApiOkResponse({
    content: {
      'text/plain': {
        schema: { type: 'string' },
        example: 'goalpost_dead_letters{queue="deliveries.push"} 0',
      },
    },
  })
  @ApiProblems(notFound, tooManyRequests)
  async show(): Promise<string> {
    if (!this.config.http.metrics) throw notFound('The metrics are closed.');
    return this.metrics.text();
  }
}
